package io.ovnegress.controller.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.AddressClaim;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Objects of the Kubernetes API to input records. Total: whatever an object holds, the answer is a record that lacks what could
 * not be understood, never an exception. Equal objects give equal records; repeated texts and label maps share one instance, so
 * that a pod costs little more than its own name and addresses. Any thread may call.
 */
public final class InputMappers {
    /** Annotation with a pod's addresses on each of its networks. */
    static final String POD_NETWORKS = "k8s.ovn.org/pod-networks";

    private static final Set<String> FINISHED = Set.of("Succeeded", "Failed");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Interner<String> texts = new Interner<>(4096);
    private final Interner<Map<String, String>> labelMaps = new Interner<>(4096);

    private final boolean drainUnschedulable;

    /** Drains nodes that say so themselves only. */
    public InputMappers() {
        this(false);
    }

    /**
     * @param drainUnschedulable whether every unschedulable node is drained of its egress IPs
     */
    public InputMappers(boolean drainUnschedulable) {
        this.drainUnschedulable = drainUnschedulable;
    }

    /** {@code namespace/name}, or the name where objects of the kind have no namespace: how {@code InputChange.Removed} names them. */
    public static String nameOf(HasMetadata object) {
        var metadata = metadata(object);
        var name = text(metadata.getName());
        return object instanceof Namespaced ? text(metadata.getNamespace()) + "/" + name : name;
    }

    public PodInput pod(Pod pod) {
        var metadata = metadata(pod);
        var spec = Optional.ofNullable(pod.getSpec());
        var status = Optional.ofNullable(pod.getStatus());
        var claim = claim(pod);
        return new PodInput(
                new PodName(texts.intern(text(metadata.getNamespace())), text(metadata.getName())),
                created(pod),
                labels(pod),
                texts.intern(text(spec.map(s -> s.getNodeName()).orElse(null))),
                claim.ips(),
                claim.kind(),
                spec.map(s -> s.getHostNetwork()).orElse(false),
                FINISHED.contains(text(status.map(PodStatus::getPhase).orElse(null))));
    }

    public NamespaceInput namespace(Namespace namespace) {
        var annotations = metadata(namespace).getAnnotations();
        if (annotations == null) {
            return new NamespaceInput(nameOf(namespace), labels(namespace));
        }
        var asked = new HashMap<String, String>();
        for (var key : List.of(PooledEgressIp.POOL, PooledEgressIp.HOW_MANY)) {
            if (annotations.containsKey(key)) {
                asked.put(key, text(annotations.get(key)));
            }
        }
        return new NamespaceInput(nameOf(namespace), labels(namespace), asked);
    }

    public NodeInput node(Node node) {
        return NodeReader.read(node, labels(node), drainUnschedulable);
    }

    public EgressIpInput egressIp(EgressIp egressIp) {
        return EgressIpReader.read(egressIp);
    }

    private static AddressClaim claim(Pod pod) {
        var annotations = metadata(pod).getAnnotations();
        var networks = annotations == null ? null : annotations.get(POD_NETWORKS);
        if (networks != null && networks.length() > AddressClaim.LONGEST_ANNOTATION) {
            return AddressClaim.tooLong();
        }
        return AddressClaim.of(annotatedIps(pod), reportedIps(pod));
    }

    private static List<String> annotatedIps(Pod pod) {
        var network = annotation(pod, POD_NETWORKS).path("default");
        var ips = textsOf(network.path("ip_addresses"));
        return ips.isEmpty() ? textsOf(network.path("ip_address")) : ips;
    }

    private static List<String> reportedIps(Pod pod) {
        var status = pod.getStatus();
        if (status == null) {
            return List.of();
        }
        var ips = new ArrayList<String>();
        if (status.getPodIPs() != null) {
            status.getPodIPs().forEach(ip -> ips.add(text(ip == null ? null : ip.getIp())));
        }
        ips.removeIf(String::isBlank);
        return ips.isEmpty() ? List.of(text(status.getPodIP())) : ips;
    }

    /** The labels, none of them null. */
    private Map<String, String> labels(HasMetadata object) {
        var labels = metadata(object).getLabels();
        if (labels == null || labels.isEmpty()) {
            return Map.of();
        }
        var copy = new HashMap<String, String>();
        labels.forEach((key, value) -> copy.put(texts.intern(text(key)), texts.intern(text(value))));
        return labelMaps.intern(Map.copyOf(copy));
    }

    /** The annotation as JSON; missing if the object has none, or one that is no JSON. */
    static JsonNode annotation(HasMetadata object, String key) {
        var annotations = metadata(object).getAnnotations();
        var json = annotations == null ? null : annotations.get(key);
        if (json == null || json.isBlank()) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance(); // the user's trouble; whoever reads it falls back to the next source
        }
    }

    /** The texts of an array, or the one text; what is no text is left out. */
    static List<String> textsOf(JsonNode node) {
        if (node.isTextual()) {
            return List.of(node.textValue());
        }
        var texts = new ArrayList<String>();
        node.forEach(element -> {
            if (element.isTextual()) {
                texts.add(element.textValue());
            }
        });
        return texts;
    }

    /** The addresses in the texts, without prefix length, each once; what is no address is left out. */
    static List<IpAddress> addresses(List<String> texts) {
        var addresses = new LinkedHashSet<IpAddress>();
        for (var text : texts) {
            int slash = text.indexOf('/');
            IpAddress.parse(slash < 0 ? text : text.substring(0, slash)).ifPresent(addresses::add);
        }
        return List.copyOf(addresses);
    }

    static Instant created(HasMetadata object) {
        var created = metadata(object).getCreationTimestamp();
        try {
            return created == null ? Instant.EPOCH : Instant.parse(created);
        } catch (DateTimeException e) {
            return Instant.EPOCH;
        }
    }

    static ObjectMeta metadata(HasMetadata object) {
        return object.getMetadata() == null ? new ObjectMeta() : object.getMetadata();
    }

    static String text(String value) {
        return value == null ? "" : value;
    }
}
