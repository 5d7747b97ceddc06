package io.ovnegress.controller.proxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.controller.kube.ApiErrors;
import io.ovnegress.controller.kube.EgressProxy;
import io.ovnegress.controller.kube.EventRecorder;
import io.ovnegress.controller.kube.LatestQueue;
import io.ovnegress.reconciler.feature.StatusChange;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the objects of every EgressProxy as they should be, and says in its status how far they are. What somebody else changes of them
 * is changed back, what is somebody else's is never touched, and what cannot be read changes nothing: a proxy goes on with what it was
 * told last. Writes only while this controller leads. The work is done in threads of its own, one at a time for each proxy.
 */
public final class ProxyKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyKeeper.class);
    /** Until what has failed is tried again. */
    private static final Duration PAUSE = Duration.ofSeconds(5);

    /** What ovnkube writes on every node where nodes have databases of their own, and nowhere else. */
    private static final String TRANSIT_SWITCH = "k8s.ovn.org/node-transit-switch-port-ifaddr";

    private static final int THREADS = 2;
    private static final String CONDITION = "Ready";
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(ProxyObjects.MANAGER)
            .withForce(true)
            .build();
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private final KubernetesClient client;
    private final String image;
    private final BooleanSupplier leads;
    private final Clock clock;
    private final EventRecorder events;
    private final LatestQueue<ProxyKey, ProxyKey> queue;
    private final ProxyWatches watches;
    /** How each is. */
    private final Map<ProxyKey, ProxyReason> reasons = new ConcurrentHashMap<>();

    /** How a proxy is. */
    private record Verdict(ProxyReason reason, String message) {}

    /**
     * @param image of squid
     * @param leads whether this controller writes
     */
    public ProxyKeeper(
            KubernetesClient client, String image, BooleanSupplier leads, Clock clock, MeterRegistry registry) {
        this.client = client;
        this.image = image;
        this.leads = leads;
        this.clock = clock;
        this.events = new EventRecorder(client, clock);
        this.queue =
                new LatestQueue<>("proxy", THREADS, PAUSE, (older, newer) -> newer, (key, first) -> look(key, first));
        this.watches = new ProxyWatches(client, leads, key -> queue.put(key, key));
        for (var reason : ProxyReason.values()) {
            if (reason != ProxyReason.Ready) {
                Gauge.builder("ovn.egress.unready.egress.proxies", this, keeper -> keeper.unready(reason))
                        .description("EgressProxies that do not do what they are to")
                        .tag("reason", reason.name())
                        .register(registry);
            }
        }
    }

    /** Who does not lead does not know. */
    private long unready(ProxyReason reason) {
        return leads.getAsBoolean()
                ? reasons.values().stream().filter(reason::equals).count()
                : 0;
    }

    public void start() {
        watches.start();
    }

    @Override
    public void close() {
        watches.close();
        queue.close();
    }

    /** Whether nothing is left to be done. */
    private boolean look(ProxyKey key, boolean firstTime) {
        if (!leads.getAsBoolean()) {
            reasons.remove(key); // it may be gone by the time when this changes, and all that are there are looked at
            return true;
        }
        try {
            var proxy = proxy(key).get();
            if (proxy == null || proxy.getMetadata().getDeletionTimestamp() != null) {
                removeEgressIp(key);
                watches.forget(key);
                reasons.remove(key);
                return true;
            }
            var verdict = keep(proxy);
            reasons.put(key, verdict.reason());
            say(proxy, verdict);
            return true;
        } catch (KubernetesClientException e) {
            if (firstTime) {
                LOG.warn(
                        "EgressProxy not kept, trying again later egressproxy={} error=\"{}\"",
                        key,
                        ApiErrors.describe(e));
            }
            return false;
        }
    }

    private Resource<EgressProxy> proxy(ProxyKey key) {
        return client.resources(EgressProxy.class).inNamespace(key.namespace()).withName(key.name());
    }

    private Verdict keep(EgressProxy proxy) {
        var spec = ProxySpec.of(proxy);
        watches.follow(ProxyKey.of(proxy), spec.source());
        if (!spec.problems().isEmpty()) {
            return new Verdict(ProxyReason.InvalidSpec, String.join("; ", spec.problems()));
        }
        if (hasDatabasesOfNodes()) {
            return new Verdict(
                    ProxyReason.UnsupportedTopology,
                    "the nodes have databases of their own (interconnect), which is not served yet: nothing is made");
        }
        var text = spec.text().or(() -> spec.source().flatMap(source -> destinations(proxy, source)));
        if (text.isEmpty()) {
            var source = spec.source().orElseThrow();
            return new Verdict(
                    ProxyReason.DestinationsMissing,
                    "there is no key " + source.key() + " in a ConfigMap " + source.configMap() + " of namespace "
                            + proxy.getMetadata().getNamespace());
        }
        return switch (ProxyRules.read(text.get())) {
            case ProxyRules.Reading.Refused refused ->
                new Verdict(ProxyReason.InvalidDestinations, String.join("; ", refused.problems()));
            case ProxyRules.Reading.Read read ->
                apply(proxy, new ProxyObjects(proxy, spec, SquidConfig.of(read.rules()), image));
        };
    }

    /** Any node tells. */
    private boolean hasDatabasesOfNodes() {
        return client.nodes().list(new ListOptionsBuilder().withLimit(1L).build()).getItems().stream()
                .map(node -> node.getMetadata().getAnnotations())
                .anyMatch(annotations -> annotations != null && annotations.containsKey(TRANSIT_SWITCH));
    }

    private Optional<String> destinations(EgressProxy proxy, ProxySpec.Source source) {
        return Optional.ofNullable(client.configMaps()
                        .inNamespace(proxy.getMetadata().getNamespace())
                        .withName(source.configMap())
                        .get())
                .map(ConfigMap::getData)
                .map(data -> data.get(source.key()));
    }

    private Verdict apply(EgressProxy proxy, ProxyObjects objects) {
        var all = objects.all();
        for (var object : all) {
            var there = client.resource(object).get();
            if (there != null && !isOf(proxy, object, there)) {
                return new Verdict(
                        ProxyReason.NameTaken,
                        object.getKind() + " " + object.getMetadata().getName()
                                + " is not this proxy's: remove or rename it, or give the proxy another name");
            }
        }
        HasMetadata egressIp = null;
        HasMetadata deployment = null;
        for (var object : all) {
            HasMetadata applied;
            try {
                applied = client.resource(object).patch(APPLY);
            } catch (KubernetesClientException e) {
                if (!ApiErrors.isUnprocessable(e)) {
                    throw e;
                }
                return new Verdict(
                        ProxyReason.InvalidSpec,
                        "the API server refuses " + object.getKind() + " "
                                + object.getMetadata().getName() + ": " + ApiErrors.describe(e));
            }
            if (applied instanceof Deployment) {
                deployment = applied;
            } else if (applied instanceof GenericKubernetesResource) {
                egressIp = applied;
            }
        }
        return howFar((GenericKubernetesResource) egressIp, (Deployment) deployment);
    }

    /** An EgressIP says by its labels whose it is, the others by their owners. */
    private static boolean isOf(EgressProxy proxy, HasMetadata wanted, HasMetadata there) {
        var metadata = there.getMetadata();
        if (wanted instanceof GenericKubernetesResource) {
            return isOf(ProxyKey.of(proxy), metadata.getLabels());
        }
        return metadata.getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(proxy.getMetadata().getUid()));
    }

    private static boolean isOf(ProxyKey key, Map<String, String> labels) {
        return labels != null
                && key.namespace().equals(labels.get(ProxyObjects.NAMESPACE_LABEL))
                && key.name().equals(labels.get(ProxyObjects.PROXY_LABEL));
    }

    private static Verdict howFar(GenericKubernetesResource egressIp, Deployment deployment) {
        var said = egressIp.<Object>get("status", "items");
        long assigned = said instanceof List<?> list ? list.size() : 0;
        var wanted = egressIp.<Object>get("spec", "egressIPs");
        if (assigned == 0 || (wanted instanceof List<?> all && assigned < all.size())) {
            return new Verdict(
                    ProxyReason.AddressNotAssigned,
                    assigned + " of its addresses have a node: see the conditions of EgressIP "
                            + egressIp.getMetadata().getName());
        }
        var status = deployment.getStatus();
        var ready = status == null || status.getReadyReplicas() == null ? 0 : status.getReadyReplicas();
        int pods = deployment.getSpec().getReplicas();
        if (ready == 0 || ready < pods) {
            return new Verdict(ProxyReason.PodsNotReady, ready + " of " + pods + " pods are ready");
        }
        return new Verdict(ProxyReason.Ready, ready + (ready == 1 ? " pod is" : " pods are") + " ready");
    }

    private void removeEgressIp(ProxyKey key) {
        var egressIp = client.genericKubernetesResources(ProxyObjects.EGRESS_IP)
                .withName(ProxyObjects.egressIpName(key.namespace(), key.name()));
        var there = egressIp.get();
        if (there != null && isOf(key, there.getMetadata().getLabels())) {
            egressIp.delete();
        }
    }

    /** Writes the status if it says something else, and an event if it is a mistake that is news. */
    private void say(EgressProxy proxy, Verdict verdict) {
        boolean isReady = verdict.reason() == ProxyReason.Ready;
        var before = condition(proxy);
        var status = isReady ? "True" : "False";
        long generation = proxy.getMetadata().getGeneration() == null
                ? 0
                : proxy.getMetadata().getGeneration();
        if (before.path("status").asText().equals(status)
                && before.path("reason").asText().equals(verdict.reason().name())
                && before.path("message").asText().equals(verdict.message())
                && before.path("observedGeneration").asLong() == generation) {
            return;
        }
        var nodes = JsonNodeFactory.instance;
        var condition = nodes.objectNode()
                .put("type", CONDITION)
                .put("status", status)
                .put("reason", verdict.reason().name())
                .put("message", verdict.message())
                .put("observedGeneration", generation)
                .put(
                        "lastTransitionTime",
                        before.path("status").asText().equals(status)
                                ? before.path("lastTransitionTime").asText()
                                : clock.instant()
                                        .truncatedTo(ChronoUnit.SECONDS)
                                        .toString());
        var key = ProxyKey.of(proxy);
        var said = nodes.objectNode()
                .put("url", "http://" + key.name() + "." + key.namespace() + ".svc:" + SquidConfig.PORT + "/")
                .set("conditions", nodes.arrayNode().add(condition));
        client.resource(proxy)
                .subresource("status")
                .patch(MERGE, nodes.objectNode().set("status", said).toString());
        if (verdict.reason().isMistake()) {
            events.record(
                    new ObjectReferenceBuilder()
                            .withApiVersion(proxy.getApiVersion())
                            .withKind(proxy.getKind())
                            .withNamespace(key.namespace())
                            .withName(key.name())
                            .withUid(proxy.getMetadata().getUid())
                            .build(),
                    new StatusChange.Event(verdict.reason(), verdict.message()));
        }
        LOG.info("egressproxy={} ready={} reason={} message=\"{}\"", key, isReady, verdict.reason(), verdict.message());
    }

    private static JsonNode condition(EgressProxy proxy) {
        for (var condition : proxy.statusOrMissing().path("conditions")) {
            if (condition.path("type").asText().equals(CONDITION)) {
                return condition;
            }
        }
        return MissingNode.getInstance();
    }
}
