package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.ApiServer.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.StatusCondition;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Installed definitions that lack what ours has, and change meanwhile. */
class StatusOfOtherCrdsTest extends StatusWriterFixture {
    @Test
    void crdWithoutSubresourceAndConditionsGetsItemsInTheObjectAndIsNotWrittenInALoop() {
        server.install(ApiServer.UPSTREAM_CRD);
        var object = server.create(DEMO);

        write(change(object, ON_NODE1, ASSIGNED));
        assertThat(server.egressIp("egressip-demo").getStatus())
                .isEqualTo(json("{\"items\": [{\"node\": \"node1\", \"egressIP\": \"192.168.126.100\"}]}"));
        assertThat(server.egressIp("egressip-demo").getSpec()).isEqualTo(object.getSpec());
        long patches = server.requests("PATCH", "/egressips/");
        for (int i = 0; i < 5; i++) {
            clock.advance(Duration.ofMinutes(1));
            write(change(object, ON_NODE1, ASSIGNED));
        }
        assertThat(server.requests("PATCH", "/egressips/")).isEqualTo(patches);

        write(change(object, ON_NODE2, ASSIGNED));
        assertThat(items()).isEqualTo(json("[{\"node\": \"node2\", \"egressIP\": \"192.168.126.100\"}]"));
        assertThat(server.requests("PATCH", "/egressips/egressip-demo/status")).isEqualTo(1);
    }

    @Test
    void crdWithConditionsButWithoutSubresourceIsNotWrittenForTheGenerationThatEachWriteMakes() {
        server.install(ApiServer.UPSTREAM_CRD);
        server.keepUnknownFields();
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));
        assertThat(condition("Assigned").path("observedGeneration").asInt()).isEqualTo(1);
        long patches = server.requests("PATCH", "/egressips/");

        write(change(
                object,
                ON_NODE1,
                new StatusCondition(ASSIGNED.type(), true, ASSIGNED.reason(), ASSIGNED.message(), 2)));

        assertThat(server.requests("PATCH", "/egressips/")).isEqualTo(patches);
    }

    @Test
    void crdThatGainsASubresourceIsFoundOut() {
        server.install(ApiServer.UPSTREAM_CRD);
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));
        server.install(ApiServer.OUR_CRD);

        write(change(object, ON_NODE2, ASSIGNED));

        assertThat(items()).isEqualTo(json("[{\"node\": \"node2\", \"egressIP\": \"192.168.126.100\"}]"));
        assertThat(condition("Assigned").path("status").asText()).isEqualTo("True");
    }

    @Test
    void crdThatGainsConditionsIsFoundOutAfterAWhile() {
        server.install(ApiServer.UPSTREAM_CRD);
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));
        server.install(ApiServer.OUR_CRD);

        clock.advance(Duration.ofMinutes(11));
        write(change(object, ON_NODE1, ASSIGNED));

        assertThat(condition("Assigned").path("status").asText()).isEqualTo("True");
    }

    @Test
    void crdThatLosesItsSubresourceIsFoundOut() {
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));
        server.install(ApiServer.UPSTREAM_CRD);

        write(change(object, ON_NODE2, ASSIGNED));

        assertThat(items()).isEqualTo(json("[{\"node\": \"node2\", \"egressIP\": \"192.168.126.100\"}]"));
    }

    @Test
    void theWholeObjectIsPatchedWithoutTouchingWhatSomebodyElseWritesMeanwhile() {
        server.install(ApiServer.UPSTREAM_CRD);
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));
        server.before(1, request("PATCH", "/egressips/egressip-demo"), () -> {
            server.label("egressip-demo", "somebody", "faster");
            server.setEgressIp("egressip-demo", "192.168.126.101");
        });

        write(change(object, ON_NODE2, ASSIGNED));

        var after = server.egressIp("egressip-demo");
        assertThat(items()).isEqualTo(json("[{\"node\": \"node2\", \"egressIP\": \"192.168.126.100\"}]"));
        assertThat(after.getMetadata().getLabels())
                .containsEntry("somebody", "faster")
                .containsEntry("owner", "gitops");
        assertThat(after.getMetadata().getAnnotations())
                .isEqualTo(object.getMetadata().getAnnotations());
        assertThat(after.getSpec().path("egressIPs").toString()).contains("192.168.126.101");
        assertThat(writer.failed()).isZero();
    }
}
