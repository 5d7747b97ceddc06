package io.ovnegress.controller.kube;

import static io.ovnegress.controller.Eventually.eventually;
import static io.ovnegress.controller.kube.ApiServer.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.github.resilience4j.core.IntervalFunction;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusWriterTest {
    private static final String DEMO = """
            {"metadata": {"name": "egressip-demo", "labels": {"owner": "gitops"}, "annotations": {"note": "mine"}},
             "spec": {"egressIPs": ["192.168.126.100"], "namespaceSelector": {"matchLabels": {"house": "simpson"}}}}
            """;
    private static final List<StatusItem> ON_NODE1 = List.of(new StatusItem("node1", "192.168.126.100"));
    private static final List<StatusItem> ON_NODE2 = List.of(new StatusItem("node2", "192.168.126.100"));
    private static final StatusCondition ASSIGNED =
            new StatusCondition(EgressIpConditionType.Assigned, true, EgressIpReason.Assigned, "all", 1);
    private static final StatusCondition PROGRAMMED =
            new StatusCondition(EgressIpConditionType.Programmed, true, EgressIpReason.Programmed, "all", 1);
    /** A condition of somebody else. */
    private static final String AUDITED = "{\"type\":\"example.org/Audited\",\"status\":\"True\",\"reason\":\"R\","
            + "\"message\":\"\",\"lastTransitionTime\":\"2020-01-01T00:00:00Z\"}";

    private static final StatusChange.Event NO_NODE =
            new StatusChange.Event(EgressIpEventReason.NoMatchingNodeFound, "no node is labelled");

    private final MovingClock clock = new MovingClock();
    private ApiServer server;
    private KubernetesClient client;
    private StatusWriter writer;

    @BeforeEach
    void startServer() {
        server = new ApiServer();
        server.install(ApiServer.OUR_CRD);
        client = server.newClient();
        writer = newWriter(Duration.ZERO);
    }

    private StatusWriter newWriter(Duration between) {
        return new StatusWriter(
                client,
                Resources.of(new InputMappers()),
                clock,
                new StatusWriter.Patience(
                        2,
                        3,
                        IntervalFunction.of(Duration.ofMillis(10)),
                        Duration.ofMillis(50),
                        Duration.ofMillis(200),
                        between));
    }

    /** As pods come one after the other that another object serves. */
    private static StatusCondition standsByFor(int pods) {
        return new StatusCondition(
                EgressIpConditionType.Standby, true, EgressIpReason.ServedByAnotherObject, pods + " pods", 1);
    }

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

    @AfterEach
    void stopServer() {
        writer.close();
        client.close();
        server.close();
    }

    @Test
    void statusIsWrittenThroughTheSubresourceAndNothingElseIs() {
        var before = server.create(DEMO);

        write(change(before, ON_NODE1, ASSIGNED));

        var after = server.egressIp("egressip-demo");
        assertThat(after.getStatus()).isEqualTo(json("""
                        {"items": [{"node": "node1", "egressIP": "192.168.126.100"}],
                         "conditions": [{"type": "Assigned", "status": "True", "observedGeneration": 1,
                           "lastTransitionTime": "2026-03-01T10:00:00Z", "reason": "Assigned", "message": "all"}]}
                        """));
        assertThat(after.getSpec()).isEqualTo(before.getSpec());
        assertThat(after.getMetadata().getLabels())
                .isEqualTo(before.getMetadata().getLabels());
        assertThat(after.getMetadata().getAnnotations())
                .isEqualTo(before.getMetadata().getAnnotations());
        assertThat(after.getMetadata().getGeneration())
                .isEqualTo(before.getMetadata().getGeneration());
        assertThat(server.requests("PATCH", "/egressips/egressip-demo/status")).isEqualTo(1);
        assertThat(server.requests("GET", "/egressips/egressip-demo/status"))
                .as("not allowed by the role")
                .isZero();
        assertThat(json(server.bodies("PATCH", "/egressips/").getFirst()))
                .extracting(operation -> operation.path("path").asText())
                .containsExactly("/metadata/uid", "/status");
        assertThat(writer.written()).isEqualTo(1);
    }

    @Test
    void statusThatIsThereIsNotWrittenAgain() {
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));

        clock.advance(Duration.ofMinutes(1));
        write(change(object, ON_NODE1, ASSIGNED));

        assertThat(server.requests("PATCH", "/egressips/")).isEqualTo(1);
        assertThat(writer.unchanged()).isEqualTo(1);
    }

    @Test
    void emptyStatusOfANewObjectIsNotWritten() {
        write(change(server.create(DEMO), List.of()));

        assertThat(server.requests("PATCH", "/egressips/")).isZero();
    }

    @Test
    void timeOfAConditionMovesOnlyWithItsStatus() {
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));

        clock.advance(Duration.ofMinutes(1));
        write(change(
                object,
                ON_NODE1,
                new StatusCondition(EgressIpConditionType.Assigned, true, EgressIpReason.Assigned, "other words", 2)));
        var kept = condition("Assigned");
        assertThat(kept.path("message").asText()).isEqualTo("other words");
        assertThat(kept.path("observedGeneration").asInt()).isEqualTo(2);
        assertThat(kept.path("lastTransitionTime").asText()).isEqualTo("2026-03-01T10:00:00Z");

        clock.advance(Duration.ofMinutes(1));
        write(change(
                object,
                List.of(),
                new StatusCondition(EgressIpConditionType.Assigned, false, EgressIpReason.NoEgressNode, "none", 2)));
        assertThat(condition("Assigned").path("lastTransitionTime").asText()).isEqualTo("2026-03-01T10:02:00Z");

        clock.advance(Duration.ofMinutes(1));
        write(change(
                object,
                List.of(),
                new StatusCondition(EgressIpConditionType.Assigned, false, EgressIpReason.NoMatchingNode, "none", 2)));
        assertThat(condition("Assigned").path("reason").asText()).isEqualTo("NoMatchingNode");
        assertThat(condition("Assigned").path("lastTransitionTime").asText()).isEqualTo("2026-03-01T10:02:00Z");
        assertThat(server.egressIp("egressip-demo").getStatus().path("items")).isEmpty();
    }

    @Test
    void conditionsOfOthersAreKeptAndOursThatNoLongerHoldGo() {
        var object = server.create(DEMO);
        write(change(
                object,
                ON_NODE1,
                ASSIGNED,
                new StatusCondition(
                        EgressIpConditionType.Standby, true, EgressIpReason.ServedByAnotherObject, "older", 1)));
        client.resources(EgressIp.class, EgressIpList.class)
                .withName("egressip-demo")
                .editStatus(egressIp -> {
                    ((ArrayNode) egressIp.getStatus().path("conditions")).add(json(AUDITED));
                    return egressIp;
                });

        write(change(object, ON_NODE2, ASSIGNED));

        assertThat(server.egressIp("egressip-demo").getStatus().path("conditions"))
                .extracting(condition -> condition.path("type").asText())
                .containsExactly("Assigned", "example.org/Audited");
        assertThat(condition("example.org/Audited")).isEqualTo(json(AUDITED));
    }

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
    void anEventOnANodeTakesNoLookAtTheNode() {
        var event = new StatusChange.Event(EgressIpEventReason.InvalidAnnotation, "annotation x is wrong");

        write(new StatusChange(
                new ObjectRef(InputKind.NODE, "worker-1"),
                "worker-1",
                0,
                StatusChange.Fields.NONE,
                List.of(),
                List.of(event)));

        var involved = events().getFirst().getInvolvedObject();
        assertThat(List.of(involved.getApiVersion(), involved.getKind(), involved.getName(), involved.getUid()))
                .containsExactly("v1", "Node", "worker-1", "worker-1");
        assertThat(server.requests("GET", "/nodes")).isZero();
    }

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

    private static double notPermitted(SimpleMeterRegistry meters) {
        return meters.get("resilience4j.circuitbreaker.not.permitted.calls")
                .counter()
                .count();
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

    @Test
    void eventIsAWarningOnTheObject() {
        var object = server.create(DEMO);

        write(withEvents(change(object, List.of()), NO_NODE));

        assertThat(events()).hasSize(1);
        var event = events().getFirst();
        assertThat(event.getType()).isEqualTo("Warning");
        assertThat(event.getReason()).isEqualTo("NoMatchingNodeFound");
        assertThat(event.getMessage()).isEqualTo("no node is labelled");
        assertThat(event.getReportingComponent()).isEqualTo("ovn-egress");
        assertThat(event.getSource().getComponent()).isEqualTo("ovn-egress");
        assertThat(event.getCount()).isEqualTo(1);
        assertThat(event.getMetadata().getNamespace()).isEqualTo("default");
        assertThat(event.getInvolvedObject().getKind()).isEqualTo("EgressIP");
        assertThat(event.getInvolvedObject().getApiVersion()).isEqualTo("k8s.ovn.org/v1");
        assertThat(event.getInvolvedObject().getName()).isEqualTo("egressip-demo");
        assertThat(event.getInvolvedObject().getUid())
                .isEqualTo(object.getMetadata().getUid());
        assertThat(event.getInvolvedObject().getNamespace()).isNull();
    }

    @Test
    void sameEventWithinTenMinutesCountsUp() {
        var change = withEvents(change(server.create(DEMO), List.of()), NO_NODE);

        write(change);
        clock.advance(Duration.ofMinutes(9));
        write(change);

        assertThat(events()).hasSize(1);
        assertThat(events().getFirst().getCount()).isEqualTo(2);
        assertThat(events().getFirst().getFirstTimestamp()).isEqualTo("2026-03-01T10:00:00Z");
        assertThat(events().getFirst().getLastTimestamp()).isEqualTo("2026-03-01T10:09:00Z");
        assertThat(server.requests("GET", "/events/"))
                .as("not allowed by the role")
                .isZero();
    }

    @Test
    void anotherReasonOrTimeMakesANewEvent() {
        var change = change(server.create(DEMO), List.of());

        write(withEvents(change, NO_NODE));
        write(withEvents(change, new StatusChange.Event(EgressIpEventReason.UnassignedRequest, NO_NODE.message())));
        clock.advance(Duration.ofMinutes(11));
        write(withEvents(change, NO_NODE));

        assertThat(events()).hasSize(3).allMatch(event -> event.getCount() == 1);
    }

    @Test
    void anotherMessageOfTheSameReasonIsTheSameEventThatSaysSo() {
        var change = change(server.create(DEMO), List.of());

        write(withEvents(change, NO_NODE));
        write(withEvents(change, new StatusChange.Event(NO_NODE.reason(), "another \"message\"")));

        assertThat(events()).hasSize(1);
        assertThat(events().getFirst().getCount()).isEqualTo(2);
        assertThat(events().getFirst().getMessage()).isEqualTo("another \"message\"");
    }

    @Test
    void eventThatTheServerForgotIsMadeAnew() {
        var change = withEvents(change(server.create(DEMO), List.of()), NO_NODE);
        write(change);
        client.v1().events().inNamespace("default").delete();

        write(change);

        assertThat(events()).hasSize(1);
        assertThat(events().getFirst().getCount()).isEqualTo(1);
    }

    @Test
    void eventThatIsRefusedHoldsUpNothing() {
        server.fail(403, Integer.MAX_VALUE, request("POST", "/events"));

        write(withEvents(change(server.create(DEMO), ON_NODE1, ASSIGNED), NO_NODE));

        assertThat(items()).hasSize(1);
        assertThat(writer.eventsFailed()).isEqualTo(1);
        assertThat(writer.eventsRecorded()).isZero();
    }

    private void write(StatusChange change) {
        writer.accept(change);
        until(() -> writer.pending() == 0);
    }

    private static void until(Callable<Boolean> condition) {
        eventually().pollInterval(Duration.ofMillis(10)).until(condition);
    }

    private static StatusChange change(EgressIp object, List<StatusItem> items, StatusCondition... conditions) {
        return new StatusChange(
                new ObjectRef(EgressIpInput.KIND, object.getMetadata().getName()),
                object.getMetadata().getUid(),
                object.getMetadata().getGeneration(),
                new EgressIpItems(items),
                List.of(conditions),
                List.of());
    }

    private static StatusChange withEvents(StatusChange change, StatusChange.Event event) {
        return withEvents(change, List.of(event));
    }

    private static StatusChange withEvents(StatusChange change, List<StatusChange.Event> events) {
        return change.with(events);
    }

    /** The n-th request of those that hit, and the later ones. */
    private static Predicate<RecordedRequest> nth(int n, Predicate<RecordedRequest> hits) {
        var seen = new AtomicInteger();
        return request -> hits.test(request) && seen.incrementAndGet() >= n;
    }

    private JsonNode items() {
        return server.egressIp("egressip-demo").getStatus().path("items");
    }

    private JsonNode condition(String type) {
        for (var condition : server.egressIp("egressip-demo").getStatus().path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition;
            }
        }
        throw new AssertionError("no condition " + type);
    }

    private List<Event> events() {
        return client.v1().events().inNamespace("default").list().getItems();
    }

    private static JsonNode json(String text) {
        return Serialization.unmarshal(text, JsonNode.class);
    }
}
