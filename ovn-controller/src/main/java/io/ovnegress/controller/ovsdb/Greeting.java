package io.ovnegress.controller.ovsdb;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ovnegress.ovsdb.codec.MonitorRequest;
import io.ovnegress.ovsdb.codec.TableUpdatesDecoder;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.OdlServerSchema;
import io.ovnegress.ovsdb.schema.SchemaException;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.opendaylight.ovsdb.lib.message.OvsdbRPC;
import org.opendaylight.ovsdb.lib.message.UpdateNotification;

/**
 * What is said on a new connection until its rows are there: whether the server will do, what its database can hold, which
 * rows there are. Afterwards it keeps an eye on the server. Reader thread only.
 */
final class Greeting implements OvsdbRPC.Callback {
    private static final String MONITOR = "rows";

    private final NbSessionConfig config;
    private final OvsdbConnection connection;
    private final Resume resume;
    private final Consumer<Boolean> lockHeld;
    private final ServerWatch server;
    private volatile String role = "";
    private volatile long index;

    /** What the next connection goes on from. Reader thread only. */
    static final class Resume {
        private byte[] monitor = {};
        private String transaction = TableUpdates.NO_TRANSACTION;
        private long leastIndex;

        /** Has the next connection fetch all rows. */
        void forget() {
            transaction = TableUpdates.NO_TRANSACTION;
        }
    }

    /** @param lockHeld told whenever the server says that the lock was won or stolen */
    Greeting(NbSessionConfig config, OvsdbConnection connection, Resume resume, Consumer<Boolean> lockHeld) {
        this.config = config;
        this.connection = connection;
        this.resume = resume;
        this.lockHeld = lockHeld;
        this.server = new ServerWatch(config.database(), config.leaderOnly());
    }

    /** @throws IOException if the server will not do, saying why */
    ServerSchema introduce() throws IOException {
        connection.registerCallback(this);
        connection.on(
                "monitor_canceled",
                OvsdbConnection.TREE,
                params -> connection.abort("the server has converted or removed the database"));
        if (answers("set_db_change_aware", List.of(true))) {
            watchServer();
        }
        return schema();
    }

    private ServerSchema schema() throws IOException {
        var reply = connection.await(connection.get_schema(List.of(config.database())));
        try {
            return OdlServerSchema.parse(config.database(), reply);
        } catch (SchemaException e) {
            throw new ConnectionLostException(String.valueOf(e.getMessage()), e);
        }
    }

    /** What the server says of itself, by any thread: {@code standalone}, {@code leader of its cluster}; empty if it is too old. */
    String role() {
        return role;
    }

    /** The last entry of its cluster's log that the server has, by any thread; empty if that is not watched. */
    OptionalLong index() {
        return index == 0 ? OptionalLong.empty() : OptionalLong.of(index);
    }

    /** False if the server is too old (Open vSwitch 2.8) for the method: it then has no cluster and no {@code _Server} either. */
    private boolean answers(String method, List<?> params) throws IOException {
        try {
            connection.await(connection.call(method, params, OvsdbConnection.TREE));
            return true;
        } catch (OvsdbRpcException e) {
            return false;
        }
    }

    private void watchServer() throws IOException {
        server.apply(connection.await(connection.monitor(server.request())));
        var objection = server.objection(resume.leastIndex);
        if (objection.isPresent()) {
            throw new ConnectionLostException(objection.get());
        }
        resume.leastIndex = server.index();
        role = server.role();
        index = server.index();
    }

    /**
     * Asks for the rows: those that changed since the last connection if the server remembers, else all.
     *
     * @param updates told of every change after the returned ones
     */
    TableUpdates monitor(MonitorSpec spec, ServerSchema schema, Consumer<TableUpdates> updates) throws IOException {
        var lacking = spec.lackingIn(schema);
        if (!lacking.isEmpty()) {
            throw new ConnectionLostException("the server's " + schema + " is too old or damaged, its schema lacks "
                    + String.join(", ", lacking));
        }
        var decoder = new TableUpdatesDecoder(spec);
        connection.on(
                MONITOR,
                value -> updates(value, decoder),
                Map.of("update3", updates.andThen(this::covered), "update2", updates));
        var request = MonitorRequest.monitorCondSince(
                0, config.database(), MONITOR, spec, schema, TableUpdates.NO_TRANSACTION);
        if (!Arrays.equals(request, resume.monitor)) {
            resume.monitor = request;
            resume.forget();
        }
        var since = resume.transaction;
        TableUpdates rows;
        try {
            rows = await(
                    "monitor_cond_since",
                    id -> MonitorRequest.monitorCondSince(id, config.database(), MONITOR, spec, schema, since),
                    value -> answer(value, decoder));
        } catch (OvsdbRpcException e) {
            if (!e.error().error().equals("unknown method")) {
                throw e;
            }
            rows = await(
                    "monitor_cond",
                    id -> MonitorRequest.monitorCond(id, config.database(), MONITOR, spec, schema),
                    value -> new TableUpdates(true, TableUpdates.NO_TRANSACTION, decoder.decode(value)));
        }
        covered(rows);
        return rows;
    }

    /** Without a deadline: many rows take their time, and the probe tells a slow server from a dead one. */
    private TableUpdates await(
            String method, LongFunction<byte[]> request, OvsdbConnection.ValueReader<TableUpdates> result)
            throws IOException {
        return connection.await(connection.request(method, request, Duration.ZERO, result));
    }

    private void covered(TableUpdates updates) {
        resume.transaction = updates.transactionId();
    }

    /** {@code [found, last transaction, table updates]}. */
    private static TableUpdates answer(JsonParser value, TableUpdatesDecoder decoder) throws IOException {
        value.nextToken();
        boolean found = value.getBooleanValue();
        value.nextToken();
        var transaction = value.getText();
        value.nextToken();
        var rows = decoder.decode(value);
        end(value);
        return new TableUpdates(!found, transaction, rows);
    }

    /** {@code [monitor, last transaction, table updates]} of update3; update2 has no transaction. */
    private static TableUpdates updates(JsonParser value, TableUpdatesDecoder decoder) throws IOException {
        value.nextToken();
        value.skipChildren();
        var transaction = TableUpdates.NO_TRANSACTION;
        if (value.nextToken() == JsonToken.VALUE_STRING) {
            transaction = value.getText();
            value.nextToken();
        }
        var rows = decoder.decode(value);
        end(value);
        return new TableUpdates(false, transaction, rows);
    }

    private static void end(JsonParser value) throws IOException {
        if (value.nextToken() != JsonToken.END_ARRAY) {
            throw new JsonParseException(value, "the end of the updates expected, not " + value.currentToken());
        }
    }

    @Override
    public void update(Object source, UpdateNotification update) {
        server.apply(update.getUpdates());
        role = server.role();
        index = server.index();
        server.objection(resume.leastIndex).ifPresent(connection::abort);
        resume.leastIndex = Math.max(resume.leastIndex, server.index());
    }

    @Override
    public void locked(Object source, List<String> locks) {
        config.lock().filter(locks::contains).ifPresent(lock -> lockHeld.accept(true));
    }

    @Override
    public void stolen(Object source, List<String> locks) {
        config.lock().filter(locks::contains).ifPresent(lock -> lockHeld.accept(false));
    }
}
