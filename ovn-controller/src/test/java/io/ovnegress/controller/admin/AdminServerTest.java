package io.ovnegress.controller.admin;

import static io.ovnegress.controller.Eventually.eventually;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.TypeLiteral;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.ovnegress.controller.ConfigurationException;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.TestingClock;
import io.ovnegress.controller.cli.EgressCommand;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.controller.leader.Leadership;
import io.ovnegress.controller.leader.Mandate;
import io.ovnegress.controller.loop.LoopFixture;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.controller.metrics.MetricsModule;
import io.ovnegress.controller.query.Asking;
import io.ovnegress.controller.query.AuditApi;
import io.ovnegress.controller.query.Audits;
import io.ovnegress.controller.query.ExplainApi;
import io.ovnegress.controller.query.HistoryApi;
import io.ovnegress.controller.query.LiveEvents;
import io.ovnegress.controller.query.StatusApi;
import io.ovnegress.controller.query.WhatIfApi;
import io.ovnegress.controller.query.WhoisApi;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.SubnetContradiction;
import io.ovnegress.reconciler.feature.SubnetContradiction.Flag;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpShortfall;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help;

class AdminServerTest {
    private final LoopFixture given = new LoopFixture();
    private final Injector injector = Guice.createInjector(
            new MetricsModule(),
            binder -> binder.bind(new TypeLiteral<Set<Shortfall.Lack>>() {}).toInstance(EgressIpShortfall.LACKS));
    private final List<String> sessionErrors = new ArrayList<>();
    private final List<String> inputErrors = new ArrayList<>();
    private final List<String> leaseErrors = new ArrayList<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private final TestingClock healthClock = new TestingClock();
    private AdminServer server;

    @BeforeEach
    void start() {
        server = serverOn("--metrics-bind-address=127.0.0.1:0");
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
        given.loop.close();
    }

    private AdminServer serverOn(String... flags) {
        var configs = new ArrayList<ControllerConfig>();
        var arguments = new ArrayList<>(List.of("run", "--nb-address=tcp:db:6641"));
        arguments.addAll(List.of(flags));
        EgressCommand.commandLine(Map.of(), (config, changed) -> {
                    configs.add(config);
                    return 0;
                })
                .execute(arguments.toArray(String[]::new));
        var health = new Health(
                given.loop,
                () -> sessionErrors.stream().findFirst(),
                () -> inputErrors.stream().findFirst(),
                () -> leaseErrors.stream().findFirst(),
                configs.getFirst(),
                new Leadership(configs.getFirst(), new Mandate(configs.getFirst()), given.inbox, healthClock),
                healthClock);
        var asking = new Asking(given.inbox);
        var history = new HistoryReader(given.history, given.inbox, Optional.empty());
        return new AdminServer(
                configs.getFirst(),
                health,
                injector.getInstance(PrometheusMeterRegistry.class),
                List.of(
                        new ExplainApi(asking, given.features(), history, given.clock),
                        new WhatIfApi(asking),
                        new StatusApi(
                                asking, configs.getFirst(), given.loop, health, Optional::empty, history, given.clock),
                        new HistoryApi(history, given.features(), given.clock),
                        new WhoisApi(asking, history, given.clock),
                        new AuditApi(new Audits(asking, injector.getInstance(ControllerMetrics.class), given.clock))),
                new LiveEvents(given.inbox, history, given.clock));
    }

    private HttpResponse<String> get(String path, String... headers) {
        return send(request(path).GET(), headers);
    }

