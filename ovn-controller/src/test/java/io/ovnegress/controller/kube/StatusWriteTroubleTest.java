package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.ApiServer.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An API server that refuses, fails, or is not there. */
class StatusWriteTroubleTest extends StatusWriterFixture {
    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503})
    void serverInTroubleIsTriedAgain(int code) {
        var object = server.create(DEMO);
        server.fail(code, 2, request("PATCH", "/status"));

        write(change(object, ON_NODE1, ASSIGNED));

        assertThat(items()).hasSize(1);
        assertThat(writer.retried()).isEqualTo(2);
        assertThat(writer.failed()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 422, 500})
    void writeThatKeepsFailingIsCountedAndDoneWhenItCanBe(int code) {
        var object = server.create(DEMO);
        server.fail(code, Integer.MAX_VALUE, request("PATCH", "/status"));
        writer.accept(change(object, ON_NODE1, ASSIGNED));
        until(() -> writer.failed() >= 2);
        assertThat(writer.pending()).isEqualTo(1);

        server.heal();

        until(() -> writer.pending() == 0);
        assertThat(items()).hasSize(1);
        assertThat(writer.written()).isEqualTo(1);
    }

    /** Many objects wait while the server fails: it is not asked for each of them again and again. */
    @Test
    void aServerThatFailsAtEverythingIsLeftAloneAndServedWhenItIsBack() {
        var meters = new SimpleMeterRegistry();
        writer.bindTo(meters);
        var objects = new ArrayList<EgressIp>();
        for (int i = 0; i < 30; i++) {
            objects.add(server.create(DEMO.replace("egressip-demo", "egressip-" + i)));
        }
        server.fail(503, Integer.MAX_VALUE, request("GET", "/egressips/egressip-"));
        objects.forEach(object -> writer.accept(change(object, ON_NODE1, ASSIGNED)));

        until(() -> notPermitted(meters) >= 60);
        assertThat(meters.get("resilience4j.retry.calls").meters()).isNotEmpty();
        assertThat(meters.get("resilience4j.ratelimiter.available.permissions").meters())
                .isNotEmpty();
        assertThat(writer.pending()).isEqualTo(30);

        server.heal();

        until(() -> writer.pending() == 0);
        assertThat(writer.written()).isEqualTo(30);
        assertThat(meters.get("resilience4j.circuitbreaker.state")
                        .tag("state", "open")
                        .gauge()
                        .value())
                .isZero();
    }

    @Test
    void whatTheServerHasDecidedDoesNotStopTheWritesOfOthers() {
        var refused = new ArrayList<EgressIp>();
        for (int i = 0; i < 15; i++) {
            refused.add(server.create(DEMO.replace("egressip-demo", "refused-" + i)));
        }
        server.fail(403, Integer.MAX_VALUE, request("PATCH", "/refused-"));
        refused.forEach(object -> writer.accept(change(object, ON_NODE1, ASSIGNED)));
        until(() -> writer.failed() >= 30);

        writer.accept(change(server.create(DEMO), ON_NODE1, ASSIGNED));

        until(() -> writer.written() == 1);
        assertThat(items()).hasSize(1);
    }

    private static double notPermitted(SimpleMeterRegistry meters) {
        return meters.get("resilience4j.circuitbreaker.not.permitted.calls")
                .counter()
                .count();
    }
}
