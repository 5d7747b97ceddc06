package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.input.ObjectRef;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Where all addresses are at one moment, and all that decides where they go: says what would become of them. Immutable, so that it
 * can be asked on any thread while the machine goes on.
 */
public interface Outlook {
    /** The nodes that have addresses, in the order of their names. */
    Set<String> nodes();

    /** All nodes that there are. */
    Set<String> allNodes();

    /** What would become of addresses if these nodes did not answer any more: decided by what decides when they do not. */
    NodeLoss without(Set<String> lost);

    /** Every address that objects ask for, by objects. */
    List<AddressPlace> places();

    /** Every node that may have addresses, or has some, in the order of their names. */
    List<NodePlace> nodePlaces();

    /** The addresses that are elsewhere in another one, of the same machine or one over a copy. */
    List<AddressChange> changesTo(Outlook later);

    /** Whether nothing has changed since on which answers depend, but for the numbers of pods. */
    boolean isStill(Outlook earlier);

    /** There are no addresses. */
    record None() implements Outlook {
        @Override
        public Set<String> nodes() {
            return Set.of();
        }

        @Override
        public Set<String> allNodes() {
            return Set.of();
        }

        @Override
        public NodeLoss without(Set<String> lost) {
            return new NodeLoss(lost, List.of());
        }

        @Override
        public List<AddressPlace> places() {
            return List.of();
        }

        @Override
        public List<NodePlace> nodePlaces() {
            return List.of();
        }

        @Override
        public List<AddressChange> changesTo(Outlook later) {
            return List.of();
        }

        @Override
        public boolean isStill(Outlook earlier) {
            return earlier instanceof None;
        }
    }

    /** What is lost if each of the nodes that have addresses is, alone: the worst first. */
    default List<NodeLoss> eachAlone() {
        return nodes().stream()
                .map(node -> without(Set.of(node)))
                .sorted(Comparator.comparingInt(
                                (NodeLoss loss) -> loss.unplaced().size())
                        .thenComparingInt(NodeLoss::podsUnplaced)
                        .thenComparingInt(loss -> loss.changes().size())
                        .reversed()
                        .thenComparing(loss -> loss.nodes().iterator().next()))
                .toList();
    }

    /** By the objects of which a node has an address: the nodes whose loss alone would leave one of theirs without a node. */
    static Map<ObjectRef, Set<String>> gaps(List<NodeLoss> each) {
        var gaps = new HashMap<ObjectRef, Set<String>>();
        for (var loss : each) {
            for (var change : loss.changes()) {
                var nodes = gaps.computeIfAbsent(change.object(), unused -> new TreeSet<>());
                if (change.isLoss()) {
                    nodes.addAll(loss.nodes());
                }
            }
        }
        return gaps;
    }

    /** What two features say. */
    default Outlook and(Outlook other) {
        return this instanceof None ? other : other instanceof None ? this : new Both(this, other);
    }

    /** Of two features. */
    record Both(Outlook one, Outlook other) implements Outlook {
        @Override
        public Set<String> nodes() {
            return union(one.nodes(), other.nodes());
        }

        @Override
        public Set<String> allNodes() {
            return union(one.allNodes(), other.allNodes());
        }

        private static Set<String> union(Set<String> some, Set<String> others) {
            var all = new TreeSet<>(some);
            all.addAll(others);
            return all;
        }

        @Override
        public NodeLoss without(Set<String> lost) {
            return one.without(lost).and(other.without(lost));
        }

        @Override
        public List<AddressPlace> places() {
            return Stream.concat(one.places().stream(), other.places().stream()).toList();
        }

        @Override
        public List<NodePlace> nodePlaces() {
            var places = new TreeMap<String, NodePlace>();
            other.nodePlaces().forEach(place -> places.put(place.name(), place));
            // Whoever says more of a node comes first.
            one.nodePlaces().forEach(place -> places.put(place.name(), place));
            return List.copyOf(places.values());
        }

        @Override
        public List<AddressChange> changesTo(Outlook later) {
            return later instanceof Both both
                    ? Stream.concat(one.changesTo(both.one).stream(), other.changesTo(both.other).stream())
                            .toList()
                    : List.of();
        }

        @Override
        public boolean isStill(Outlook earlier) {
            return earlier instanceof Both before && one.isStill(before.one) && other.isStill(before.other);
        }
    }
}
