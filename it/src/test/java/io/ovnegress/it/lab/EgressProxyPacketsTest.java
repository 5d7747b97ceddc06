package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.EGRESS_IP;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LING;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.OBJECT;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.lab.Lab.Proxied;
import io.ovnegress.it.harness.lab.Squid;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

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

    private Squid squid;

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
    private void proxy(String destinations) {
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

        squid = Squid.start(PACKETS.lab(), LISA, destinations, """
                %s www.example.com api.example.com example.com other.test
                %s sub.deep.example.com
                198.51.100.7 bad.test
                """.formatted(FIRST, THIRD));
        await("squid listens").until(() -> {
            squid.requireAlive();
            return ask("http://" + FIRST + "/").status() != 0;
        });
    }

    private Proxied ask(String url) {
        return PACKETS.lab().curlThrough(HOMER, squid.url(), url, false);
    }

    private Proxied connect(String url) {
        return PACKETS.lab().curlThrough(HOMER, squid.url(), url, true);
    }

    @Test
    void whatIsNotDeniedLeavesAsTheEgressIp() {
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
        assertThat(PACKETS.lab().curlThrough(LING, squid.url(), "http://other.test/", false))
                .as("a pod of another namespace")
                .isEqualTo(AS_THE_EGRESS_IP);
    }

    @Test
    void whatIsNotAllowedIsDenied() {
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
