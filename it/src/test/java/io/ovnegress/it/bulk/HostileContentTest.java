package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.northbound.NorthboundReader;
import io.ovnegress.it.harness.northbound.NorthboundReader.Nat;
import io.ovnegress.it.harness.northbound.NorthboundReader.Policy;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.RowIds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Any text anywhere: in rows of others and in names and labels of objects. None stops the session or holds up anybody, none gets
 * into a match, and what is written into {@code external_ids} is the text and nothing more.
 */
@Timeout(3600)
class HostileContentTest {
    private static final int PODS = 200;
    /** Who is slow is not disconnected. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final List<String> TEXTS = List.of(
            "\\",
            "\"",
            "\\\"}]}",
            "\u0001\u0007\b\t\n\r\u001f\u007f",
            "ip4.src == 10.128.0.10 || 1",
            "10.128.0.10 && ip4.dst == $ovn_egress_node_ips_v4",
            "EgressIP/eip0",
            "ns0/pod-0",
            "[\"uuid\",\"not one\"]",
            "\ud83d\ude80\u202e",
            "'; ovn-nbctl lr-policy-del ovn_cluster_router #",
            "\\".repeat(1 << 20));
    /** No server takes these. */
    private static final List<String> IMPOSSIBLE = List.of("a\0b", "a\ud83d");

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-hostile");
    private final OvsdbServer server =
            OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", Northbound.SCHEMA);

    @BeforeEach
    void start() {
        server.start();
        Northbound.prepare(server);
    }

    @AfterEach
    void stop() {
        server.close();
        directory.close();
    }

    @Test
    void rowsOfOthersWithAnyTextAreReadAndLeftAlone() {
        try (var load = new BulkLoad(server.address(), 500, BulkLoad.pods(PODS), PATIENCE)) {
            load.awaitSettled();
            var ours = rows().policies().stream().map(Policy::uuid).toList();
            TEXTS.forEach(this::writeRowsOfSomebody);
            BulkLoad.pods(PODS + 50).forEach(pod -> load.post(new InputChange.Put(pod)));
            load.awaitSettled();

            assertThat(load.controller().session().lastError())
                    .as("never disconnected")
                    .isEmpty();
            assertThat(rows().policies()).extracting(Policy::uuid).containsAll(ours);
            assertThat(rows().policies())
                    .extracting(Policy::match)
                    .as("rows of others are left alone")
                    .containsAll(TEXTS);
        }
        try (var fresh = new BulkLoad(server.address(), 500, BulkLoad.pods(PODS + 50))) {
            fresh.awaitSettled();
            assertThat(fresh.transactions()).isZero();
        }
        assertThat(rows().egressNats()).hasSize(PODS + 50);
    }

    @Test
    void objectsWithAnyTextAreServedAndNoneOfItGetsIntoAMatch() {
        try (var load = new BulkLoad(server.address(), 500, BulkLoad.pods(PODS), PATIENCE)) {
            load.awaitSettled();
            var names = new ArrayList<String>();
            int n = 0;
            for (var text : TEXTS) {
                names.add(text + "/" + text);
                load.post(new InputChange.Put(namespace(text)));
                load.post(new InputChange.Put(egressIp(text, "192.168.7." + n)));
                load.post(new InputChange.Put(pod(text, "10.130.0." + ++n)));
            }
            load.awaitSettled();
            assertThat(load.controller().isAlive()).isTrue();

            var rows = rows();
            assertThat(rows.egressNats())
                    .extracting(nat -> nat.externalIds().get("ovn-egress.io/pod"))
                    .containsAll(names);
            assertThat(rows.reroutes())
                    .hasSize(PODS + TEXTS.size())
                    .allSatisfy(policy -> assertThat(policy.match()).matches("ip4\\.src == [0-9.]+"));
            assertThat(rows.egressNats())
                    .hasSize(PODS + TEXTS.size())
                    .extracting(Nat::logicalPort)
                    .containsOnly("k8s-node1", "k8s-node2");

            TEXTS.forEach(text -> load.post(new InputChange.Removed(EgressIpInput.KIND, text)));
            load.awaitSettled();
            assertThat(rows().egressNats()).hasSize(PODS);
        }
    }

