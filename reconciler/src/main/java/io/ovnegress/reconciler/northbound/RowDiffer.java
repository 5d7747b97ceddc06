package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Compares the rows that an owner should have with those it has. A correct row is never removed; of several rows that could be
 * the desired one the best stays and the rest go. Pure.
 */
public final class RowDiffer {
    /** {@code external_ids} of ovn-kubernetes: taken off adopted rows, since its clean-up would take the row by them. */
    private static final String FOREIGN_OWNER_PREFIX = "k8s.ovn.org/";
    /** What goes with them, without their prefix. */
    private static final Set<String> FOREIGN_OWNER_DETAILS = Set.of("ip-family", "network", "priority");
    /** What ovn-kubernetes knew its rows by before it had owner keys; it still takes rows for its own by it. */
    private static final String FORMER_FOREIGN_OWNER = "name";

    private final NorthboundView view;

    public RowDiffer(NorthboundView view) {
        this.view = view;
    }

    /** What it takes to make the actual rows the desired ones; empty if they are. */
    public List<RowChange> changes(List<DesiredRow> desired, List<Row> actual) {
        if (desired.isEmpty() && actual.isEmpty()) {
            return List.of();
        }
        var changes = new ArrayList<RowChange>();
        pair(desired, actual, new Pairs() {
            @Override
            public void keep(DesiredRow wanted, Row row) {
                RowDiffer.this.keep(wanted, row, changes);
            }

            @Override
            public void insert(DesiredRow wanted) {
                changes.add(new RowChange.Insert(wanted));
            }

            @Override
            public void remove(Row row) {
                RowDiffer.this.remove(row, changes);
            }
        });
        return changes;
    }

    /** Is told what becomes of rows. */
    public interface Pairs {
        /** The row is the desired one, or is to be made it. */
        void keep(DesiredRow desired, Row row);

        /** There is no row that could be the desired one. */
        void insert(DesiredRow desired);

        /** Nobody wants the row. */
        void remove(Row row);
    }

    /** Tells of every desired row which one it is, and which ones are left. */
    public void pair(List<DesiredRow> desired, List<Row> actual, Pairs pairs) {
        Candidates all = null; // which most have no use for
        var left = Candidates.of(actual);
        var found = new ArrayList<Optional<Row>>(desired.size());
        for (var row : desired) {
            var best = bestMatch(row, left);
            if (best.isEmpty()) {
                all = all == null ? Candidates.of(actual) : all;
                if (all.withIdOf(row).isPresent()) {
                    pairByIds(desired, actual, pairs);
                    return;
                }
            }
            best.ifPresent(left::take);
            found.add(best.isPresent() ? best : unrecognised(row));
        }
        for (int i = 0; i < found.size(); i++) {
            var wanted = desired.get(i);
            found.get(i).ifPresentOrElse(row -> pairs.keep(wanted, row), () -> pairs.insert(wanted));
        }
        left.rest().forEach(pairs::remove);
    }

    /** Of rows that say what another one should say each is put right: no new one could be made under a UUID that is taken. */
    private void pairByIds(List<DesiredRow> desired, List<Row> actual, Pairs pairs) {
        var left = Candidates.of(actual);
        var others = new ArrayList<DesiredRow>();
        for (var row : desired) {
            var own = left.withIdOf(row);
            if (own.isPresent()) {
                left.take(own.get());
                pairs.keep(row, own.get());
            } else {
                others.add(row);
            }
        }
        pair(others, left.rest(), pairs);
    }

    /**
     * The candidate to be made the desired row: one that can be told by its identity, a correct one before others, ours before
     * others; else the one that has our UUID but has lost its identity. Empty if there is none.
     */
    private Optional<Row> bestMatch(DesiredRow desired, Candidates candidates) {
        Row best = null;
        for (var candidate : candidates.like(desired)) {
            if (candidate.table() == desired.table()
                    && holds(candidate, desired.identity())
                    && (best == null || isBetter(desired, candidate, best))) {
                best = candidate;
            }
        }
        return best != null ? Optional.of(best) : candidates.withIdOf(desired);
    }

    /** A row under our UUID that nothing else tells for ours any more: no new one could be made beside it. */
    private Optional<Row> unrecognised(DesiredRow desired) {
        return view.row(desired.table(), desired.id())
                .filter(row -> view.ownerOf(row.id()).isEmpty());
    }

    /** The one that needs fewer changes; of equals the one that is ours, else the one with the smaller UUID. */
    private boolean isBetter(DesiredRow desired, Row one, Row other) {
        int wrong = wrong(desired, one) - wrong(desired, other);
        if (wrong != 0) {
            return wrong < 0;
        }
        var ours = desired.id();
        if (one.id().equals(ours) || other.id().equals(ours)) {
            return one.id().equals(ours);
        }
        return one.id().compareTo(other.id()) < 0;
    }

    /** Whether the row can be told for the desired one by what it holds, wherever it hangs. */
    public static boolean isSaidToBe(DesiredRow desired, Row row) {
        return row.table() == desired.table() && holds(row, desired.identity());
    }

    private int wrong(DesiredRow desired, Row row) {
        return differences(desired, row).size() + (isInPlace(desired, row) ? 0 : 1);
    }

    /** Whether the row is where it should be and does what it should, whatever it is labelled. */
    public boolean isInEffect(DesiredRow desired, Row row) {
        return row.table() == desired.table()
                && isInPlace(desired, row)
                && desired.cells().stream().noneMatch(cell -> differs(row, cell));
    }

