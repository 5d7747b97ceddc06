package io.ovnegress.controller.admin;

import static io.ovnegress.controller.Eventually.eventually;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.ovnegress.controller.ConfigurationException;
import io.ovnegress.controller.loop.LoopFixture;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.reconciler.feature.SubnetContradiction;
import io.ovnegress.reconciler.feature.SubnetContradiction.Flag;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the admin server says of itself: readiness, health, metrics and the page. */
class AdminServerTest {
    private final ServedLoop served = new ServedLoop();
    private final LoopFixture given = served.given;

    @AfterEach
    void stop() {
        served.close();
    }

    @Test
    void wrongFlagsAreNotReadyAndSayWhichNodeSaysWhat() throws IOException {
        given.ready();
        given.found(new SubnetFindings(
                List.of(
                        new SubnetContradiction(Flag.CLUSTER_SUBNETS, "10.132.0.0/14", "node node1", "10.128.0.0/23"),
                        new SubnetContradiction(Flag.CLUSTER_SUBNETS, "10.132.0.0/14", "node node2", "10.128.2.0/23")),
                false,
                Set.of()));
        given.turn();

        assertThat(ServedLoop.missing(served.readiness(503)))
                .containsExactly(
                        "subnets: --cluster-subnets is 10.132.0.0/14, but node node1 has 10.128.0.0/23 (and 1 more"
                                + " like it): what follows from the flags stays as it is, pods outside of them are not served"
                                + " until they are those of ovnkube-master");
    }

    @Test
    void notReadySaysWhatIsMissingWithTheLastErrorOfEach() throws IOException {
        served.sessionErrors.add("tcp:db:6641: connection refused");
        served.inputErrors.add("https://api:6443: unknown host");
        given.list(InputKind.NAMESPACE);
        given.list(InputKind.NODE);
        given.turn();

        var readiness = served.readiness(503);

        assertThat(readiness.get("ready").asBoolean()).isFalse();
        assertThat(ServedLoop.missing(readiness))
                .containsExactly(
                        "inputs: not listed yet: egress_ip, pod; last error: https://api:6443: unknown host",
                        "database: tcp:db:6641 is not connected; last error: tcp:db:6641: connection refused",
                        "initial-difference: waits for the conditions above");
    }

    @Test
    void aSessionThatIsStillBeingReadIsNotReady() throws IOException {
        given.connect();
        given.turn();

        assertThat(ServedLoop.missing(served.readiness(503))).contains("database: tcp:db:6641 is being read");
    }

    @Test
    void aServerThatCannotWriteIsNotReadyAndSaysWhy() throws IOException {
        given.ready();
        given.cannotWrite("nb.db: write failed (No space left on device)");
        given.turn();

        assertThat(ServedLoop.missing(served.readiness(503)))
                .containsExactly("database: tcp:db:6641 is read but cannot write (is its disk full?):"
                        + " I/O error: nb.db: write failed (No space left on device)");
    }

    @Test
    void aSessionThatWasLostIsNotReadyAndSaysWhy() throws IOException {
        given.ready();
        given.inbox.disconnected("connection reset");
        given.turn();

        assertThat(ServedLoop.missing(served.readiness(503)))
                .containsExactly("database: tcp:db:6641 is not connected; last error: connection reset");
    }

    @Test
    void readyWhenTheInitialDifferenceIsWorkedOff() throws IOException {
        given.put("a", "b");
        given.ready();
        var before = served.readiness(503);
        assertThat(ServedLoop.missing(before)).containsExactly("initial-difference: 0 of 1 done");
        assertThat(before.get("work").get("total").asInt()).isEqualTo(1);

        given.commit();
        given.turn();

        assertThat(ServedLoop.missing(served.readiness(200))).isEmpty();
    }

    @Test
    void readinessIsAlsoPlainText() {
        given.ready();

        var expected = """
                [+]inputs ok: every kind is listed
                [+]database ok: tcp:db:6641 is read
                [+]initial-difference ok: everything was in the database once
                ready
                """;
        assertThat(served.get("/readyz?verbose").body()).isEqualTo(expected);
        assertThat(served.get("/readyz", "Accept", "text/plain").body()).isEqualTo(expected);
    }

