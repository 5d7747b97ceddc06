package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.explain.RowState;
import io.ovnegress.reconciler.explain.RowState.State;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.PrintableText;
import io.ovnegress.reconciler.northbound.RowDiffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** The rows of an owner beside what is wanted, as {@link RowDiffer} pairs them, for people. Pure. */
final class RowStates {
    private static final int VALUE_LIMIT = 400;

    private final NorthboundView view;
    private final RowDiffer differ;

    RowStates(NorthboundView view) {
        this.view = view;
        this.differ = new RowDiffer(view);
    }

    /**
     * @param there all rows of the owner
     * @param now what is wanted in the present step
     * @param inTheEnd what is wanted when all steps are done
     */
    List<RowState> of(List<Row> there, Wanted now, List<DesiredRow> inTheEnd) {
        var states = new ArrayList<RowState>();
        var going = new ArrayList<Row>();
        differ.pair(now.rows(), now.present().rows(), new Collector(State.Different, State.Missing, states, going));
        going.forEach(row -> states.add(state(row, State.Unwanted)));
        members(now, states);

        var left = new ArrayList<>(there);
        left.removeAll(now.present().rows());
        var later = new ArrayList<>(inTheEnd);
        later.removeIf(row -> now.rows().stream().anyMatch(present -> isSame(row, present)));
        var kept = new ArrayList<Row>();
        differ.pair(later, left, new Collector(State.Later, State.Later, states, kept));
        boolean goesOn = now.next().isPresent();
        kept.forEach(row -> states.add(state(row, goesOn ? State.Kept : State.Foreign)));
        return states;
    }

    /** One that takes another one's place for a while has another name. */
    private static boolean isSame(DesiredRow row, DesiredRow other) {
        return row.table() == other.table()
                && row.identity().equals(other.identity())
                && row.attachments().equals(other.attachments());
    }

    private final class Collector implements RowDiffer.Pairs {
        private final State different;
        private final State missing;
        private final List<RowState> states;
        private final List<Row> left;

        private Collector(State different, State missing, List<RowState> states, List<Row> left) {
            this.different = different;
            this.missing = missing;
            this.states = states;
            this.left = left;
        }

        @Override
        public void keep(DesiredRow desired, Row row) {
            states.add(kept(desired, row, different));
        }

        @Override
        public void insert(DesiredRow desired) {
            states.add(missing(desired, missing));
        }

        @Override
        public void remove(Row row) {
            left.add(row);
        }
    }

    /** @param different what it is if it is not as it is to be */
    RowState kept(DesiredRow desired, Row row, State different) {
        var differences = new ArrayList<String>();
        for (var cell : RowDiffer.differences(desired, row)) {
            differences.add(
                    cell.column().name() + ": " + text(row.get(cell.column())) + " instead of " + text(cell.value()));
        }
        var places = places(view.parentsOf(row.id()));
        var wanted = places(desired.attachments());
        if (!wanted.isEmpty() && !new HashSet<>(places).equals(new HashSet<>(wanted))) {
            differences.add("place: " + (places.isEmpty() ? "nowhere" : String.join(", ", places)) + " instead of "
                    + String.join(", ", wanted));
        }
        var columns = new LinkedHashMap<String, String>();
        desired.cells().forEach(cell -> put(columns, cell.column(), row.get(cell.column())));
        return new RowState(
                row.table().name(),
                row.id(),
                differences.isEmpty() ? State.Present : different,
                places,
                columns,
                differences,
                list(row.table(), row.id()));
    }

    RowState missing(DesiredRow desired, State missing) {
        var columns = new LinkedHashMap<String, String>();
        desired.cells().forEach(cell -> put(columns, cell.column(), cell.value()));
        return new RowState(
                desired.table().name(),
                desired.id(),
                missing,
                places(desired.attachments()),
                columns,
                List.of(),
                find(desired.table(), desired.identity()));
    }

    /** One that is nobody's, or that nobody wants. */
    RowState state(Row row, State state) {
        var columns = new LinkedHashMap<String, String>();
        for (var column : row.table().columns()) {
            boolean isMark = row.table().externalIds().filter(column::equals).isPresent();
            if (row.knows(column) && !isMark && !row.get(column).equals(column.defaultValue())) {
                put(columns, column, row.get(column));
            }
        }
        return new RowState(
                row.table().name(),
                row.id(),
                state,
                places(view.parentsOf(row.id())),
                columns,
                List.of(),
                list(row.table(), row.id()));
    }

    private void members(Wanted wanted, List<RowState> states) {
        var all = new LinkedHashSet<Member<?>>(wanted.members());
        all.addAll(wanted.present().members());
        for (var member : all) {
            states.add(of(member, wanted));
        }
    }

    /** The members of shared sets that are wanted and not there, and those that are there and not wanted. */
    static Set<Member<?>> lacking(Wanted wanted) {
        var lacking = new LinkedHashSet<Member<?>>(wanted.members());
        for (Member<?> member : wanted.present().members()) {
            if (!lacking.remove(member)) {
                lacking.add(member);
            }
        }
        return lacking;
    }

    RowState of(Member<?> member, Wanted wanted) {
        boolean isWanted = wanted.members().contains(member);
        boolean isThere = wanted.present().members().contains(member);
        var table = member.column().table();
        return new RowState(
                table.name(),
                member.row(),
                isThere ? (isWanted ? State.Present : State.Unwanted) : State.Missing,
                List.of(name(table, member.row())),
                Map.of(member.column().name(), text(member.element())),
                List.of(),
                list(table, member.row()));
    }

    private List<String> places(Collection<Attachment> attachments) {
        return attachments.stream()
                .map(attachment -> name(attachment.column().table(), attachment.parent()))
                .sorted()
                .toList();
    }

    private String name(Table table, UUID id) {
        return view.row(table, id)
                .flatMap(row -> table.nameColumn().map(row::get))
                .filter(name -> !name.isEmpty())
                .map(RowStates::text)
                .orElse(id.toString());
    }

    private static void put(Map<String, String> columns, Column<?> column, Object value) {
        columns.put(column.name(), text(value));
    }

    private static String text(Object value) {
        var text = switch (value) {
            case Collection<?> elements ->
                elements.stream().map(Object::toString).sorted().collect(Collectors.joining(", "));
            case Map<?, ?> pairs ->
                new TreeMap<Object, Object>(pairs)
                        .entrySet().stream()
                                .map(pair -> pair.getKey() + "=" + pair.getValue())
                                .collect(Collectors.joining(", "));
            default -> value.toString();
        };
        return text.isEmpty() ? "nothing" : PrintableText.of(text, VALUE_LIMIT);
    }

    private static String list(Table table, UUID id) {
        return "ovn-nbctl list " + table.name() + " " + id;
    }

    private static String find(Table table, Cell<?> identity) {
        return "ovn-nbctl find " + table.name() + " '" + identity.column().name() + "=\"" + identity.value() + "\"'";
    }
}
