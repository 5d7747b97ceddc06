package io.ovnegress.it;

import static io.ovnegress.it.process.Await.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.ovnegress.it.kube.EgressIps;
import io.ovnegress.it.kube.KubeApi;
import io.ovnegress.it.kube.KubernetesObjects;
import io.ovnegress.it.northbound.EgressServices;
import io.ovnegress.it.northbound.EgressServices.Service;
import io.ovnegress.it.northbound.NorthboundReader;
import io.ovnegress.it.oracle.SourceAddress;
import io.ovnegress.it.oracle.TransactionLog;
import io.ovnegress.it.process.OvnCentral;
import io.ovnegress.it.topology.ClusterNode;
import io.ovnegress.it.topology.ClusterPod;
import io.ovnegress.it.topology.NorthboundTopology;
import io.ovnegress.it.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * A cluster as the controller meets it: ovnkube-master's databases and a Kubernetes API that agree with each other. What a user,
 * a scheduler or ovnkube-master does is one method each; it remembers what it created, to take it away again. One thread drives
 * it.
 */
public final class LiveCluster implements AutoCloseable {
    private final Topology topology;
    private final OvnCentral central;
    private final KubeApi api;
    private final NorthboundTopology northbound;
    private final NorthboundReader reader;
    private final SourceAddress sourceAddress;
    private final List<HasMetadata> created = new ArrayList<>();
    private final List<ClusterPod> ports = new ArrayList<>();
    private final List<ClusterNode> lateNodes = new ArrayList<>();

    private LiveCluster(Topology topology, OvnCentral central, KubeApi api) {
        this.topology = topology;
        this.central = central;
        this.api = api;
        this.northbound = new NorthboundTopology(central, topology);
        this.reader = new NorthboundReader(central.northbound());
        this.sourceAddress = new SourceAddress(central);
    }

    /** A new OVN with the topology written into it, beside an API; nodes are not in the API yet. */
    public static LiveCluster start(Topology topology, KubeApi api) {
        var cluster = new LiveCluster(topology, OvnCentral.start(), api);
        cluster.northbound.write();
        return cluster;
    }

    /** An OVN that has the topology already, such as one started from a real cluster's database. */
    public static LiveCluster on(OvnCentral central, Topology topology, KubeApi api) {
        return new LiveCluster(topology, central, api);
    }

    public Topology topology() {
        return topology;
    }

    public OvnCentral central() {
        return central;
    }

    public KubeApi api() {
        return api;
    }

    public NorthboundTopology northbound() {
        return northbound;
    }

    public ClusterNode node(String name) {
        return topology.node(name);
    }

    private KubernetesClient client() {
        return api.client();
    }

    public MixedOperation<
                    GenericKubernetesResource,
                    io.fabric8.kubernetes.api.model.GenericKubernetesResourceList,
                    Resource<GenericKubernetesResource>>
            egressIps() {
        CustomResourceDefinitionContext context = EgressIps.CONTEXT;
        return client().genericKubernetesResources(context);
    }

    /** Creates the Node objects of the topology, Ready and without label. */
    public void createNodes() {
        topology.nodes().forEach(node -> create(KubernetesObjects.node(node)));
    }

    /** A node that joins later, with everything ovnkube-master writes for it. */
    public ClusterNode join(String name) {
        var node = topology.nextNode(name);
        lateNodes.add(node);
        northbound.addNode(node);
        create(KubernetesObjects.node(node));
        return node;
    }

    /** Only the Node object of a node that joins later; its routers are up to the caller. */
    public ClusterNode joinWithoutRouters(String name) {
        var node = topology.nextNode(name);
        lateNodes.add(node);
        create(KubernetesObjects.node(node));
        return node;
    }

    public void label(ClusterNode node) {
        editNode(node, n -> n.getMetadata().getLabels().put(KubernetesObjects.EGRESS_ASSIGNABLE, ""));
    }

    public void label(String... nodes) {
        Arrays.stream(nodes).map(this::node).forEach(this::label);
    }

    public void unlabel(ClusterNode node) {
        editNode(node, n -> n.getMetadata().getLabels().remove(KubernetesObjects.EGRESS_ASSIGNABLE));
    }

    public void editNode(ClusterNode node, Consumer<Node> change) {
        client().nodes().withName(node.name()).edit(n -> {
            var copy = new NodeBuilder(n).build();
            change.accept(copy);
            return copy;
        });
    }

    /** Sets condition Ready as the kubelet or the node controller does. */
    public void setReady(ClusterNode node, boolean ready) {
        client().nodes().withName(node.name()).editStatus(n -> {
            var copy = new NodeBuilder(n).build();
            copy.getStatus().getConditions().forEach(condition -> condition.setStatus(ready ? "True" : "False"));
            return copy;
        });
    }

    public void deleteNode(ClusterNode node) {
        client().nodes().withName(node.name()).delete();
    }

    public void namespace(String name, Map<String, String> labels) {
        create(KubernetesObjects.namespace(name, labels));
    }

