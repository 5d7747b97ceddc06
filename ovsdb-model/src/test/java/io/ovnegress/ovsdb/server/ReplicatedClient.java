package io.ovnegress.ovsdb.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ovnegress.ovsdb.codec.Json;
import io.ovnegress.ovsdb.codec.MonitorRequest;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.OperationResult;
import io.ovnegress.ovsdb.replica.Mirror;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.Replica;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.schema.OdlServerSchema;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.io.IOException;
import java.util.List;

/** A client and a replica that follows the server through it. */
final class ReplicatedClient implements AutoCloseable {
    private final OvsdbClient client;
    private final ServerSchema schema;
    private final Replica replica;
    private final Mirror mirror = new Mirror();

    ReplicatedClient(OvsdbServer server, MonitorSpec spec) throws IOException {
        client = new OvsdbClient(server.connect());
        schema = OdlServerSchema.parse(OvnNorthbound.NAME, client.schema());
        replica = new Replica(spec);
        replica.serve(schema);
        monitor("first");
    }

    /** Starts one more monitor and applies its first answer as all rows there are. */
    void monitor(String monitorId) throws IOException {
        long id = client.nextId();
        var reply = client.call(
                id,
                MonitorRequest.monitorCondSince(
                        id, OvnNorthbound.NAME, monitorId, replica.spec(), schema, TableUpdates.NO_TRANSACTION));
        var result = reply.path("result");
        apply(!result.path(0).asBoolean(), result.path(1).asText(), result.path(2));
    }

    /** The replies; the updates that came before it are applied. */
    List<OperationResult> transact(Operation... operations) throws IOException {
        var results = client.transact(operations);
        for (var update : client.takeNotifications()) {
            assertThat(update.path("method").asText()).isEqualTo("update3");
            apply(
                    false,
                    update.path("params").path(1).asText(),
                    update.path("params").path(2));
        }
        return results;
    }

    private void apply(boolean complete, String transactionId, JsonNode updates) {
        replica.apply(new TableUpdates(complete, transactionId, Json.updates(replica.spec(), updates)), mirror);
    }

    /** The replica, and a mirror fed by its events alone, hold what {@code select} shows. */
    void assertFollowed() throws IOException {
        var fresh = new Replica(replica.spec());
        fresh.serve(schema);
        var nodes = JsonNodeFactory.instance;
        var all = nodes.objectNode();
        for (var table : replica.spec().tables().keySet()) {
            var rows = all.putObject(table.name());
            for (var row : client.select(table)) {
                rows.putObject(row.path("_uuid").path(1).asText()).set("initial", row);
            }
        }
        var mirrored = new Mirror();
        fresh.apply(new TableUpdates(true, TableUpdates.NO_TRANSACTION, Json.updates(replica.spec(), all)), mirrored);
        for (var table : replica.spec().tables().keySet()) {
            assertThat(replica.rows(table)).containsExactlyInAnyOrderElementsOf(List.<Row>copyOf(fresh.rows(table)));
        }
        mirrored.assertShows(replica);
        mirror.assertShows(replica);
    }

    OvsdbClient client() {
        return client;
    }

    ServerSchema schema() {
        return schema;
    }

    Replica replica() {
        return replica;
    }

    Mirror mirror() {
        return mirror;
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
