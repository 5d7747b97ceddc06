package io.ovnegress.controller.admin;

import static io.ovnegress.controller.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.controller.admin.ServedLoop.Asked;
import io.ovnegress.controller.cli.EgressCommand;
import io.ovnegress.controller.loop.LoopFixture;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Questions as they are asked over HTTP and on the command line, and what is said where nobody answers. */
class QuestionsTest {
    private final ServedLoop served = new ServedLoop();
    private final LoopFixture given = served.given;

    @AfterEach
    void stop() {
        served.close();
    }

    @Test
    void aQuestionIsAnsweredAsJson() throws IOException {
        served.isRunning();
        var response = served.get("/api/v1/explain/egressip/teddy");

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
        served.isRunning();

        assertThat(served.explain("egressip", "teddy")).isEqualTo(new Asked(0, """
                egressip teddy is a toy
                  colour  red
                  because
                    Pending  its rows are to be written next
                  rows
                    Missing  Address_Set    name: teddy
                                            ovn-nbctl find Address_Set 'name="teddy"'
                """, ""));
        assertThat(served.explain("egressip", "teddy", "-o", "json").out()).startsWith("{\n  \"kind\" : \"egressip\",");
        assertThat(served.explain("egressip", "teddy", "-o", "yaml").out()).startsWith("kind: egressip\nname: teddy\n");
    }

