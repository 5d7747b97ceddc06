package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A kind that this controller does not have, namespaced: a resource, a record, a mapper, a status, and one line. */
class AnotherKindTest {
    private static final InputKind FENCE = new InputKind("FENCE");

    @Group("example.org")
    @Version("v1")
    @Kind("Fence")
    @Plural("fences")
    @JsonIgnoreProperties(ignoreUnknown = true)
    static final class Fence extends CustomResource<JsonNode, JsonNode> implements Namespaced {
        @Override
        protected JsonNode initSpec() {
            return null;
        }

        @Override
        protected JsonNode initStatus() {
            return null;
        }
    }

    static final class FenceList extends DefaultKubernetesResourceList<Fence> {}

    record FenceInput(String key, String subnet) implements InputObject {
        static FenceInput of(Fence fence) {
            return new FenceInput(
                    InputMappers.nameOf(fence), fence.getSpec().path("subnet").asText());
        }

        @Override
        public InputKind kind() {
            return FENCE;
        }
    }

    enum Type implements StatusCondition.Type {
        Fenced
    }

    enum Reason implements StatusCondition.Reason {
        Complete,
        Broken
    }

    enum EventReason implements StatusChange.EventReason {
        FenceBroken
    }

    record Ports(long ports) implements StatusChange.Fields {}

    static final class FenceStatusShape implements StatusShape<Fence> {
        @Override
        public JsonNode read(Fence fence) {
            return fence.getStatus() == null ? MissingNode.getInstance() : fence.getStatus();
        }

        @Override
        public Map<String, JsonNode> fields(StatusChange.Fields fields) {
            return Map.of("ports", LongNode.valueOf(((Ports) fields).ports()));
        }

        @Override
        public Set<String> conditionTypes() {
            return Set.of(Type.Fenced.name());
        }
    }

    private final ConcurrentLinkedQueue<InputChange> inbox = new ConcurrentLinkedQueue<>();
    private List<ResourceKind<?, ?>> kinds;
    private ApiServer server;
    private KubernetesClient client;
    private InputWatcher watcher;
    private StatusWriter writer;

    @BeforeEach
    void startServer() {
        server = new ApiServer();
        server.install(ApiServer.OUR_CRD);
        client = server.newClient();
        kinds = new ArrayList<>(Resources.of(new InputMappers(), Set.of(EgressIpInput.KIND)));
        kinds.add(ResourceKind.of(FENCE, Fence.class, FenceList.class, FenceInput::of)
                .withStatus(new FenceStatusShape()));
        watcher = new InputWatcher(client, kinds, inbox::add, Clock.systemUTC());
        writer = new StatusWriter(client, kinds, Clock.systemUTC());
    }

    @AfterEach
    void stopServer() {
        writer.close();
        watcher.close();
        client.close();
        server.close();
    }

    private void install() {
        server.client()
                .resource(new CustomResourceDefinitionBuilder()
                        .withNewMetadata()
                        .withName("fences.example.org")
                        .endMetadata()
                        .withNewSpec()
                        .withGroup("example.org")
                        .withScope("Namespaced")
                        .withNewNames()
                        .withKind("Fence")
                        .withPlural("fences")
                        .endNames()
                        .addNewVersion()
                        .withName("v1")
                        .withServed(true)
                        .withStorage(true)
                        .withNewSubresources()
                        .withNewStatus()
                        .endStatus()
                        .endSubresources()
                        .endVersion()
                        .endSpec()
                        .build())
                .create();
    }

    private Fence create(String name) {
        return server.client()
                .resource(Serialization.unmarshal("""
                        {"apiVersion": "example.org/v1", "kind": "Fence",
                         "metadata": {"namespace": "bank", "name": "%s", "generation": 1},
                         "spec": {"subnet": "198.51.100.0/24"}}
                        """.formatted(name), Fence.class))
                .create();
    }

    private Fence fence(String name) {
        return server.client()
                .resources(Fence.class, FenceList.class)
                .inNamespace("bank")
                .withName(name)
                .get();
    }

    private void write(StatusChange... changes) {
        for (var change : changes) {
            writer.accept(change);
        }
        until(() -> writer.pending() == 0);
    }

