package io.ovnegress.controller.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.controller.query.Api.Reply;
import io.ovnegress.controller.query.Api.Request;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.machine.Cause;
import io.ovnegress.reconciler.machine.Changed;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.RowChange;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who has an address, by ports and behind routers that many leave by. */
class WhoisApiTest {
    private static final String SHARED = "192.168.126.200";

    private final AskedController given = new AskedController("--enable-egress-router");
    private final WhoisApi api = new WhoisApi(
            new Asking(given.loop.inbox),
            new HistoryReader(given.loop.history, given.loop.inbox, Optional.empty()),
            given.loop.clock);

    @AfterEach
    void stop() {
        given.close();
    }

    @BeforeEach
    void rows() {
        given.loop.put(new EgressRouterInput(
                "simpson",
                "bank",
                "uid-bank",
                Instant.EPOCH,
                1,
                List.of(ip(SHARED)),
                new Destinations(
                        List.of(new Destination(80, Protocol.tcp, new Target.Address(ip("203.0.113.5")), 80)),
                        Optional.empty()),
                "",
                Optional.empty(),
                Clients.OWN_NAMESPACE,
                LabelSelector.EVERYTHING,
                List.of(),
                Optional.empty(),
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                List.of()));
        snat("192.168.126.100", "10.128.0.5", "egress-ip", "EgressIP/demo", "ovn-egress.io/pod", "simpson/homer");
        snat(SHARED, "0.0.0.0/0", "egress-router", "router/simpson/bank/" + SHARED, "none", "");
    }

    private static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static UUID id(String external, String logical) {
        return UUID.nameUUIDFromBytes((external + logical).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private void snat(String external, String logical, String feature, String owner, String key, String value) {
        var id = id(external, logical);
        var row = Row.of(
                id,
                Nat.TABLE,
                List.of(
                        Cell.of(Nat.TYPE, "snat"),
                        Cell.of(Nat.EXTERNAL_IP, external),
                        Cell.of(Nat.LOGICAL_IP, logical),
                        Cell.of(Nat.EXTERNAL_PORT_RANGE, "32768-60999"),
                        Cell.of(
                                Nat.EXTERNAL_IDS,
                                Map.of(
                                        "k8s.ovn.org/owner-controller",
                                        "ovn-egress",
                                        Marks.FEATURE_KEY,
                                        feature,
                                        Marks.ID_KEY,
                                        "snat/" + logical + "/" + external,
                                        Marks.OWNER_KEY,
                                        owner,
                                        key,
                                        value))));
        given.loop.inbox.updates(new TableUpdates(
                false,
                TableUpdates.NO_TRANSACTION,
                List.of(new RowUpdate(Nat.TABLE, id, RowUpdate.Kind.INSERT, row.copyOfCells()))));
    }

    private Reply ask(String words) {
        return ask(words, Optional.empty());
    }

    private Reply ask(String words, Optional<String> query) {
        return api.answer(Request.of(WhoisApi.PATH, WhoisApi.PATH + words, query, ""));
    }

    private JsonNode whois(String words) {
        return body(ask(words));
    }

    private static JsonNode body(Reply reply) {
        assertThat(reply.code()).as("%s", reply.body()).isEqualTo(200);
        return reply.body();
    }

    @Test
    void whatMayNotUseThePortIsLeftOut() {
        assertThat(whois("192.168.126.100").path("pods")).hasSize(1);
        assertThat(whois("192.168.126.100:40000").at("/pods/0/pod").asText()).isEqualTo("simpson/homer");

        var low = whois("192.168.126.100:1024");
        assertThat(low.path("pods")).isEmpty();
        assertThat(low.path("answer").asText())
                .startsWith("0 pod addresses could have left as 192.168.126.100 with port 1024 at ")
                .endsWith("; what leaves as it has the ports 32768-60999");
    }

    @Test
    void thePortsCountThatItHadThen() {
        var then = Row.of(
                id("192.168.126.100", "10.128.0.5"),
                Nat.TABLE,
                List.of(
                        Cell.of(Nat.EXTERNAL_IP, "192.168.126.100"),
                        Cell.of(Nat.LOGICAL_IP, "10.128.0.5"),
                        Cell.of(Nat.EXTERNAL_PORT_RANGE, "1024-2047")));
        var update = new RowChange.Update(then, List.of(Cell.of(Nat.EXTERNAL_PORT_RANGE, "32768-60999")));
        justNow(update);

        var before = Optional.of("at=1m");
        assertThat(body(ask("192.168.126.100:1024", before)).at("/pods/0/pod").asText())
                .isEqualTo("simpson/homer");
        assertThat(body(ask("192.168.126.100:40000", before)).path("pods")).isEmpty();
        assertThat(whois("192.168.126.100:40000").path("pods"))
                .as("as it is now")
                .hasSize(1);
    }

    private void justNow(RowChange change) {
        var changed =
                new Changed(() -> "EgressIP/demo", Optional::empty, List.of(), List.of(change), new Cause.Everything());
        given.loop.history.ended(
                new PlannedTransaction(1, List.of(), Set.of(), 1, List.of(), List.of(changed), 0),
                new CommitOutcome.Committed(),
                Duration.ZERO,
                Optional.empty(),
                given.loop.clock.instant());
    }

    /** Pods of a namespace are in a port group of ovnkube's, which no row of ours tells. */
    @Test
    void whoWasBehindARouterAtATimeIsToldByNamespacesAndNotByPods() {
        var namespaces = "ovn-egress.io/namespaces";
        var then = Row.of(
                id(SHARED, "0.0.0.0/0"),
                Nat.TABLE,
                List.of(
                        Cell.of(Nat.EXTERNAL_IP, SHARED),
                        Cell.of(Nat.LOGICAL_IP, "0.0.0.0/0"),
                        Cell.of(Nat.EXTERNAL_IDS, Map.of("a", "b", namespaces, "bouvier,simpson", "z", "y"))));
        justNow(new RowChange.Update(then, List.of(Cell.of(Nat.EXTERNAL_IDS, Map.of(namespaces, "simpson")))));

        var before = body(ask(SHARED, Optional.of("at=1m")));

        assertThat(before.at("/pods/0/behind").asText()).isEqualTo("pods of bouvier, simpson");
        assertThat(before.path("complete").asBoolean(true)).isFalse();
        assertThat(before.path("answer").asText())
                .contains(
                        "by which many leave: pods of bouvier, simpson, as of now 1 pod; which pods it was at that time no"
                                + " row tells");
        assertThat(whois(SHARED).path("answer").asText()).doesNotContain("no row tells");
    }

    @Test
    void whatIsNoPortIsRefused() {
        assertThat(ask("192.168.126.100:0").code()).isEqualTo(400);
        assertThat(ask("192.168.126.100:70000").body().path("error").asText())
                .isEqualTo("70000 is no port: say 1 to 65535");
    }

    @Test
    void thePodsBehindARouterOfItsOwnAreNamed() {
        var shared = whois(SHARED);

        assertThat(shared.path("sharing")).extracting(JsonNode::asText).containsExactly("simpson/homer");
        assertThat(shared.path("answer").asText()).contains("by which many leave", "as of now 1 pod");
        assertThat(shared.path("complete").asBoolean()).isFalse();
        assertThat(whois("192.168.126.100").has("sharing")).isFalse();
        assertThat(whois(SHARED + ":80").has("sharing"))
                .as("no pod has that port")
                .isFalse();
    }
}
