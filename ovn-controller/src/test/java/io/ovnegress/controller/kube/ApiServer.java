package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import io.fabric8.zjsonpatch.JsonPatchException;
import io.ovnegress.controller.ReservedPort;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * An API server in memory, over HTTP: fabric8's in CRUD mode, made stricter where the real one is (a status subresource that is
 * not there answers 404, fields that the CRD does not know are pruned), and with faults on demand. Its state outlives a restart.
 */
final class ApiServer implements AutoCloseable {
    static final String OUR_CRD = "/crds/k8s.ovn.org_egressips.yaml";
    static final String UPSTREAM_CRD = "/crds/ovn-kubernetes-egressips.yaml";

    /** Answers a request in the server's place. */
    private record Fault(Predicate<RecordedRequest> hits, Supplier<MockResponse> answer, AtomicInteger times) {}

    private record Seen(String method, String path, String body) {}

    private final KubernetesCrudDispatcher state = new State();
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final List<Seen> requests = new CopyOnWriteArrayList<>();
    private volatile boolean upstream;
    private volatile boolean keepsUnknownFields;
    private KubernetesMockServer server;
    private final int port;
    private final KubernetesClient client;

    ApiServer() {
        port = ReservedPort.next();
        start(port);
        client = newClient();
    }

    private void start(int atPort) {
        server = new KubernetesMockServer(
                new Context(new ObjectMapper()), new MockWebServer(), new HashMap<>(), new Front(), false);
        server.start(InetAddress.getLoopbackAddress(), atPort);
    }

    /** Ends every connection; the state stays. */
    void stop() {
        try {
            server.shutdown();
        } catch (IllegalStateException e) {
            System.err.println("The mock server takes longer than it allows itself to close: " + e.getCause());
        }
    }

    void startAgain() {
        start(port);
    }

    KubernetesClient newClient() {
        return KubernetesClients.create(
                new ConfigBuilder(Config.empty())
                        .withMasterUrl("http://localhost:" + server.getPort())
                        .withNamespace("default")
                        .build(),
                "test");
    }

    /** A client for the test itself. */
    KubernetesClient client() {
        return client;
    }

    void install(String crd) {
        upstream = crd.equals(UPSTREAM_CRD);
        var definitions = client.apiextensions().v1().customResourceDefinitions();
        var definition = definitions.load(crdText(crd)).item();
        definitions.withName(EgressIp.CRD).delete();
        definitions.resource(definition).create();
    }

    /** A CRD that would have them pruned says that unknown fields are preserved. */
    void keepUnknownFields() {
        keepsUnknownFields = true;
    }

