package io.ovnegress.it.kube;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.ovnegress.controller.kube.InputMappers;
import io.ovnegress.controller.kube.Resources;
import io.ovnegress.controller.kube.StatusWriter;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressIps.Item;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a real API server makes of a status patch when something happens between the writer's read and its patch. */
class RealStatusPatchTest {
    private static final String NAME = "patched";
    private static final Map<String, Object> AUDITED = Map.of(
            "type", "example.org/Audited",
            "status", "True",
            "reason", "R",
            "message", "by <somebody> & else",
            "lastTransitionTime", "2020-01-01T00:00:00Z");

    private final AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
    private KubeApi api;
    private KubernetesClient client;
    private StatusWriter writer;

    static Stream<Arguments> definitions() {
        return Stream.of(
                Arguments.argumentSet("with a status subresource", EgressIps.CONTEXT),
                Arguments.argumentSet("without a status subresource", EgressIps.UPSTREAM_CONTEXT));
    }

    private void open(CustomResourceDefinitionContext definition) {
        api = RealApi.orSkip(definition);
        client = interrupted();
        writer = new StatusWriter(
                client, Resources.of(new InputMappers(false), Set.of(EgressIpInput.KIND)), Clock.systemUTC());
    }

    @AfterEach
    void close() {
        if (api != null) {
            writer.close();
            client.close();
            egressIp().delete();
            api.close();
        }
    }

    @ParameterizedTest
    @MethodSource("definitions")
    void anObjectMadeAnewMeanwhileIsLeftAlone(CustomResourceDefinitionContext definition) {
        open(definition);
        var object = create();
        meanwhile.set(() -> {
            egressIp().delete();
            create();
        });

        write(object, "worker-0");

        assertThat(EgressIps.items(egressIp().require())).isEmpty();
        assertThat(writer.dropped()).isEqualTo(1);
        assertThat(writer.failed()).isZero();
    }

    @Test
    void conditionsThatMovedMeanwhileAreReadAgainAndThoseOfOthersStay() {
        open(EgressIps.CONTEXT);
        var object = create();
        write(object, "worker-0");
        meanwhile.set(() -> egressIp().editStatus(RealStatusPatchTest::withAuditedFirst));

        write(object, "worker-1");

        var after = egressIp().require();
        assertThat(EgressIps.items(after)).containsExactly(new Item("worker-1", "192.168.126.100"));
        assertThat(EgressIps.conditions(after).keySet()).containsExactly("example.org/Audited", "Assigned");
        assertThat(writer.retried()).isEqualTo(1);
        assertThat(writer.failed()).isZero();
    }

    private static GenericKubernetesResource withAuditedFirst(GenericKubernetesResource object) {
        var conditions = new ArrayList<Object>(List.of(AUDITED));
        conditions.addAll((List<?>) EgressIps.status(object).get("conditions"));
        object.getAdditionalProperties()
                .put("status", Map.of("items", EgressIps.status(object).get("items"), "conditions", conditions));
        return object;
    }

    private io.fabric8.kubernetes.client.dsl.Resource<GenericKubernetesResource> egressIp() {
        return api.client().genericKubernetesResources(EgressIps.CONTEXT).withName(NAME);
    }

    private GenericKubernetesResource create() {
        return api.client()
                .resource(EgressIps.of(NAME, Map.of("house", "simpson"), "192.168.126.100"))
                .create();
    }

    private void write(GenericKubernetesResource object, String node) {
        var metadata = object.getMetadata();
        writer.accept(new StatusChange(
                new ObjectRef(EgressIpInput.KIND, NAME),
                metadata.getUid(),
                metadata.getGeneration(),
                new EgressIpItems(List.of(new StatusItem(node, "192.168.126.100"))),
                List.of(new StatusCondition(EgressIpConditionType.Assigned, true, EgressIpReason.Assigned, "all", 1)),
                List.of()));
        await("written").until(() -> writer.pending() == 0);
    }

    /** The controller's client; before its next patch goes out, something happens. */
    private KubernetesClient interrupted() {
        var config = new ConfigBuilder(
                        Config.fromKubeconfig(api.controllerKubeconfig().toFile()))
                .withRequestRetryBackoffLimit(0)
                .build();
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor("test", new Interceptor() {
                    @Override
                    public void before(BasicBuilder request, HttpRequest sent, RequestTags tags) {
                        if (sent.method().equals("PATCH")) {
                            meanwhile.getAndSet(() -> {}).run();
                        }
                    }
                }))
                .build();
    }
}
