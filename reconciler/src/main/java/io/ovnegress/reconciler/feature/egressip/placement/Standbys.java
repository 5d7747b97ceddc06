package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which nodes are to take an egress IP's place when its node dies, before anybody has decided anything: those that could serve it as
 * well, other zones first. Pure, but for counting who stands by how often.
 */
public final class Standbys {
    /** With the node itself three candidates: more cost sessions between chassis, and help only where three nodes die at once. */
    private static final int MOST = 2;

    private final NodeIndex nodes;
    /** How many egress IPs each node serves, and stands by for. */
    private final Map<String, Integer> loads = new HashMap<>();
    /** What each node serves. */
    private final NodeLoads served;

    public Standbys(NodeIndex nodes, Collection<Placement> placements) {
        this.nodes = nodes;
        this.served = new NodeLoads(nodes);
        placements.forEach(placement -> placement.assignments().forEach(assignment -> {
            loads.merge(assignment.node(), 1, Integer::sum);
            nodes.number(assignment.node())
                    .ifPresent(
                            number -> served.add(number, assignment.egressIp().family()));
        }));
    }

    /**
     * The best first.
     *
     * @param addresses that go together
     * @param node where they are
     * @param taken nodes that serve other egress IPs of the object: they come last, since two of one object belong on different nodes
     * @param former those that stand by for it so far, which stay if they can, in their order
     */
    public List<String> of(
            EgressIpInput object, List<IpAddress> addresses, String node, Set<String> taken, List<String> former) {
        var selector = object.nodes().selector();
        if (selector.isEmpty()) {
            return List.of();
        }
        BitSet hosts = nodes.hostsOf(selector.get(), addresses.get(0));
        for (var address : addresses) {
            hosts.and(nodes.routed(nodes.hostsOf(selector.get(), address), address.family()));
        }
        var zone = nodes.number(node).map(number -> nodes.node(number).zone()).orElse("");
        var order = new HashMap<Integer, Integer>();
        for (int i = 0; i < former.size(); i++) {
            int place = i;
            nodes.number(former.get(i)).ifPresent(number -> order.put(number, place));
        }
        // Who stays is not first for that: asked again, with all of them there before, the order has to be the same.
        var rank = Comparator.comparingInt((Integer number) -> nodes.rank(object.nodes(), number))
                .thenComparingInt(number -> order.getOrDefault(number, Integer.MAX_VALUE));
        var fit = Comparator.comparing(
                        (Integer number) -> taken.contains(nodes.node(number).name()))
                .thenComparing(number -> addresses.stream()
                        .anyMatch(address -> served.full(address.family()).get(number)));
        var chosen = hosts.stream()
                .boxed()
                .filter(number -> !nodes.node(number).name().equals(node))
                .sorted(fit.thenComparing(number -> !order.containsKey(number))
                        .thenComparing(rank)
                        .thenComparing(number -> nodes.node(number).zone().equals(zone) && !zone.isEmpty())
                        .thenComparing(
                                number -> loads.getOrDefault(nodes.node(number).name(), 0))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(MOST)
                .sorted(fit.thenComparing(rank))
                .map(number -> nodes.node(number).name())
                .toList();
        chosen.forEach(standby -> loads.merge(standby, 1, Integer::sum));
        return chosen;
    }
}