    @Test
    void objectsWithTextsThatNoServerTakesHoldUpNobody() {
        try (var load = new BulkLoad(server.address(), 500, BulkLoad.pods(PODS), PATIENCE)) {
            load.awaitSettled();
            int n = 0;
            for (var text : IMPOSSIBLE) {
                load.post(new InputChange.Put(namespace(text)));
                load.post(new InputChange.Put(egressIp("impossible" + n, text, "192.168.7." + (n + 1))));
                load.post(new InputChange.Put(pod(text, "10.130.0." + ++n)));
            }
            BulkLoad.pods(PODS + 50).forEach(pod -> load.post(new InputChange.Put(pod)));

            Await.await("the others are served")
                    .untilAsserted(
                            () -> assertThat(Northbound.servedPods(server)).hasSize(PODS + 50));
            assertThat(load.controller().isAlive()).isTrue();
            assertThat(load.controller().session().lastError())
                    .as("never disconnected")
                    .isEmpty();
        }
    }

    private NorthboundReader.Rows rows() {
        return new NorthboundReader(server).read();
    }

    private static NamespaceInput namespace(String text) {
        return new NamespaceInput(text, Map.of("team", text));
    }

    private static EgressIpInput egressIp(String text, String address) {
        return egressIp(text, text, address);
    }

    private static EgressIpInput egressIp(String name, String team, String address) {
        return EgressIpInput.named(name)
                .uid("uid")
                .egressIps(List.of(address))
                .namespaceSelector(new LabelSelector(List.of(new Requirement("team", Operator.IN, Set.of(team)))))
                .build();
    }

    private static PodInput pod(String text, String address) {
        return new PodInput(
                new PodName(text, text),
                Instant.EPOCH,
                Map.of(text, text),
                "node1",
                List.of(IpAddress.parse(address).orElseThrow()),
                false,
                false);
    }

    /** A policy and a router that say it wherever a text can be said. */
    private void writeRowsOfSomebody(String text) {
        var policy = UUID.randomUUID();
        var router = UUID.randomUUID();
        transact(List.of(
                new Operation.Insert(
                        LogicalRouterPolicy.TABLE,
                        policy,
                        List.of(
                                Cell.of(LogicalRouterPolicy.PRIORITY, 100L),
                                Cell.of(LogicalRouterPolicy.MATCH, text),
                                Cell.of(LogicalRouterPolicy.ACTION, "allow"),
                                Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of(text)),
                                Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, Map.of(text, text)))),
                new Operation.Insert(
                        LogicalRouter.TABLE,
                        router,
                        List.of(
                                Cell.of(LogicalRouter.NAME, "GR_" + text),
                                Cell.of(LogicalRouter.EXTERNAL_IDS, Map.of(text, text)))),
                new Operation.Mutate(
                        LogicalRouter.TABLE,
                        new Where.Id(RowIds.of("bench/ovn_cluster_router")),
                        List.of(new Mutation(LogicalRouter.POLICIES, Mutator.INSERT, Set.of(policy))))));
    }

    /** On a connection of its own: a command line would not hold a megabyte. */
    private void transact(List<Operation> operations) {
        var socket = Path.of(server.address().substring("unix:".length()));
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            var request = ByteBuffer.wrap(OperationEncoder.transact(1, server.database(), operations));
            while (request.hasRemaining()) {
                channel.write(request);
            }
            var reply = new ObjectMapper()
                    .createParser(Channels.newInputStream(channel))
                    .readValueAsTree()
                    .toString();
            assertThat(reply).doesNotContain("\"details\"");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
