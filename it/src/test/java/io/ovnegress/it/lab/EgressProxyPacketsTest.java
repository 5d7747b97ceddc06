package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LING;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.proxy.ProxyRules;
import io.ovnegress.controller.proxy.SquidConfig;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.lab.Lab.Proxied;
import io.ovnegress.it.harness.process.LocalProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Debian's squid, without any privilege in a pod under an EgressIP, with the configuration of an EgressProxy. */
@Tag("packets")
@Tag("timing")
class EgressProxyPacketsTest {
    private static final String FIRST = "203.0.113.80";
    private static final String SECOND = "203.0.113.81";
    private static final String THIRD = "203.0.113.82";
    private static final Proxied DENIED = new Proxied(403, "");
    private static final Proxied AS_THE_EGRESS_IP = new Proxied(200, EGRESS_IP);

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags();

    @TempDir
    private Path directory = Path.of("");

    private LocalProcess squid;

    @BeforeAll
    static void serversOutside() {
        PACKETS.lab().listenOutside(SECOND);
        PACKETS.lab().listenOutside(THIRD);
    }

    @AfterEach
    void stop() {
        squid.close();
    }

    /** The pod of the proxy is lisa, whom the EgressIP selects alone. */
    private void proxy(String destinations) throws IOException {
        PACKETS.cluster().label("worker-0");
        var object = EgressIps.of(OBJECT, Map.of("house", "simpson"), EGRESS_IP);
        var spec = new LinkedHashMap<Object, Object>(
                (Map<?, ?>) object.getAdditionalProperties().get("spec"));
        spec.put("podSelector", Map.of("matchLabels", Map.of("app", "lisa")));
        object.setAdditionalProperty("spec", spec);
        PACKETS.cluster().apply(object);
        PACKETS.awaitAssigned(1);
        await("she leaves as it")
                .until(() -> PACKETS.lab().curl(LISA).filter(EGRESS_IP::equals).isPresent());

        var hosts = directory.resolve("hosts");
        Files.writeString(hosts, """
                %s www.example.com api.example.com example.com other.test
                %s sub.deep.example.com
                198.51.100.7 bad.test
                """.formatted(FIRST, THIRD));
        var rules = ((ProxyRules.Reading.Read) ProxyRules.read(destinations)).rules();
        var config = directory.resolve("squid.conf");
        Files.writeString(
                config,
                SquidConfig.of(rules) + "hosts_file " + hosts
                        + "\ndns_nameservers 127.0.0.1\ndns_timeout 1 second\ncoredump_dir none\n");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        squid = PACKETS.lab()
                .start(
                        LISA,
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
        await("squid listens").until(() -> {
            squid.requireAlive();
            return ask("http://" + FIRST + "/").status() != 0;
        });
    }

    private static Proxied ask(String url) {
        return PACKETS.lab().curlThrough(HOMER, proxyUrl(), url, false);
    }

    private static Proxied connect(String url) {
        return PACKETS.lab().curlThrough(HOMER, proxyUrl(), url, true);
    }

    private static String proxyUrl() {
        return "http://" + LISA.ip() + ":" + SquidConfig.PORT;
    }

    @Test
    void whatIsNotDeniedLeavesAsTheEgressIp() throws IOException {
        proxy("!*.example.com\n!198.51.100.0/24\n*\n");

        assertThat(ask("http://www.example.com/")).isEqualTo(DENIED);
        assertThat(ask("http://example.com/")).isEqualTo(DENIED);
        assertThat(ask("http://sub.deep.example.com/")).isEqualTo(DENIED);
        assertThat(ask("http://other.test/")).isEqualTo(AS_THE_EGRESS_IP);
        assertThat(ask("http://bad.test/")).isEqualTo(DENIED);
        assertThat(ask("http://198.51.100.7/")).isEqualTo(DENIED);
        assertThat(ask("http://" + FIRST + "/")).isEqualTo(AS_THE_EGRESS_IP);
        assertThat(connect("http://" + FIRST + ":80/")).isEqualTo(AS_THE_EGRESS_IP);
        assertThat(connect("http://www.example.com:80/")).isEqualTo(DENIED);
        assertThat(PACKETS.lab().curl(HOMER)).as("without the proxy").contains(nodeAddress(HOMER));
        assertThat(PACKETS.lab().curlThrough(LING, proxyUrl(), "http://other.test/", false))
                .as("a pod of another namespace")
                .isEqualTo(AS_THE_EGRESS_IP);
    }

    @Test
    void whatIsNotAllowedIsDenied() throws IOException {
        proxy("# only these\n" + SECOND + "\nother.test\n\n*.deep.example.com\n");

        assertThat(ask("http://www.example.com/")).isEqualTo(DENIED);
        assertThat(ask("http://" + SECOND + "/")).isEqualTo(AS_THE_EGRESS_IP);
        assertThat(ask("http://other.test/")).isEqualTo(AS_THE_EGRESS_IP);
        assertThat(ask("http://sub.deep.example.com/")).isEqualTo(AS_THE_EGRESS_IP);
        assertThat(ask("http://bad.test/")).isEqualTo(DENIED);
        assertThat(ask("http://" + THIRD + "/")).isEqualTo(DENIED);
        assertThat(connect("http://" + THIRD + ":80/")).isEqualTo(DENIED);
    }
}
