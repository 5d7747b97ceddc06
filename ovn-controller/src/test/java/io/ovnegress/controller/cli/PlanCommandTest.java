package io.ovnegress.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.controller.query.AskedController;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Help;

/** Plans as they are asked for on the command line. */
class PlanCommandTest {
    private static final String MANIFESTS = """
            # two documents, of which one is empty
            ---
            apiVersion: k8s.ovn.org/v1
            kind: EgressIP
            metadata:
              name: new
            spec:
              egressIPs: [192.168.126.101]
              namespaceSelector:
                matchLabels:
                  house: bouvier
            """;

    @TempDir
    private Path directory;

    private final AskedController controller = new AskedController();
    private String manifests;

    @BeforeEach
    void writeManifests() throws IOException {
        manifests = Files.writeString(directory.resolve("new.yaml"), MANIFESTS).toString();
    }

    @AfterEach
    void stop() {
        controller.close();
    }

    private record Asked(int code, String out, String err) {}

    private Asked plan(String... words) {
        var out = new StringWriter();
        var err = new StringWriter();
        var command = EgressCommand.commandLine(Map.of(), (config, changed) -> 0)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF));
        var arguments = new ArrayList<>(List.of("plan"));
        arguments.addAll(List.of(words));
        arguments.add("--server=" + controller.address());
        return new Asked(command.execute(arguments.toArray(String[]::new)), out.toString(), err.toString());
    }

    @Test
    void aPlanIsShownAndItsExitCodeSaysThatSomethingChanges() {
        var asked = plan("-f", manifests);

        assertThat(asked.err()).isEmpty();
        assertThat(asked.out())
                .startsWith("1 address is elsewhere, 1 pod leaves otherwise: 1 transaction, ")
                .contains("""
                  gains  192.168.126.101  egressip/new  no node -> node2  1 pods
                pods
                  bouvier/selma  10.128.0.6  leaves with the node's address, as its address from node1 -> leaves as\
                 192.168.126.101 from node2
                """);
        assertThat(asked.code()).isEqualTo(1);
        assertThat(plan("-f", directory.toString(), "--operations").out()).contains("transaction\n  {\"op\":");
    }

    @Test
    void whatChangesNothingEndsWithZero() {
        assertThat(plan("pod", "simpson/homer", "--label", "app=web", "--label", "other-"))
                .isEqualTo(new Asked(0, "nothing changes\n8 more rows are to be written anyway\n", ""));
    }

    @Test
    void nodesAndPodsArePlannedByName() {
        assertThat(plan("node", "node1", "--drain").out())
                .contains("moves  192.168.126.100  egressip/demo  node1 -> node2");
        assertThat(plan("node", "node1", "--lose").code()).isEqualTo(1);
        assertThat(plan("pod", "simpson/homer", "--delete").out()).contains("-> is gone");
        assertThat(plan("node", "noed1", "--drain"))
                .isEqualTo(new Asked(2, "", "ovn-egress: there is no node noed1" + System.lineSeparator()));
    }

    @Test
    void whatIsNoQuestionIsRefused() throws IOException {
        assertThat(plan().err()).contains("say what to plan: -f FILE");
        assertThat(plan("node", "node1").err()).contains("say one of --drain and --lose");
        assertThat(plan("pod", "homer", "--delete").code()).isEqualTo(2);
        assertThat(plan("pod", "simpson/homer", "--label", "=").err()).contains("say KEY=VALUE");
        assertThat(plan("-f", directory.resolve("none").toString()).err()).contains("it cannot be read");
        var other = Files.writeString(directory.resolve("other.yaml"), "kind: EgressIP\n");
        assertThat(plan("-f", other.toString()).err()).contains("kind \"EgressIP\" of \"\" is none that is read");
    }

    @Test
    void kindsThatAreNotWatchedAreNamedOnceAndDecideNothing() throws IOException {
        Files.writeString(directory.resolve("others.yaml"), """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                ---
                apiVersion: v1
                kind: List
                items:
                - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}
                - {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}
                """);
        var word = "not looked at: ConfigMap of v1, Deployment of apps/v1" + System.lineSeparator();

        var asked = plan("-f", directory.toString());
        assertThat(asked.out()).isEqualTo(plan("-f", manifests).out());
        assertThat(asked.err()).isEqualTo(word);
        assertThat(asked.code()).isEqualTo(1);
        var nothing = plan("-f", directory.resolve("others.yaml").toString(), "--delete");
        assertThat(nothing).isEqualTo(new Asked(0, "nothing changes\n8 more rows are to be written anyway\n", word));
        assertThat(plan("-f", directory.toString(), "-o", "json").out())
                .contains("\"notLookedAt\" : [ \"ConfigMap of v1\", \"Deployment of apps/v1\" ]");
    }

    @Test
    void aPlanThatWasWrittenDownHoldsUntilItWouldBeAnother() throws Exception {
        var file = directory.resolve("plan.json").toString();
        assertThat(plan("-f", manifests, "--out", file).code()).isEqualTo(1);

        assertThat(plan("verify", file))
                .isEqualTo(new Asked(
                        0,
                        "the plan holds: the same would be done; nothing has been written to the database since\n",
                        ""));

        controller.relabel(2);
        assertThat(plan("verify", file)).isEqualTo(new Asked(0, """
                        the plan holds: the same would be done; nothing has been written to the database since
                          node/node2 is another version
                        """, ""));

        controller.addPod("bouvier", "patty", "10.128.0.7");
        var later = plan("verify", file);
        assertThat(later.code()).isEqualTo(1);
        assertThat(later.out()).startsWith("the plan does not hold any more").contains("bouvier/patty");
        assertThat(plan("verify", manifests).err()).contains("cannot be read");
    }

    @Test
    void aPlanOfAnEarlierVersionSaysOnlyWhetherItHolds() throws IOException {
        var file = directory.resolve("plan.json");
        assertThat(plan("-f", manifests, "--out", file.toString()).code()).isEqualTo(1);
        var json = new ObjectMapper();
        var written = json.readTree(file.toFile());
        ((ObjectNode) written.path("answer"))
                .putArray("versions")
                .addObject()
                .put("object", "egressip/demo")
                .put("uid", "uid-demo")
                .put("generation", 3);
        json.writeValue(file.toFile(), written);

        assertThat(plan("verify", file.toString()))
                .isEqualTo(new Asked(
                        0,
                        "the plan holds: the same would be done; nothing has been written to the database since\n",
                        ""));
    }

    private int post(String type, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(controller.address() + "/api/v1/plan"))
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    @Test
    void aQuestionWithABodyIsLimitedInTypeAndLength() throws Exception {
        assertThat(post("application/json", "{\"drain\": [\"node1\"]}")).isEqualTo(200);
        assertThat(post("text/plain", "{\"drain\": [\"node1\"]}")).isEqualTo(415);
        assertThat(post("application/json", " ".repeat(4 * 1024 * 1024 + 1))).isEqualTo(413);
        try (var client = HttpClient.newHttpClient()) {
            var get = HttpRequest.newBuilder(URI.create(controller.address() + "/api/v1/plan"))
                    .build();
            assertThat(client.send(get, HttpResponse.BodyHandlers.discarding()).statusCode())
                    .isEqualTo(405);
        }
    }
}
