package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Why no node serves an egress IP: each with the first term that it does not meet. Pure; the same state gives the same text. */
public final class NodeExclusions {
    private static final int NODES_NAMED = 3;
    /** Past this the nodes that are farthest from serving are counted only. */
    private static final int LONG_ENOUGH = 320;

    private final NodeIndex nodes;
    private final NodeLoads loads;

    public NodeExclusions(NodeIndex nodes, NodeLoads loads) {
        this.nodes = nodes;
        this.loads = loads;
    }

    private record Excluded(BitSet nodes, String why) {}

    /**
     * A clause for people, about the nodes that are nearest to serving first.
     *
     * @param taken nodes that serve other egress IPs of the object
     */
    String of(LabelSelector selector, IpAddress ip, Collection<Integer> taken) {
        if (nodes.size() == 0) {
            return "the cluster has no nodes";
        }
        if (nodes.nodesFor(ip).isEmpty()) {
            return nodes.hasNetworksOf(ip.family())
                    ? "no node has it in its network"
                    : "no node has a network of its family, or --cluster-subnets names none";
        }
        var nearestFirst = new ArrayDeque<Excluded>();
        var left = new BitSet(nodes.size());
        left.set(0, nodes.size());
        for (var term : nodes.termsOf(selector, ip)) {
            exclude(left, term.metBy(), clauseOf(term.unmet()), nearestFirst);
        }
        var free = new BitSet(nodes.size());
        free.set(0, nodes.size());
        taken.forEach(free::clear);
        exclude(left, free, clauseOf(Why.NodeTaken), nearestFirst);
        excludeFull(left, ip.family(), nearestFirst);
        return textOf(nearestFirst);
    }

    private void excludeFull(BitSet left, IpFamily family, Deque<Excluded> nearestFirst) {
        var byLoad = new TreeMap<String, BitSet>();
        left.stream()
                .forEach(node -> loads.exhausted(node, family)
                        .ifPresent(load -> byLoad.computeIfAbsent(load, unused -> new BitSet())
                                .set(node)));
        byLoad.descendingMap()
                .forEach((load, those) -> nearestFirst.addFirst(new Excluded(those, "full (" + load + ")")));
    }

    private static void exclude(BitSet left, BitSet meeting, String why, Deque<Excluded> nearestFirst) {
        var excluded = (BitSet) left.clone();
        excluded.andNot(meeting);
        left.and(meeting);
        if (!excluded.isEmpty()) {
            nearestFirst.addFirst(new Excluded(excluded, why));
        }
    }

    /**
     * Of each node, in their order, why it does not serve the egress IP; empty if nothing is in the way.
     *
     * @param taken nodes that serve other egress IPs of the object
     */
    List<Optional<Excluding>> each(LabelSelector selector, IpAddress ip, Collection<Integer> taken) {
        var terms = nodes.termsOf(selector, ip);
        var each = new ArrayList<Optional<Excluding>>(nodes.size());
        for (int number = 0; number < nodes.size(); number++) {
            int node = number;
            each.add(firstUnmet(terms, node)
                    .or(() -> taken.contains(node) ? Optional.of(Why.NodeTaken) : Optional.empty())
                    .map(why -> new Excluding(why, clauseOf(why)))
                    .or(() -> loads.exhausted(node, ip.family())
                            .map(load -> new Excluding(Why.Full, "full (" + load + ")"))));
        }
        return each;
    }

    /** @param clause as people read it of the node */
    record Excluding(Why why, String clause) {}

    /** The first term that the node does not meet, apart from what else it serves. */
    public static Optional<Why> firstUnmet(NodeIndex nodes, LabelSelector selector, IpAddress ip, int node) {
        return firstUnmet(nodes.termsOf(selector, ip), node);
    }

    private static Optional<Why> firstUnmet(List<NodeIndex.Term> terms, int node) {
        return terms.stream()
                .filter(term -> !term.metBy().get(node))
                .map(NodeIndex.Term::unmet)
                .findFirst();
    }

    public static String clauseOf(Why why) {
        return switch (why) {
            case NotInNetwork -> "does not have it in its network";
            case NoHostAddress -> "has it as network or broadcast address";
            case NotInRange -> "has it in none of its ranges (annotation ovn-egress.io/egress-cidrs)";
            case PinnedElsewhere -> "it is another node's (annotation ovn-egress.io/egress-ips there)";
            case NotLabelled -> "not labelled";
            case NotSelected -> "labels do not match egressNodeSelector";
            case Draining -> "being drained";
            case NotReady -> "not ready";
            case Unreachable -> "not reachable";
            case NodeTaken -> "serves another IP of this object";
            default -> throw new IllegalArgumentException(why + " excludes no node");
        };
    }

    private String textOf(Collection<Excluded> nearestFirst) {
        var clauses = new ArrayList<String>();
        int length = 0;
        int counted = 0;
        for (var excluded : nearestFirst) {
            if (length > LONG_ENOUGH) {
                counted += excluded.nodes().cardinality();
            } else {
                var clause = names(excluded.nodes()) + ": " + excluded.why();
                length += clause.length();
                clauses.add(clause);
            }
        }
        if (counted > 0) {
            clauses.add("and " + counted + " more nodes");
        }
        return String.join("; ", clauses);
    }

    private String names(BitSet numbers) {
        var named = numbers.stream()
                .limit(NODES_NAMED)
                .mapToObj(number -> nodes.node(number).name())
                .collect(Collectors.joining(", "));
        int more = numbers.cardinality() - NODES_NAMED;
        return more > 0 ? named + " and " + more + " more" : named;
    }
}
