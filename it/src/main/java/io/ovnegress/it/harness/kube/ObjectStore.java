package io.ovnegress.it.harness.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.crud.KubernetesCrudDispatcherException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.WebSocketListener;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.net.HttpURLConnection;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * fabric8's in-memory objects, nearer to a real API server. Merge patches follow RFC 7396: fabric8's own append to lists instead
 * of replacing them, and keep members whose patch is null instead of removing them. A definition without status subresource
 * answers 404 on {@code /status} and, being ovn-kubernetes' own, prunes {@code status.conditions}. A watch from a version tells of
 * what was deleted since: fabric8's own begins with the objects that are there, and a deletion between a client's list and its
 * watch is never heard of. A JSON patch whose test fails is answered 422. A watch that ends at this moment disturbs nobody. Safe for
 * any thread.
 */
final class ObjectStore extends KubernetesCrudDispatcher {
    private static final int UNPROCESSABLE = 422;
    private static final Pattern VERSION = Pattern.compile("[?&]resourceVersion=([0-9]+)");
    /** Far more than there are between a list and its watch. */
    private static final int MOST_DELETIONS = 1000;

    private final CustomResourceDefinitionContext definition;
    /** By user agent. */
    private final Map<String, Map<ApiCall, LongAdder>> calls = new ConcurrentHashMap<>();

    /** The latest ones, the oldest first; changed under the store's write lock, read under its read lock. */
    private final Deque<Deletion> deletions = new ArrayDeque<>();

    /** @param version of the store after it */
    private record Deletion(long version, AttributeSet attributes, GenericKubernetesResource object) {}

    ObjectStore(CustomResourceDefinitionContext definition) {
        super(List.of(
                definition,
                EgressTraffics.CONTEXT,
                EgressFirewalls.CONTEXT,
                EgressFirewalls.POLICIES,
                EgressFirewalls.NET_NAMESPACES,
                EgressFirewalls.ADMIN_POLICIES,
                EgressRouters.CONTEXT,
                EgressIps.POOLS,
                EgressProxies.CONTEXT));
        this.definition = definition;
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        var agent = Objects.requireNonNullElse(request.getHeader("User-Agent"), "");
        calls.computeIfAbsent(agent, any -> new ConcurrentHashMap<>())
                .computeIfAbsent(ApiCall.ofRequest(request.getMethod(), request.getPath()), any -> new LongAdder())
                .increment();
        return super.dispatch(request);
    }

    /** Every different request so far of clients whose user agent begins like this. */
    Set<ApiCall> callsOf(String agent) {
        return calls.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(agent))
                .flatMap(entry -> entry.getValue().keySet().stream())
                .collect(Collectors.toSet());
    }

    /** How often clients whose user agent begins like this have made such a request. */
    long countOf(String agent, Predicate<ApiCall> call) {
        return calls.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(agent))
                .flatMap(entry -> entry.getValue().entrySet().stream())
                .filter(entry -> call.test(entry.getKey()))
                .mapToLong(entry -> entry.getValue().sum())
                .sum();
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
        discardEventsOnceClosed(response.getWebSocketListener());
        return response.withWebSocketUpgrade(new WatchEnd(response.getWebSocketListener(), deletedSince(path)));
    }

    /**
     * A watch that is just being closed refuses events with an exception, which leaves the request that brought them without an answer
     * and the other watches without the event.
     */
    private static void discardEventsOnceClosed(WebSocketListener watch) {
        try {
            var executor = watch.getClass().getDeclaredField("executor");
            executor.setAccessible(true);
            executor.set(
                    watch,
                    new ScheduledThreadPoolExecutor(
                            1,
                            Thread.ofPlatform().daemon().name("watch-", 0).factory(),
                            new ThreadPoolExecutor.DiscardPolicy()));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("another kubernetes-server-mock than this was made for", e);
        }
    }

    /** As watch events. The watch has been registered by now: it tells of later ones itself. */
    private List<String> deletedSince(String watch) {
        var version = VERSION.matcher(watch);
        if (!version.find()) {
            return List.of();
        }
        long since = Long.parseLong(version.group(1));
        var query = getKey(watch);
        return deletions.stream()
                .filter(deletion ->
                        deletion.version() > since && deletion.attributes().matches(query))
                .map(deletion -> Serialization.asJson(new WatchEvent(deletion.object(), "DELETED")))
                .toList();
    }

    @Override
    public void processEvent(
            String path,
            AttributeSet pathAttributes,
            AttributeSet oldAttributes,
            GenericKubernetesResource resource,
            String newState) {
        if (newState == null) {
            var found = findResource(oldAttributes);
            if (found != null) {
                long version = requestResourceVersion();
                var object = Serialization.unmarshal(found.getValue(), GenericKubernetesResource.class);
                object.getMetadata().setResourceVersion(Long.toString(version));
                deletions.addLast(new Deletion(version, found.getKey(), object));
                if (deletions.size() > MOST_DELETIONS) {
                    deletions.removeFirst();
                }
            }
        }
        super.processEvent(path, pathAttributes, oldAttributes, resource, newState);
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