    private HttpRequest.Builder request(String path) {
        int port = server.address().orElseThrow().getPort();
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request, String... headers) {
        try {
            return client.send(
                    (headers.length == 0 ? request : request.headers(headers)).build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private JsonNode readiness(int code) throws IOException {
        var response = get("/readyz");
        assertThat(response.statusCode()).isEqualTo(code);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        return new ObjectMapper().readTree(response.body());
    }

    private static List<String> missing(JsonNode readiness) {
        var messages = new ArrayList<String>();
        readiness.get("conditions").forEach(condition -> {
            if (!condition.get("ok").asBoolean()) {
                messages.add(condition.get("name").asText() + ": "
                        + condition.get("message").asText());
            }
        });
        return messages;
    }

    /** Asked on the command line, as a user does. */
    private Asked explain(String... words) {
        var arguments = new ArrayList<>(List.of("explain"));
        arguments.addAll(List.of(words));
        return ask(arguments);
    }

    private Asked ask(List<String> words) {
        var out = new StringWriter();
        var err = new StringWriter();
        var command = EgressCommand.commandLine(Map.of(), (config, changed) -> 0)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF));
        var arguments = new ArrayList<>(words);
        arguments.add(
                "--server=http://127.0.0.1:" + server.address().orElseThrow().getPort());
        return new Asked(command.execute(arguments.toArray(String[]::new)), out.toString(), err.toString());
    }

    private record Asked(int code, String out, String err) {}

    private void isRunning() {
        given.ready().put("teddy", "riddle");
        given.turn();
        given.commit();
        given.turn();
        given.loop.start();
    }

    @Test
    void aQuestionIsAnsweredAsJson() throws IOException {
        isRunning();
        var response = get("/api/v1/explain/egressip/teddy");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        var answer = new ObjectMapper().readTree(response.body());
        assertThat(answer.path("name").asText()).isEqualTo("teddy");
        assertThat(answer.path("leader").asBoolean()).isTrue();
        assertThat(answer.at("/now/exits/0/source").asText()).isEqualTo("192.0.2.1");
        assertThat(answer.at("/reasons/0/code").asText()).isEqualTo("Pending");
        assertThat(answer.at("/rows/0/table").asText()).isEqualTo("Address_Set");
        assertThat(answer.at("/rows/0/state").asText()).isEqualTo("Missing");
    }

    @Test
    void theCommandLineShowsAnswersAsATableAndForPrograms() {
        isRunning();

        assertThat(explain("egressip", "teddy")).isEqualTo(new Asked(0, """
                egressip teddy is a toy
                  colour  red
                  because
                    Pending  its rows are to be written next
                  rows
                    Missing  Address_Set    name: teddy
                                            ovn-nbctl find Address_Set 'name="teddy"'
                """, ""));
        assertThat(explain("egressip", "teddy", "-o", "json").out()).startsWith("{\n  \"kind\" : \"egressip\",");
        assertThat(explain("egressip", "teddy", "-o", "yaml").out()).startsWith("kind: egressip\nname: teddy\n");
    }

    @Test
    void whatIfIsAskedOnTheCommandLine() {
        isRunning();

        assertThat(ask(List.of("whatif"))).isEqualTo(new Asked(0, "no node has an address\n", ""));
        assertThat(ask(List.of("whatif", "-o", "json")).out()).startsWith("{\n  \"answer\" :");
        assertThat(ask(List.of("whatif", "--lose", "worker")))
                .isEqualTo(new Asked(1, "", "ovn-egress: there is no node worker" + System.lineSeparator()));
    }

    @Test
    void anAuditIsAnsweredAsJsonAndAsATableAndItsExitCodeSaysWhetherAllIsRight() throws IOException {
        given.ready().put("teddy");
        given.turn();
        given.commit();
        given.written("teddy");
        given.turn();
        given.loop.start();
        assertThat(ask(List.of("audit", "--fix-nothing"))).isEqualTo(ask(List.of("audit")));
        assertThat(ask(List.of("audit"))).isEqualTo(new Asked(0, """
                all 1 rows are right
                  Right          1
                  Missing        0
                  Wrong          0
                  Superfluous    0
                  Duplicate      0
                  OnWrongRouter  0
                  Shadowing      0
                  Unreadable     0
                """, ""));

        given.inbox.leads(false);
        given.put("bear");
        var audit = new ObjectMapper().readTree(get("/api/v1/audit").body());
        assertThat(audit.path("answer").asText()).isEqualTo("1 rows are right, 1 are not");
        assertThat(audit.path("leader").asBoolean(true)).isFalse();
        assertThat(audit.path("right").asBoolean(true)).isFalse();
        assertThat(audit.at("/rows/Missing").asInt()).isEqualTo(1);
        assertThat(audit.at("/findings/0/class").asText()).isEqualTo("Missing");
        assertThat(audit.at("/findings/0/object").asText()).isEqualTo("bear");
        assertThat(audit.at("/findings/0/standing/code").asText()).isEqualTo("StandsBy");
        var asked = ask(List.of("audit", "--class=missing"));
        assertThat(asked.code()).isEqualTo(1);
        assertThat(asked.out()).contains("""
                Missing  Address_Set: name: bear
                         is to be inserted; of bear; StandsBy
                         ovn-nbctl find Address_Set 'name="bear"'
                """);
        assertThat(ask(List.of("audit", "--class=Duplicate")).out()).doesNotContain("bear");
        assertThat(get("/metrics").body()).contains("ovn_egress_audit_rows{class=\"Missing\"} 1");
    }

    @Test
    void statusIsOneScreenAndItsExitCodeSaysWhetherItIsReady() throws IOException {
        isRunning();
        eventually()
                .untilAsserted(() ->
                        assertThat(readiness(200).path("ready").asBoolean()).isTrue());

        var status = new ObjectMapper().readTree(get("/api/v1/status").body());
        assertThat(status.path("answer").asText()).isEqualTo("ready");
        assertThat(status.path("leader").asBoolean()).isTrue();
        assertThat(status.at("/database/phase").asText()).isEqualTo("synchronised");
        assertThat(status.at("/addresses/assigned").asInt()).isZero();
        assertThat(status.at("/conditions/0/name").asText()).isEqualTo("inputs");
        var asked = ask(List.of("status"));
        assertThat(asked.code()).isZero();
        assertThat(asked.out())
                .startsWith("ready\n  ok  inputs              every kind is listed\n")
                .contains("database   synchronised: tcp:db:6641, 0 rows\n")
                .contains("addresses  0 have a node (0 on their way), 0 have none\n");
    }

    @Test
    void statusIsAnsweredWhileNothingIsKnownYet() {
        given.loop.start();

        var asked = ask(List.of("status"));
        assertThat(asked.code()).isEqualTo(1);
        assertThat(asked.out())
                .startsWith("not ready\n  missing  inputs              not listed yet: ")
                .contains("connecting");
    }

    @Test
    void historySaysWhatWasProgrammedAndWhy() throws IOException {
        isRunning();

        var history = new ObjectMapper()
                .readTree(get("/api/v1/history/egressip/teddy?since=1h").body());
        assertThat(history.path("entries")).hasSize(1);
        assertThat(history.at("/entries/0/cause/object").asText()).isEqualTo("toy/teddy");
        var asked = ask(List.of("history", "egressip", "teddy"));
        assertThat(asked.code()).isZero();
        assertThat(asked.out())
                .contains("because toy teddy appeared (version 17)")
                .contains("insert  Address_Set  name: teddy");
        assertThat(ask(List.of("history", "egressip", "nobody")).out())
                .endsWith("nothing was programmed or decided that this is about\n");
    }

    @Test
    void aHistoryOfWhatIsNoKindOrTimeIsRefused() {
        assertThat(get("/api/v1/history/planet/earth").statusCode()).isEqualTo(400);
        assertThat(get("/api/v1/history/?since=yesterday").statusCode()).isEqualTo(400);
        assertThat(get("/api/v1/whois/nonsense").statusCode()).isEqualTo(400);
        assertThat(ask(List.of("history", "egressip")).code()).isEqualTo(2);
        assertThat(ask(List.of("whois", "192.0.2.1:80", "--at", "never")).code())
                .isEqualTo(2);
    }

    @Test
    void anAuditOfWhatIsNoClassIsRefusedWithThoseThereAre() {
        assertThat(get("/api/v1/audit?class=Strange").body()).contains("CLASS is one of Right, Missing, Wrong");
        assertThat(get("/api/v1/audit?limit=-1").statusCode()).isEqualTo(400);
        assertThat(ask(List.of("audit", "--class=Strange")).code()).isEqualTo(2);
    }

    @Test
    void whoStandsByAnswersAndSaysSo() throws IOException {
        isRunning();
        given.inbox.leads(false);

        var answer = new ObjectMapper()
                .readTree(get("/api/v1/explain/egressip/teddy").body());
        assertThat(answer.path("leader").asBoolean(true)).isFalse();
        assertThat(answer.at("/reasons/0/code").asText()).isEqualTo("StandsBy");
        assertThat(explain("egressip", "teddy").out())
                .startsWith("this controller stands by, another one leads: it says what it would decide");
    }

    @Test
    void whoAsksForWhatThereIsNotIsToldTheNearest() {
        isRunning();
        var response = get("/api/v1/explain/node/worker");
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.body()).contains("there is no node worker");

        assertThat(explain("node", "worker"))
                .isEqualTo(new Asked(1, "", "ovn-egress: there is no node worker" + System.lineSeparator()));
    }

