package io.ovnegress.controller.history;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.machine.Cause;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.PrintableText;
import io.ovnegress.reconciler.northbound.RowChange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Entries of a history as JSON, the same over HTTP and in a file. Pure. */
final class HistoryJson {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final int VALUE_LIMIT = 400;

    private final Function<Named, String> names;

    /** A row that others hang on, or that has members. */
    record Named(Table table, UUID id) {}

    /** @param names what rows hang on, by name */
    HistoryJson(Function<Named, String> names) {
        this.names = names;
    }

    ObjectNode of(History.Entry entry) {
        return switch (entry) {
            case History.Line(var time, var line) -> {
                var json = JSON.objectNode()
                        .put("time", time.toString())
                        .put("kind", "decision")
                        .put("message", line.sentence());
                var pairs = json.putObject("facts");
                line.pairs().forEach((key, value) -> pairs.put(key, value.toString()));
                yield json;
            }
            case History.Rows rows -> of(rows);
        };
    }

    private ObjectNode of(History.Rows entry) {
        var changed = entry.changed();
        var json = JSON.objectNode()
                .put("time", entry.time().toString())
                .put("kind", "rows")
                .put("transaction", entry.transaction().number())
                .put("outcome", ControllerMetrics.word(entry.transaction().outcome()));
        error(entry.transaction().outcome()).ifPresent(error -> json.put("error", error));
        json.put("owner", changed.owner().toString());
        changed.why().object().ifPresent(object -> json.put("object", object));
        changed.why().pod(changed.before()).ifPresent(pod -> json.put("pod", pod));
        json.set(
                "cause",
                entry.repair()
                        .map(repair -> cause("Repair")
                                .put(
                                        "message",
                                        "another writer changed it: "
                                                + repair.damage().stream()
                                                        .map(Object::toString)
                                                        .collect(Collectors.joining("; "))))
                        .orElseGet(() -> json(changed.cause())));
        var rows = json.putArray("rows");
        rows(changed.changes(), changed.before()).values().forEach(row -> rows.add(json(row)));
        return json;
    }

    /** By which cause, in a sentence. */
    static String message(History.Rows entry) {
        return entry.repair().isPresent()
                ? "another writer changed it"
                : json(entry.changed().cause()).path("message").asText();
    }

    private static Optional<String> error(CommitOutcome outcome) {
        return switch (outcome) {
            case CommitOutcome.Committed committed -> Optional.empty();
            case CommitOutcome.Conflict conflict -> Optional.of(conflict.error().toString());
            case CommitOutcome.NotLeader notLeader ->
                Optional.of(notLeader.error().toString());
            case CommitOutcome.Lost lost -> Optional.of(lost.reason());
            case CommitOutcome.Unable unable -> Optional.of(unable.error().toString());
            case CommitOutcome.Refused refused -> Optional.of(refused.error().toString());
        };
    }

    private static ObjectNode cause(String kind) {
        return JSON.objectNode().put("kind", kind);
    }

    private static ObjectNode json(Cause cause) {
        return switch (cause) {
            case Cause.Input input -> of(input);
            case Cause.Listed(var kind) -> cause("Listed").put("message", "every " + kind.word() + " was listed");
            case Cause.Database database ->
                cause("Database").put("message", "rows, routers, ports or sets changed in the database");
            case Cause.Step step -> cause("Step").put("message", "the step before has been installed");
            case Cause.Again again -> cause("Again").put("message", "what was sent before came to nothing");
            case Cause.Everything everything ->
                cause("Everything").put("message", "everything was looked at, or another owner's rows needed it");
            case Cause.Several(var causes) -> {
                var json = cause("Several").put("message", "one of these, or all together");
                var several = json.putArray("causes");
                causes.forEach(each -> several.add(json(each)));
                yield json;
            }
        };
    }

    private static ObjectNode of(Cause.Input input) {
        var fields = fields(input.before(), input.after());
        var what = input.before().isEmpty() ? "appeared" : input.after().isEmpty() ? "went away" : "changed";
        var json = cause("Input")
                .put(
                        "message",
                        input.kind().word() + " " + input.key() + " " + what
                                + (fields.isEmpty() ? "" : ": " + String.join(", ", fields.keySet())))
                .put("object", input.kind().word() + "/" + input.key());
        if (!input.version().isEmpty()) {
            json.put("version", input.version());
        }
        if (!fields.isEmpty()) {
            var changes = json.putObject("fields");
            fields.forEach(changes::put);
        }
        return json;
    }

    /** What differs between two versions of an object, by the names of its parts. */
    private static Map<String, String> fields(Optional<InputObject> before, Optional<InputObject> after) {
        var fields = new LinkedHashMap<String, String>();
        if (before.orElse(null) instanceof Record was
                && after.orElse(null) instanceof Record is
                && was.getClass() == is.getClass()) {
            var now = RecordParts.of(is);
            RecordParts.of(was).forEach((name, value) -> {
                if (!Objects.equals(value, now.get(name))) {
                    fields.put(name, text(value) + " -> " + text(now.get(name)));
                }
            });
        }
        return fields;
    }

