package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.RowChange;
import io.ovnegress.reconciler.northbound.RowDiffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What it takes to make of an owner's rows and members what is wanted. Pure. */
final class WantedDiffer {
    private final RowDiffer rows;

    WantedDiffer(NorthboundView view) {
        this.rows = new RowDiffer(view);
    }

    /** Empty if all is as it should be. */
    List<RowChange> changes(Wanted wanted) {
        var rowChanges = rows.changes(wanted.rows(), wanted.present().rows());
        if (wanted.members().equals(wanted.present().members())) {
            return rowChanges.isEmpty() ? rowChanges : withRelies(wanted, rowChanges);
        }
        var changes = rowChanges.isEmpty() ? new ArrayList<RowChange>() : withRelies(wanted, rowChanges);
        sets(wanted).forEach((set, difference) -> difference.addTo(set, changes));
        return changes;
    }

    private static List<RowChange> withRelies(Wanted wanted, List<RowChange> rowChanges) {
        var changes = new ArrayList<>(rowChanges);
        wanted.relies().forEach(parent -> changes.add(new RowChange.Rely(parent)));
        return changes;
    }

    private record SetColumn(Column<?> column, UUID row) {}

    private static final class SetDifference {
        private final Set<Object> add = new HashSet<>();
        private final Set<Object> remove = new HashSet<>();

        @SuppressWarnings("unchecked") // the elements are those of members of this column
        private void addTo(SetColumn set, List<RowChange> changes) {
            if (!add.isEmpty() || !remove.isEmpty()) {
                changes.add(new RowChange.Members<>((Column<Set<Object>>) set.column(), set.row(), add, remove));
            }
        }
    }

    private static Map<SetColumn, SetDifference> sets(Wanted wanted) {
        var differences = new LinkedHashMap<SetColumn, SetDifference>();
        for (Member<?> member : wanted.members()) {
            of(differences, member).add.add(member.element());
        }
        for (Member<?> member : wanted.present().members()) {
            var difference = of(differences, member);
            if (!difference.add.remove(member.element())) {
                difference.remove.add(member.element());
            }
        }
        return differences;
    }

    private static SetDifference of(Map<SetColumn, SetDifference> differences, Member<?> member) {
        return differences.computeIfAbsent(new SetColumn(member.column(), member.row()), unused -> new SetDifference());
    }
}