    public void labelNamespace(String name, Map<String, String> labels) {
        client().namespaces().withName(name).edit(namespace -> {
            namespace
                    .getMetadata()
                    .setLabels(KubernetesObjects.namespace(name, labels)
                            .getMetadata()
                            .getLabels());
            return namespace;
        });
    }

    public void deleteNamespace(String name) {
        client().namespaces().withName(name).delete();
    }

    /** A scheduled and running pod: its logical switch port, then its object. */
    public ClusterPod run(ClusterPod pod) {
        northbound.addPods(List.of(pod));
        ports.add(pod);
        create(KubernetesObjects.pod(pod));
        return pod;
    }

    /** Writes labels, annotations and status of a pod that exists. */
    public void update(ClusterPod pod) {
        northbound.addPods(List.of(pod));
        update(KubernetesObjects.pod(pod));
    }

    public void update(Pod pod) {
        var target = client().pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName());
        target.edit(old -> {
            old.getMetadata().setLabels(pod.getMetadata().getLabels());
            old.getMetadata().setAnnotations(pod.getMetadata().getAnnotations());
            return old;
        });
        target.editStatus(old -> {
            old.setStatus(pod.getStatus());
            return old;
        });
    }

    /** Phase Succeeded or Failed: the pod is over, its object and its port still there. */
    public void finish(ClusterPod pod, String phase) {
        client().pods().inNamespace(pod.namespace()).withName(pod.name()).editStatus(p -> {
            p.getStatus().setPhase(phase);
            return p;
        });
    }

    /** Deletes the object at once, then its port. */
    public void delete(ClusterPod pod) {
        client().pods()
                .inNamespace(pod.namespace())
                .withName(pod.name())
                .withGracePeriod(0)
                .delete();
        northbound.removePods(List.of(pod));
    }

    public GenericKubernetesResource apply(GenericKubernetesResource egressIp) {
        return create(egressIp);
    }

    /** Replaces {@code spec} as a user's edit does. */
    public void replaceSpec(GenericKubernetesResource egressIp) {
        egressIps().withName(egressIp.getMetadata().getName()).edit(old -> {
            old.getAdditionalProperties()
                    .put("spec", egressIp.getAdditionalProperties().get("spec"));
            return old;
        });
    }

    public void deleteEgressIp(String name) {
        egressIps().withName(name).delete();
    }

    public GenericKubernetesResource egressIp(String name) {
        return egressIps().withName(name).require();
    }

    /** {@code status.items} of an object, in the order in which they are written. */
    public List<EgressIps.Item> items(String name) {
        return EgressIps.items(egressIp(name));
    }

    /**
     * Creates an object, its status through the subresource where the API drops it, and remembers it for {@link #clear}. A real
     * API refuses pods for a moment after their namespace was made.
     */
    public <T extends HasMetadata> T create(T object) {
        var made = new ArrayList<T>();
        await("created " + object.getKind() + " " + object.getMetadata().getName())
                .until(() -> {
                    try {
                        made.add(client().resource(object).create());
                        return true;
                    } catch (KubernetesClientException e) {
                        if (e.getCode() == 403 && e.getMessage().contains("serviceaccount")) {
                            return false;
                        }
                        throw e;
                    }
                });
        created.add(object);
        if (object instanceof Node || object instanceof Pod) {
            client().resource(object).updateStatus();
        }
        return made.get(0);
    }

    /** All rows at this moment. */
    public NorthboundReader.Rows rows() {
        return reader.read();
    }

    /** Which pod leaves as what from where, as follows from the rows of this moment. */
    public Set<Service> services() {
        var nodes = new ArrayList<>(topology.nodes());
        nodes.addAll(lateNodes);
        return EgressServices.of(rows(), nodes);
    }

    /** Waits until exactly these services follow from the rows, and no half of any other. */
    public void awaitServices(Service... services) {
        var expected = new TreeSet<>(List.of(services));
        await("services " + expected).untilAsserted(() -> {
            var found = services();
            if (!found.equals(expected)) {
                throw new AssertionError("expected services " + expected + " but found " + found);
            }
        });
    }

    /** Waits until {@code status.items} of an object says exactly this, in any order. */
    public void awaitItems(String name, EgressIps.Item... items) {
        var expected = Set.of(items);
        await("status of " + name).untilAsserted(() -> {
            var found = items(name);
            if (found.size() != expected.size() || !expected.equals(Set.copyOf(found))) {
                throw new AssertionError("expected items " + expected + " of " + name + " but found " + found);
            }
        });
    }

    public SourceAddress sourceAddress() {
        return sourceAddress;
    }

    /** Every transaction of the northbound database so far. */
    public TransactionLog transactions() {
        return TransactionLog.read(central.northbound().file());
    }

    /** Takes away all that was created here, nodes last. */
    public void clear() {
        for (var object : created.reversed()) {
            client().resource(object).withGracePeriod(0).delete();
        }
        created.clear();
        northbound.removePods(ports);
        ports.clear();
    }

    /** Removes the routers and switches of nodes that joined late; their Node objects must be gone. */
    public void removeLateNodes() {
        lateNodes.forEach(northbound::removeNode);
        lateNodes.clear();
    }

    @Override
    public void close() {
        central.close();
        api.close();
    }
}
