package io.ovnegress.it.kube;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.ovnegress.controller.kube.InputMappers;
import io.ovnegress.controller.kube.InputWatcher;
import io.ovnegress.controller.kube.Resources;
import io.ovnegress.it.harness.kube.ApiOutage;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.topology.Topology;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pages, old versions and ends of watches as a real API server has them. */
class RealWatchTest {
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0");
    private static final String NAMESPACE = "watched";

    private static final PodName SECOND = new PodName(NAMESPACE, "pod-1");

    private static KubeApi api;

    private final List<InputChange> inbox = new CopyOnWriteArrayList<>();
    /** {@code list}, {@code watch} and {@code question} of pods, as they were sent. */
    private final List<String> requests = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void open() {
        api = RealApi.orSkip(EgressIps.CONTEXT);
        api.client().resource(KubernetesObjects.namespace(NAMESPACE, Map.of())).create();
    }

    @AfterAll
    static void close() {
        if (api != null) {
            api.deleteNamespace(NAMESPACE);
            api.close();
        }
    }

    @AfterEach
    void deletePods() {
        var pods = api.client().pods().inNamespace(NAMESPACE);
        pods.withGracePeriod(0).delete();
        await("no pods").until(() -> pods.list().getItems().isEmpty());
    }

    @Test
    void aListOfSeveralPagesIsToldAsOne() {
        create(IntStream.range(0, 1001).toArray());
        try (var client = client(query -> query);
                var watcher = watch(client)) {
            await("listed").until(() -> !lists().isEmpty());

            assertThat(lists().getFirst()).hasSize(1001);
            assertThat(requests.stream().filter("list"::equals).count()).isGreaterThanOrEqualTo(3);
            assertThat(watcher.health().get(InputKind.POD).listed()).isTrue();
        }
    }

    @Test
    void aVersionThatIsGoneIsListedAgain() {
        create(0);
        // A server just started knows no versions before its start; one that runs for long knows the first no more.
        ApiOutage.of(api).ifPresent(outage -> {
            outage.kill();
            outage.end();
        });
        var first = new AtomicBoolean(true);
        try (var client = client(query -> query.contains("watch=true") && first.getAndSet(false)
                        ? query.replaceFirst("resourceVersion=\\d+", "resourceVersion=1")
                        : query);
                var watcher = watch(client)) {
            await("listed twice").until(() -> lists().size() == 2);
            await("watching").until(() -> watcher.health().get(InputKind.POD).isWatching());
            create(1);

            await("told of the second pod")
                    .until(() -> inbox.stream()
                            .anyMatch(change -> change instanceof InputChange.Put(PodInput pod, var version)
                                    && pod.name().equals(SECOND)));
            assertThat(lists()).hasSize(2);
        }
    }

    @Test
    void aWatchThatTheServerEndsInOrderIsGoneOnWithWithoutAList() {
        create(0);
        try (var client = client(query -> query.replaceFirst("timeoutSeconds=\\d+", "timeoutSeconds=12"));
                var watcher = watch(client)) {
            // Long enough to count as a watch that worked: that a bookmark comes before its end is not promised.
            await("two watches without a list between", requests::size)
                    .until(() -> String.join(" ", requests).matches(".*watch (question )*watch.*"));
            create(1);

            await("told of the second pod").until(() -> inbox.stream().anyMatch(RealWatchTest::isSecondPod));
            assertThat(watcher.health().get(InputKind.POD).listed()).isTrue();
        }
    }

    private static boolean isSecondPod(InputChange change) {
        return switch (change) {
            case InputChange.Put(PodInput pod, var version) -> pod.name().equals(SECOND);
            case InputChange.Listed listed
            when listed.kind().equals(InputKind.POD) -> listed.objects().size() == 2;
            default -> false;
        };
    }

    private List<List<?>> lists() {
        return inbox.stream()
                .filter(change -> change instanceof InputChange.Listed listed
                        && listed.kind().equals(InputKind.POD))
                .<List<?>>map(change -> ((InputChange.Listed) change).objects())
                .toList();
    }

    private InputWatcher watch(KubernetesClient client) {
        var watcher = new InputWatcher(
                client,
                Resources.of(new InputMappers(false), Set.of(EgressIpInput.KIND)),
                inbox::add,
                Clock.systemUTC());
        watcher.start();
        return watcher;
    }

    private static void create(int... numbers) {
        for (int number : numbers) {
            var pod = KubernetesObjects.pod(
                    Topology.pod(NAMESPACE, "pod-" + number, Map.of(), TOPOLOGY.node("worker-0"), 0));
            await("created").until(() -> created(pod));
        }
    }

    /** A namespace takes pods a moment after it was made. */
    private static boolean created(Pod pod) {
        api.client().resource(pod).create();
        return true;
    }

    private static String kindOf(String query) {
        if (query.contains("watch=true")) {
            return "watch";
        }
        return query.matches("(.*&)?limit=1(&.*)?") ? "question" : "list"; // whether the server is there
    }

    /** A client like the controller's, with what it asks about pods changed on the way. */
    private KubernetesClient client(UnaryOperator<String> change) {
        var config = new ConfigBuilder(
                        Config.fromKubeconfig(api.controllerKubeconfig().toFile()))
                .withRequestRetryBackoffLimit(0)
                .withWatchReconnectLimit(0)
                .build();
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor("test", new Interceptor() {
                    @Override
                    public void before(BasicBuilder request, HttpRequest sent, RequestTags tags) {
                        var uri = sent.uri();
                        if (uri.getPath().equals("/api/v1/pods")) {
                            requests.add(kindOf(uri.getRawQuery()));
                            request.uri(URI.create(change.apply(uri.toString())));
                        }
                    }
                }))
                .build();
    }
}
