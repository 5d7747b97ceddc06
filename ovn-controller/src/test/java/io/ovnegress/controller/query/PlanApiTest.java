package io.ovnegress.controller.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.controller.query.Api.Reply;
import io.ovnegress.controller.query.Api.Request;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What manifests would change is answered over HTTP, from a copy of what the loop decides from. */
class PlanApiTest {
    private static final String NEW = """
            {"apiVersion": "k8s.ovn.org/v1", "kind": "EgressIP", "metadata": {"name": "new"},
             "spec": {"egressIPs": ["192.168.126.101"],
                      "namespaceSelector": {"matchLabels": {"house": "bouvier"}}}}""";

    private final AskedController given = new AskedController();

    @AfterEach
    void stop() {
        given.close();
    }

    private Reply ask(String body, String... parameters) {
        return given.plan.answer(
                Request.of(PlanApi.PATH, PlanApi.PATH, Optional.of(String.join("&", parameters)), body));
    }

    private JsonNode plan(String body, String... parameters) {
        var reply = ask(body, parameters);
        assertThat(reply.code()).as("%s", reply.body()).isEqualTo(200);
        return reply.body();
    }

    @Test
    void aManifestSaysWhoLeavesOtherwiseAndWhatIsWritten() {
        var plan = plan("{\"apply\": [" + NEW + "]}", "operations");

        assertThat(plan.path("changes").asBoolean()).isTrue();
        assertThat(plan.path("answer").asText())
                .startsWith("1 address is elsewhere, 1 pod leaves otherwise: 1 transaction");
        assertThat(plan.path("database").asText()).isEqualTo("transaction-7");
        assertThat(plan.at("/addresses/0/object").asText()).isEqualTo("egressip/new");
        assertThat(plan.at("/addresses/0/to").asText()).isEqualTo("node2");
        assertThat(plan.at("/objects/0/gains/0").asText()).isEqualTo("192.168.126.101");
        assertThat(plan.at("/pods/0/pod").asText()).isEqualTo("bouvier/selma");
        assertThat(plan.at("/pods/0/after/exits/0/source").asText()).isEqualTo("192.168.126.101");
        assertThat(plan.path("operations")).hasSize(1);
        assertThat(plan.at("/operations/0").toString()).contains("\"op\":\"insert\"", "192.168.126.101");
    }

    @Test
    void theSamePlanIsTheSameDigestAndAnotherOneIsNot() {
        var first = plan("{\"apply\": [" + NEW + "]}");
        assertThat(plan("{\"apply\": [" + NEW + "]}", "operations").path("digest"))
                .isEqualTo(first.path("digest"));

        given.loop.put(AskedController.pod("bouvier", "patty", "10.128.0.7"));
        assertThat(plan("{\"apply\": [" + NEW + "]}").path("digest")).isNotEqualTo(first.path("digest"));
    }

    @Test
    void anObjectThatIsThereKeepsItsAgeAndItsPlaceAndSaysItsVersion() {
        var plan = plan("""
                {"apply": [{"apiVersion": "k8s.ovn.org/v1", "kind": "EgressIP", "metadata": {"name": "demo"},
                  "spec": {"egressIPs": ["192.168.126.100"],
                           "namespaceSelector": {"matchLabels": {"house": "simpson"}}}}]}""");

        assertThat(plan.path("changes").asBoolean()).isFalse();
        assertThat(plan.path("answer").asText()).isEqualTo("nothing changes");
        assertThat(plan.at("/versions/0/object").asText()).isEqualTo("egressip/demo");
        assertThat(plan.at("/versions/0/generation").asInt()).isEqualTo(3);
    }

    @Test
    void deletingDrainingAndLabellingIsPlannedToo() {
        assertThat(plan("""
                {"delete": [{"apiVersion": "k8s.ovn.org/v1", "kind": "EgressIP", "metadata": {"name": "demo"}}]}""").at("/objects/0/loses/0").asText()).isEqualTo("192.168.126.100");
        assertThat(plan("{\"drain\": [\"node1\"]}").at("/addresses/0/to").asText())
                .isEqualTo("node2");
        assertThat(plan("{\"lose\": [\"node1\"]}").at("/addresses/0/to").asText())
                .isEqualTo("node2");
        assertThat(plan("""
                {"apply": [{"apiVersion": "v1", "kind": "Namespace",
                  "metadata": {"name": "bouvier", "labels": {"house": "simpson"}}}]}""").at("/pods/0/pod").asText()).isEqualTo("bouvier/selma");
        assertThat(plan("{\"labels\": {\"simpson/homer\": {\"app\": \"web\"}}}")
                        .path("changes")
                        .asBoolean())
                .isFalse();
    }

    @Test
    void aNodeKeepsWhatItsManifestDoesNotSay() {
        var labelled = """
                {"apply": [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1", "labels": {"a": "b"}}}]}""";

        assertThat(plan(labelled).path("changes").asBoolean()).isFalse();
    }

