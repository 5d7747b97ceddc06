package io.ovnegress.ovsdb.codec;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.MonitorSpec.TableSpec;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads {@code <table-updates2>} (ovsdb-server(7), section 4.1.14) straight off the parser into {@link RowUpdate}s. Tables
 * and columns outside the spec are skipped. Keeps recent values to share them: one decoder per session, one thread.
 */
public final class TableUpdatesDecoder {
    private final Map<String, TableDecoder> tables = new HashMap<>();

    private record TableDecoder(Table table, Map<String, ColumnDecoder> columns) {
        TableDecoder(TableSpec spec) {
            this(spec.table(), new HashMap<>());
            for (Column<?> column : spec.columns()) {
                columns.put(column.name(), new ColumnDecoder(column));
            }
        }
    }

    public TableUpdatesDecoder(MonitorSpec spec) {
        for (var table : spec.tables().values()) {
            tables.put(table.table().name(), new TableDecoder(table));
        }
    }

    /**
     * @param parser at the object's start (of {@link OvsdbJson#FACTORY}, whose parsers do not keep row UUIDs); afterwards at
     *     its end
     * @throws JsonParseException if the text is JSON but not a {@code <table-updates2>} of the spec's types
     */
    public List<RowUpdate> decode(JsonParser parser) throws IOException {
        expectObject(parser);
        var updates = new ArrayList<RowUpdate>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            var table = tables.get(parser.currentName());
            parser.nextToken();
            if (table == null) {
                parser.skipChildren();
                continue;
            }
            expectObject(parser);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                updates.add(row(parser, table));
            }
        }
        return updates;
    }

    /** @param parser at the row's UUID */
    private static RowUpdate row(JsonParser parser, TableDecoder table) throws IOException {
        var id = ColumnDecoder.id(parser, parser.currentName());
        parser.nextToken();
        expectObject(parser);
        parser.nextToken();
        var kind = kind(parser);
        var cells = new Object[table.table().columns().size()];
        if (parser.nextToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                var column = table.columns().get(parser.currentName());
                parser.nextToken();
                if (column == null) {
                    parser.skipChildren();
                } else {
                    cells[column.index()] = column.decode(parser);
                }
            }
        } else if (kind != RowUpdate.Kind.DELETE) {
            throw new JsonParseException(parser, kind + " of " + table.table() + " " + id + " without a row");
        }
        if (parser.nextToken() != JsonToken.END_OBJECT) {
            throw new JsonParseException(parser, "two updates at once of " + table.table() + " " + id);
        }
        return new RowUpdate(table.table(), id, kind, cells);
    }

    private static RowUpdate.Kind kind(JsonParser parser) throws IOException {
        var name = parser.currentToken() == JsonToken.FIELD_NAME ? parser.currentName() : "";
        return switch (name) {
            case "initial" -> RowUpdate.Kind.INITIAL;
            case "insert" -> RowUpdate.Kind.INSERT;
            case "modify" -> RowUpdate.Kind.MODIFY;
            case "delete" -> RowUpdate.Kind.DELETE;
            default -> throw new JsonParseException(parser, "not a <row-update2>: \"" + name + "\"");
        };
    }

    private static void expectObject(JsonParser parser) throws IOException {
        if (!parser.isExpectedStartObjectToken()) {
            throw new JsonParseException(parser, "<table-updates2>: an object expected, not " + parser.currentToken());
        }
    }
}
