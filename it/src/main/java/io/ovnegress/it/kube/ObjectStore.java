package io.ovnegress.it.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.crud.KubernetesCrudDispatcherException;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * fabric8's in-memory objects, nearer to a real API server. Merge patches follow RFC 7396: fabric8's own append to lists instead
 * of replacing them, and keep members whose patch is null instead of removing them. A definition without status subresource
 * answers 404 on {@code /status} and, being ovn-kubernetes' own, prunes {@code status.conditions}. A JSON patch whose test fails
 * is answered 422. Safe for any thread.
 */
final class ObjectStore extends KubernetesCrudDispatcher {
    private static final int UNPROCESSABLE = 422;

    private final CustomResourceDefinitionContext definition;
    /** By user agent. */
    private final Map<String, Set<ApiCall>> calls = new ConcurrentHashMap<>();

    ObjectStore(CustomResourceDefinitionContext definition) {
        super(List.of(definition));
        this.definition = definition;
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        var agent = Objects.requireNonNullElse(request.getHeader("User-Agent"), "");
        calls.computeIfAbsent(agent, any -> ConcurrentHashMap.newKeySet())
                .add(ApiCall.ofRequest(request.getMethod(), request.getPath()));
        return super.dispatch(request);
    }

    /** Every different request so far of clients whose user agent begins like this. */
    Set<ApiCall> callsOf(String agent) {
        return calls.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(agent))
                .flatMap(entry -> entry.getValue().stream())
                .collect(Collectors.toSet());
    }

    @Override
    public MockResponse handlePatch(RecordedRequest request) {
        if (isUnknownSubresource(request)) {
            return new MockResponse().setResponseCode(HttpURLConnection.HTTP_NOT_FOUND);
        }
        try {
            return super.handlePatch(request);
        } catch (JsonPatchException e) {
            return new MockResponse().setResponseCode(UNPROCESSABLE);
        }
    }

    @Override
    public MockResponse handleUpdate(RecordedRequest request) {
        return isUnknownSubresource(request)
                ? new MockResponse().setResponseCode(HttpURLConnection.HTTP_NOT_FOUND)
                : super.handleUpdate(request);
    }

    @Override
    public MockResponse handleWatch(String path) {
        var response = super.handleWatch(path);
        return response.withWebSocketUpgrade(new WatchEnd(response.getWebSocketListener()));
    }

    private boolean isUnknownSubresource(RecordedRequest request) {
        var path = request.getPath();
        return !definition.isStatusSubresource()
                && path.contains("/" + definition.getPlural() + "/")
                && path.replaceFirst("\\?.*", "").endsWith("/status");
    }

    /** Called for every changed object before it is stored. */
    @Override
    public void preserveMetadata(JsonNode current, JsonNode changed) {
        super.preserveMetadata(current, changed);
        if (!definition.isStatusSubresource()
                && changed.path("kind").asText().equals(definition.getKind())
                && changed.path("status") instanceof ObjectNode status) {
            status.remove("conditions");
        }
    }

    @Override
    public JsonNode merge(JsonNode current, String patch) throws KubernetesCrudDispatcherException {
        return merged(current, asNode(patch));
    }

    /** RFC 7396 section 2. */
    static JsonNode merged(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ObjectNode changes)) {
            return patch;
        }
        ObjectNode result = target instanceof ObjectNode object ? object.deepCopy() : changes.objectNode();
        for (var change : changes.properties()) {
            if (change.getValue().isNull()) {
                result.remove(change.getKey());
            } else {
                var before = result.path(change.getKey());
                result.set(change.getKey(), merged(before, change.getValue()));
            }
        }
        return result;
    }
}