    @Test
    void whatCannotBeReadIsRefusedByName() {
        assertThat(ask("{").code()).isEqualTo(400);
        assertThat(ask("{}").body().path("error").asText()).startsWith("say what is to be planned");
        assertThat(ask("{\"apply\": [{\"kind\": \"EgressIP\"}]}")
                        .body()
                        .path("error")
                        .asText())
                .startsWith("kind \"EgressIP\" of \"\" is none that is read: ")
                .contains("EgressIP of k8s.ovn.org/v1");
        assertThat(ask("{\"drain\": [\"noed\"]}").code()).isEqualTo(404);
        assertThat(ask("{\"labels\": {\"nobody\": {}}}").code()).isEqualTo(404);
        assertThat(ask("""
                {"delete": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "y"}}]}""").code()).isEqualTo(404);
    }

    @Test
    void howLongItTakesIsSaidFromWhatWasMeasured() {
        assertThat(plan("{\"apply\": [" + NEW + "]}").has("expectedSeconds"))
                .as("nothing has been measured")
                .isFalse();
        given.metrics.transactionEnded(new CommitOutcome.Committed(), Duration.ofSeconds(2), 100, 1000);
        var plan = plan("{\"apply\": [" + NEW + "]}");

        assertThat(plan.path("expectedSeconds").asDouble())
                .isEqualTo(plan.at("/work/rows").asInt() * 0.02);
        assertThat(given.rate.seconds(10, Duration.ofMillis(1500)))
                .as("with what is waited for between steps")
                .hasValue(1.7);
    }

    private static Map<String, String> versions(JsonNode plan) {
        var versions = new TreeMap<String, String>();
        plan.path("versions")
                .forEach(each -> versions.put(
                        each.path("object").asText(), each.path("version").asText()));
        return versions;
    }

    @Test
    void everythingThatAPlanIsMadeFromSaysItsVersion() {
        var asked = "{\"apply\": [" + NEW + "]}";
        var before = versions(plan(asked));
        assertThat(before.keySet()).containsExactly("egressip/new", "namespace/bouvier", "node/node1", "node/node2");
        assertThat(before).containsEntry("egressip/new", "");
        try (var another = new AskedController()) {
            assertThat(versions(plan(another, asked)))
                    .as("another controller says the same")
                    .isEqualTo(before);
        }

        given.setReady(1, false);
        var after = versions(plan(asked));
        assertThat(after.get("node/node1")).isNotEqualTo(before.get("node/node1"));
        assertThat(after.get("node/node2")).isEqualTo(before.get("node/node2"));
        assertThat(after.get("namespace/bouvier")).isEqualTo(before.get("namespace/bouvier"));
    }

    private static final String POOL = """
            {"apiVersion": "ovn-egress.io/v1alpha1", "kind": "EgressIPPool", "metadata": {"name": "p"},
             "spec": {"ranges": ["192.168.126.150-192.168.126.159"],
                      "namespaceSelector": {"matchLabels": {"house": "bouvier"}}, "routerNamespaceSelector": {}}}""";

    private static final String ROUTER = """
            {"apiVersion": "ovn-egress.io/v1alpha1", "kind": "EgressRouter",
             "metadata": {"name": "bank", "namespace": "simpson"},
             "spec": {"destinations": [{"port": 80, "to": "203.0.113.5"}]}}""";

    @Test
    void whatAPoolGivesIsPlannedAsIfItWereWritten() {
        try (var pools = new AskedController("--enable-egress-ip-pools", "--enable-egress-router")) {
            var plan = plan(pools, "{\"apply\": [" + ROUTER + ", " + POOL + "]}");

            assertThat(plan.at("/addresses/0/object").asText()).isEqualTo("egressip/p.bouvier");
            assertThat(plan.at("/addresses/0/address").asText()).isEqualTo("192.168.126.150");
            assertThat(plan.at("/pods/0/pod").asText()).isEqualTo("bouvier/selma");
            assertThat(plan.at("/pods/0/after/exits/0/source").asText()).isEqualTo("192.168.126.150");
            assertThat(plan.path("operations").toString())
                    .as("the router has the next one")
                    .contains("192.168.126.151");
        }
    }

    /** An EgressIP that is planned takes its address from the pool. */
    @Test
    void whatIsPlannedIsGivenToNobodyElse() {
        try (var pools = new AskedController("--enable-egress-ip-pools", "--enable-egress-router")) {
            var plan = plan(
                    pools,
                    "{\"apply\": [" + POOL + ", "
                            + NEW.replace("192.168.126.101", "192.168.126.150").replace("bouvier", "nobody") + "]}");

            assertThat(plan.at("/pods/0/after/exits/0/source").asText()).isEqualTo("192.168.126.151");
        }
    }

    private static JsonNode plan(AskedController controller, String body) {
        var reply = controller.plan.answer(Request.of(PlanApi.PATH, PlanApi.PATH, Optional.of("operations"), body));
        assertThat(reply.code()).as("%s", reply.body()).isEqualTo(200);
        return reply.body();
    }

    @Test
    void nothingIsSentByAsking() throws Exception {
        int sent = given.loop.sent();
        plan("{\"drain\": [\"node1\"], \"apply\": [" + NEW + "]}");

        assertThat(given.loop.inbox.ask(reconciler -> given.loop.sent()).get()).isEqualTo(sent);
    }
}
