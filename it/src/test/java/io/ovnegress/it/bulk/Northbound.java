package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.bulk.NodeRouters;
import io.ovnegress.it.harness.northbound.NorthboundReader;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.oracle.Violation;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.reconciler.input.PodInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The database of a bulk load: how it starts and how it must end. */
final class Northbound {
    static final Path SCHEMA = Programs.schema("ovn-nb");
    private static final String MATCH = "ip4.src == ";
    private static final ObjectMapper JSON = new ObjectMapper();

    private Northbound() {}

    /** Routers and switches, as a client other than ours writes them. */
    static void prepare(OvsdbServer server) {
        try {
            var request = JSON.readTree(OperationEncoder.transact(1, server.database(), NodeRouters.of(2)));
            transact(server, request.get("params").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A transaction of somebody else; the reply. Fails if the server refuses an operation. */
    static String transact(OvsdbServer server, String params) {
        var reply = Command.of(Programs.find("ovsdb-client"), "transact", server.address(), params)
                .output();
        assertThat(reply).doesNotContain("\"error\"");
        return reply;
    }

    /** One policy and one SNAT for each pod, no more and none twice, all as a new controller would write them. */
    static void assertHolds(long seed, OvsdbServer server, int pods) {
        assertHolds(seed, server, server.address(), BulkLoad.pods(pods));
    }

    /**
     * @param server where the rows are read, leader or not
     * @param addresses where a controller finds its leader, which may be another one any moment
     */
    static void assertHolds(long seed, OvsdbServer server, String addresses, Collection<PodInput> pods) {
        var rows = new NorthboundReader(server).read();
        var expected =
                pods.stream().map(pod -> pod.ips().get(0).text()).sorted().toList();
        assertThat(sorted(rows.reroutes(), policy -> policy.match().substring(MATCH.length())))
                .as("seed %d: pods with a reroute policy", seed)
                .isEqualTo(expected);
        assertThat(sorted(rows.nats(), NorthboundReader.Nat::logicalIp))
                .as("seed %d: pods with a SNAT", seed)
                .isEqualTo(expected);
        assertThat(rows.nats().stream().map(nat -> List.of(nat.router(), nat.logicalIp(), nat.externalIp())))
                .as("seed %d: router, logical IP and external IP", seed)
                .doesNotHaveDuplicates();
        assertThat(rows.addressSet("ovn_egress_served_pods_v4").orElseThrow().addresses())
                .as("seed %d: served pods", seed)
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(transactionsOfNewController(addresses, pods))
                .as("seed %d: transactions of a controller that starts now", seed)
                .isZero();
    }

    /** The addresses that have both a reroute policy on the cluster router and a SNAT. */
    static List<String> servedPods(OvsdbServer server) {
        var rows = new NorthboundReader(server).read();
        var rerouted = rows.reroutes().stream()
                .filter(policy -> policy.router().equals("ovn_cluster_router"))
                .map(policy -> policy.match().substring(MATCH.length()))
                .collect(Collectors.toSet());
        return rows.egressNats().stream()
                .map(NorthboundReader.Nat::logicalIp)
                .filter(rerouted::contains)
                .sorted()
                .toList();
    }

    private static <T> List<String> sorted(List<T> rows, Function<T, String> text) {
        var texts = new ArrayList<>(rows.stream().map(text).toList());
        texts.sort(null);
        return texts;
    }

    /** What a controller that comes to this database now would send: none if every row is exactly what it would write. */
    private static int transactionsOfNewController(String addresses, Collection<PodInput> pods) {
        try (var fresh = new BulkLoad(addresses, 500, pods)) {
            fresh.awaitSettled();
            return fresh.transactions();
        }
    }

    /** How many there are after the last transaction. */
    static int snatRows(TransactionLog log) {
        return log.replay((index, transaction, state) -> {}).rows("NAT").size();
    }

    static void assertNeverUnsafe(long seed, TransactionLog log) {
        assertThat(log.size()).isGreaterThan(1);
        assertThat(Violation.in(log, 0))
                .as("seed %d: broken safety rules", seed)
                .isEqualTo(List.of());
    }
}
