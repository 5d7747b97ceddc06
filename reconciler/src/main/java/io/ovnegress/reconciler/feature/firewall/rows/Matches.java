package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What rules match, in the language of ovn-sb(5). What stays in the cluster is left out of every match, and not let through by an ACL
 * of its own: on a pod's own switch that would open what a NetworkPolicy of the destination closes. It is left out by naming what
 * remains: {@code !=} costs thousands of flows in OVN 23.03.
 */
public final class Matches {
    /** Neighbours, and groups of pods: nothing of that is routed out of the cluster. */
    private static final List<IpNetwork> NEVER_OUTSIDE = Stream.of("224.0.0.0/4", "fe80::/10", "ff00::/8")
            .map(text -> IpNetwork.parse(text).orElseThrow())
            .toList();

    private static final String DNS_PORT = "(udp.dst == 53 || tcp.dst == 53)";

    private final List<IpNetwork> inside;

    /** @param clusterNetworks of pods, of services, and those between the routers of the cluster */
    public Matches(List<IpNetwork> clusterNetworks) {
        inside = Stream.concat(clusterNetworks.stream(), NEVER_OUTSIDE.stream()).toList();
    }

    /** The part of the network that lies outside of the cluster; empty if there is none. */
    Optional<String> to(IpNetwork network) {
        var outside = network.without(inside);
        if (outside.isEmpty()) {
            return Optional.empty();
        }
        var field = network.family().matchField();
        if (outside.getFirst().prefixLength() == 0) {
            return Optional.of(field);
        }
        var texts = outside.stream().map(IpNetwork::masked).toList();
        return Optional.of(
                field + ".dst == " + (texts.size() == 1 ? texts.getFirst() : "{" + String.join(", ", texts) + "}"));
    }

    /** Everything outside of the cluster. */
    String toEverything() {
        return Stream.of("0.0.0.0/0", "::/0")
                .map(text -> to(IpNetwork.parse(text).orElseThrow()).orElseThrow())
                .collect(Collectors.joining(" || ", "(", ")"));
    }

    static String to(AddressSource source) {
        return Arrays.stream(IpFamily.values())
                .map(family -> family.matchField() + ".dst == $" + source.setName(family))
                .collect(Collectors.joining(" || ", "(", ")"));
    }

    /** Questions to the DNS server of a node. */
    static String dnsOf(AddressSource.Nodes nodes) {
        return to(nodes) + " && " + DNS_PORT;
    }

    static String on(List<FirewallRule.Port> ports, String match) {
        if (ports.isEmpty()) {
            return match;
        }
        var texts = new ArrayList<String>();
        for (var port : ports) {
            texts.add(
                    port.port().isPresent()
                            ? port.protocol() + ".dst == " + port.port().getAsInt()
                            : port.protocol().toString());
        }
        return match + " && " + (texts.size() == 1 ? texts.getFirst() : "(" + String.join(" || ", texts) + ")");
    }

    /** Whether the address may be in a set that rules name. */
    public boolean isOutside(IpAddress address) {
        return inside.stream().noneMatch(network -> network.contains(address));
    }
}
