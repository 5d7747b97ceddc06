package io.ovnegress.it.demo;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.lab.Lab.Proxied;
import io.ovnegress.it.harness.lab.Squid;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.util.Map;
import java.util.Optional;

/** Debian's squid in an unprivileged pod, with the configuration that an EgressProxy gives it, leaving as its EgressIP. */
final class ProxyStory implements AutoCloseable {
    private static final String OBJECT = "proxy.simpson.web";
    private static final String EGRESS_IP = "192.168.126.150";
    private static final String ALLOWED = "203.0.113.80";
    private static final String DENIED = "203.0.113.81";
    private static final String DESTINATIONS = """
            !*.example.com
            !203.0.113.81
            *
            """;

    private final Stage stage;
    private final Narrator narrator;
    private final ClusterPod pod;
    private Optional<Squid> squid = Optional.empty();

    ProxyStory(Stage stage) {
        this.stage = stage;
        this.narrator = stage.narrator();
        var node = stage.cluster().topology().nodes().get(1);
        this.pod = Topology.pod("simpson", "web", Map.of("ovn-egress.io/proxy", "web"), node, 2);
    }

    /** @return whether there is a proxy from now on */
    boolean tell() {
        narrator.step(
                "A pod of namespace simpson runs squid as an EgressProxy configures it, under an EgressIP",
                "what its clients ask for leaves as %s, what the list denies is answered with 403, and the pod may do nothing"
                                .formatted(EGRESS_IP)
                        + " that others may not");
        if (!Squid.isInstalled()) {
            narrator.say("squid is not installed: left out");
            return false;
        }
        narrator.show("destinations of the proxy", DESTINATIONS);
        stage.cluster().run(pod);
        stage.lab().attach(pod);
        stage.cluster()
                .apply(EgressIps.of(
                        OBJECT,
                        Map.of("matchLabels", Map.of("house", "simpson")),
                        Map.of("matchLabels", Map.of("ovn-egress.io/proxy", "web")),
                        EGRESS_IP));
        stage.cast().checkArrives(stage.lab(), pod, EGRESS_IP);
        var started = Squid.start(stage.lab(), pod, DESTINATIONS, "");
        squid = Optional.of(started);
        var homer = stage.cast().homer();
        checkAnswer(homer, started, "http://" + ALLOWED + "/", new Proxied(200, EGRESS_IP));
        checkAnswer(homer, started, "http://" + DENIED + "/", new Proxied(403, ""));
        checkAnswer(homer, started, "http://www.example.com/", new Proxied(403, ""));
        stage.cast().checkLeavesAsItsNode(homer);
        return true;
    }

    private void checkAnswer(ClusterPod client, Squid proxy, String url, Proxied expected) {
        narrator.check(
                "http_proxy=%s curl %s: %d%s"
                        .formatted(
                                proxy.url(),
                                url,
                                expected.status(),
                                expected.text().isEmpty() ? "" : ", seen as " + expected.text()),
                () -> Cast.await("an answer for " + url, () -> {
                    var answer = stage.lab().curlThrough(client, proxy.url(), url, false);
                    Cast.require(answer.equals(expected), answer.toString());
                }));
    }

    void delete() {
        close();
        stage.cluster().deleteEgressIp(OBJECT);
        narrator.say("kubectl delete egressip " + OBJECT);
    }

    @Override
    public void close() {
        squid.ifPresent(Squid::close);
    }
}
