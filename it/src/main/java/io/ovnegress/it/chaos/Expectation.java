package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.RandomObjects.ip;

import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.BeforeServed;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.PodInput;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What follows from the objects of a moment, worked out in another way than the controller does. Immutable.
 */
record Expectation(
        Map<String, NamespaceInput> namespaces,
        Collection<PodInput> pods,
        Collection<EgressIpInput> egressIps,
        Collection<EgressTrafficInput> traffic,
        Set<String> nodes,
        Forms forms) {
    static final Comparator<EgressIpInput> SENIORITY =
            Comparator.comparing(EgressIpInput::created).thenComparing(EgressIpInput::name);

    Expectation {
        namespaces = Map.copyOf(namespaces);
        pods = List.copyOf(pods);
        egressIps = List.copyOf(egressIps);
        traffic = List.copyOf(traffic);
        nodes = Set.copyOf(nodes);
    }

    /**
     * How pods leave by the objects and the nodes in their status, in the words of {@link Content#ways}; where they leave by destination
     * {@link DestinationsEnd} says it.
     */
    Set<String> ways() {
        var ways = new TreeSet<String>();
        holders().forEach((address, pod) -> {
            var selecting = forAll().filter(egressIp -> selects(egressIp, pod)).toList();
            var family = ip(address).family();
            var serving = serving(pod);
            var items = serving.map(egressIp -> items(egressIp, family)).orElse(List.of());
            boolean isRouted =
                    !items.isEmpty() && serving.filter(forms::hasRouters).isPresent();
            boolean isCarried = isRouted && carrier(pod.name().namespace()).equals(serving);
            boolean isClosed = selecting.stream().anyMatch(egressIp -> isClosed(egressIp, family));
            if (isClosed && !isCarried) {
                ways.add("kept in " + address);
            }
            if (isRouted) {
                if (!isCarried) {
                    ways.add("routed " + address + " by " + routersOf(serving.get(), family));
                }
            } else if (!items.isEmpty()) {
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
        egressIps.stream()
                .filter(forms::hasRouters)
                .forEach(egressIp -> routers(egressIp).forEach(router -> ways.add("router " + router)));
        return ways;
    }

    private Stream<EgressIpInput> forAll() {
        return egressIps.stream().filter(egressIp -> !egressIp.isForSome());
    }

    /** Of those for all destinations that select a pod the oldest that is anywhere. */
    Optional<EgressIpInput> serving(PodInput pod) {
        return forAll().filter(egressIp ->
                        selects(egressIp, pod) && !egressIp.statusItems().isEmpty())
                .min(SENIORITY);
    }

    static List<StatusItem> items(EgressIpInput egressIp, IpFamily family) {
        return egressIp.statusItems().stream()
                .filter(item -> ip(item.egressIp()).family() == family)
                .toList();
    }

    /** The object to whose routers the namespace is led as a whole: the oldest that is anywhere, if it selects all. */
    Optional<EgressIpInput> carrier(String namespace) {
        return forAll().filter(egressIp -> !egressIp.statusItems().isEmpty() && selectsSomeOf(egressIp, namespace))
                .min(SENIORITY)
                .filter(egressIp -> egressIp.podSelector().equals(Optional.of(LabelSelector.EVERYTHING))
                        && forms.hasRouters(egressIp));
    }

    /** In words: each egress IP has a router, but for an IPv6 address that goes with the IPv4 address before it. */
    private List<String> routers(EgressIpInput egressIp) {
        var items = egressIp.statusItems();
        var routers = new ArrayList<String>();
        for (int i = 0; i < items.size(); i++) {
            var addresses = new TreeSet<>(Set.of(ip(items.get(i).egressIp()).text()));
            if (i + 1 < items.size() && goTogether(items.get(i), items.get(i + 1))) {
                i++;
                addresses.add(ip(items.get(i).egressIp()).text());
            }
            routers.add(OwnRouters.inWords(
                    egressIp.name(),
                    addresses,
                    items.get(i).node().replace("node", "chassis-"),
                    egressIp.form().isPinned()));
        }
        return routers;
    }

    private boolean goTogether(StatusItem one, StatusItem next) {
        return one.node().equals(next.node())
                && ip(one.egressIp()).family() == IpFamily.V4
                && ip(next.egressIp()).family() == IpFamily.V6
                && egressIps.stream()
                                .filter(egressIp -> egressIp.egressIps().stream()
                                        .anyMatch(
                                                text -> IpAddress.parse(text).equals(Optional.of(ip(next.egressIp())))))
                                .count()
                        == 1;
    }

    /** Those that have an egress IP of the family. */
    Set<String> routersOf(EgressIpInput egressIp, IpFamily family) {
        var some = new TreeSet<String>();
        for (var item : items(egressIp, family)) {
            routers(egressIp).stream()
                    .filter(router -> router.contains(ip(item.egressIp()).text() + ","))
                    .forEach(some::add);
        }
        return some;
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
            var set = "$" + Landscape.portGroup(namespace) + "_" + family.matchField();
            var carrier = carrier(namespace)
                    .filter(egressIp -> !items(egressIp, family).isEmpty());
            if (carrier.isPresent()) {
                ways.add("carried " + set + " by " + routersOf(carrier.get(), family));
                continue;
            }
            boolean isClosed = forAll().filter(
                            egressIp -> egressIp.podSelector().equals(Optional.of(LabelSelector.EVERYTHING)))
                    .filter(egressIp -> selectsSomeOf(egressIp, namespace))
                    .anyMatch(egressIp -> isClosed(egressIp, family));
            if (isClosed) {
                ways.add("closed " + set);
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

    boolean selectsSomeOf(EgressIpInput egressIp, String namespace) {
        return namespaces.containsKey(namespace)
                && egressIp.namespaceSelector()
                        .filter(selector ->
                                selector.matches(namespaces.get(namespace).labels()))
                        .isPresent();
    }

    boolean selects(EgressIpInput egressIp, PodInput pod) {
        return selectsSomeOf(egressIp, pod.name().namespace())
                && egressIp.podSelector()
                        .filter(selector -> selector.matches(pod.labels()))
                        .isPresent();
    }
}