    @Test
    void aQuestionThatIsNoneIsAnsweredWithThoseThereAre() {
        for (var path : List.of("", "egressip", "egressip/", "planet/earth", "ip/nonsense")) {
            assertThat(get("/api/v1/explain/" + path).statusCode()).as(path).isEqualTo(400);
        }
        assertThat(get("/api/v1/explain/planet/earth").body()).contains("KIND is one of ip, egressip, node, pod");
        assertThat(explain("ip", "nonsense").code()).isEqualTo(2);
        assertThat(explain("pod", "homer").err())
                .isEqualTo("ovn-egress: homer: say NAMESPACE/POD, as in simpson/homer" + System.lineSeparator());
    }

    @Test
    void nothingIsSaidBeforeEverythingIsKnown() {
        given.loop.start();

        assertThat(get("/api/v1/explain/pod/simpson/homer").statusCode()).isEqualTo(503);
        assertThat(explain("pod", "simpson/homer").code()).isEqualTo(3);
    }

    @Test
    void aFaultOfAnAnswerIsItsOwn() {
        isRunning();

        assertThat(get("/api/v1/explain/egressip/riddle").statusCode()).isEqualTo(500);
        assertThat(get("/api/v1/explain/egressip/teddy").statusCode()).isEqualTo(200);
        assertThat(given.loop.isAlive()).isTrue();
    }

