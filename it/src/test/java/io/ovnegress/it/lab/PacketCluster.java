package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.LogOnFailure;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.lab.Lab;
import io.ovnegress.it.harness.lab.Timeline;
import io.ovnegress.it.harness.northbound.AllRows;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The Simpsons and the Bouviers on three nodes with real packets, and a running controller, for one test class. After each test
 * its EgressIP object, its labels and its pods are taken away and no row may be left. Where there can be no lab the class is
 * skipped with the reason.
 */
final class PacketCluster
        implements ExecutionCondition, BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    static final Topology TOPOLOGY = Topology.dualStack(51, "worker-0", "worker-1", "worker-2");
    static final String OBJECT = "egressip-demo";
    static final String EGRESS_IP = "192.168.126.100";
    static final String SECOND_EGRESS_IP = "192.168.126.101";
    static final String EGRESS_IP_V6 = "fd2e:6f44:5dd8:c956::100";

    static final ClusterPod HOMER = pod("simpson", "homer", 0, 0);
    static final ClusterPod MARGE = pod("simpson", "marge", 1, 0);
    static final ClusterPod LISA = pod("simpson", "lisa", 2, 0);
    static final ClusterPod LING = pod("bouvier", "ling", 0, 1);
    static final ClusterPod SELMA = pod("bouvier", "selma", 1, 1);
    static final ClusterPod PATTY = pod("bouvier", "patty", 2, 1);
    static final List<ClusterPod> SIMPSONS = List.of(HOMER, MARGE, LISA);
    static final List<ClusterPod> BOUVIERS = List.of(LING, SELMA, PATTY);

    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final Path REPORTS = Path.of("target", "packets", System.getProperty("ovn.version", "installed"));

    private KubeApi api;
    private LiveCluster cluster;
    private Lab lab;
    private ControllerProcess controller;
    private boolean allNodesLive = true;
    private Optional<AllRows> before = Optional.empty();
    private final Optional<ClusterNode> controllersNode;
    private final List<String> moreFlags;

    /** The controller runs beside the cluster and probes no nodes. */
    PacketCluster() {
        this(Optional.empty(), List.of());
    }

    /** The same, with these flags besides. */
    static PacketCluster withFlags(String... flags) {
        return new PacketCluster(Optional.empty(), List.of(flags));
    }

    /** The controller runs on a node in the host network, and probes the others with the default flags. */
    static PacketCluster withControllerOn(ClusterNode node) {
        return new PacketCluster(Optional.of(node), List.of());
    }

    private PacketCluster(Optional<ClusterNode> controllersNode, List<String> moreFlags) {
        this.moreFlags = moreFlags;
        this.controllersNode = controllersNode;
    }

    static ClusterPod pod(String namespace, String name, int node, int number) {
        return Topology.pod(
                namespace, name, Map.of("app", name), TOPOLOGY.nodes().get(node), number);
    }

    static ClusterNode node(int number) {
        return TOPOLOGY.nodes().get(number);
    }

    static String nodeAddress(ClusterPod pod) {
        return pod.node().address(Family.V4);
    }

    LiveCluster cluster() {
        return cluster;
    }

    Lab lab() {
        return lab;
    }

    ControllerProcess controller() {
        return controller;
    }

    /** Creates the EgressIP object that selects all Simpsons; the nodes that may carry it must be labelled before. */
    void applyEgressIp(String... egressIps) {
        cluster.apply(EgressIps.of(OBJECT, SIMPSON, egressIps));
        awaitAssigned(egressIps.length);
    }

    /** The same, whose {@code spec} says this besides, of which so many get a node. */
    void applyEgressIp(Consumer<Map<Object, Object>> change, int assigned, String... egressIps) {
        cluster.apply(specified(EgressIps.of(OBJECT, SIMPSON, egressIps), change));
        awaitAssigned(assigned);
    }

    /** The same that keeps the namespace in. */
    void applyEgressIp(String field, String value, int assigned) {
        cluster.apply(specified(EgressIps.of(OBJECT, SIMPSON, EGRESS_IP), spec -> spec.put(field, value)));
        await("the namespace is kept in")
                .until(() -> cluster.rows().policies().stream()
                        .anyMatch(policy -> "cut-off/namespace/simpson/v4"
                                .equals(policy.externalIds().get("ovn-egress.io/id"))));
        awaitAssigned(assigned);
    }

    static GenericKubernetesResource specified(GenericKubernetesResource object, Consumer<Map<Object, Object>> change) {
        var spec = new LinkedHashMap<Object, Object>(
                (Map<?, ?>) object.getAdditionalProperties().get("spec"));
        change.accept(spec);
        object.setAdditionalProperty("spec", spec);
        return object;
    }

    /** From here on the object's {@code spec} says this. */
    void respec(String field, Object value) {
        cluster.replaceSpec(specified(cluster.egressIp(OBJECT), spec -> spec.put(field, value)));
    }

    /** What there is of rows that carry the mark of egress IPs. */
    List<String> found(String table) {
        return cluster.central()
                .nbctl("--bare", "--columns=_uuid", "find", table, "external_ids:\"ovn-egress.io/feature\"=egress-ip")
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
    }

    /** Returns once so many egress IPs are assigned and every node has installed what follows. */
    void awaitAssigned(int egressIps) {
        await("assigned").until(() -> cluster.items(OBJECT).size() == egressIps);
        lab.sync();
    }

    /** The nodes whose routers have SNATs to egress IPs. */
    SortedSet<String> snatsOn() {
        return cluster.rows().egressNats().stream()
                .map(nat -> nat.logicalPort().replaceFirst("^k8s-", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    void awaitSnatsOn(String... nodes) {
        var expected = Set.of(nodes);
        await("SNATs on " + expected).until(() -> snatsOn().equals(expected));
    }

    /** When the test is over and its objects are deleted, every table of the database is to be as it is now. */
    void leaveTablesAsNow() {
        before = Optional.of(AllRows.of(cluster.central().northbound()));
    }

    ClusterPod run(ClusterPod pod) {
        cluster.run(pod);
        lab.attach(pod);
        return pod;
    }

    void remove(ClusterPod pod) {
        cluster.delete(pod);
        lab.detach(pod);
    }

    /** From here on a node is missing, and nobody waits for it. */
    void kill(ClusterNode node) {
        allNodesLive = false;
        lab.kill(node);
    }

    /** Keeps the time series as a file and a drawing, and says what was seen. */
    void report(String name, String title, Timeline timeline) {
        var addresses = new TreeMap<String, String>();
        addresses.put(EGRESS_IP, "egress IP");
        TOPOLOGY.nodes().forEach(node -> addresses.put(node.address(Family.V4), node.name()));
        timeline.write(REPORTS, name, title, addresses);
        System.out.println(title + ": " + timeline.summary());
        timeline.runs().forEach(run -> System.out.println("  " + run));
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return Lab.obstacle()
                .map(ConditionEvaluationResult::disabled)
                .orElseGet(() -> ConditionEvaluationResult.enabled("packets can flow here"));
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        api = KubeApi.embedded(EgressIps.CONTEXT);
        cluster = LiveCluster.start(TOPOLOGY, api);
        lab = Lab.start(cluster);
        cluster.createNodes();
        cluster.namespace("simpson", SIMPSON);
        cluster.namespace("bouvier", Map.of("house", "bouvier"));
        SIMPSONS.forEach(this::run);
        BOUVIERS.forEach(this::run);
        var flags = new ArrayList<>(ControllerProcess.flags(
                api.kubeconfig(),
                cluster.central().northbound().address(),
                "--cluster-subnets",
                String.join(",", TOPOLOGY.clusterSubnets())));
        moreFlags.forEach(flag -> flags.add(flag.replace(
                ClusterExtension.SOUTHBOUND, cluster.central().southbound().address())));
        controller =
                controllersNode.map(node -> onNode(node, flags)).orElseGet(() -> ControllerProcess.onClassPath(flags));
        startController();
    }

    private ControllerProcess onNode(ClusterNode node, List<String> flags) {
        lab.bringLoopbackPort(api.client().getMasterUrl().getPort(), node);
        var probing = new ArrayList<>(flags);
        probing.add("--egressip-reachability-total-timeout=1"); // the default
        return ControllerProcess.onClassPath(line -> lab.onNode(node, line), probing);
    }

    private void startController() {
        controller.start();
        if (controllersNode.isEmpty()) {
            controller.awaitReady();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        System.out.println("--- " + Programs.versions() + ": " + context.getDisplayName());
        SIMPSONS.forEach(lab::curl); // the gateways learn their neighbours
    }

    @Override
    public void afterEach(ExtensionContext context) {
        LogOnFailure.print(context, controller);
        lab.requireAlive();
        if (!controller.isRunning()) {
            startController();
        }
        cluster.deleteEgressIp(OBJECT);
        TOPOLOGY.nodes().forEach(cluster::unlabel);
        await("nothing left of the test")
                .until(() -> cluster.rows().policies().stream()
                                .allMatch(policy -> policy.priority() > 100
                                        || !policy.router().equals("ovn_cluster_router"))
                        && cluster.rows().egressNats().isEmpty());
        var expected = before;
        before = Optional.empty();
        expected.ifPresent(
                rows -> await("every table is as it was before the test").untilAsserted(() -> requireAsBefore(rows)));
        if (allNodesLive) {
            lab.sync();
        }
    }

    private void requireAsBefore(AllRows rows) {
        var difference = rows.differenceTo(AllRows.of(cluster.central().northbound()));
        if (!difference.isEmpty()) {
            throw new AssertionError("left behind, or taken away:\n" + String.join("\n", difference));
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (controller != null) {
            controller.close();
        }
        if (lab != null) {
            lab.close();
        }
        if (cluster != null) {
            cluster.close();
        } else if (api != null) {
            api.close();
        }
    }
}
