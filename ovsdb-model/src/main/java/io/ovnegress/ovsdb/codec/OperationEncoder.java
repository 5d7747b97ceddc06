package io.ovnegress.ovsdb.codec;

import com.fasterxml.jackson.core.JsonGenerator;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Table;
import java.io.IOException;
import java.util.List;

/** Writes operations as {@code transact} requests (RFC 7047 sections 4.1.3 and 5.2). Equal operations give equal bytes. */
public final class OperationEncoder {
    private OperationEncoder() {}

    /**
     * A complete JSON-RPC request as UTF-8 text.
     *
     * @throws IllegalArgumentException if a cell holds what no server could read (a null character, half a surrogate pair,
     *     something that is no atom); the message names the column
     */
    public static byte[] transact(long requestId, String database, List<Operation> operations) {
        return OvsdbJson.request(requestId, "transact", json -> {
            json.writeString(database);
            for (var operation : operations) {
                write(json, operation);
            }
        });
    }

    private static void write(JsonGenerator json, Operation operation) throws IOException {
        json.writeStartObject();
        switch (operation) {
            case Operation.Insert insert -> {
                start(json, "insert", insert.table());
                json.writeStringField("uuid", insert.id().toString());
                json.writeFieldName("row");
                writeRow(json, insert.cells());
            }
            case Operation.Update update -> {
                start(json, "update", update.table());
                writeWhere(json, update.where());
                json.writeFieldName("row");
                writeRow(json, update.cells());
            }
            case Operation.Mutate mutate -> {
                start(json, "mutate", mutate.table());
                writeWhere(json, mutate.where());
                writeMutations(json, mutate.mutations());
            }
            case Operation.Delete delete -> {
                start(json, "delete", delete.table());
                writeWhere(json, delete.where());
            }
            case Operation.Expect expect -> {
                start(json, "wait", expect.table());
                json.writeNumberField("timeout", 0);
                writeWhere(json, expect.where());
                writeExpected(json, expect.cells());
            }
            case Operation.Assert assertion -> {
                json.writeStringField("op", "assert");
                json.writeStringField("lock", assertion.lock());
            }
            case Operation.Comment comment -> {
                json.writeStringField("op", "comment");
                json.writeStringField("comment", comment.text());
            }
        }
        json.writeEndObject();
    }

    private static void start(JsonGenerator json, String name, Table table) throws IOException {
        json.writeStringField("op", name);
        json.writeStringField("table", table.name());
    }

    private static void writeRow(JsonGenerator json, List<Cell<?>> cells) throws IOException {
        json.writeStartObject();
        for (var cell : cells) {
            json.writeFieldName(cell.column().name());
            Values.write(json, cell.column(), cell.value());
        }
        json.writeEndObject();
    }

    private static void writeExpected(JsonGenerator json, List<Cell<?>> cells) throws IOException {
        json.writeArrayFieldStart("columns");
        for (var cell : cells) {
            json.writeString(cell.column().name());
        }
        json.writeEndArray();
        json.writeStringField("until", "==");
        json.writeArrayFieldStart("rows");
        writeRow(json, cells);
        json.writeEndArray();
    }

    private static void writeMutations(JsonGenerator json, List<Mutation> mutations) throws IOException {
        json.writeArrayFieldStart("mutations");
        for (var mutation : mutations) {
            json.writeStartArray();
            json.writeString(mutation.column().name());
            json.writeString(mutation.mutator().text());
            Values.write(json, mutation.column(), mutation.value());
            json.writeEndArray();
        }
        json.writeEndArray();
    }

    private static void writeWhere(JsonGenerator json, Where where) throws IOException {
        json.writeArrayFieldStart("where");
        switch (where) {
            case Where.Id id -> {
                json.writeStartArray();
                json.writeString("_uuid");
                json.writeString("==");
                Values.writeId(json, id.id());
                json.writeEndArray();
            }
            case Where.All all -> {
                for (var condition : all.conditions()) {
                    write(json, condition);
                }
            }
        }
        json.writeEndArray();
    }

    static void write(JsonGenerator json, Condition condition) throws IOException {
        json.writeStartArray();
        json.writeString(condition.column().name());
        json.writeString(condition.function().text());
        Values.write(json, condition.column(), condition.value());
        json.writeEndArray();
    }
}