    @Test
    void whereNobodyAnswersTheCommandLineSaysWhatToDo() {
        int port = server.address().orElseThrow().getPort();
        server.close();
        var out = new StringWriter();
        var command =
                EgressCommand.commandLine(Map.of(), (config, changed) -> 0).setErr(new PrintWriter(out, true));

        assertThat(command.execute("explain", "node", "a", "--server=http://127.0.0.1:" + port))
                .isEqualTo(3);
        assertThat(out.toString()).contains("does not answer").contains("--metrics-bind-address");
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

        assertThat(missing(readiness(503)))
                .containsExactly(
                        "subnets: --cluster-subnets is 10.132.0.0/14, but node node1 has 10.128.0.0/23 (and 1 more"
                                + " like it): what follows from the flags stays as it is, pods outside of them are not served"
                                + " until they are those of ovnkube-master");
    }

    @Test
    void notReadySaysWhatIsMissingWithTheLastErrorOfEach() throws IOException {
        sessionErrors.add("tcp:db:6641: connection refused");
        inputErrors.add("https://api:6443: unknown host");
        given.list(InputKind.NAMESPACE);
        given.list(InputKind.NODE);
        given.turn();

        var readiness = readiness(503);

        assertThat(readiness.get("ready").asBoolean()).isFalse();
        assertThat(missing(readiness))
                .containsExactly(
                        "inputs: not listed yet: egress_ip, pod; last error: https://api:6443: unknown host",
                        "database: tcp:db:6641 is not connected; last error: tcp:db:6641: connection refused",
                        "initial-difference: waits for the conditions above");
    }

