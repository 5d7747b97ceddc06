package io.ovnegress.reconciler;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A node of the tests that number theirs, from 1: what the API, ovnkube-master and the machine network call it. The only place that
 * knows these names and addresses, for the fake database, bulk loads and chaos alike. At most nine have addresses.
 */
public record NumberedNode(int number) {
    public String name() {
        return "node" + number;
    }

    public String gatewayRouter() {
        return "GR_" + name();
    }

    /** Between the gateway router and the join switch. */
    public String joinPort() {
        return "rtoj-" + gatewayRouter();
    }

    /** Between the gateway router and the machine network. */
    public String externalPort() {
        return "rtoe-" + gatewayRouter();
    }

    /** Of the gateway router on the join switch: where pods are rerouted to. */
    public String joinAddress(IpFamily family) {
        return (family == IpFamily.V4 ? "100.64.0." : "fd98::") + (number + 1);
    }

    /** Both with the lengths of the join subnets. */
    public List<String> joinNetworks() {
        return List.of(joinAddress(IpFamily.V4) + "/16", joinAddress(IpFamily.V6) + "/64");
    }

    /** On the machine network. */
    public String address(IpFamily family) {
        return (family == IpFamily.V4 ? "192.168.126.1" : "fd00:126::1") + number;
    }

    /** Both with the lengths of the machine networks. */
    public List<String> networks() {
        return List.of(address(IpFamily.V4) + "/24", address(IpFamily.V6) + "/64");
    }

    /** As an input, ready and labelled: it can host egress IPs of its machine networks. */
    public NodeInput input() {
        return input(networks());
    }

    /** The same with other networks that it can host egress IPs of. */
    public NodeInput input(List<String> egressNetworks) {
        var addresses = Stream.of(IpFamily.values())
                .map(family -> IpAddress.parse(address(family)).orElseThrow())
                .toList();
        return NodeInput.named(name())
                .egressAssignable(true)
                .egressNetworks(egressNetworks.stream()
                        .map(text -> IpNetwork.parse(text).orElseThrow())
                        .toList())
                .addresses(Set.copyOf(addresses))
                .gatewayAddresses(addresses)
                .build();
    }
}
