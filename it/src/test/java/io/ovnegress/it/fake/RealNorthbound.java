package io.ovnegress.it.fake;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.Replica;
import io.ovnegress.ovsdb.replica.ReplicaListener;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.OdlServerSchema;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.FakeNorthbound;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A real ovsdb-server and a session with it that follows every column. One thread. */
final class RealNorthbound implements AutoCloseable {
    private static final ReplicaListener NOBODY = new ReplicaListener() {
        @Override
        public void rowChanged(Optional<Row> before, Optional<Row> after) {}

        @Override
        public void elementAdded(Column<? extends Set<?>> column, UUID row, Object element) {}

        @Override
        public void elementRemoved(Column<? extends Set<?>> column, UUID row, Object element) {}
    };

    private final WorkDirectory directory;
    private final OvsdbServer server;
    private final ServerSchema schema;
    /** Touched by the session's thread until an outcome is there, which comes after the updates. */
    private final Replica replica;

    private final NbSession session;

    RealNorthbound(Path schemaFile) {
        directory = WorkDirectory.create("fake");
        server = OvsdbServer.withSchema(directory.path(), "nb", OvnNorthbound.NAME, schemaFile)
                .start();
        schema = schemaOf(schemaFile);
        var spec = MonitorSpec.builder();
        tables().forEach(table -> {
            spec.table(table, table.columns());
            spec.optional(table.columns().toArray(Column<?>[]::new)); // the installed schema lacks some
        });
        replica = new Replica(spec.build());
        session = new NbSession(
                NbSessionConfig.of(NbRemote.parseList(server.address()), Optional.empty()),
                replica.spec(),
                new NbSession.Listener() {
                    @Override
                    public void connected(ServerSchema served) {
                        replica.serve(served);
                    }

                    @Override
                    public void updates(TableUpdates updates) {
                        replica.apply(updates, NOBODY);
                    }

                    @Override
                    public void disconnected(String reason) {}
                });
        session.start();
        Await.await("a session").until(() -> session.state().isConnected());
        transact(List.of(new Operation.Comment("the first updates are applied once this is answered")));
    }

    /** All that the server has. */
    private List<Table> tables() {
        return OvnNorthbound.TABLES.stream().filter(schema::has).toList();
    }

    private static ServerSchema schemaOf(Path file) {
        try {
            return OdlServerSchema.parse(OvnNorthbound.NAME, new ObjectMapper().readTree(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ServerSchema schema() {
        return schema;
    }

    CommitOutcome transact(List<Operation> operations) {
        var outcome = new CompletableFuture<CommitOutcome>();
        session.submit(operations, outcome::complete);
        return outcome.orTimeout(Await.LIMIT.multipliedBy(10).toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    /** Removes everything. */
    void clear() {
        var deletions = new ArrayList<Operation>();
        for (var table : tables()) {
            if (table.isRoot()) {
                replica.rows(table).forEach(row -> deletions.add(new Operation.Delete(table, new Where.Id(row.id()))));
            }
        }
        assertThat(transact(deletions)).isEqualTo(new CommitOutcome.Committed());
        tables().forEach(table -> assertThat(replica.rows(table)).isEmpty());
    }

    /** Every row and every column that the server has is the same there. */
    void assertSameContent(FakeNorthbound fake) {
        for (var table : tables()) {
            assertThat(content(table, List.copyOf(replica.rows(table))))
                    .as("%s in the server, compared with the fake", table)
                    .isEqualTo(content(table, fake.rows(table)));
        }
    }

    private Map<UUID, Map<String, Object>> content(Table table, List<Row> rows) {
        var content = new TreeMap<UUID, Map<String, Object>>();
        for (var row : rows) {
            var cells = new TreeMap<String, Object>();
            for (var column : table.columns()) {
                if (schema.has(column)) {
                    cells.put(column.name(), row.get(column));
                }
            }
            content.put(row.id(), cells);
        }
        return content;
    }

    @Override
    public void close() {
        session.close();
        server.close();
        directory.close();
    }
}