    @Test
    void aSessionThatIsStillBeingReadIsNotReady() throws IOException {
        given.connect();
        given.turn();

        assertThat(missing(readiness(503))).contains("database: tcp:db:6641 is being read");
    }

    @Test
    void aServerThatCannotWriteIsNotReadyAndSaysWhy() throws IOException {
        given.ready();
        given.cannotWrite("nb.db: write failed (No space left on device)");
        given.turn();

        assertThat(missing(readiness(503)))
                .containsExactly("database: tcp:db:6641 is read but cannot write (is its disk full?):"
                        + " I/O error: nb.db: write failed (No space left on device)");
    }

    @Test
    void aSessionThatWasLostIsNotReadyAndSaysWhy() throws IOException {
        given.ready();
        given.inbox.disconnected("connection reset");
        given.turn();

        assertThat(missing(readiness(503)))
                .containsExactly("database: tcp:db:6641 is not connected; last error: connection reset");
    }

    @Test
    void readyWhenTheInitialDifferenceIsWorkedOff() throws IOException {
        given.put("a", "b");
        given.ready();
        var before = readiness(503);
        assertThat(missing(before)).containsExactly("initial-difference: 0 of 1 done");
        assertThat(before.get("work").get("total").asInt()).isEqualTo(1);

        given.commit();
        given.turn();

        assertThat(missing(readiness(200))).isEmpty();
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
        assertThat(get("/readyz?verbose").body()).isEqualTo(expected);
        assertThat(get("/readyz", "Accept", "text/plain").body()).isEqualTo(expected);
    }

    @Test
    void healthyWhileTheLoopTurnsHoweverUnreachableTheRest() {
        given.loop.start();

        var response = get("/healthz");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("ok\n");
    }

    @Test
    void unhealthyWhenTheLoopHangs() {
        given.loop.start();
        healthClock.advance(Duration.ofSeconds(11));

        assertThat(get("/healthz").statusCode()).isEqualTo(503);
        assertThat(get("/healthz").body()).isEqualTo("the reconcile loop has not turned for 11 s\n");
    }

    @Test
    void unhealthyWhenTheLoopHasEnded() {
        assertThat(get("/healthz").statusCode()).isEqualTo(503);
        assertThat(get("/healthz").body()).isEqualTo("the reconcile loop has ended\n");
    }

