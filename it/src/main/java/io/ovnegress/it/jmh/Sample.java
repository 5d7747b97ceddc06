package io.ovnegress.it.jmh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.it.bench.BenchSchema;
import io.ovnegress.it.harness.bulk.InProcessController;
import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.bulk.NodeRouters;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.codec.OvsdbJson;
import io.ovnegress.ovsdb.codec.TableUpdatesDecoder;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Reconciler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A reconciler with so many pods programmed, and what it sent to get there. Not thread safe. */
final class Sample {
    static final int ROWS = 500;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Reconciler reconciler = InProcessController.reconciler(ROWS);
    private final TableUpdatesDecoder decoder = new TableUpdatesDecoder(reconciler.monitorSpec());
    private final List<PlannedTransaction> transactions = new ArrayList<>();

    Sample(int pods) {
        reconciler.connected(BenchSchema.installed());
        reconciler.apply(new TableUpdates(true, TableUpdates.NO_TRANSACTION, List.of()));
        reconciler.apply(decoded(updateOf(NodeRouters.of(2))));
        var inputs = new ArrayList<InputObject>();
        for (int pod = 0; pod < pods; pod++) {
            inputs.add(Inputs.pod(pod, 0, Inputs.podIp(pod)));
        }
        list(InputKind.POD, inputs);
        list(EgressTrafficInput.KIND, List.of());
        list(InputKind.NODE, List.copyOf(Inputs.nodesReady(1, 2)));
        list(InputKind.NAMESPACE, List.of(Inputs.namespace(0)));
        list(EgressIpInput.KIND, List.of(Inputs.egressIp(0)));
        for (var next = reconciler.nextTransaction(Instant.EPOCH);
                next.isPresent();
                next = reconciler.nextTransaction(Instant.EPOCH)) {
            transactions.add(next.get());
            reconciler.apply(decoded(updateOf(next.get().operations())));
            reconciler.complete(next.get(), new CommitOutcome.Committed(), Instant.EPOCH);
        }
    }

    private void list(InputKind kind, List<InputObject> objects) {
        reconciler.apply(new InputChange.Listed(kind, objects), Instant.EPOCH);
    }

    Reconciler reconciler() {
        return reconciler;
    }

    /** A transaction that inserts {@link #ROWS} rows. */
    List<Operation> fullTransaction() {
        return transactions.stream()
                .map(PlannedTransaction::operations)
                .filter(operations -> operations.stream()
                                .filter(Operation.Insert.class::isInstance)
                                .count()
                        == ROWS)
                .findFirst()
                .orElseThrow();
    }

    private TableUpdates decoded(byte[] update) {
        try (var parser = OvsdbJson.FACTORY.createParser(update)) {
            parser.nextToken();
            return new TableUpdates(false, TableUpdates.NO_TRANSACTION, decoder.decode(parser));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The {@code <table-updates2>} that the server sends once a transaction of inserts and mutations is committed. */
    static byte[] updateOf(List<Operation> operations) {
        try {
            var request = JSON.readTree(OperationEncoder.transact(1, "OVN_Northbound", operations));
            var update = JSON.createObjectNode();
            for (var operation : request.get("params")) {
                var table = operation.path("table").asText();
                switch (operation.path("op").asText()) {
                    case "insert" ->
                        update.withObjectProperty(table)
                                .putObject(operation.get("uuid").asText())
                                .set("insert", operation.get("row"));
                    case "mutate" -> mutated(update.withObjectProperty(table), operation);
                    default -> {} // the database's name, and operations that change nothing
                }
            }
            return JSON.writeValueAsBytes(update);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void mutated(ObjectNode table, JsonNode operation) {
        var id = operation.at("/where/0/2/1").asText();
        var row = table.withObjectProperty(id);
        var cells = row.has("insert") ? row.withObjectProperty("insert") : row.withObjectProperty("modify");
        for (var mutation : operation.get("mutations")) {
            cells.set(mutation.get(0).asText(), mutation.get(2));
        }
    }
}