    private static StatusChange change(Fence fence, long ports, Reason reason, StatusChange.Event... events) {
        return new StatusChange(
                new ObjectRef(FENCE, InputMappers.nameOf(fence)),
                fence.getMetadata().getUid(),
                1,
                new Ports(ports),
                List.of(new StatusCondition(Type.Fenced, reason == Reason.Complete, reason, "so it is", 1)),
                List.of(events));
    }

    private static void until(Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(10))
                .until(condition);
    }

    @Test
    void itIsListedAndWatchedLikeTheOthers() {
        install();
        create("tall");

        watcher.start();
        until(() -> watcher.health().values().stream().allMatch(WatchHealth::isWatching));
        assertThat(inbox)
                .contains(new InputChange.Listed(FENCE, List.of(new FenceInput("bank/tall", "198.51.100.0/24"))));

        create("low");
        until(() -> inbox.stream()
                .anyMatch(change -> change instanceof InputChange.Put put
                        && put.object().equals(new FenceInput("bank/low", "198.51.100.0/24"))
                        && !put.version().isEmpty()));

        server.client().resource(fence("low")).delete();
        until(() -> inbox.contains(new InputChange.Removed(FENCE, "bank/low")));
    }

    @Test
    void whereItsDefinitionIsMissingThatIsSaidByName() {
        server.fail(404, Integer.MAX_VALUE, ApiServer.request("GET", "/fences"));

        watcher.start();

        until(() -> watcher.health().get(FENCE).error().isPresent());
        assertThat(watcher.health().get(FENCE).error())
                .contains("CRD fences.example.org is not installed: apply deploy/crds");
    }

    @Test
    void itsStatusHasFieldsAndConditionsOfItsOwn() {
        install();
        var fence = create("tall");

        write(change(fence, 3, Reason.Complete));

        var status = fence("tall").getStatus();
        assertThat(status.path("ports")).isEqualTo(IntNode.valueOf(3));
        assertThat(status.path("conditions")).hasSize(1);
        assertThat(status.path("conditions").path(0).path("type").asText()).isEqualTo("Fenced");
        assertThat(status.path("conditions").path(0).path("reason").asText()).isEqualTo("Complete");
    }

    @Test
    void whatItsStatusSaysAlreadyIsNotWrittenAgain() {
        install();
        var fence = create("tall");
        write(change(fence, 3, Reason.Complete));

        write(change(fence, 3, Reason.Complete));

        assertThat(writer.written()).isEqualTo(1);
        assertThat(writer.unchanged()).isEqualTo(1);
    }

    @Test
    void itsEventsAreInItsNamespace() {
        install();
        var fence = create("tall");

        write(change(fence, 0, Reason.Broken, new StatusChange.Event(EventReason.FenceBroken, "a hole in it")));

        assertThat(server.client().v1().events().inNamespace("bank").list().getItems())
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getReason()).isEqualTo("FenceBroken");
                    assertThat(event.getMessage()).isEqualTo("a hole in it");
                    assertThat(event.getInvolvedObject().getKind()).isEqualTo("Fence");
                    assertThat(event.getInvolvedObject().getApiVersion()).isEqualTo("example.org/v1");
                    assertThat(event.getInvolvedObject().getNamespace()).isEqualTo("bank");
                    assertThat(event.getInvolvedObject().getName()).isEqualTo("tall");
                });
    }

    @Test
    void objectsOfOtherKindsAreWrittenByTheSameWriter() {
        install();
        var fence = create("tall");
        var egressIp = server.create("""
                {"apiVersion": "k8s.ovn.org/v1", "kind": "EgressIP", "metadata": {"name": "tall"},
                 "spec": {"egressIPs": ["192.168.126.100"], "namespaceSelector": {}}}
                """);

        write(
                change(fence, 3, Reason.Complete),
                new StatusChange(
                        new ObjectRef(EgressIpInput.KIND, "tall"),
                        egressIp.getMetadata().getUid(),
                        1,
                        new EgressIpItems(List.of(new StatusItem("node1", "192.168.126.100"))),
                        List.of(new StatusCondition(
                                EgressIpConditionType.Assigned, true, EgressIpReason.Assigned, "all", 1)),
                        List.of()));

        assertThat(fence("tall").getStatus().path("ports").asInt()).isEqualTo(3);
        assertThat(server.egressIp("tall").getStatus().path("items")).hasSize(1);
    }
}