    @Test
    void metricsAreInPrometheusTextWithUnits() {
        var metrics = injector.getInstance(ControllerMetrics.class);
        metrics.transactionEnded(new CommitOutcome.Committed(), Duration.ofMillis(3), 7, 1500);
        metrics.committedAfter(Duration.ofMillis(20));
        metrics.inputReceived("put");
        metrics.fault("input");
        metrics.statusChanged(2);

        var response = get("/metrics");

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
            assertThat(get(path).statusCode()).as(path).isEqualTo(404);
        }
        assertThat(send(request("/").POST(HttpRequest.BodyPublishers.noBody())).statusCode())
                .isEqualTo(405);
        assertThat(send(request("/readyz").POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(405);
        var head = send(request("/readyz").method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(503);
        assertThat(head.body()).isEmpty();
    }

    @Test
    void thePageIsServedAndNothingOfItComesFromAnywhereElse() {
        var page = get("/");
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
                        assertThat(get("/" + file).statusCode()).as(file).isEqualTo(200));
        var modules = Pattern.compile("from '\\./([^']+)'");
        assertThat(modules.matcher(get("/app.js").body())
                        .results()
                        .map(file -> file.group(1))
                        .toList())
                .isNotEmpty()
                .allSatisfy(file -> assertThat(
                                modules.matcher(get("/" + file).body()).results())
                        .allSatisfy(
                                other -> assertThat(get("/" + other.group(1)).statusCode())
                                        .isEqualTo(200)));
    }

    @Test
    void withoutAnAddressNothingListens() {
        var silent = serverOn("--metrics-bind-address=");
        silent.start();

        assertThat(silent.address()).isEqualTo(Optional.empty());
        silent.close();
    }

    @Test
    void anAddressThatIsTakenNamesTheFlag() {
        int port = server.address().orElseThrow().getPort();
        var second = serverOn("--metrics-bind-address=127.0.0.1:" + port);

        assertThatThrownBy(second::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("--metrics-bind-address=127.0.0.1:" + port + ": Address already in use");
    }

    @Test
    void aControllerThatStandsByIsReady() throws IOException {
        server.close();
        server = serverOn("--metrics-bind-address=127.0.0.1:0", "--leader-elect");
        server.start();
        given.ready();
        given.inbox.leads(false);
        given.turn();

        var conditions = readiness(200).get("conditions");

        assertThat(conditions.findValuesAsText("name")).containsExactly("inputs", "database", "leadership");
        assertThat(conditions.findValuesAsText("message").getLast())
                .isEqualTo("another controller leads, this one stands by");

        given.inbox.leads(true);
        given.turn();

        assertThat(readiness(200).get("conditions").findValuesAsText("message"))
                .contains("this controller leads", "everything was in the database once");
    }

    @Test
    void aControllerThatDoesNotKnowWhoLeadsIsNotReadyAndSaysWhy() throws IOException {
        server.close();
        server = serverOn("--metrics-bind-address=127.0.0.1:0", "--leader-elect");
        server.start();
        given.ready();
        given.inbox.leads(false);
        given.turn();
        leaseErrors.add("Lease ovn/ovn-egress cannot be read: HTTP 403: forbidden");

        assertThat(missing(readiness(503)))
                .containsExactly("leadership: Lease ovn/ovn-egress cannot be read: HTTP 403: forbidden");

        given.inbox.leads(true);
        given.turn();
        assertThat(readiness(200).get("conditions").findValuesAsText("message")).contains("this controller leads");
    }

    @Test
    void aLockThatSomebodyElseHoldsIsNamed() throws IOException {
        given.ready();
        given.inbox.leads(false);
        given.turn();

        assertThat(missing(readiness(503)))
                .containsExactly("leadership: another client of the database holds the lock ovn_egress");
    }

    @Test
    void anApiServerThatIsLostLaterIsSeen() throws IOException {
        given.ready();
        inputErrors.add("the API server has been silent for 20 s (pod)");

        assertThat(missing(readiness(503)))
                .containsExactly("inputs: every kind is listed, but changes are missed at present:"
                        + " the API server has been silent for 20 s (pod)");
    }

    /** Connections that ask for more than a socket holds, and read nothing of it. */
    @Test
    void slowReadersOfMetricsHoldUpNothingElseAndAreCutOff() throws IOException {
        var registry = injector.getInstance(PrometheusMeterRegistry.class);
        for (int i = 0; i < 30_000; i++) {
            registry.counter("filler", "number", "of a label that is long enough to fill the buffers of a socket " + i);
        }
        var slow = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 300; i++) {
                slow.add(slowReader());
            }
            for (var path : List.of("/healthz", "/readyz", "/healthz")) {
                assertThat(get(path).body()).isNotEmpty();
            }
            assertThat(slow.stream().filter(AdminServerTest::isRefused).limit(290))
                    .as("at most a few are served at a time")
                    .hasSize(290);

            eventually().until(() -> get("/metrics").statusCode() == 200);
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
        socket.connect(server.address().orElseThrow());
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
