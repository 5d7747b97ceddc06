package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;

/**
 * The EgressIPs that pools make, and which of their addresses EgressRouters have, in the API server. One that has lost its label is somebody else's: it is read before each write, and
 * the write is refused if it has changed since. Any thread may call; a call takes as long as the server.
 */
public final class PoolObjects {
    private static final PatchContext JSON_PATCH = PatchContext.of(PatchType.JSON);
    private static final String NAME_LABEL = "kubernetes.io/metadata.name";
    private static final int ATTEMPTS = 3;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final KubernetesClient client;

    public PoolObjects(KubernetesClient client) {
        this.client = client;
    }

    /** What became of a change. */
    public enum Outcome {
        WRITTEN,
        /** The object is not what was thought: what is to be done is decided anew once that is heard of. */
        OVERTAKEN
    }

    /** @throws KubernetesClientException if the server refuses, or does not answer */
    public Outcome apply(String name, Change change) {
        for (int attempt = 1; ; attempt++) {
            try {
                return once(name, change);
            } catch (KubernetesClientException e) {
                boolean isNew = change instanceof Change.Put put && put.uid().isEmpty();
                // Whoever has taken the name, or the object away, will be heard of.
                if (ApiErrors.isNotFound(e) ? !isNew : ApiErrors.isConflict(e) && isNew) {
                    return Outcome.OVERTAKEN;
                }
                // Something else was written at the same time, a status perhaps: it is read again.
                if (!ApiErrors.isConflict(e) || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private Outcome once(String name, Change change) {
        return switch (change) {
            case Change.Put put when put.uid().isEmpty() -> create(name, put);
            case Change.Put put -> update(name, put);
            case Change.Delete(var uid, var pool) -> delete(name, uid, pool);
            case Change.Grant grant -> grant(name, grant);
        };
    }

    private Outcome create(String name, Change.Put put) {
        client.resources(EgressIp.class, EgressIpList.class)
                .resource(object(name, put))
                .create();
        return Outcome.WRITTEN;
    }

    /** As it is made where there is none yet. */
    static EgressIp object(String name, Change.Put put) {
        var object = new EgressIp();
        object.setMetadata(new ObjectMetaBuilder()
                .withName(name)
                .addToLabels(PooledEgressIp.POOL, put.pool())
                .withAnnotations(put.annotations())
                // The pool's end is theirs; nobody waits for it.
                .withOwnerReferences(owner(put))
                .build());
        object.setSpec(spec(put));
        return object;
    }

    private static OwnerReference owner(Change.Put put) {
        return new OwnerReferenceBuilder()
                .withApiVersion(HasMetadata.getApiVersion(EgressIpPool.class))
                .withKind(HasMetadata.getKind(EgressIpPool.class))
                .withName(put.pool())
                .withUid(put.poolUid())
                .build();
    }

    private static ObjectNode spec(Change.Put put) {
        var spec = JSON.objectNode();
        put.addresses().forEach(address -> spec.withArrayProperty("egressIPs").add(address.text()));
        var selector = spec.putObject("namespaceSelector");
        if (put.selects()) {
            selector.putObject("matchLabels").put(NAME_LABEL, put.namespace());
        } else {
            var expressions = selector.putArray("matchExpressions");
            expressions
                    .addObject()
                    .put("key", NAME_LABEL)
                    .put("operator", "In")
                    .putArray("values")
                    .add(put.namespace());
            expressions.addObject().put("key", NAME_LABEL).put("operator", "DoesNotExist");
        }
        return spec;
    }

    private Outcome update(String name, Change.Put put) {
        var resource = client.resources(EgressIp.class, EgressIpList.class).withName(name);
        var live = resource.get();
        if (!isOurs(live, put.uid(), put.pool())) {
            return Outcome.OVERTAKEN;
        }
        // Refused as a conflict if it is not what was read.
        var patch = JSON.arrayNode();
        add(
                patch,
                "replace",
                "/metadata/resourceVersion",
                JSON.textNode(live.getMetadata().getResourceVersion()));
        var spec = spec(put);
        add(patch, "add", "/spec/egressIPs", spec.path("egressIPs"));
        add(patch, "add", "/spec/namespaceSelector", spec.path("namespaceSelector"));
        annotate(live, put.annotations(), patch);
        if (!PoolReader.read(live).owners().equals(Set.of(put.poolUid()))) {
            add(patch, "add", "/metadata/ownerReferences", owners(live, put));
        }
        resource(live).patch(JSON_PATCH, patch.toString());
        return Outcome.WRITTEN;
    }

    /** With a pool that is no more the object would go; what others have added stays. */
    private static JsonNode owners(EgressIp live, Change.Put put) {
        var owners = new ArrayList<>(live.getMetadata().getOwnerReferences());
        owners.removeIf(PoolReader::isPool);
        owners.add(owner(put));
        var list = JSON.arrayNode();
        owners.forEach(owner -> list.add(MAPPER.<JsonNode>valueToTree(owner)));
        return list;
    }

    private static void annotate(EgressIp live, Map<String, String> annotations, ArrayNode patch) {
        if (live.getMetadata().getAnnotations() == null
                || live.getMetadata().getAnnotations().isEmpty()) {
            add(patch, "add", "/metadata/annotations", JSON.objectNode());
        }
        PoolReader.read(live).annotations().keySet().stream()
                .filter(key -> !annotations.containsKey(key))
                .forEach(key -> patch.addObject().put("op", "remove").put("path", path(key)));
        annotations.forEach((key, value) -> add(patch, "add", path(key), JSON.textNode(value)));
    }

    private static String path(String annotation) {
        return "/metadata/annotations/" + annotation.replace("~", "~0").replace("/", "~1");
    }

    private static void add(ArrayNode patch, String operation, String path, JsonNode value) {
        patch.addObject().put("op", operation).put("path", path).set("value", value);
    }

    private Outcome delete(String name, String uid, String pool) {
        var live = client.resources(EgressIp.class, EgressIpList.class)
                .withName(name)
                .get();
        if (!isOurs(live, uid, pool)) {
            return Outcome.OVERTAKEN;
        }
        resource(live).lockResourceVersion().delete();
        return Outcome.WRITTEN;
    }

    private Outcome grant(String key, Change.Grant grant) {
        int slash = key.indexOf('/');
        var routers = client.resources(EgressRouter.class, EgressRouterList.class);
        var live = routers.inNamespace(key.substring(0, slash))
                .withName(key.substring(slash + 1))
                .get();
        if (live == null || !grant.uid().equals(live.getMetadata().getUid())) {
            return Outcome.OVERTAKEN;
        }
        var patch = JSON.arrayNode();
        add(
                patch,
                "replace",
                "/metadata/resourceVersion",
                JSON.textNode(live.getMetadata().getResourceVersion()));
        if (!live.statusOrMissing().isObject()) {
            add(patch, "add", "/status", JSON.objectNode());
        }
        var addresses = JSON.arrayNode();
        grant.addresses().forEach(address -> addresses.add(address.text()));
        add(patch, "add", "/status/poolAddresses", addresses);
        routers.resource(live).subresource("status").patch(JSON_PATCH, patch.toString());
        return Outcome.WRITTEN;
    }

    private Resource<EgressIp> resource(EgressIp live) {
        return client.resources(EgressIp.class, EgressIpList.class).resource(live);
    }

    private static boolean isOurs(EgressIp live, String uid, String pool) {
        return live != null
                && uid.equals(live.getMetadata().getUid())
                && PoolReader.read(live).label().filter(pool::equals).isPresent();
    }
}
