package io.ovnegress.it.bench;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.ControllerProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/**
 * A northbound database and an API that agree with each other: pods of one namespace on two egress nodes, for a controller in a
 * process of its own.
 */
record BenchCluster(KubeApi api, BenchDatabase database, int pods) {
    static final String EGRESS_IP = "eip0";

    /** Creates everything in the API but the EgressIP. */
    static void fill(KubeApi api, int pods) {
        create(api, BenchObjects.namespace(0), Namespace.class);
        for (int node = 0; node < Run.NODES; node++) {
            create(api, BenchObjects.node(node), Node.class);
        }
        createPods(api, 0, pods);
    }

    /** Creates those from the first to before the end, eight at a time. */
    static void createPods(KubeApi api, int first, int end) {
        try (var threads = Executors.newFixedThreadPool(8)) {
            var tasks = IntStream.range(first, end)
                    .mapToObj(pod -> threads.submit(() -> create(api, BenchObjects.pod(pod, 1), Pod.class)))
                    .toList();
            for (var task : tasks) {
                task.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static void deletePods(KubeApi api) {
        var pods = api.client().pods().inNamespace("ns0");
        pods.withGracePeriod(0).delete();
        Await.await("no pods", () -> pods.list().getItems().size())
                .until(() -> pods.list().getItems().isEmpty());
    }

    private static void create(KubeApi api, String text, Class<? extends HasMetadata> type) {
        var object = Serialization.unmarshal(text, type);
        object.getMetadata().setUid(null);
        object.getMetadata().setResourceVersion(null);
        api.client().resource(object).create();
    }

    /** One that selects every pod. */
    void createEgressIp() {
        api.client()
                .resource(EgressIps.of(
                        EGRESS_IP,
                        Map.of("matchLabels", Map.of("team", "team0")),
                        Map.of("matchLabels", Map.of("tier", "web")),
                        Inputs.egressIpText(0)))
                .create();
    }

    void deleteEgressIp() {
        api.client()
                .genericKubernetesResources(EgressIps.CONTEXT)
                .withName(EGRESS_IP)
                .delete();
    }

    /** The node that the EgressIP's status names, once it does. */
    String egressNode() {
        var egressIps = api.client().genericKubernetesResources(EgressIps.CONTEXT);
        List<String> nodes = new ArrayList<>();
        Await.await("an egress node in status").until(() -> {
            EgressIps.items(egressIps.withName(EGRESS_IP).get()).forEach(item -> nodes.add(item.node()));
            return !nodes.isEmpty();
        });
        return nodes.getFirst();
    }

    /** Pods get an egress IP, their node is lost, and they lose the egress IP. */
    void serveAndMove(ControllerProcess controller) {
        awaitPolicies(controller, this::createEgressIp);
        var node = egressNode();
        awaitFailoverReady("True");
        awaitPolicies(controller, () -> ready(node, false));
        awaitFailoverReady("False");
        ready(node, true);
        awaitPolicies(controller, this::deleteEgressIp);
    }

    /** What would become of it is found out beside all else, and later. */
    private void awaitFailoverReady(String status) {
        var egressIps = api.client().genericKubernetesResources(EgressIps.CONTEXT);
        Await.await("FailoverReady is " + status)
                .until(() -> EgressIps.conditions(egressIps.withName(EGRESS_IP).get())
                        .getOrDefault("FailoverReady", "")
                        .startsWith(status));
    }

    private void awaitPolicies(ControllerProcess controller, Runnable change) {
        var policies = new CommittedPolicies(database.server());
        change.run();
        policies.last(pods);
        controller.awaitIdle();
    }

    /** Sets a node's condition Ready. */
    void ready(String node, boolean ready) {
        api.client().nodes().withName(node).editStatus(object -> {
            var changed = Serialization.clone(object);
            changed.getStatus().getConditions().getFirst().setStatus(ready ? "True" : "False");
            return changed;
        });
    }
}