    static InputStream crdText(String crd) {
        if (crd.equals(OUR_CRD)) {
            try {
                return Files.newInputStream(Path.of("..", "deploy", "crds", "k8s.ovn.org_egressips.yaml"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return ApiServer.class.getResourceAsStream(crd);
    }

    /** The next {@code times} requests that hit are answered with the code. */
    void fail(int code, int times, Predicate<RecordedRequest> hits) {
        answer(times, hits, () -> error(code));
    }

    /** The next {@code times} requests that hit are answered with this. */
    void answer(int times, Predicate<RecordedRequest> hits, Supplier<MockResponse> answer) {
        faults.add(new Fault(hits, answer, new AtomicInteger(times)));
    }

    /** Upgrades to a web socket that says these messages. */
    static MockResponse webSocket(String... messages) {
        return new MockResponse().withWebSocketUpgrade(new WebSocketListener() {
            @Override
            public void onOpen(WebSocket socket, Response response) {
                for (var message : messages) {
                    socket.send(message);
                }
            }
        });
    }

    /** Something happens just before the next {@code times} requests that hit. */
    void before(int times, Predicate<RecordedRequest> hits, Runnable happens) {
        var left = new AtomicInteger(times);
        answer(
                0,
                request -> {
                    if (hits.test(request) && left.getAndDecrement() > 0) {
                        happens.run();
                    }
                    return false;
                },
                () -> error(500));
    }

    /** Another client's change; also from within {@link #before}, where a request of our own would wait for itself. */
    void label(String egressIp, String key, String value) {
        var patch = "{\"metadata\":{\"labels\":{\"" + key + "\":\"" + value + "\"}}}";
        change(HttpMethod.PATCH, "/" + egressIp, "application/merge-patch+json", patch);
    }

    /** Likewise. */
    void setEgressIp(String egressIp, String address) {
        var patch = "[{\"op\":\"replace\",\"path\":\"/spec/egressIPs\",\"value\":[\"" + address + "\"]}]";
        change(HttpMethod.PATCH, "/" + egressIp, "application/json-patch+json", patch);
    }

    /** Likewise. */
    void setConditions(String egressIp, String conditions) {
        var patch = "[{\"op\":\"add\",\"path\":\"/status/conditions\",\"value\":" + conditions + "}]";
        change(HttpMethod.PATCH, "/" + egressIp + "/status", "application/json-patch+json", patch);
    }

    /** Likewise: another object of the name. */
    void makeAnew(String egressIp, String json) {
        change(HttpMethod.DELETE, "/" + egressIp, "application/json", "");
        var object = Serialization.asJson(Serialization.unmarshal(json, EgressIp.class));
        change(HttpMethod.POST, "", "application/json", object);
    }

    /** Likewise: the status of an EgressRouter that has none. */
    void setRouterStatus(String namespace, String name, String status) {
        send(
                HttpMethod.PATCH,
                "/apis/ovn-egress.io/v1alpha1/namespaces/" + namespace + "/egressrouters/" + name + "/status",
                "application/json-patch+json",
                "[{\"op\":\"add\",\"path\":\"/status\",\"value\":" + status + "}]");
    }

    private void change(HttpMethod method, String path, String type, String body) {
        send(method, "/apis/k8s.ovn.org/v1/egressips" + path, type, body);
    }

    private void send(HttpMethod method, String path, String type, String body) {
        var answer = state.dispatch(new RecordedRequest(
                "HTTP/1.1",
                method,
                path,
                Headers.builder().add("Content-Type", type).build(),
                new Buffer(body.getBytes(StandardCharsets.UTF_8))));
        if (answer.code() >= 300) {
            throw new IllegalStateException(method + " " + path + " is answered " + answer.code());
        }
    }

    void heal() {
        faults.clear();
    }

    static Predicate<RecordedRequest> request(String method, String part) {
        return request ->
                request.getMethod().equals(method) && request.getPath().contains(part);
    }

    long requests(String method, String part) {
        return bodies(method, part).size();
    }

    /** The bodies of the requests so far. */
    List<String> bodies(String method, String part) {
        return requests.stream()
                .filter(seen -> seen.method().equals(method) && seen.path().contains(part))
                .map(Seen::body)
                .toList();
    }

    private static String bodyOf(RecordedRequest request) {
        return request.getBody() == null ? "" : new String(request.getBody().getBytes(), StandardCharsets.UTF_8);
    }

    EgressIp create(String json) {
        return client.resources(EgressIp.class, EgressIpList.class)
                .resource(Serialization.unmarshal(json, EgressIp.class))
                .create();
    }

    EgressIp egressIp(String name) {
        return client.resources(EgressIp.class, EgressIpList.class)
                .withName(name)
                .get();
    }

    @Override
    public void close() {
        client.close();
        stop();
    }

    static MockResponse error(int code) {
        return new MockResponse()
                .setResponseCode(code)
                .setBody(Serialization.asJson(new StatusBuilder()
                        .withCode(code)
                        .withStatus("Failure")
                        .withMessage("asked to fail with " + code)
                        .build()));
    }

    private final class Front extends Dispatcher {
        @Override
        public MockResponse dispatch(RecordedRequest request) {
            requests.add(new Seen(request.getMethod(), request.getPath(), bodyOf(request)));
            for (var fault : faults) {
                if (fault.hits().test(request) && fault.times().getAndDecrement() > 0) {
                    return fault.answer().get();
                }
            }
            boolean unknown = upstream
                    && request.getPath().contains("/egressips/")
                    && request.getPath().endsWith("/status");
            return unknown ? error(404) : state.dispatch(request);
        }
    }

    private final class State extends KubernetesCrudDispatcher {
        /** As a real server answers a test that fails. */
        @Override
        public MockResponse handlePatch(RecordedRequest request) {
            try {
                return super.handlePatch(request);
            } catch (JsonPatchException e) {
                return error(422);
            }
        }

        /** Called for every changed object before it is stored. */
        @Override
        public void preserveMetadata(JsonNode current, JsonNode changed) {
            super.preserveMetadata(current, changed);
            if (upstream
                    && !keepsUnknownFields
                    && changed.path("kind").asText().equals(EgressIp.KIND)
                    && changed.path("status") instanceof ObjectNode status) {
                status.remove("conditions");
            }
        }
    }
}