    @Test
    void whatIfIsAskedOnTheCommandLine() {
        served.isRunning();

        assertThat(served.ask(List.of("whatif"))).isEqualTo(new Asked(0, "no node has an address\n", ""));
        assertThat(served.ask(List.of("whatif", "-o", "json")).out()).startsWith("{\n  \"answer\" :");
        assertThat(served.ask(List.of("whatif", "--lose", "worker")))
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
        assertThat(served.ask(List.of("audit", "--fix-nothing"))).isEqualTo(served.ask(List.of("audit")));
        assertThat(served.ask(List.of("audit"))).isEqualTo(new Asked(0, """
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
        var audit = new ObjectMapper().readTree(served.get("/api/v1/audit").body());
        assertThat(audit.path("answer").asText()).isEqualTo("1 rows are right, 1 are not");
        assertThat(audit.path("leader").asBoolean(true)).isFalse();
        assertThat(audit.path("right").asBoolean(true)).isFalse();
        assertThat(audit.at("/rows/Missing").asInt()).isEqualTo(1);
        assertThat(audit.at("/findings/0/class").asText()).isEqualTo("Missing");
        assertThat(audit.at("/findings/0/object").asText()).isEqualTo("bear");
        assertThat(audit.at("/findings/0/standing/code").asText()).isEqualTo("StandsBy");
        var asked = served.ask(List.of("audit", "--class=missing"));
        assertThat(asked.code()).isEqualTo(1);
        assertThat(asked.out()).contains("""
                Missing  Address_Set: name: bear
                         is to be inserted; of bear; StandsBy
                         ovn-nbctl find Address_Set 'name="bear"'
                """);
        assertThat(served.ask(List.of("audit", "--class=Duplicate")).out()).doesNotContain("bear");
        assertThat(served.get("/metrics").body()).contains("ovn_egress_audit_rows{class=\"Missing\"} 1");
    }

    @Test
    void statusIsOneScreenAndItsExitCodeSaysWhetherItIsReady() throws IOException {
        served.isRunning();
        eventually()
                .untilAsserted(
                        () -> assertThat(served.readiness(200).path("ready").asBoolean())
                                .isTrue());

        var status = new ObjectMapper().readTree(served.get("/api/v1/status").body());
        assertThat(status.path("answer").asText()).isEqualTo("ready");
        assertThat(status.path("leader").asBoolean()).isTrue();
        assertThat(status.at("/database/phase").asText()).isEqualTo("synchronised");
        assertThat(status.at("/addresses/assigned").asInt()).isZero();
        assertThat(status.at("/conditions/0/name").asText()).isEqualTo("inputs");
        var asked = served.ask(List.of("status"));
        assertThat(asked.code()).isZero();
        assertThat(asked.out())
                .startsWith("ready\n  ok  inputs              every kind is listed\n")
                .contains("database   synchronised: tcp:db:6641, 0 rows\n")
                .contains("addresses  0 have a node (0 on their way), 0 have none\n");
    }

    @Test
    void statusIsAnsweredWhileNothingIsKnownYet() {
        given.loop.start();

        var asked = served.ask(List.of("status"));
        assertThat(asked.code()).isEqualTo(1);
        assertThat(asked.out())
                .startsWith("not ready\n  missing  inputs              not listed yet: ")
                .contains("connecting");
    }

    @Test
    void historySaysWhatWasProgrammedAndWhy() throws IOException {
        served.isRunning();

        var history = new ObjectMapper()
                .readTree(served.get("/api/v1/history/egressip/teddy?since=1h").body());
        assertThat(history.path("entries")).hasSize(1);
        assertThat(history.at("/entries/0/cause/object").asText()).isEqualTo("toy/teddy");
        var asked = served.ask(List.of("history", "egressip", "teddy"));
        assertThat(asked.code()).isZero();
        assertThat(asked.out())
                .contains("because toy teddy appeared (version 17)")
                .contains("insert  Address_Set  name: teddy");
        assertThat(served.ask(List.of("history", "egressip", "nobody")).out())
                .endsWith("nothing was programmed or decided that this is about\n");
    }

    @Test
    void aHistoryOfWhatIsNoKindOrTimeIsRefused() {
        assertThat(served.get("/api/v1/history/planet/earth").statusCode()).isEqualTo(400);
        assertThat(served.get("/api/v1/history/?since=yesterday").statusCode()).isEqualTo(400);
        assertThat(served.get("/api/v1/whois/nonsense").statusCode()).isEqualTo(400);
        assertThat(served.ask(List.of("history", "egressip")).code()).isEqualTo(2);
        assertThat(served.ask(List.of("whois", "192.0.2.1:80", "--at", "never")).code())
                .isEqualTo(2);
    }

    @Test
    void anAuditOfWhatIsNoClassIsRefusedWithThoseThereAre() {
        assertThat(served.get("/api/v1/audit?class=Strange").body()).contains("CLASS is one of Right, Missing, Wrong");
        assertThat(served.get("/api/v1/audit?limit=-1").statusCode()).isEqualTo(400);
        assertThat(served.ask(List.of("audit", "--class=Strange")).code()).isEqualTo(2);
    }

    @Test
    void whoStandsByAnswersAndSaysSo() throws IOException {
        served.isRunning();
        given.inbox.leads(false);

        var answer = new ObjectMapper()
                .readTree(served.get("/api/v1/explain/egressip/teddy").body());
        assertThat(answer.path("leader").asBoolean(true)).isFalse();
        assertThat(answer.at("/reasons/0/code").asText()).isEqualTo("StandsBy");
        assertThat(served.explain("egressip", "teddy").out())
                .startsWith("this controller stands by, another one leads: it says what it would decide");
    }

    @Test
    void whoAsksForWhatThereIsNotIsToldTheNearest() {
        served.isRunning();
        var response = served.get("/api/v1/explain/node/worker");
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.body()).contains("there is no node worker");

        assertThat(served.explain("node", "worker"))
                .isEqualTo(new Asked(1, "", "ovn-egress: there is no node worker" + System.lineSeparator()));
    }

    @Test
    void aQuestionThatIsNoneIsAnsweredWithThoseThereAre() {
        for (var path : List.of("", "egressip", "egressip/", "planet/earth", "ip/nonsense")) {
            assertThat(served.get("/api/v1/explain/" + path).statusCode())
                    .as(path)
                    .isEqualTo(400);
        }
        assertThat(served.get("/api/v1/explain/planet/earth").body())
                .contains("KIND is one of ip, egressip, node, pod");
        assertThat(served.explain("ip", "nonsense").code()).isEqualTo(2);
        assertThat(served.explain("pod", "homer").err())
                .isEqualTo("ovn-egress: homer: say NAMESPACE/POD, as in simpson/homer" + System.lineSeparator());
    }

    @Test
    void nothingIsSaidBeforeEverythingIsKnown() {
        given.loop.start();

        assertThat(served.get("/api/v1/explain/pod/simpson/homer").statusCode()).isEqualTo(503);
        assertThat(served.explain("pod", "simpson/homer").code()).isEqualTo(3);
    }

    @Test
    void aFaultOfAnAnswerIsItsOwn() {
        served.isRunning();

        assertThat(served.get("/api/v1/explain/egressip/riddle").statusCode()).isEqualTo(500);
        assertThat(served.get("/api/v1/explain/egressip/teddy").statusCode()).isEqualTo(200);
        assertThat(given.loop.isAlive()).isTrue();
    }

    @Test
    void whereNobodyAnswersTheCommandLineSaysWhatToDo() {
        int port = served.server.address().orElseThrow().getPort();
        served.server.close();
        var out = new StringWriter();
        var command =
                EgressCommand.commandLine(Map.of(), (config, changed) -> 0).setErr(new PrintWriter(out, true));

        assertThat(command.execute("explain", "node", "a", "--server=http://127.0.0.1:" + port))
                .isEqualTo(3);
        assertThat(out.toString()).contains("does not answer").contains("--metrics-bind-address");
    }
}
