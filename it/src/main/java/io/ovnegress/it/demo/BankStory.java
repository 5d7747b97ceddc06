package io.ovnegress.it.demo;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressRouters;
import io.ovnegress.it.harness.lab.Listener;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** An egress router and the server outside that admits its addresses only. */
final class BankStory {
    private static final String BANK = "203.0.113.90";
    private static final int PORT = 80;
    private static final String VIRTUAL_IP = "198.18.0.1";
    private static final String SOURCE = "192.168.126.220";
    private static final String SECOND_SOURCE = "192.168.126.221";

    private final Stage stage;
    private final Narrator narrator;
    private final Cast cast;
    private final ClusterPod lisa;
    private Listener bank;
    private GenericKubernetesResource router;

    BankStory(Stage stage) {
        this.stage = stage;
        this.narrator = stage.narrator();
        this.cast = stage.cast();
        var nodes = stage.cluster().topology().nodes();
        this.lisa = Topology.pod("simpson", "lisa", Map.of("app", "lisa"), nodes.get(2), 1);
    }

    void openTheBank() {
        narrator.step(
                "Outside is a bank at %s, whose firewall admits %s and nobody else".formatted(BANK, SOURCE),
                "no pod gets in, whichever node it is on");
        bank = stage.lab().listenOutside(BANK);
        stage.lab().admitOnly(BANK, List.of(SOURCE));
        stage.cluster().run(lisa);
        stage.lab().attach(lisa);
        cast.pods().forEach(pod -> stage.checkDoesNotReach(pod, BANK, PORT, "the bank"));
    }

    void openTheRouter() {
        narrator.step(
                "Namespace simpson gets an EgressRouter with that address",
                "the Simpsons reach the bank by its virtual IP, and nothing else: other ports and other pods are"
                        + " refused, and what they send straight to the bank leaves as before");
        stage.cluster().label("worker-0", "worker-1");
        narrator.say("kubectl label node worker-0 worker-1 k8s.ovn.org/egress-assignable=");
        router = stage.apply("egress-router.yaml");
        stage.checkSays(router, "Ready", "True Serving");
        showRouter();
        for (var pod : List.of(cast.homer(), cast.marge(), lisa)) {
            stage.checkReaches(pod, VIRTUAL_IP, 8080, "the bank", SOURCE);
        }
        stage.checkRefused(cast.homer(), VIRTUAL_IP, 81);
        stage.checkRefused(cast.patty(), VIRTUAL_IP, 8080);
        stage.checkDoesNotReach(cast.homer(), BANK, PORT, "the bank");
        cast.checkLeavesAsItsNode(cast.homer());
    }

    private void showRouter() {
        var status = EgressIps.status(stage.current(router));
        narrator.show(
                "kubectl get egressrouter -n simpson",
                "NAME   VIRTUAL IP   READY     MESSAGE\nbank   %s   Serving   %s"
                        .formatted(status.get("virtualIP"), EgressIps.message(stage.current(router), "Ready")));
    }

    /** Node by address. */
    private Map<String, String> nodesOfSources() {
        var nodes = new TreeMap<String, String>();
        if (EgressIps.status(stage.current(router)).get("sources") instanceof List<?> sources) {
            for (var source : sources) {
                var entry = (Map<?, ?>) source;
                nodes.put(String.valueOf(entry.get("address")), String.valueOf(entry.get("node")));
            }
        }
        return nodes;
    }

    void addASecondSource() {
        narrator.step(
                "The bank admits %s too, and the router gets it as a second source".formatted(SECOND_SOURCE),
                "two routers on two nodes, among which connections are dealt");
        stage.lab().admitOnly(BANK, List.of(SOURCE, SECOND_SOURCE));
        var patch = "{\"spec\": {\"addresses\": [\"%s\", \"%s\"], \"highAvailability\": true}}"
                .formatted(SOURCE, SECOND_SOURCE);
        narrator.say("kubectl patch egressrouter -n simpson bank --type merge -p '" + patch + "'");
        stage.cluster()
                .api()
                .client()
                .genericKubernetesResources(EgressRouters.CONTEXT)
                .inNamespace("simpson")
                .withName("bank")
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
        narrator.check(
                "the sources are on two nodes",
                () -> Cast.await("two nodes", () -> {
                    var nodes = nodesOfSources();
                    Cast.require(
                            nodes.size() == 2 && Set.copyOf(nodes.values()).equals(Set.of("worker-0", "worker-1")),
                            nodes.toString());
                }));
        showRouter();
        stage.lab().sync();
        narrator.check(
                "the bank sees both",
                () -> Cast.await("both sources", () -> {
                    var seen = requests(lisa, 16);
                    narrator.say("  16 requests: " + seen);
                    Cast.require(
                            seen.keySet().equals(Set.of(SOURCE, SECOND_SOURCE))
                                    && seen.values().stream().mapToInt(n -> n).sum() == 16,
                            seen.toString());
                }));
    }

    private Map<String, Integer> requests(ClusterPod pod, int number) {
        var seen = new TreeMap<String, Integer>();
        for (int i = 0; i < number; i++) {
            stage.lab()
                    .attempt(pod, VIRTUAL_IP, 8080)
                    .source()
                    .ifPresent(source -> seen.merge(source, 1, Integer::sum));
        }
        return seen;
    }

    /** @return the node that died */
    ClusterNode loseANode() {
        narrator.step(
                "worker-2 may carry addresses too; then the node dies that lisa's packets leave from",
                "its address moves, and the bank never sees another one");
        stage.cluster().label("worker-2");
        try (var traffic = stage.lab().trafficTo(lisa, VIRTUAL_IP, bank)) {
            traffic.awaitAnswered(25);
            var source = traffic.soFar().sources().keySet().iterator().next();
            var lost = stage.cluster().node(nodesOfSources().get(source));
            stage.lab().kill(lost);
            narrator.say("lisa is seen as %s from %s: kill -9 of everything there, and Kubernetes says so"
                    .formatted(source, lost.name()));
            stage.cluster().setReady(lost, false);
            narrator.check(
                    "%s is on another node".formatted(source),
                    () -> Cast.await("a move of " + source, () -> {
                        var nodes = nodesOfSources();
                        Cast.require(nodes.size() == 2 && !nodes.containsValue(lost.name()), nodes.toString());
                    }));
            traffic.awaitAnswered(50);
            var timeline = traffic.stop();
            narrator.check(
                    "the bank saw lisa as its sources only",
                    () -> Cast.require(
                            Set.of(SOURCE, SECOND_SOURCE)
                                    .containsAll(timeline.sources().keySet()),
                            timeline.sources().toString()));
            narrator.say("the gap: %d ms without an answer (%d of %d requests without one)"
                    .formatted(
                            timeline.longestOutage().toMillis(),
                            timeline.requests().size() - timeline.answered(),
                            timeline.requests().size()));
            showRouter();
            return lost;
        }
    }

    void delete() {
        stage.cluster().api().client().resource(router).delete();
        narrator.say("kubectl delete egressrouter -n simpson bank");
    }

    void checkClosed(ClusterNode lost) {
        cast.simpsons().stream()
                .filter(pod -> !pod.node().equals(lost))
                .forEach(pod -> stage.checkDoesNotReach(pod, VIRTUAL_IP, 8080, "the bank"));
        stage.checkDoesNotReach(lisa, VIRTUAL_IP, 8080, "the bank");
    }
}
