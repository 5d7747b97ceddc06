package io.ovnegress.controller.avi;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.controller.kube.ApiErrors;
import io.ovnegress.controller.kube.EgressRouter;
import io.ovnegress.controller.kube.EventRecorder;
import io.ovnegress.controller.kube.LatestQueue;
import io.ovnegress.reconciler.feature.StatusChange;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an EgressRouter for every Service with annotation {@code egress_pod}: made, put right and taken away by the controller, and owned
 * by the Service. An annotation that is not obeyed is said on both, and nothing is routed until it is corrected; the address stays. A
 * router of the name that is somebody else's is never touched. Writes only while this controller leads, in threads of its own.
 */
public final class EgressServiceKeeper implements AutoCloseable {
    static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    static final String MANAGER = "ovn-egress";

    private static final Logger LOG = LoggerFactory.getLogger(EgressServiceKeeper.class);
    /** Until what has failed is tried again. */
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private static final int THREADS = 2;
    private static final int ATTEMPTS = 3;
    private static final String ALL_DONE = "all that annotation " + EgressPod.ANNOTATION + " asks for is done";

    private final KubernetesClient client;
    private final BooleanSupplier leads;
    private final EventRecorder events;
    private final LatestQueue<ServiceKey, ServiceKey> queue;
    private final EgressServiceWatches watches;

