package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** An owner's rows, while it is found out which of them are the desired ones. Not thread safe. */
sealed interface Candidates {
    /** Most owners have a handful of rows, for which an index would cost more than looking at them. */
    int HANDFUL = 16;

    static Candidates of(List<Row> rows) {
        return rows.size() <= HANDFUL ? new Handful(new ArrayList<>(rows)) : new Many(rows);
    }

    /** All those that hold the desired row's identity, in their order; others may be among them. */
    Collection<Row> like(DesiredRow desired);

    /** The one that has the UUID under which the desired row would be inserted. */
    Optional<Row> withIdOf(DesiredRow desired);

    void take(Row row);

    /** Those that were not taken, in their order. */
    List<Row> rest();

    /** A few. */
    record Handful(List<Row> rows) implements Candidates {
        @Override
        public Collection<Row> like(DesiredRow desired) {
            return rows;
        }

        @Override
        public Optional<Row> withIdOf(DesiredRow desired) {
            for (var row : rows) {
                if (row.table() == desired.table() && row.id().equals(desired.id())) {
                    return Optional.of(row);
                }
            }
            return Optional.empty();
        }

        @Override
        public void take(Row row) {
            rows.removeIf(each -> each.id().equals(row.id()));
        }

        @Override
        public List<Row> rest() {
            return rows;
        }
    }

    /** As many as an owner may have: each is found without looking at the others. */
    final class Many implements Candidates {
        private final Map<UUID, Row> left = new LinkedHashMap<>();
        /** By the columns that have been asked for, what they hold, and by UUID. */
        private final Map<Column<?>, Map<Object, Map<UUID, Row>>> byCell = new HashMap<>();

        private Many(List<Row> rows) {
            rows.forEach(row -> left.put(row.id(), row));
        }

        @Override
        public Collection<Row> like(DesiredRow desired) {
            var column = desired.identity().column();
            return byCell.computeIfAbsent(column, this::index)
                    .getOrDefault(desired.identity().value(), Map.of())
                    .values();
        }

        private Map<Object, Map<UUID, Row>> index(Column<?> column) {
            var index = new HashMap<Object, Map<UUID, Row>>();
            for (var row : left.values()) {
                if (row.table() == column.table()) {
                    index.computeIfAbsent(row.get(column), unused -> new LinkedHashMap<>())
                            .put(row.id(), row);
                }
            }
            return index;
        }

        @Override
        public Optional<Row> withIdOf(DesiredRow desired) {
            return Optional.ofNullable(left.get(desired.id())).filter(row -> row.table() == desired.table());
        }

        @Override
        public void take(Row row) {
            left.remove(row.id());
            byCell.forEach((column, index) -> {
                if (row.table() == column.table()) {
                    Objects.requireNonNull(index.get(row.get(column))).remove(row.id());
                }
            });
        }

        @Override
        public List<Row> rest() {
            return List.copyOf(left.values());
        }
    }
}