    /** Whether the row hangs everywhere where it should, and nowhere else. */
    public boolean isInPlace(DesiredRow desired, Row row) {
        return isInPlace(desired, view.parentsOf(row.id()));
    }

    private static boolean isInPlace(DesiredRow desired, List<Attachment> parents) {
        var places = desired.attachments();
        return places.isEmpty()
                || (parents.size() == places.size() && quickly(parents).containsAll(places));
    }

    /** To be looked into; most rows hang on one. */
    private static Collection<Attachment> quickly(List<Attachment> places) {
        return places.size() > 1 ? Set.copyOf(places) : places;
    }

    private void keep(DesiredRow desired, Row row, List<RowChange> changes) {
        var cells = differences(desired, row);
        var parents = view.parentsOf(row.id());
        if (cells.isEmpty() && isInPlace(desired, parents)) {
            return;
        }
        if (!cells.isEmpty()) {
            changes.add(new RowChange.Update(row, cells));
        }
        var places = desired.attachments();
        attach(row, places, quickly(parents), changes);
        if (!places.isEmpty()) {
            var wanted = quickly(places);
            for (var parent : parents) {
                if (!wanted.contains(parent)) {
                    changes.add(new RowChange.Detach(parent, row.id()));
                }
            }
        }
    }

    /**
     * Where it hangs already it is attached again in one place, to fail if it no longer exists. That a weak reference would not
     * do: it would be dropped, and the rest committed.
     */
    private static void attach(
            Row row, List<Attachment> places, Collection<Attachment> parents, List<RowChange> changes) {
        boolean fails = false;
        for (var place : places) {
            if (!parents.contains(place)) {
                changes.add(new RowChange.Attach(place, row.id()));
                fails |= place.isStrong();
            }
        }
        if (fails) {
            return;
        }
        for (var place : places) {
            if (place.isStrong()) {
                changes.add(new RowChange.Attach(place, row.id()));
                return;
            }
        }
        changes.add(new RowChange.Insist(row));
    }

    private void remove(Row row, List<RowChange> changes) {
        if (row.table().isRoot()) {
            changes.add(new RowChange.Delete(row));
        } else {
            releaseRoots(row, changes);
        }
        for (var parent : view.parentsOf(row.id())) {
            if (parent.isStrong() || !row.table().isRoot()) {
                changes.add(new RowChange.Detach(parent, row.id()));
            } // else it goes from there by itself
        }
    }

    /**
     * A row that goes because nothing refers to it any more is still there while references are counted: what it refers to could not
     * be deleted in the same transaction.
     */
    private static void releaseRoots(Row row, List<RowChange> changes) {
        List<Cell<?>> cells = new ArrayList<>(0);
        for (var column : row.table().columns()) {
            boolean holdsRoot = column.isSet()
                    && column.reference()
                            .filter(reference ->
                                    reference.isStrong() && reference.target().isRoot())
                            .isPresent();
            if (holdsRoot && row.knows(column) && !row.get(column).equals(column.defaultValue())) {
                cells.add(defaultOf(column));
            }
        }
        if (!cells.isEmpty()) {
            changes.add(new RowChange.Update(row, cells));
        }
    }

    /** What the row is to hold and does not; empty if it is as desired, wherever it hangs. */
    public static List<Cell<?>> differences(DesiredRow desired, Row row) {
        List<Cell<?>> cells = new ArrayList<>(0);
        for (var cell : desired.cells()) {
            if (differs(row, cell)) {
                cells.add(cell);
            }
        }
        for (var cell : desired.ownCells()) {
            if (RowIds.isChosen(row.id()) && differs(row, cell)) {
                cells.add(cell);
            }
        }
        for (var column : desired.empty()) {
            if (row.knows(column) && !Objects.equals(row.get(column), column.defaultValue())) {
                cells.add(defaultOf(column));
            }
        }
        desired.table()
                .externalIds()
                .ifPresent(column ->
                        externalIds(desired, row.get(column)).ifPresent(merged -> cells.add(Cell.of(column, merged))));
        return cells;
    }

    /** The row's external_ids with ours put right; empty if they are right. */
    private static Optional<Map<String, String>> externalIds(DesiredRow desired, Map<String, String> actual) {
        var wanted = desired.externalIds();
        if (actual.equals(wanted)) {
            return Optional.empty();
        }
        var merged = new HashMap<>(actual);
        if (merged.entrySet().removeIf(pair -> isForeignOwner(pair, wanted))) {
            merged.keySet().removeAll(FOREIGN_OWNER_DETAILS);
        }
        merged.putAll(wanted);
        return merged.equals(actual) ? Optional.empty() : Optional.of(Map.copyOf(merged));
    }

    private static boolean isForeignOwner(Map.Entry<String, String> pair, Map<String, String> wanted) {
        return pair.getKey().equals(FORMER_FOREIGN_OWNER)
                || (pair.getKey().startsWith(FOREIGN_OWNER_PREFIX)
                        && !pair.getValue().equals(wanted.get(pair.getKey())));
    }

    private static boolean differs(Row row, Cell<?> cell) {
        return row.knows(cell.column()) && !holds(row, cell);
    }

    private static boolean holds(Row row, Cell<?> cell) {
        return row.get(cell.column()).equals(cell.value());
    }

    static <T> Cell<T> defaultOf(Column<T> column) {
        return Cell.of(column, column.defaultValue());
    }
}