    /** One row, with what becomes of it. */
    private static final class ChangedRow {
        private final Table table;
        private final UUID id;
        private String change;
        private final List<String> places = new ArrayList<>();
        private final Map<String, String> before = new LinkedHashMap<>();
        private final Map<String, String> after = new LinkedHashMap<>();

        private ChangedRow(Table table, UUID id, String change) {
            this.table = table;
            this.id = id;
            this.change = change;
        }
    }

    private Map<UUID, ChangedRow> rows(List<RowChange> changes, List<Row> before) {
        var known = new HashMap<UUID, Row>();
        before.forEach(row -> known.put(row.id(), row));
        var rows = new LinkedHashMap<UUID, ChangedRow>();
        for (var change : changes) {
            switch (change) {
                case RowChange.Insert(var desired) -> {
                    var row = row(rows, desired.table(), desired.id(), "insert");
                    desired.cells().forEach(cell -> put(row.after, cell));
                    desired.attachments().forEach(place -> row.places.add("on " + name(place)));
                }
                case RowChange.Update(var there, var cells) -> {
                    var row = row(rows, there.table(), there.id(), "update");
                    all(there, row.before);
                    for (var cell : cells) {
                        row.before.put(cell.column().name(), text(there.get(cell.column())));
                        put(row.after, cell);
                    }
                }
                case RowChange.Attach(var place, var child) -> {
                    if (!rows.containsKey(child) || !rows.get(child).change.equals("insert")) {
                        row(rows, place.column().target(), child, "update")
                                .places
                                .add("on " + name(place));
                    }
                }
                case RowChange.Detach(var place, var child) -> {
                    var row = row(rows, place.column().target(), child, "remove");
                    Optional.ofNullable(known.get(child)).ifPresent(there -> all(there, row.before));
                    row.places.add("off " + name(place));
                }
                case RowChange.Delete(var there) -> all(there, row(rows, there.table(), there.id(), "remove").before);
                case RowChange.Members<?>(var column, var id, var add, var remove) -> {
                    var row = row(rows, column.table(), id, "members");
                    row.places.add("set " + names.apply(new Named(column.table(), id)));
                    if (!remove.isEmpty()) {
                        row.before.put(column.name(), text(remove));
                    }
                    if (!add.isEmpty()) {
                        row.after.put(column.name(), text(add));
                    }
                }
                case RowChange.Rely rely -> {} // nothing changes there
                case RowChange.Insist insist -> {} // nor here
            }
        }
        // What is only put elsewhere stays.
        rows.values().removeIf(row -> row.change.equals("update") && row.before.isEmpty() && row.places.isEmpty());
        return rows;
    }

    private String name(Attachment place) {
        return names.apply(new Named(place.column().table(), place.parent()));
    }

    /** Everything that may have to be named in the entry. */
    static void named(History.Entry entry, Consumer<Named> consumer) {
        if (entry instanceof History.Rows rows) {
            for (var change : rows.changed().changes()) {
                switch (change) {
                    case RowChange.Insert(var desired) ->
                        desired.attachments()
                                .forEach(place ->
                                        consumer.accept(new Named(place.column().table(), place.parent())));
                    case RowChange.Attach(var place, var child) ->
                        consumer.accept(new Named(place.column().table(), place.parent()));
                    case RowChange.Detach(var place, var child) ->
                        consumer.accept(new Named(place.column().table(), place.parent()));
                    case RowChange.Members<?>(var column, var id, var add, var remove) ->
                        consumer.accept(new Named(column.table(), id));
                    default -> {} // hangs nowhere that changes
                }
            }
        }
    }

    private static ChangedRow row(Map<UUID, ChangedRow> rows, Table table, UUID id, String change) {
        var row = rows.computeIfAbsent(id, unused -> new ChangedRow(table, id, change));
        boolean moves = (row.change.equals("update") && change.equals("remove"))
                || (row.change.equals("remove") && change.equals("update"));
        row.change = moves ? "move" : row.change;
        return row;
    }

    private static void all(Row row, Map<String, String> cells) {
        for (var column : row.table().columns()) {
            if (row.knows(column) && !row.get(column).equals(column.defaultValue())) {
                cells.put(column.name(), text(row.get(column)));
            }
        }
    }

    private static void put(Map<String, String> cells, Cell<?> cell) {
        cells.put(cell.column().name(), text(cell.value()));
    }

    private static ObjectNode json(ChangedRow row) {
        var json = JSON.objectNode()
                .put("table", row.table.name())
                .put("uuid", row.id.toString())
                .put("change", row.change);
        var places = json.putArray("places");
        row.places.forEach(places::add);
        if (!row.before.isEmpty()) {
            var cells = json.putObject("before");
            row.before.forEach(cells::put);
        }
        if (!row.after.isEmpty()) {
            var cells = json.putObject("after");
            row.after.forEach(cells::put);
        }
        return json;
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
            case Optional<?> optional -> optional.map(Object::toString).orElse("");
            default -> value.toString();
        };
        return PrintableText.of(text, VALUE_LIMIT);
    }
}
