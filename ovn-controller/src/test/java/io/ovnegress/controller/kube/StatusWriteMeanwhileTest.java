package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.ApiServer.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.mockwebserver.http.RecordedRequest;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What others do to the object between the read and the write. */
class StatusWriteMeanwhileTest extends StatusWriterFixture {
    @Test
    void deletedObjectIsNotCreatedAgain() {
        var object = server.create(DEMO);
        client.resource(object).delete();

        write(withEvents(change(object, ON_NODE1, ASSIGNED), NO_NODE));

        assertThat(server.egressIp("egressip-demo")).isNull();
        assertThat(server.requests("POST", "/events")).isZero();
        assertThat(writer.dropped()).isEqualTo(1);
    }

    @Test
    void objectDeletedBetweenReadAndWriteIsDropped() {
        var object = server.create(DEMO);
        server.fail(404, Integer.MAX_VALUE, request("PATCH", "/egressips/egressip-demo"));
        server.fail(404, Integer.MAX_VALUE, nth(2, request("GET", "/egressips/egressip-demo")));

        write(change(object, ON_NODE1, ASSIGNED));

        assertThat(server.requests("PATCH", "/egressips/")).isEqualTo(1);
        assertThat(writer.dropped()).isEqualTo(1);
        assertThat(writer.failed()).isZero();
    }

    /** As it happens while its definition is made anew. */
    @Test
    void anObjectThatTheServerDidNotKnowForAMomentGetsItsStatus() {
        var object = server.create(DEMO);
        server.fail(404, 1, request("GET", "/egressips/egressip-demo"));

        write(change(object, ON_NODE1, ASSIGNED));

        assertThat(items()).hasSize(1);
        assertThat(writer.dropped()).isZero();
        assertThat(writer.written()).isEqualTo(1);
    }

    @Test
    void anotherObjectOfTheSameNameIsLeftAlone() {
        var first = server.create(DEMO);
        client.resource(first).delete();
        var second = server.create(DEMO);
        assertThat(second.getMetadata().getUid())
                .isNotEqualTo(first.getMetadata().getUid());

        write(change(first, ON_NODE1, ASSIGNED));

        assertThat(server.egressIp("egressip-demo").getStatus()).isNull();
        assertThat(writer.dropped()).isEqualTo(1);
    }

    @Test
    void whoeverWritesTheRestOfTheObjectMeanwhileIsNeitherWaitedForNorUndone() {
        var object = server.create(DEMO);
        server.before(1, request("PATCH", "/status"), () -> server.label("egressip-demo", "somebody", "faster"));

        write(change(object, ON_NODE1, ASSIGNED));

        assertThat(items()).isEqualTo(json("[{\"node\": \"node1\", \"egressIP\": \"192.168.126.100\"}]"));
        assertThat(server.requests("PATCH", "/status")).isEqualTo(1);
        assertThat(server.egressIp("egressip-demo").getMetadata().getLabels()).containsEntry("somebody", "faster");
    }

    @Test
    void conflictIsAnsweredByAFreshReadAtOnce() {
        var object = server.create(DEMO);
        server.fail(409, 2, request("PATCH", "/status"));

        write(change(object, ON_NODE1, ASSIGNED));

        assertThat(items()).hasSize(1);
        assertThat(server.requests("GET", "/egressips/egressip-demo")).isGreaterThanOrEqualTo(3);
        assertThat(writer.failed()).isZero();
    }

    @Test
    void conditionOfAnotherThatComesMeanwhileIsKept() {
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));
        var assigned = condition("Assigned");
        server.before(
                1,
                request("PATCH", "/status"),
                () -> server.setConditions("egressip-demo", "[%s,%s]".formatted(assigned, AUDITED)));

        write(change(object, ON_NODE2, ASSIGNED, PROGRAMMED));

        assertThat(server.egressIp("egressip-demo").getStatus().path("conditions"))
                .extracting(condition -> condition.path("type").asText())
                .containsExactly("Assigned", "example.org/Audited", "Programmed");
        assertThat(server.requests("PATCH", "/status")).isEqualTo(2);
    }

    @Test
    void conditionsThatMovedMeanwhileAreReadAgainAtOnce() {
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));
        var assigned = condition("Assigned");
        server.before(
                1,
                request("PATCH", "/status"),
                () -> server.setConditions("egressip-demo", "[%s,%s]".formatted(AUDITED, assigned)));

        write(change(object, ON_NODE2, ASSIGNED));

        assertThat(server.egressIp("egressip-demo").getStatus().path("conditions"))
                .extracting(condition -> condition.path("type").asText())
                .containsExactly("example.org/Audited", "Assigned");
        assertThat(items()).isEqualTo(json("[{\"node\": \"node2\", \"egressIP\": \"192.168.126.100\"}]"));
        assertThat(server.requests("PATCH", "/status")).isEqualTo(3);
        assertThat(writer.failed()).isZero();
    }

    @Test
    void anObjectMadeAnewMeanwhileIsLeftAlone() {
        var object = server.create(DEMO);
        server.before(1, request("PATCH", "/status"), () -> server.makeAnew("egressip-demo", DEMO));

        write(change(object, ON_NODE1, ASSIGNED));

        assertThat(server.egressIp("egressip-demo").getStatus()).isNull();
        assertThat(writer.dropped()).isEqualTo(1);
        assertThat(writer.failed()).isZero();
    }

    /** The n-th request of those that hit, and the later ones. */
    private static Predicate<RecordedRequest> nth(int n, Predicate<RecordedRequest> hits) {
        var seen = new AtomicInteger();
        return request -> hits.test(request) && seen.incrementAndGet() >= n;
    }
}
