package io.ovnegress.it.demo;

import io.ovnegress.controller.proxy.ProxyRules;
import io.ovnegress.controller.proxy.SquidConfig;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.lab.Lab.Proxied;
import io.ovnegress.it.harness.process.LocalProcess;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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
    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-squid");
    private Optional<LocalProcess> squid = Optional.empty();

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
        if (!isInstalled()) {
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
        squid = Optional.of(start());
        var homer = stage.cast().homer();
        checkAnswer(homer, "http://" + ALLOWED + "/", new Proxied(200, EGRESS_IP));
        checkAnswer(homer, "http://" + DENIED + "/", new Proxied(403, ""));
        checkAnswer(homer, "http://www.example.com/", new Proxied(403, ""));
        stage.cast().checkLeavesAsItsNode(homer);
        return true;
    }

    private static boolean isInstalled() {
        return Stream.concat(
                        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)),
                        Stream.of("/usr/sbin"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "squid")));
    }

    private LocalProcess start() {
        var rules = ((ProxyRules.Reading.Read) ProxyRules.read(DESTINATIONS)).rules();
        var config = directory.resolve("squid.conf");
        try {
            Files.writeString(
                    config,
                    SquidConfig.of(rules) + "dns_nameservers 127.0.0.1\ndns_timeout 1 second\ncoredump_dir none\n");
            Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-r--r--"));
            Files.setPosixFilePermissions(config.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return stage.lab()
                .start(
                        pod,
                        "squid",
                        List.of(
                                "setpriv",
                                "--reuid=65534",
                                "--regid=65534",
                                "--clear-groups",
                                "--no-new-privs",
                                "--bounding-set=-all",
                                "squid",
                                "-N",
                                "-f",
                                config.toString()));
    }

    private void checkAnswer(ClusterPod client, String url, Proxied expected) {
        var proxy = "http://" + pod.ip() + ":" + SquidConfig.PORT;
        narrator.check(
                "http_proxy=%s curl %s: %d%s"
                        .formatted(
                                proxy,
                                url,
                                expected.status(),
                                expected.text().isEmpty() ? "" : ", seen as " + expected.text()),
                () -> Cast.await("an answer for " + url, () -> {
                    var answer = stage.lab().curlThrough(client, proxy, url, false);
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
        squid.ifPresent(LocalProcess::close);
        directory.close();
    }
}
