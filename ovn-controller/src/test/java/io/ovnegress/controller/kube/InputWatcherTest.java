package io.ovnegress.controller.kube;

import static io.ovnegress.controller.Eventually.eventually;
import static io.ovnegress.controller.kube.ApiServer.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.PodInput;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class InputWatcherTest {
    private final ConcurrentLinkedQueue<InputChange> inbox = new ConcurrentLinkedQueue<>();
    private ApiServer server;
    private KubernetesClient client;
    private InputWatcher watcher;

    @BeforeEach
    void startServer() {
        server = new ApiServer();
        server.install(ApiServer.OUR_CRD);
        client = server.newClient();
        watcher = new InputWatcher(
                client, Resources.of(new InputMappers(), Set.of(EgressIpInput.KIND)), inbox::add, Clock.systemUTC());
    }

    @AfterEach
    void stopServer() {
        watcher.close();
        client.close();
        server.close();
    }

    @Test
    void everyKindIsListedOnceAndWholeBeforeAnyChangeOfIt() {
        for (int i = 0; i < 20; i++) {
            create(pod("pod-" + i));
        }
        create(new NamespaceBuilder()
                .withNewMetadata()
                .withName("simpson")
                .endMetadata()
                .build());
        create(new NodeBuilder()
                .withNewMetadata()
                .withName("node1")
                .endMetadata()
                .build());
        server.create(egressIp("egressip-demo", "\"192.168.126.100\""));

        watchUntilUp();

        assertThat(inbox.stream().filter(InputChange.Listed.class::isInstance)).hasSize(4);
        for (var kind : kinds()) {
            assertThat(changesOf(kind).getFirst()).isInstanceOf(InputChange.Listed.class);
        }
        assertThat(listed(InputKind.POD)).containsExactly(20);
        assertThat(known())
                .containsEntry(InputKind.NAMESPACE, Set.of("simpson"))
                .containsEntry(InputKind.NODE, Set.of("node1"))
                .containsEntry(EgressIpInput.KIND, Set.of("egressip-demo"));
    }

    @Test
    void kindWithoutObjectsIsListedToo() {
        watchUntilUp();

        assertThat(changesOf(InputKind.POD)).containsExactly(new InputChange.Listed(InputKind.POD, List.of()));
    }

    @Test
    void longListIsReadInPagesAndPostedAsOne() {
        var first = "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"more\"},\"items\":"
                + "[{\"metadata\":{\"namespace\":\"a\",\"name\":\"one\"}}]}";
        var second = "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":"
                + "[{\"metadata\":{\"namespace\":\"a\",\"name\":\"two\"}}]}";
        server.answer(1, request("GET", "pods?limit=500&continue=more"), () -> ok(second));
        server.answer(1, request("GET", "pods?continue=more&limit=500"), () -> ok(second));
        server.answer(1, request("GET", "pods?limit=500"), () -> ok(first));

        watchUntilUp();

        assertThat(listed(InputKind.POD)).containsExactly(2);
        assertThat(known()).containsEntry(InputKind.POD, Set.of("a/one", "a/two"));
        assertThat(server.requests("GET", "resourceVersion=7")).isEqualTo(1);
    }

    @Test
    void listThatExpiresBetweenPagesStartsOver() {
        create(pod("homer"));
        server.answer(
                1,
                request("GET", "pods?limit=500"),
                () -> ok("{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"more\"},\"items\":"
                        + "[{\"metadata\":{\"namespace\":\"a\",\"name\":\"one\"}}]}"));
        server.fail(410, 1, request("GET", "continue=more"));

        watchUntilUp();

        assertThat(listed(InputKind.POD)).containsExactly(1);
        assertThat(known()).containsEntry(InputKind.POD, Set.of("simpson/homer"));
    }

    @Test
    void objectsComeChangeAndGo() {
        watchUntilUp();

        create(pod("homer"));
        until(() -> known().get(InputKind.POD).contains("simpson/homer"));
        client.pods()
                .inNamespace("simpson")
                .withName("homer")
                .edit(pod -> new PodBuilder(pod)
                        .editMetadata()
                        .addToLabels("app", "web")
                        .endMetadata()
                        .build());
        until(() -> inbox.stream()
                .anyMatch(change -> change instanceof InputChange.Put put
                        && put.object() instanceof PodInput pod
                        && pod.labels().equals(Map.of("app", "web"))));
        client.pods().inNamespace("simpson").withName("homer").delete();
        until(() -> inbox.contains(new InputChange.Removed(InputKind.POD, "simpson/homer")));

        assertThat(known()).containsEntry(InputKind.POD, Set.of());
        assertThat(listed(InputKind.POD)).containsExactly(0);
    }

    @Test
    void malformedEgressIpDoesNotHideTheOthers() {
        server.create("{\"metadata\":{\"name\":\"broken\"},\"spec\":{\"egressIPs\":{\"a\":7},\"namespaceSelector\":[]},"
                + "\"status\":\"none\"}");
        server.create(egressIp("good", "\"192.168.126.100\""));
        watchUntilUp();
        server.create("{\"metadata\":{\"name\":\"worse\"},\"spec\":7}");
        server.create(egressIp("late", "\"192.168.126.101\""));

        until(() -> known().get(EgressIpInput.KIND).equals(Set.of("broken", "good", "worse", "late")));
        assertThat(inbox.stream()
                        .filter(InputChange.Put.class::isInstance)
                        .map(change -> ((InputChange.Put) change).object())
                        .filter(EgressIpInput.class::isInstance)
                        .map(EgressIpInput.class::cast)
                        .filter(object -> object.name().equals("worse")))
                .allSatisfy(object -> assertThat(object.selectorError()).contains("namespaceSelector is missing"));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void deletionMissedWhileTheServerWasAwayIsInTheNextList(InputKind kind) {
        create(pod("homer"));
        create(new NamespaceBuilder()
                .withNewMetadata()
                .withName("simpson")
                .endMetadata()
                .build());
        create(new NodeBuilder()
                .withNewMetadata()
                .withName("node1")
                .endMetadata()
                .build());
        server.create(egressIp("egressip-demo", "\"192.168.126.100\""));
        watchUntilUp();
        assertThat(known().get(kind)).hasSize(1);

        server.stop();
        until(() -> watcher.health().values().stream()
                .allMatch(health ->
                        health.error().orElse("").contains("the API server does not answer: ConnectException")));
        assertThat(watcher.health().get(kind).listed()).isTrue();
        assertThat(watcher.health().get(kind).isWatching()).isFalse();
        server.fail(503, Integer.MAX_VALUE, request("GET", "limit=500"));
        server.startAgain();
        until(() -> watcher.health().get(kind).error().orElse("").contains("HTTP 503"));
        delete(kind);
        server.heal();

        until(() -> watcher.health().values().stream().allMatch(WatchHealth::isWatching));
        assertThat(known()).containsEntry(kind, Set.of());
        assertThat(listed(kind)).containsExactly(1, 0);
    }

    @Test
    void versionThatIsGoneMeansListingAgain() {
        create(pod("homer"));
        server.answer(
                1,
                request("GET", "pods?allowWatchBookmarks"),
                () -> ApiServer.webSocket(
                        "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"namespace\":\"a\",\"name\":\"ghost\",\"resourceVersion\":\"8\"}}}",
                        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410,\"message\":\"too old resource version\"}}"));

        watchUntilUp();
        until(() -> listed(InputKind.POD).size() == 2);

        assertThat(inbox.stream()
                        .anyMatch(change -> change instanceof InputChange.Put put
                                && put.object() instanceof PodInput pod
                                && pod.name().name().equals("ghost")))
                .isTrue();
        assertThat(known()).containsEntry(InputKind.POD, Set.of("simpson/homer"));
    }

    @Test
    void watchRefusedAsGoneMeansListingAgain() {
        server.fail(410, 1, request("GET", "nodes?allowWatchBookmarks"));

        watchUntilUp();

        until(() -> listed(InputKind.NODE).size() > 1);
        assertThat(listed(InputKind.NODE)).containsExactly(0, 0);
    }

    @Test
    void watchThatTheServerEndsGoesOnFromTheLastBookmark() {
        var socket = new CompletableFuture<WebSocket>();
        server.answer(
                1,
                request("GET", "pods?allowWatchBookmarks"),
                () -> new MockResponse().withWebSocketUpgrade(new WebSocketListener() {
                    @Override
                    public void onOpen(WebSocket opened, Response response) {
                        socket.complete(opened);
                    }
                }));
        watchUntilUp();

        socket.join()
                .send(
                        "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"4711\"}}}");
        socket.join()
                .send(
                        "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"namespace\":\"a\",\"name\":\"no-version\"}}}");
        until(() -> known().get(InputKind.POD).contains("a/no-version"));
        var first = watcher.health().get(InputKind.POD).watchingSince();
        socket.join().close(1000, "time is over");

        until(() -> server.requests("GET", "resourceVersion=4711") == 1);
        until(() -> !watcher.health().get(InputKind.POD).watchingSince().equals(first));
        create(pod("homer"));
        until(() -> known().get(InputKind.POD).contains("simpson/homer"));
        assertThat(listed(InputKind.POD)).containsExactly(0);
    }

    @Test
    void missingCrdIsWaitedForInSightAndHoldsUpNobodyElse() {
        server.fail(404, Integer.MAX_VALUE, request("GET", "/egressips"));
        watcher.start();

        until(() -> watcher.health().get(EgressIpInput.KIND).error().isPresent());
        until(() -> watcher.health().get(InputKind.POD).isWatching());
        assertThat(watcher.health().get(EgressIpInput.KIND).error())
                .contains("CRD egressips.k8s.ovn.org is not installed: apply deploy/crds");
        assertThat(changesOf(EgressIpInput.KIND)).isEmpty();

        server.create(egressIp("egressip-demo", "\"192.168.126.100\""));
        server.heal();
        until(() -> watcher.health().get(EgressIpInput.KIND).isWatching());
        assertThat(known()).containsEntry(EgressIpInput.KIND, Set.of("egressip-demo"));
        assertThat(watcher.health().get(EgressIpInput.KIND).error()).isEmpty();
    }

    @Test
    void crdThatVanishesLaterDoesNotEmptyTheList() {
        server.create(egressIp("egressip-demo", "\"192.168.126.100\""));
        watchUntilUp();

        server.stop();
        until(() -> watcher.health().get(EgressIpInput.KIND).error().isPresent());
        server.fail(404, Integer.MAX_VALUE, request("GET", "/egressips"));
        server.startAgain();
        until(() -> watcher.health().get(EgressIpInput.KIND).error().orElse("").contains("is not installed"));

        assertThat(listed(EgressIpInput.KIND)).containsExactly(1);
        assertThat(known()).containsEntry(EgressIpInput.KIND, Set.of("egressip-demo"));
    }

    @Test
    void refusedListIsToldInTheServersWords() {
        server.fail(403, Integer.MAX_VALUE, request("GET", "/api/v1/nodes"));
        watcher.start();

        until(() -> watcher.health().get(InputKind.NODE).error().isPresent());

        assertThat(watcher.health().get(InputKind.NODE).error().orElseThrow())
                .contains("HTTP 403: asked to fail with 403")
                .contains("http://localhost:");
        assertThat(watcher.health().get(InputKind.NODE).listed()).isFalse();
    }

    @Test
    void nothingIsPostedOnceClosed() {
        watchUntilUp();
        var told = new ConcurrentLinkedQueue<InputChange>();
        try (var other = new InputWatcher(
                client, Resources.of(new InputMappers(), Set.of(EgressIpInput.KIND)), told::add, Clock.systemUTC())) {
            other.start();
            until(() -> other.health().values().stream().allMatch(WatchHealth::isWatching));

            watcher.close();
            int before = inbox.size();
            create(pod("late"));
            until(() -> told.stream().anyMatch(InputChange.Put.class::isInstance));

            assertThat(inbox).hasSize(before);
        }
        assertThat(watcher.health().values()).noneMatch(WatchHealth::isWatching);
    }

    private void watchUntilUp() {
        watcher.start();
        until(() -> watcher.health().values().stream().allMatch(WatchHealth::isWatching));
    }

    private static void until(Callable<Boolean> condition) {
        eventually().until(condition);
    }

    private static List<InputKind> kinds() {
        return Resources.of(new InputMappers(), Set.of(EgressIpInput.KIND)).stream()
                .<InputKind>map(ResourceKind::kind)
                .toList();
    }

    private List<InputChange> changesOf(InputKind kind) {
        return inbox.stream().filter(change -> kindOf(change).equals(kind)).toList();
    }

    private static InputKind kindOf(InputChange change) {
        return switch (change) {
            case InputChange.Listed listed -> listed.kind();
            case InputChange.Removed removed -> removed.kind();
            case InputChange.Put put -> put.object().kind();
        };
    }

    /** How many objects each complete list of the kind had. */
    private List<Integer> listed(InputKind kind) {
        var sizes = new ArrayList<Integer>();
        for (var change : inbox) {
            if (change instanceof InputChange.Listed listed && listed.kind().equals(kind)) {
                sizes.add(listed.objects().size());
            }
        }
        return sizes;
    }

    /** What a reader of the inbox knows by now. */
    private Map<InputKind, Set<String>> known() {
        var known = new TreeMap<InputKind, Set<String>>();
        for (var kind : kinds()) {
            known.put(kind, new TreeSet<>());
        }
        for (var change : inbox) {
            switch (change) {
                case InputChange.Listed listed -> {
                    known.get(listed.kind()).clear();
                    listed.objects().forEach(object -> known.get(listed.kind()).add(object.key()));
                }
                case InputChange.Put put ->
                    known.get(put.object().kind()).add(put.object().key());
                case InputChange.Removed removed -> known.get(removed.kind()).remove(removed.name());
            }
        }
        return known;
    }

    private void create(HasMetadata object) {
        var unused = server.client().resource(object).create();
    }

    private void delete(InputKind kind) {
        var api = server.client();
        var unused = switch (kind.name()) {
            case "POD" -> api.pods().inNamespace("simpson").withName("homer").delete();
            case "NODE" -> api.nodes().withName("node1").delete();
            case "NAMESPACE" -> api.namespaces().withName("simpson").delete();
            default ->
                api.resources(EgressIp.class, EgressIpList.class)
                        .withName("egressip-demo")
                        .delete();
        };
    }

    private static Pod pod(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("simpson")
                .withName(name)
                .endMetadata()
                .build();
    }

    private static String egressIp(String name, String ips) {
        return "{\"metadata\":{\"name\":\"" + name + "\"},\"spec\":{\"egressIPs\":[" + ips
                + "],\"namespaceSelector\":{\"matchLabels\":{\"house\":\"simpson\"}}}}";
    }

    private static MockResponse ok(String body) {
        return new MockResponse().setResponseCode(200).setBody(body);
    }
}
