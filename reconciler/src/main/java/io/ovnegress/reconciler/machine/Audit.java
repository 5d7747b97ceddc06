package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.audit.AuditReport;
import io.ovnegress.reconciler.audit.AuditReport.Subject;
import io.ovnegress.reconciler.audit.Finding;
import io.ovnegress.reconciler.audit.RowClass;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.explain.RowState;
import io.ovnegress.reconciler.explain.Standing;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowDiffer;
import io.ovnegress.reconciler.northbound.Shadows;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Goes once through all rows, and through all owners that rows are wanted for, and says how what there is stands to what is wanted.
 * In slices: each goes on where the last one has ended, whatever has changed between them, and nothing is copied to be gone through, so
 * that a slice of one step costs the same however many rows there are. Changes nothing. Driven by the machine's thread.
 */
public final class Audit {
    private final FeatureSet features;
    private final NorthboundView view;
    private final WantedDiffer wantedDiffer;
    private final RowDiffer differ;
    private final RowStates states;
    private final Shadows shadows;
    private final Set<RowClass> told;
    private final int most;

    private final Deque<Table> tables = new ArrayDeque<>();
    private Iterator<Row> rows = Collections.emptyIterator();
    private final Deque<Supplier<Iterator<? extends Owner>>> parts = new ArrayDeque<>();
    private Iterator<? extends Owner> owners = Collections.emptyIterator();
    private final Set<Owner> seen;

    private final Map<RowClass, Integer> counts = new EnumMap<>(RowClass.class);
    private final Map<Subject, Map<RowClass, Integer>> objects = new HashMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private int onTheirWay;
    private boolean synchronised = true;
    private boolean leads = true;
    private boolean presumed;

    /**
     * @param told the classes whose findings are told
     * @param most how many of these are told; all are counted
     */
    Audit(FeatureSet features, Set<RowClass> told, int most) {
        this.features = features;
        this.view = features.world().northbound();
        this.wantedDiffer = new WantedDiffer(view);
        this.differ = new RowDiffer(view);
        this.states = new RowStates(view);
        this.shadows = new Shadows(view);
        this.told = Set.copyOf(told);
        this.most = most;
        this.seen = HashSet.newHashSet(view.owners().size());
        for (var rowClass : RowClass.values()) {
            counts.put(rowClass, 0);
        }
        tables.addAll(view.ownedTables());
        parts.add(() -> view.owners().iterator());
        parts.addAll(features.everyOwner());
    }

    /**
     * Looks at more.
     *
     * @param now how far owners are
     * @param enough whether it has been at it for long enough, asked after each row
     * @return whether all has been looked at
     */
    boolean goOn(OwnersNow now, BooleanSupplier enough) {
        synchronised &= now.isSynchronised();
        leads &= now.leads();
        if (!leads && !presumed) {
            features.presume();
            presumed = true;
        }
        do {
            if (rows.hasNext()) {
                look(rows.next());
            } else if (!tables.isEmpty()) {
                rows = view.rowsIn(tables.poll()).iterator();
            } else if (owners.hasNext()) {
                var owner = owners.next();
                if (seen.add(owner)) {
                    look(owner, now);
                }
            } else if (!parts.isEmpty()) {
                owners = parts.poll().get();
            } else {
                return true;
            }
        } while (!enough.getAsBoolean());
        return false;
    }

    /** What has been found so far. */
    public AuditReport report() {
        return new AuditReport(counts, onTheirWay, objects, findings, leads, synchronised);
    }

    /** Rows of nobody of ours are only looked at. */
    private void look(Row row) {
        if (view.ownerOf(row.id()).isPresent()) {
            return;
        }
        if (Marks.featureOf(row).isPresent()) {
            found(
                    RowClass.Unreadable,
                    () -> new Finding(
                            RowClass.Unreadable,
                            states.state(row, RowState.State.Foreign),
                            "",
                            Optional.empty(),
                            Optional.empty(),
                            new Reason(Standing.Programmed, ""),
                            "names a feature that this version does not have; it is left as it is"));
        } else {
            shadows.add(row);
        }
    }

