package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.ovnegress.reconciler.feature.StatusChange;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Records Kubernetes events on objects. The same reason on the same object within ten minutes counts up the event that is
 * there, which says what was said last. One event is recorded by one thread at a time; different objects' by any.
 */
public final class EventRecorder {
    /** Events of cluster-scoped objects live here, as client-go has it. */
    static final String NAMESPACE = "default";

    static final String COMPONENT = "ovn-egress";
    private static final Duration WINDOW = Duration.ofMinutes(10);
    private static final int REMEMBERED = 4096;
    /** What the API server accepts. */
    private static final int LONGEST_MESSAGE = 1024;

    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private record Key(String uid, StatusChange.EventReason reason) {}

    private record Recorded(String name, int count) {}

    private final KubernetesClient client;
    private final Clock clock;
    private final Cache<Key, Recorded> recent;
    private final AtomicLong suffix;

    public EventRecorder(KubernetesClient client, Clock clock) {
        this.client = client;
        this.clock = clock;
        suffix = new AtomicLong(TimeUnit.MILLISECONDS.toNanos(clock.millis()));
        recent = CacheBuilder.newBuilder()
                .maximumSize(REMEMBERED)
                .expireAfterWrite(WINDOW)
                .ticker(new Ticker() {
                    @Override
                    public long read() {
                        return TimeUnit.MILLISECONDS.toNanos(clock.millis());
                    }
                })
                .build();
    }

    /**
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    public void record(ObjectReference object, StatusChange.Event event) {
        var key = new Key(object.getUid(), event.reason());
        var known = recent.getIfPresent(key);
        if (known == null || !countUp(object, known, event)) {
            recent.put(key, new Recorded(create(object, event), 1));
        } else {
            recent.put(key, new Recorded(known.name(), known.count() + 1));
        }
    }

    /** Whether the event was still there. */
    private boolean countUp(ObjectReference object, Recorded known, StatusChange.Event said) {
        // Named by an object and not by its name, the client does not read before it patches: the role does not allow
        // to.
        var event = new EventBuilder()
                .withNewMetadata()
                .withName(known.name())
                .withNamespace(namespace(object))
                .endMetadata()
                .build();
        var patch = JsonNodeFactory.instance
                .objectNode()
                .put("count", known.count() + 1)
                .put("lastTimestamp", now().toString())
                .put("message", text(said));
        try {
            client.v1().events().inNamespace(namespace(object)).resource(event).patch(MERGE, patch.toString());
            return true;
        } catch (KubernetesClientException e) {
            if (ApiErrors.isNotFound(e)) {
                return false;
            }
            throw e;
        }
    }

    private static String namespace(ObjectReference object) {
        return object.getNamespace() == null ? NAMESPACE : object.getNamespace();
    }

    private String create(ObjectReference involved, StatusChange.Event event) {
        var now = now().toString();
        var eventName = involved.getName() + "." + Long.toHexString(suffix.incrementAndGet());
        var object = new EventBuilder()
                .withNewMetadata()
                .withName(eventName)
                .withNamespace(namespace(involved))
                .endMetadata()
                .withInvolvedObject(involved)
                .withType("Warning")
                .withReason(event.reason().name())
                .withMessage(text(event))
                .withCount(1)
                .withFirstTimestamp(now)
                .withLastTimestamp(now)
                .withReportingComponent(COMPONENT)
                .withReportingInstance(COMPONENT)
                .withNewSource()
                .withComponent(COMPONENT)
                .endSource()
                .build();
        client.v1().events().inNamespace(namespace(involved)).resource(object).create();
        return eventName;
    }

    private static String text(StatusChange.Event event) {
        var message = event.message();
        return message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
