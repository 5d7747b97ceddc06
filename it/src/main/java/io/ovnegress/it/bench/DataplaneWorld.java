package io.ovnegress.it.bench;

import static io.ovnegress.it.harness.process.Await.await;

import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.lab.Lab;
import io.ovnegress.it.harness.lab.Traffic;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Three real nodes with a real pod each, and as many pods more as are asked for that have everything but a place to run: port,
 * object, addresses, rows. An EgressIP for all of them is up to the caller. One thread drives it.
 */
final class DataplaneWorld implements AutoCloseable {
    static final String EGRESS_IP = "192.168.126.100";

    private static final String OBJECT = "bench";
    private static final String NAMESPACE = "simpson";
    private static final Map<String, String> SELECTED = Map.of("house", "simpson");
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1", "worker-2");
    /** Of one subnet of the pods without a place, 10.129.0.0/16. */
    private static final int PODS_A_BLOCK = 250;

    private final LocalOvnCentral central;
    private final LiveCluster cluster;
    private final Lab lab;
    private final NorthboundTail tail;
    private final List<ClusterPod> senders;
    private ControllerProcess controller;
    private int newcomers;

    DataplaneWorld(int pods, String... flags) {
        central = LocalOvnCentral.start();
        cluster = LiveCluster.start(TOPOLOGY, central, KubeApi.embedded(EgressIps.CONTEXT));
        lab = Lab.start(cluster);
        cluster.createNodes();
        cluster.namespace(NAMESPACE, SELECTED);
        senders = IntStream.range(0, 3).mapToObj(i -> pod("sender-" + i, i, 0)).toList();
        senders.forEach(pod -> lab.attach(cluster.run(pod)));
        var others = IntStream.range(senders.size(), pods)
                .mapToObj(DataplaneWorld::withoutPlace)
                .toList();
        cluster.northbound().addPods(others);
        others.forEach(pod ->
                cluster.api().client().resource(KubernetesObjects.pod(pod)).create());
        controller = start(flags);
        lab.sync();
        tail = new NorthboundTail(central.northbound(), EGRESS_IP);
    }

    private static ClusterPod pod(String name, int node, int number) {
        return Topology.pod(
                NAMESPACE, name, Map.of("app", "bench"), TOPOLOGY.nodes().get(node), number);
    }

    private static ClusterPod withoutPlace(int number) {
        var node = TOPOLOGY.nodes().get(number % 3);
        var address = "10.129.%d.%d".formatted(number / PODS_A_BLOCK, 2 + number % PODS_A_BLOCK);
        return new ClusterPod(NAMESPACE, "pod-" + number, Map.of("app", "bench"), node, List.of(address));
    }

    private ControllerProcess start(String... flags) {
        var line = ControllerProcess.flags(
                cluster.api().kubeconfig(), central.northbound().address(), flags);
        return ControllerProcess.onClassPath(line).start().awaitReady();
    }

    /** Another controller takes over, with other flags. */
    void restart(String... flags) {
        controller.close();
        controller = start(flags);
    }

    LiveCluster cluster() {
        return cluster;
    }

    Lab lab() {
        return lab;
    }

    LocalOvnCentral central() {
        return central;
    }

    NorthboundTail tail() {
        return tail;
    }

    static ClusterNode node(int number) {
        return TOPOLOGY.nodes().get(number);
    }

    /** Pods that send all the time, one on each node. */
    List<Traffic> traffic(Duration interval) {
        lab.forgetConnections();
        var all = senders.stream()
                .map(pod -> lab.traffic(pod, Family.V4, interval))
                .toList();
        all.forEach(traffic -> traffic.awaitAnswered(10));
        return all;
    }

    /** The EgressIP that selects every pod; returns when it was created. */
    Instant applyEgressIp() {
        var start = Instant.now();
        cluster.apply(EgressIps.of(OBJECT, SELECTED, EGRESS_IP));
        return start;
    }

    void awaitAssigned(ClusterNode node) {
        await("assigned to " + node.name())
                .until(() -> cluster.items(OBJECT).equals(List.of(new EgressIps.Item(node.name(), EGRESS_IP))));
    }

    boolean isOn(ClusterNode node) {
        return cluster.items(OBJECT).stream().anyMatch(item -> item.node().equals(node.name()));
    }

    /** One more pod on the third node, with port and namespace but without object. */
    ClusterPod newcomer() {
        var pod = pod("newcomer-" + newcomers, 2, 10 + newcomers++);
        cluster.northbound().addPods(List.of(pod));
        lab.attach(pod);
        return pod;
    }

    @Override
    public void close() {
        tail.close();
        controller.close();
        lab.close();
        cluster.close();
    }
}