    private void look(Owner owner, OwnersNow now) {
        var wanted = features.want(owner);
        boolean isAsWanted = wantedDiffer.changes(wanted).isEmpty();
        if (isAsWanted) {
            count(RowClass.Right, wanted.rows().size());
        } else {
            compare(owner, wanted, now);
        }
        for (var row : wanted.rows()) {
            for (var shadow : shadows.over(row)) {
                tell(
                        owner,
                        wanted,
                        now.standing(owner, wanted, isAsWanted),
                        RowClass.Shadowing,
                        () -> states.state(shadow.foreign(), RowState.State.Foreign),
                        shadow.what());
            }
        }
    }

    private void compare(Owner owner, Wanted wanted, OwnersNow now) {
        var standing = now.standing(owner, wanted, false);
        int before = notRight();
        differ.pair(wanted.rows(), wanted.present().rows(), new Sorter(owner, wanted, standing));
        for (var member : RowStates.lacking(wanted)) {
            if (view.row(member.column().table(), member.row()).isPresent()) { // else it is missing as a whole
                tell(owner, wanted, standing, RowClass.Wrong, () -> states.of(member, wanted), "is to be put right");
            }
        }
        if (standing.code() == Standing.Pending || standing.code() == Standing.BeingWritten) {
            onTheirWay += notRight() - before;
        }
    }

    private int notRight() {
        int sum = 0;
        for (var count : counts.entrySet()) {
            sum += count.getKey() == RowClass.Right ? 0 : count.getValue();
        }
        return sum;
    }

    private void tell(
            Owner owner, Wanted wanted, Reason standing, RowClass rowClass, Supplier<RowState> row, String message) {
        wanted.why()
                .object()
                .ifPresent(object -> objects.computeIfAbsent(
                                new Subject(owner.feature(), object), unused -> new EnumMap<>(RowClass.class))
                        .merge(rowClass, 1, Integer::sum));
        found(rowClass, () -> finding(owner, wanted, standing, rowClass, row.get(), message));
    }

    private static Finding finding(
            Owner owner, Wanted wanted, Reason standing, RowClass rowClass, RowState row, String message) {
        return new Finding(
                rowClass,
                row,
                owner.toString(),
                wanted.why().object(),
                wanted.why().pod(wanted.present().rows()),
                standing,
                message);
    }

    /** It costs something to say what was found: only as long as it is told. */
    private void found(RowClass rowClass, Supplier<Finding> finding) {
        count(rowClass, 1);
        if (findings.size() < most && told.contains(rowClass)) {
            findings.add(finding.get());
        }
    }

    private void count(RowClass rowClass, int more) {
        counts.merge(rowClass, more, Integer::sum);
    }

    /** Says of each pair of a row that is wanted and one that is there which class it is. */
    private final class Sorter implements RowDiffer.Pairs {
        private final Owner owner;
        private final Wanted wanted;
        private final Reason standing;

        private Sorter(Owner owner, Wanted wanted, Reason standing) {
            this.owner = owner;
            this.wanted = wanted;
            this.standing = standing;
        }

        @Override
        public void keep(DesiredRow desired, Row row) {
            Supplier<RowState> state = () -> states.kept(desired, row, RowState.State.Different);
            if (!differ.isInPlace(desired, row)) {
                tell(owner, wanted, standing, RowClass.OnWrongRouter, state, "is to be moved to where it belongs");
            } else if (!RowDiffer.differences(desired, row).isEmpty()) {
                tell(owner, wanted, standing, RowClass.Wrong, state, "is to be put right");
            } else {
                count(RowClass.Right, 1);
            }
        }

        @Override
        public void insert(DesiredRow desired) {
            tell(
                    owner,
                    wanted,
                    standing,
                    RowClass.Missing,
                    () -> states.missing(desired, RowState.State.Missing),
                    "is to be inserted");
        }

        @Override
        public void remove(Row row) {
            tell(
                    owner,
                    wanted,
                    standing,
                    classOf(row),
                    () -> states.state(row, RowState.State.Unwanted),
                    "is to be removed");
        }

        private RowClass classOf(Row row) {
            if (!owner.isReadable()) {
                return RowClass.Unreadable;
            }
            var rowClass = RowClass.Superfluous;
            for (var desired : wanted.rows()) {
                if (RowDiffer.isSaidToBe(desired, row)) {
                    if (differ.isInPlace(desired, row)) {
                        return RowClass.Duplicate;
                    }
                    rowClass = RowClass.OnWrongRouter;
                }
            }
            return rowClass;
        }
    }
}