    /** @param leads whether this controller writes */
    public EgressServiceKeeper(KubernetesClient client, BooleanSupplier leads, Clock clock) {
        this.client = client;
        this.leads = leads;
        this.events = new EventRecorder(client, clock);
        this.queue = new LatestQueue<>(
                "egress-service", THREADS, PAUSE, (older, newer) -> newer, (key, first) -> look(key, first));
        this.watches = new EgressServiceWatches(client, leads, key -> queue.put(key, key));
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
    private boolean look(ServiceKey key, boolean firstTime) {
        if (!leads.getAsBoolean()) {
            return true; // all are looked at when this changes
        }
        try {
            return keep(key, firstTime);
        } catch (KubernetesClientException e) {
            if (firstTime) {
                LOG.atWarn()
                        .addKeyValue("service", key)
                        .addKeyValue("error", ApiErrors.describe(e))
                        .log("EgressRouter of a Service is not kept, trying again");
            }
            return false;
        }
    }

    private boolean keep(ServiceKey key, boolean firstTime) {
        for (int attempt = 1; ; attempt++) {
            try {
                return keepOnce(key, firstTime);
            } catch (KubernetesClientException e) {
                // Something else was written at the same time, a status perhaps: it is read again.
                if (!ApiErrors.isConflict(e) || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private boolean keepOnce(ServiceKey key, boolean firstTime) {
        var service = Optional.ofNullable(client.services()
                        .inNamespace(key.namespace())
                        .withName(key.name())
                        .get())
                .filter(there -> there.getMetadata().getDeletionTimestamp() == null)
                .filter(EgressServiceWatches::isAsking);
        var router = Optional.ofNullable(client.resources(EgressRouter.class)
                .inNamespace(key.namespace())
                .withName(key.name())
                .get());
        var owner = router.flatMap(there -> owner(there, key));
        if (service.isEmpty()) {
            owner.ifPresent(unused -> delete(router.orElseThrow(), key));
        } else if (router.isPresent() && owner.isEmpty()) {
            if (firstTime) {
                say(
                        service.get(),
                        EgressServiceReason.NameTaken,
                        "EgressRouter " + key.name() + " is not this Service's: remove or rename it");
            }
            return false; // that of somebody else is not watched
        } else if (owner.filter(
                        its -> !its.getUid().equals(service.get().getMetadata().getUid()))
                .isPresent()) {
            delete(router.orElseThrow(), key); // that of an earlier Service; what is heard of that makes another one
        } else {
            put(key, service.get(), router);
        }
        return true;
    }

    /** The Service of this name that owns it; empty if somebody else made it, or took it over by taking its label away. */
    private static Optional<OwnerReference> owner(EgressRouter router, ServiceKey key) {
        var labels = router.getMetadata().getLabels();
        return labels == null || !MANAGER.equals(labels.get(MANAGED_BY))
                ? Optional.empty()
                : router.getMetadata().getOwnerReferences().stream()
                        .filter(owner -> owner.getKind().equals("Service")
                                && owner.getName().equals(key.name()))
                        .findFirst();
    }

    private void delete(EgressRouter router, ServiceKey key) {
        client.resource(router).lockResourceVersion().delete();
        LOG.atInfo().addKeyValue("egressrouter", key).log("EgressRouter of a Service is removed");
    }

    private void put(ServiceKey key, Service service, Optional<EgressRouter> there) {
        var spec = client.getKubernetesSerialization().convertValue(service.getSpec(), JsonNode.class);
        var wanted = RouterOfService.of(
                key.namespace(), key.name(), spec, service.getMetadata().getAnnotations());
        try {
            put(key, service, there, wanted);
        } catch (KubernetesClientException e) {
            if (!ApiErrors.isUnprocessable(e)) {
                throw e;
            }
            var refused = new RouterOfService(
                    Optional.empty(),
                    List.of("the API server refuses the EgressRouter that annotation " + EgressPod.ANNOTATION
                            + " asks for: " + ApiErrors.describe(e)),
                    wanted.notes());
            put(key, service, there, refused);
        }
    }

    private void put(ServiceKey key, Service service, Optional<EgressRouter> there, RouterOfService wanted) {
        var router = there.map(live -> client.getKubernetesSerialization().clone(live))
                .orElseGet(() -> made(key, service));
        var before = Map.copyOf(annotations(router));
        var spec = router.getSpec();
        wanted.spec().ifPresent(router::setSpec); // else the last one stays, and is not obeyed
        var annotations = annotations(router);
        annotations.put(EgressRouter.NOTES, wanted.notes().isEmpty() ? ALL_DONE : String.join("; ", wanted.notes()));
        annotations.remove(EgressRouter.REFUSED);
        if (!wanted.problems().isEmpty()) {
            annotations.put(EgressRouter.REFUSED, String.join("; ", wanted.problems()));
        }
        router.getMetadata().setAnnotations(annotations);
        boolean isSame = there.isPresent()
                && annotations.equals(before)
                && wanted.spec().filter(asked -> !asked.equals(spec)).isEmpty();
        if (isSame) {
            return;
        }
        if (there.isPresent()) {
            client.resource(router).lockResourceVersion().update();
        } else {
            client.resource(router).create();
        }
        var refusal = Optional.ofNullable(annotations.get(EgressRouter.REFUSED));
        LOG.atInfo()
                .addKeyValue("egressrouter", key)
                .addKeyValue("refused", refusal.orElse("no"))
                .log("EgressRouter of a Service is written");
        refusal.filter(text -> !text.equals(before.get(EgressRouter.REFUSED)))
                .ifPresent(text -> say(
                        service,
                        EgressServiceReason.AnnotationRefused,
                        text + ": correct it, nothing is routed until then"));
    }

    private static Map<String, String> annotations(EgressRouter router) {
        var annotations = router.getMetadata().getAnnotations();
        return annotations == null ? new HashMap<>() : new HashMap<>(annotations);
    }

    private static EgressRouter made(ServiceKey key, Service service) {
        var router = new EgressRouter();
        router.setMetadata(new ObjectMetaBuilder()
                .withNamespace(key.namespace())
                .withName(key.name())
                .addToLabels(MANAGED_BY, MANAGER)
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Service")
                        .withName(key.name())
                        .withUid(service.getMetadata().getUid())
                        .withController(true)
                        .withBlockOwnerDeletion(false)
                        .build())
                .build());
        router.setSpec(RouterOfService.bare(key.name()));
        return router;
    }

    private void say(Service service, EgressServiceReason reason, String message) {
        events.record(
                new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Service")
                        .withNamespace(service.getMetadata().getNamespace())
                        .withName(service.getMetadata().getName())
                        .withUid(service.getMetadata().getUid())
                        .build(),
                new StatusChange.Event(reason, message));
    }
}
