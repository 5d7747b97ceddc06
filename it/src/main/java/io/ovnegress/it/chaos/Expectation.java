package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.RandomObjects.ip;

import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.BeforeServed;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.PodInput;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What follows from the objects of a moment, worked out in another way than the controller does. Immutable.
 */
record Expectation(
        Map<String, NamespaceInput> namespaces,
        Collection<PodInput> pods,
        Collection<EgressIpInput> egressIps,
        Set<String> nodes) {
    Expectation {
        namespaces = Map.copyOf(namespaces);
        pods = List.copyOf(pods);
        egressIps = List.copyOf(egressIps);
        nodes = Set.copyOf(nodes);
    }

    /**
     * How pods leave by the objects and the nodes in their status, in the words of {@link Content#ways}.
     */
    Set<String> ways() {
        var ways = new TreeSet<String>();
        holders().forEach((address, pod) -> {
            var selecting = egressIps.stream()
                    .filter(egressIp -> selects(egressIp, pod))
                    .sorted(Comparator.comparing(EgressIpInput::created).thenComparing(EgressIpInput::name))
                    .toList();
            var family = ip(address).family();
            var items = selecting.stream()
                    .map(EgressIpInput::statusItems)
                    .filter(some -> !some.isEmpty())
                    .findFirst()
                    .orElse(List.of())
                    .stream()
                    .filter(item -> ip(item.egressIp()).family() == family)
                    .toList();
            boolean isClosed = selecting.stream().anyMatch(egressIp -> isClosed(egressIp, family));
            if (isClosed) {
                ways.add("kept in " + address);
            }
            if (!items.isEmpty()) {
                var nexthops = new TreeSet<String>();
                for (var item : items) {
                    var node = new NumberedNode(Integer.parseInt(item.node().substring("node".length())));
                    nexthops.add(node.joinAddress(family));
                    ways.add("snat " + address + " " + ip(item.egressIp()).text() + " " + node.gatewayRouter());
                }
                ways.add("reroute " + address + " " + nexthops);
            } else if (isClosed) {
                ways.add("drop " + address);
            }
        });
        namespaces.keySet().forEach(namespace -> closed(namespace, ways));
        return ways;
    }

    /** Its pods leave as one of its egress IPs or not at all. */
    private static boolean isClosed(EgressIpInput egressIp, IpFamily family) {
        return egressIp.onUnassigned() == OnUnassigned.DROP
                || (egressIp.beforeServed() == BeforeServed.DROP
                        && egressIp.statusItems().stream()
                                .anyMatch(item -> ip(item.egressIp()).family() == family));
    }

    private void closed(String namespace, Set<String> ways) {
        for (var family : IpFamily.values()) {
            boolean isClosed = egressIps.stream()
                    .filter(egressIp -> egressIp.podSelector().equals(Optional.of(LabelSelector.EVERYTHING)))
                    .filter(egressIp -> egressIp.namespaceSelector()
                            .filter(selector ->
                                    selector.matches(namespaces.get(namespace).labels()))
                            .isPresent())
                    .anyMatch(egressIp -> isClosed(egressIp, family));
            if (isClosed) {
                ways.add("closed $" + Landscape.portGroup(namespace) + "_" + family.matchField());
            }
        }
    }

    /** Whose an address is: of several pods that have it, the youngest one's. */
    Map<String, PodInput> holders() {
        var holders = new TreeMap<String, PodInput>();
        pods.stream()
                .filter(PodInput::isServable)
                .sorted(Comparator.comparing(PodInput::created)
                        .thenComparing(PodInput::name, Comparator.reverseOrder()))
                .forEach(pod -> pod.ips().forEach(ip -> holders.put(ip.text(), pod)));
        return holders;
    }

    private boolean selects(EgressIpInput egressIp, PodInput pod) {
        var namespace = namespaces.get(pod.name().namespace());
        return namespace != null
                && egressIp.namespaceSelector()
                        .filter(selector -> selector.matches(namespace.labels()))
                        .isPresent()
                && egressIp.podSelector()
                        .filter(selector -> selector.matches(pod.labels()))
                        .isPresent();
    }
}
