package io.ovnegress.it.harness;

import static io.ovnegress.it.harness.process.Await.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressTraffics;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.northbound.EgressServices;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.northbound.NorthboundReader;
import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.oracle.SourceAddress;
import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.process.OvnCentral;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.NorthboundTopology;
import io.ovnegress.it.harness.topology.Topology;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private final List<Node> nodes;
    private final OvnCentral central;
    private final KubeApi api;
    private final NorthboundTopology northbound;
    private final NorthboundReader reader;
    private final SourceAddress sourceAddress;
    private final List<HasMetadata> created = new ArrayList<>();
    private final List<ClusterPod> ports = new ArrayList<>();
    private final List<ClusterNode> lateNodes = new ArrayList<>();
    private Optional<TransactionLog> log = Optional.empty();

    private LiveCluster(Topology topology, OvnCentral central, KubeApi api, List<Node> nodes) {
        this.nodes = List.copyOf(nodes);
        this.topology = topology;
        this.central = central;
        this.api = api;
        this.northbound = new NorthboundTopology(central, topology);
        this.reader = new NorthboundReader(central.northbound());
        this.sourceAddress = new SourceAddress(central);
    }

    /** A new OVN of the installed programs with the topology written into it, beside an API; nodes are not in the API yet. */
    public static LiveCluster start(Topology topology, KubeApi api) {
        return start(topology, LocalOvnCentral.start(), api);
    }

    /** The same in an empty OVN. */
    public static LiveCluster start(Topology topology, OvnCentral central, KubeApi api) {
        var nodes = topology.nodes().stream().map(KubernetesObjects::node).toList();
        var cluster = new LiveCluster(topology, central, api, nodes);
        cluster.northbound.write();
        return cluster;
    }

    /** An OVN that has the topology already, such as one started from a real cluster's database, and its Node objects. */
    public static LiveCluster on(OvnCentral central, Topology topology, KubeApi api, NodeList nodes) {
        return new LiveCluster(topology, central, api, nodes.getItems());
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
        return client().genericKubernetesResources(EgressIps.CONTEXT);
    }

    /** Creates the Node objects, Ready and without label. */
    public void createNodes() {
        nodes.forEach(node -> create(withoutServerFields(node)));
    }

    private static Node withoutServerFields(Node node) {
        return new NodeBuilder(node)
                .editMetadata()
                .withResourceVersion(null)
                .withUid(null)
                .withCreationTimestamp(null)
                .endMetadata()
                .build();
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
        edit(client().nodes().withName(node.name()), change);
    }

    /** Edits what is there now, again if somebody else was faster, as kubectl does. */
    private static <T extends HasMetadata> void edit(Resource<T> target, Consumer<T> change) {
        retrying(() -> target.edit(object -> changed(object, change)));
    }

    private static <T extends HasMetadata> void editStatus(Resource<T> target, Consumer<T> change) {
        retrying(() -> target.editStatus(object -> changed(object, change)));
    }

    private static <T extends HasMetadata> T changed(T object, Consumer<T> change) {
        var copy = Serialization.clone(object);
        change.accept(copy);
        return copy;
    }

    private static void retrying(Runnable edit) {
        await("edited").until(() -> {
            try {
                edit.run();
                return true;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                return false;
            }
        });
    }

    /** Sets condition Ready as the kubelet or the node controller does. */
    public void setReady(ClusterNode node, boolean ready) {
        editStatus(
                client().nodes().withName(node.name()),
                n -> n.getStatus().getConditions().forEach(condition -> condition.setStatus(ready ? "True" : "False")));
    }

    public void deleteNode(ClusterNode node) {
        client().nodes().withName(node.name()).delete();
    }

    public void namespace(String name, Map<String, String> labels) {
        create(KubernetesObjects.namespace(name, labels));
    }

    public void labelNamespace(String name, Map<String, String> labels) {
        var wanted = KubernetesObjects.namespace(name, labels).getMetadata().getLabels();
        edit(
                client().namespaces().withName(name),
                namespace -> namespace.getMetadata().setLabels(wanted));
    }

    /** Its pods may be listed longer than the object itself. */
    public void deleteNamespace(String name) {
        api.deleteNamespace(name);
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
        var target =
                resource(pod.getMetadata().getNamespace(), pod.getMetadata().getName());
        edit(target, old -> {
            old.getMetadata().setLabels(pod.getMetadata().getLabels());
            old.getMetadata().setAnnotations(pod.getMetadata().getAnnotations());
        });
        editStatus(target, old -> old.setStatus(pod.getStatus()));
    }

    private Resource<Pod> resource(String namespace, String name) {
        return client().pods().inNamespace(namespace).withName(name);
    }

    /** Phase Succeeded or Failed: the pod is over, its object still there; ovnkube-master takes its port away. */
    public void finish(ClusterPod pod, String phase) {
        setPhase(pod, phase);
        northbound.removePods(List.of(pod));
    }

    /** Only what the kubelet writes. */
    public void setPhase(ClusterPod pod, String phase) {
        editStatus(resource(pod.namespace(), pod.name()), p -> p.getStatus().setPhase(phase));
    }

    /** Deletes the object at once, then its port. */
    public void delete(ClusterPod pod) {
        resource(pod.namespace(), pod.name()).withGracePeriod(0).delete();
        northbound.removePods(List.of(pod));
        ports.removeIf(port -> port.port().equals(pod.port()));
        created.removeIf(object -> object instanceof Pod made
                && made.getMetadata().getNamespace().equals(pod.namespace())
                && made.getMetadata().getName().equals(pod.name()));
    }

    public GenericKubernetesResource apply(GenericKubernetesResource egressIp) {
        return create(egressIp);
    }

    /** Replaces {@code spec} as a user's edit does. */
    public void replaceSpec(GenericKubernetesResource egressIp) {
        var spec = egressIp.getAdditionalProperties().get("spec");
        edit(
                egressIps().withName(egressIp.getMetadata().getName()),
                old -> old.getAdditionalProperties().put("spec", spec));
    }

    /** Gives the object annotations as a user's edit does. */
    public void annotateEgressIp(String name, Map<String, String> annotations) {
        edit(egressIps().withName(name), object -> {
            var all = new HashMap<>(annotations);
            if (object.getMetadata().getAnnotations() != null) {
                object.getMetadata().getAnnotations().forEach(all::putIfAbsent);
            }
            object.getMetadata().setAnnotations(all);
        });
    }

    /** Replaces the destinations of an EgressIPTraffic as a user's edit does. */
    public void replaceTraffic(GenericKubernetesResource traffic) {
        var spec = traffic.getAdditionalProperties().get("spec");
        edit(
                client().genericKubernetesResources(EgressTraffics.CONTEXT)
                        .withName(traffic.getMetadata().getName()),
                old -> old.getAdditionalProperties().put("spec", spec));
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
        var all = new ArrayList<>(topology.nodes());
        all.addAll(lateNodes);
        return EgressServices.of(rows(), all);
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

    /**
     * Waits until controller and ovn-northd have written everything that follows from what is there; the controller must have seen
     * it.
     *
     * @param programmed objects whose status says so in the end
     */
    public void awaitNothingToDo(ControllerProcess controller, String... programmed) {
        for (var name : programmed) {
            await(name + " is programmed").untilAsserted(() -> {
                var conditions = EgressIps.conditions(egressIp(name));
                if (!conditions.getOrDefault("Assigned", "").startsWith("True")
                        || !conditions.getOrDefault("Programmed", "").startsWith("True")
                        || !conditions.containsKey("FailoverReady")) { // which is found out apart, and written last
                    throw new AssertionError("conditions of " + name + ": " + conditions);
                }
            });
        }
        controller.awaitIdle();
        central.sync();
    }

    public SourceAddress sourceAddress() {
        return sourceAddress;
    }

    /** Every transaction of the northbound database so far. */
    public TransactionLog transactions() {
        var content = central.northbound().content();
        log = Optional.of(log.map(read -> read.readOn(content)).orElseGet(() -> TransactionLog.read(content)));
        return log.get();
    }

    /**
     * The smallest number of reroute policies that existed after any transaction from this one on: who is taken over or moved is
     * never without one.
     */
    public long fewestReroutesSince(int transaction) {
        var counts = new ArrayList<Long>();
        var end = transactions().replay((index, change, state) -> {
            if (index >= transaction) {
                counts.add(reroutes(state));
            }
        });
        return counts.stream().mapToLong(Long::longValue).min().orElse(reroutes(end));
    }

    private static long reroutes(DatabaseState state) {
        return state.rows("Logical_Router_Policy").stream()
                .filter(row -> row.number("priority") == 100)
                .count();
    }

    /** Deletes all objects that were created here, nodes last, and the ports of pods. */
    public void clear() {
        clearObjects();
        northbound.removePods(ports);
        ports.clear();
    }

    /** Deletes all objects that were created here, nodes last. */
    public void clearObjects() {
        for (var object : created.reversed()) {
            if (object instanceof Namespace) {
                api.deleteNamespace(object.getMetadata().getName());
            } else {
                client().resource(object).withGracePeriod(0).delete();
            }
        }
        await("everything created is gone")
                .until(() -> created.stream()
                        .noneMatch(object -> client().resource(object).get() != null));
        created.clear();
    }

    /** Removes the routers and switches of nodes that joined late; their Node objects must be gone. */
    public void removeLateNodes() {
        lateNodes.forEach(northbound::removeNode);
        lateNodes.clear();
    }

    /** What is still in an API that goes on without us is taken out. */
    @Override
    public void close() {
        try {
            if (!api.isEmbedded()) {
                clearObjects();
            }
        } finally {
            central.close();
            api.close();
        }
    }
}
