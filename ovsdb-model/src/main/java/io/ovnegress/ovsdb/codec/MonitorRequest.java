package io.ovnegress.ovsdb.codec;

import com.fasterxml.jackson.core.JsonGenerator;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.MonitorSpec.TableSpec;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.io.IOException;
import java.util.Comparator;

/**
 * Writes a {@link MonitorSpec} as a monitor request (ovsdb-server(7), sections 4.1.12 and 4.1.15). Tables and columns that
 * the server lacks are left out. Equal specs give equal bytes.
 */
public final class MonitorRequest {
    private MonitorRequest() {}

    /**
     * @param lastTransactionId where to resume, {@link io.ovnegress.ovsdb.replica.TableUpdates#NO_TRANSACTION} for all rows
     */
    public static byte[] monitorCondSince(
            long requestId,
            String database,
            String monitorId,
            MonitorSpec spec,
            ServerSchema schema,
            String lastTransactionId) {
        return OvsdbJson.request(requestId, "monitor_cond_since", json -> {
            json.writeString(database);
            json.writeString(monitorId);
            write(json, spec, schema);
            json.writeString(lastTransactionId);
        });
    }

    /** The same for a server older than Open vSwitch 2.12: it reports by {@code update2} and always sends all rows first. */
    public static byte[] monitorCond(
            long requestId, String database, String monitorId, MonitorSpec spec, ServerSchema schema) {
        return OvsdbJson.request(requestId, "monitor_cond", json -> {
            json.writeString(database);
            json.writeString(monitorId);
            write(json, spec, schema);
        });
    }

    private static void write(JsonGenerator json, MonitorSpec spec, ServerSchema schema) throws IOException {
        json.writeStartObject();
        var tables = spec.tables().values().stream()
                .filter(table -> schema.has(table.table()))
                .sorted(Comparator.comparing(table -> table.table().name()))
                .toList();
        for (var table : tables) {
            json.writeArrayFieldStart(table.table().name());
            json.writeStartObject();
            json.writeArrayFieldStart("columns");
            for (var column : table.columns()) {
                if (schema.has(column)) {
                    json.writeString(column.name());
                }
            }
            json.writeEndArray();
            writeConditions(json, table, schema);
            json.writeEndObject();
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    /**
     * One of the conditions has to hold. One on a column that the server lacks never does, and if none is left no row is
     * wanted: {@code [false]}, since an empty array would mean all rows.
     */
    private static void writeConditions(JsonGenerator json, TableSpec table, ServerSchema schema) throws IOException {
        if (table.conditions().isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("where");
        var possible = table.conditions().stream()
                .filter(condition -> schema.has(condition.column()))
                .toList();
        for (var condition : possible) {
            OperationEncoder.write(json, condition);
        }
        if (possible.isEmpty()) {
            json.writeBoolean(false);
        }
        json.writeEndArray();
    }
}
