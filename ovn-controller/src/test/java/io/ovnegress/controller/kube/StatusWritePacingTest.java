package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.ApiServer.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How often a status is written that changes all the time. */
class StatusWritePacingTest extends StatusWriterFixture {
    @Test
    void whatChangesAllTheTimeIsWrittenNowAndThenTheLastStateAtLast() {
        writer.close();
        writer = newWriter(Duration.ofSeconds(2));
        var object = server.create(DEMO);
        long begin = System.nanoTime();

        for (int pods = 1; pods <= 100; pods++) {
            writer.accept(change(object, ON_NODE1, ASSIGNED, standsByFor(pods)));
            if (pods == 1) {
                until(() -> server.requests("PATCH", "/egressips/") == 1); // at once
            }
        }
        until(() -> writer.pending() == 0);

        long intervals = Duration.ofNanos(System.nanoTime() - begin).dividedBy(Duration.ofSeconds(2));
        assertThat(condition("Standby").path("message").asText()).isEqualTo("100 pods");
        assertThat(server.requests("PATCH", "/egressips/")).isBetween(2L, intervals + 1);
        assertThat(intervals).as("the last one had to wait").isPositive();
    }

    @Test
    void anotherAssignmentAnotherSpecAndAnotherObjectDoNotWait() {
        writer.close();
        writer = newWriter(Duration.ofHours(1));
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));

        writer.accept(change(object, ON_NODE1, ASSIGNED, standsByFor(1)));
        write(change(object, ON_NODE2, ASSIGNED, standsByFor(2)));
        assertThat(condition("Standby").path("message").asText()).isEqualTo("2 pods");

        writer.accept(change(object, ON_NODE2, ASSIGNED, standsByFor(3)));
        server.setEgressIp("egressip-demo", "192.168.126.101");
        write(change(server.egressIp("egressip-demo"), ON_NODE2, ASSIGNED, standsByFor(4)));
        assertThat(condition("Standby").path("message").asText()).isEqualTo("4 pods");

        writer.accept(change(object, ON_NODE2, ASSIGNED, standsByFor(5)));
        client.resource(server.egressIp("egressip-demo")).delete();
        write(change(server.create(DEMO), ON_NODE2, ASSIGNED, standsByFor(6)));
        assertThat(condition("Standby").path("message").asText()).isEqualTo("6 pods");
    }

    /** There every write of the status makes a new generation. */
    @Test
    void withoutASubresourceOurOwnGenerationsAreNoReasonToHurry() {
        server.install(ApiServer.UPSTREAM_CRD);
        writer.close();
        writer = newWriter(Duration.ofHours(1));
        server.create(DEMO);
        write(change(server.egressIp("egressip-demo"), ON_NODE1, ASSIGNED));
        var now = server.egressIp("egressip-demo");
        long requests = server.requests("GET", "/egressips/egressip-demo");

        writer.accept(change(now, ON_NODE1, ASSIGNED, standsByFor(1)));
        writer.accept(change(server.create(DEMO.replace("egressip-demo", "another")), ON_NODE1, ASSIGNED));
        until(() -> writer.written() == 2);

        assertThat(server.requests("GET", "/egressips/egressip-demo")).isEqualTo(requests);
        assertThat(writer.pending()).isEqualTo(1);
    }

    @Test
    void onlyTheLatestOfManyChangesIsWritten() {
        var object = server.create(DEMO);
        server.fail(503, Integer.MAX_VALUE, request("GET", "/egressips/egressip-demo"));
        for (int i = 0; i < 100; i++) {
            writer.accept(withEvents(
                    change(object, i % 2 == 0 ? ON_NODE2 : ON_NODE1, ASSIGNED), i == 0 ? List.of(NO_NODE) : List.of()));
        }
        assertThat(writer.pending()).isEqualTo(1);
        // The write under way may have begun before the last change came: the second from here has not.
        long readsSoFar = server.requests("GET", "/egressips/egressip-demo");
        until(() -> server.requests("GET", "/egressips/egressip-demo") >= readsSoFar + 2);

        server.heal();
        until(() -> writer.pending() == 0);

        assertThat(items()).isEqualTo(json("[{\"node\": \"node1\", \"egressIP\": \"192.168.126.100\"}]"));
        assertThat(server.requests("PATCH", "/egressips/")).isEqualTo(1);
        assertThat(events()).hasSize(1);
    }

    /** As pods come one after the other that another object serves. */
    private static StatusCondition standsByFor(int pods) {
        return new StatusCondition(
                EgressIpConditionType.Standby, true, EgressIpReason.ServedByAnotherObject, pods + " pods", 1);
    }
}
