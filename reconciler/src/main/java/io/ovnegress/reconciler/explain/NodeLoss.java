package io.ovnegress.reconciler.explain;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What would become of addresses if nodes were lost together.
 *
 * @param nodes that are lost
 * @param changes of all addresses that would be elsewhere, by objects
 */
public record NodeLoss(Set<String> nodes, List<AddressChange> changes) {
    public NodeLoss {
        nodes = Set.copyOf(nodes);
        changes = List.copyOf(changes);
    }

    /** The addresses that another node would have. */
    public List<AddressChange> moved() {
        return changes.stream().filter(change -> !change.isLoss()).toList();
    }

    /** The addresses that no node would have. */
    public List<AddressChange> unplaced() {
        return changes.stream().filter(AddressChange::isLoss).toList();
    }

    /** How many pods could not leave as an address as which they leave now. */
    public int podsUnplaced() {
        return unplaced().stream().mapToInt(AddressChange::pods).sum();
    }

    /** What another feature says of the same nodes. */
    NodeLoss and(NodeLoss other) {
        return new NodeLoss(
                nodes, Stream.concat(changes.stream(), other.changes.stream()).toList());
    }

    /** As in {@code losing worker-1: 3 addresses move, 1 has no node (12 pods)}. */
    public String sentence() {
        int moved = moved().size();
        int unplaced = unplaced().size();
        return "losing " + String.join(", ", new TreeSet<>(nodes)) + ": "
                + (changes.isEmpty()
                        ? "no address is there, nothing moves"
                        : moved + (moved == 1 ? " address moves" : " addresses move") + ", " + unplaced
                                + (unplaced == 1 ? " has" : " have") + " no node"
                                + (unplaced == 0 ? "" : " (" + podsUnplaced() + " pods)"));
    }
}