    @Test
    void healthyWhileTheLoopTurnsHoweverUnreachableTheRest() {
        given.loop.start();

        var response = served.get("/healthz");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("ok\n");
    }

    @Test
    void unhealthyWhenTheLoopHangs() {
        given.loop.start();
        served.healthClock.advance(Duration.ofSeconds(11));

        assertThat(served.get("/healthz").statusCode()).isEqualTo(503);
        assertThat(served.get("/healthz").body()).isEqualTo("the reconcile loop has not turned for 11 s\n");
    }

    @Test
    void unhealthyWhenTheLoopHasEnded() {
        assertThat(served.get("/healthz").statusCode()).isEqualTo(503);
        assertThat(served.get("/healthz").body()).isEqualTo("the reconcile loop has ended\n");
    }

    @Test
    void metricsAreInPrometheusTextWithUnits() {
        var metrics = served.injector.getInstance(ControllerMetrics.class);
        metrics.transactionEnded(new CommitOutcome.Committed(), Duration.ofMillis(3), 7, 1500);
        metrics.committedAfter(Duration.ofMillis(20));
        metrics.inputReceived("put");
        metrics.fault("input");
        metrics.statusChanged(2);

        var response = served.get("/metrics");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("text/plain; version=0.0.4; charset=utf-8");
        assertThat(response.body())
                .contains(
                        "ovn_egress_transaction_duration_seconds_count{outcome=\"committed\"} 1",
                        "ovn_egress_transaction_duration_seconds_count{outcome=\"refused\"} 0",
                        "ovn_egress_transaction_duration_seconds_bucket{outcome=\"committed\",le=\"0.005\"} 1",
                        "ovn_egress_transaction_rows_sum 7.0",
                        "ovn_egress_transaction_size_bytes_sum 1500.0",
                        "ovn_egress_event_to_commit_seconds_bucket{le=\"0.025\"} 1",
                        "ovn_egress_backlog_owners 0.0",
                        "ovn_egress_transactions_in_flight 0.0",
                        "ovn_egress_session_synchronised 0.0",
                        "ovn_egress_sessions_total 0.0",
                        "ovn_egress_resyncs_total 0.0",
                        "ovn_egress_status_changes_total 2.0",
                        "ovn_egress_faults_total{during=\"input\"} 1.0",
                        "ovn_egress_input_changes_total{change=\"put\"} 1.0",
                        "ovn_egress_build_info{",
                        "jvm_memory_used_bytes{",
                        "process_uptime_seconds");
    }

