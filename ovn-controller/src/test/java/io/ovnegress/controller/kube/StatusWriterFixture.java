package io.ovnegress.controller.kube;

import static io.ovnegress.controller.Eventually.eventually;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.github.resilience4j.core.IntervalFunction;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A writer of statuses and events, and the API server that it writes to. */
abstract class StatusWriterFixture {
    static final String DEMO = """
            {"metadata": {"name": "egressip-demo", "labels": {"owner": "gitops"}, "annotations": {"note": "mine"}},
             "spec": {"egressIPs": ["192.168.126.100"], "namespaceSelector": {"matchLabels": {"house": "simpson"}}}}
            """;
    static final List<StatusItem> ON_NODE1 = List.of(new StatusItem("node1", "192.168.126.100"));
    static final List<StatusItem> ON_NODE2 = List.of(new StatusItem("node2", "192.168.126.100"));
    static final StatusCondition ASSIGNED =
            new StatusCondition(EgressIpConditionType.Assigned, true, EgressIpReason.Assigned, "all", 1);
    static final StatusCondition PROGRAMMED =
            new StatusCondition(EgressIpConditionType.Programmed, true, EgressIpReason.Programmed, "all", 1);
    /** A condition of somebody else. */
    static final String AUDITED = "{\"type\":\"example.org/Audited\",\"status\":\"True\",\"reason\":\"R\","
            + "\"message\":\"\",\"lastTransitionTime\":\"2020-01-01T00:00:00Z\"}";

    static final StatusChange.Event NO_NODE =
            new StatusChange.Event(EgressIpEventReason.NoMatchingNodeFound, "no node is labelled");

    final MovingClock clock = new MovingClock();
    ApiServer server;
    KubernetesClient client;
    StatusWriter writer;

    @BeforeEach
    void startServer() {
        server = new ApiServer();
        server.install(ApiServer.OUR_CRD);
        client = server.newClient();
        writer = newWriter(Duration.ZERO);
    }

    StatusWriter newWriter(Duration between) {
        return new StatusWriter(
                client,
                Resources.of(new InputMappers(), Set.of(EgressIpInput.KIND)),
                clock,
                new StatusWriter.Patience(
                        2,
                        3,
                        IntervalFunction.of(Duration.ofMillis(10)),
                        Duration.ofMillis(50),
                        Duration.ofMillis(200),
                        between));
    }

    @AfterEach
    void stopServer() {
        writer.close();
        client.close();
        server.close();
    }

    void write(StatusChange change) {
        writer.accept(change);
        until(() -> writer.pending() == 0);
    }

    static void until(Callable<Boolean> condition) {
        eventually().pollInterval(Duration.ofMillis(10)).until(condition);
    }

    static StatusChange change(EgressIp object, List<StatusItem> items, StatusCondition... conditions) {
        return new StatusChange(
                new ObjectRef(EgressIpInput.KIND, object.getMetadata().getName()),
                object.getMetadata().getUid(),
                object.getMetadata().getGeneration(),
                new EgressIpItems(items),
                List.of(conditions),
                List.of());
    }

    static StatusChange withEvents(StatusChange change, StatusChange.Event event) {
        return withEvents(change, List.of(event));
    }

    static StatusChange withEvents(StatusChange change, List<StatusChange.Event> events) {
        return change.with(events);
    }

    JsonNode items() {
        return server.egressIp("egressip-demo").getStatus().path("items");
    }

    JsonNode condition(String type) {
        for (var condition : server.egressIp("egressip-demo").getStatus().path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition;
            }
        }
        throw new AssertionError("no condition " + type);
    }

    List<Event> events() {
        return client.v1().events().inNamespace("default").list().getItems();
    }

    static JsonNode json(String text) {
        return Serialization.unmarshal(text, JsonNode.class);
    }
}