    @Test
    void onlyWhatIsServedIsServedAndOnlyToBeRead() {
        for (var path : List.of("/metrics/x", "/nothing", "/../logback.xml", "/page/index.html")) {
            assertThat(served.get(path).statusCode()).as(path).isEqualTo(404);
        }
        assertThat(served.send(served.request("/").POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(405);
        assertThat(served.send(served.request("/readyz").POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(405);
        var head = served.send(served.request("/readyz").method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(503);
        assertThat(head.body()).isEmpty();
    }

    @Test
    void thePageIsServedAndNothingOfItComesFromAnywhereElse() {
        var page = served.get("/");
        assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .get()
                .asString()
                .startsWith("default-src 'self';")
                .doesNotContain("unsafe", "http", "*");
        assertThat(page.body()).doesNotContain("http://", "https://", "<style", "onclick", "style=");
        var files = Pattern.compile("(?:src|href)=\"([^\"#]+)\"").matcher(page.body());
        assertThat(files.results().map(file -> file.group(1)).toList())
                .contains("page.css", "app.js")
                .allSatisfy(file ->
                        assertThat(served.get("/" + file).statusCode()).as(file).isEqualTo(200));
        var modules = Pattern.compile("from '\\./([^']+)'");
        assertThat(modules.matcher(served.get("/app.js").body())
                        .results()
                        .map(file -> file.group(1))
                        .toList())
                .isNotEmpty()
                .allSatisfy(file -> assertThat(
                                modules.matcher(served.get("/" + file).body()).results())
                        .allSatisfy(other -> assertThat(
                                        served.get("/" + other.group(1)).statusCode())
                                .isEqualTo(200)));
    }

    @Test
    void withoutAnAddressNothingListens() {
        var silent = served.serverOn("--metrics-bind-address=");
        silent.start();

        assertThat(silent.address()).isEqualTo(Optional.empty());
        silent.close();
    }

    @Test
    void anAddressThatIsTakenNamesTheFlag() {
        int port = served.server.address().orElseThrow().getPort();
        var second = served.serverOn("--metrics-bind-address=127.0.0.1:" + port);

        assertThatThrownBy(second::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("--metrics-bind-address=127.0.0.1:" + port + ": Address already in use");
    }

    @Test
    void aControllerThatStandsByIsReady() throws IOException {
        served.serveAgain("--metrics-bind-address=127.0.0.1:0", "--leader-elect");
        given.ready();
        given.inbox.leads(false);
        given.turn();

        var conditions = served.readiness(200).get("conditions");

        assertThat(conditions.findValuesAsText("name")).containsExactly("inputs", "database", "leadership");
        assertThat(conditions.findValuesAsText("message").getLast())
                .isEqualTo("another controller leads, this one stands by");

        given.inbox.leads(true);
        given.turn();

        assertThat(served.readiness(200).get("conditions").findValuesAsText("message"))
                .contains("this controller leads", "everything was in the database once");
    }

    @Test
    void aControllerThatDoesNotKnowWhoLeadsIsNotReadyAndSaysWhy() throws IOException {
        served.serveAgain("--metrics-bind-address=127.0.0.1:0", "--leader-elect");
        given.ready();
        given.inbox.leads(false);
        given.turn();
        served.leaseErrors.add("Lease ovn/ovn-egress cannot be read: HTTP 403: forbidden");

        assertThat(ServedLoop.missing(served.readiness(503)))
                .containsExactly("leadership: Lease ovn/ovn-egress cannot be read: HTTP 403: forbidden");

        given.inbox.leads(true);
        given.turn();
        assertThat(served.readiness(200).get("conditions").findValuesAsText("message"))
                .contains("this controller leads");
    }

    @Test
    void aLockThatSomebodyElseHoldsIsNamed() throws IOException {
        given.ready();
        given.inbox.leads(false);
        given.turn();

        assertThat(ServedLoop.missing(served.readiness(503)))
                .containsExactly("leadership: another client of the database holds the lock ovn_egress");
    }

    @Test
    void anApiServerThatIsLostLaterIsSeen() throws IOException {
        given.ready();
        served.inputErrors.add("the API server has been silent for 20 s (pod)");

        assertThat(ServedLoop.missing(served.readiness(503)))
                .containsExactly("inputs: every kind is listed, but changes are missed at present:"
                        + " the API server has been silent for 20 s (pod)");
    }

    /** Connections that ask for more than a socket holds, and read nothing of it. */
    @Test
    void slowReadersOfMetricsHoldUpNothingElseAndAreCutOff() throws IOException {
        var registry = served.injector.getInstance(PrometheusMeterRegistry.class);
        for (int i = 0; i < 30_000; i++) {
            registry.counter("filler", "number", "of a label that is long enough to fill the buffers of a socket " + i);
        }
        var slow = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 300; i++) {
                slow.add(slowReader());
            }
            for (var path : List.of("/healthz", "/readyz", "/healthz")) {
                assertThat(served.get(path).body()).isNotEmpty();
            }
            assertThat(slow.stream().filter(AdminServerTest::isRefused).limit(290))
                    .as("at most a few are served at a time")
                    .hasSize(290);

            eventually().until(() -> served.get("/metrics").statusCode() == 200);
        } finally {
            for (var socket : slow) {
                socket.close();
            }
        }
    }

    private Socket slowReader() throws IOException {
        var socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.setSoTimeout(30_000);
        socket.connect(served.server.address().orElseThrow());
        socket.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n".getBytes(US_ASCII));
        return socket;
    }

    private static boolean isRefused(Socket socket) {
        try {
            return new String(socket.getInputStream().readNBytes(12), US_ASCII).equals("HTTP/1.1 503");
        } catch (IOException e) {
            return false;
        }
    }
}
