package io.ovnegress.it;

import static io.ovnegress.it.harness.process.Await.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.process.Certificates;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.process.Sandbox;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Topology;
import io.ovnegress.it.kube.Kubectl;
import io.ovnegress.it.kube.MonitoringKinds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * What an operator sits in front of: a shell on a control plane node with this repository's deploy/, an OVN and an API server whose
 * cluster has one EgressIP that serves one pod. Deployments are looked after by a thread of this, as kube-controller-manager and
 * kubelet would: as long as one wants replicas, a controller runs. One thread drives the rest.
 */
final class RunbookWorld implements AutoCloseable {
    private static final String NAMESPACE = "ovn-kubernetes";
    private static final String OVERLAY = "deploy/overlays/ovn-kubernetes";
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);
    private static final String OBJECT = "egressip-demo";
    private static final List<String> OURS = List.of("nat", "logical_router_policy", "qos", "address_set");

    private final Sandbox sandbox;
    private final WorkDirectory root = WorkDirectory.create("ovn-egress-runbook");
    private final LocalOvnCentral central = LocalOvnCentral.start();
    private final KubeApi api = KubeApi.bareForTests(EgressIps.CONTEXT);
    private final Optional<MonitoringKinds> monitoring;
    private final LiveCluster cluster;
    private final ControllerProcess controller;
    private final Thread deployments =
            Thread.ofPlatform().daemon().name("deployments").unstarted(this::lookAfter);
    private String section = "";
    private volatile boolean closed;

    private RunbookWorld(Sandbox sandbox) {
        this.sandbox = sandbox;
        try {
            layOut();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (hasRealApi()) {
            monitoring = Optional.of(MonitoringKinds.install(api));
            require("kubectl apply -f deploy/crds");
            await("EgressIPs can be listed").until(this::isServed);
        } else {
            monitoring = Optional.empty();
        }
        cluster = LiveCluster.start(TOPOLOGY, central, api);
        cluster.createNodes();
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.run(HOMER);
        controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                api.kubeconfig(),
                central.northbound().address(),
                "--cluster-subnets",
                String.join(",", TOPOLOGY.clusterSubnets())));
        if (hasRealApi()) {
            cluster.namespace(NAMESPACE, Map.of());
            makeWhatOvnkubeHas();
            deployments.start();
        }
    }

    /** The test is skipped where no such shell can be had. */
    static RunbookWorld start() {
        return new RunbookWorld(Sandbox.available()
                .orElseGet(() -> Assumptions.abort("no mount namespace can be made here: unshare --mount")));
    }

    boolean hasRealApi() {
        return !api.isEmbedded();
    }

    private boolean isServed() {
        try {
            api.client().genericKubernetesResources(EgressIps.CONTEXT).list();
            return true;
        } catch (KubernetesClientException e) {
            return false;
        }
    }

    /** What lies on the node: /etc/ovn, kubectl, and deploy/ in the directory where the shell is. */
    private void layOut() throws IOException {
        var certificates = Certificates.make(Files.createDirectory(
                Files.createDirectories(root.resolve("made")).resolve("tls")));
        var ovn = Files.createDirectories(root.resolve("etc/ovn"));
        Files.copy(certificates.key(), ovn.resolve("ovncontroller-privkey.pem"));
        Files.copy(certificates.certificate(), ovn.resolve("ovncontroller-cert.pem"));
        Files.copy(certificates.authority(), ovn.resolve("ca-cert.pem"));
        Command.of("cp", "-r", "../deploy", root.resolve("made").toString()).output();
        if (hasRealApi()) {
            Files.createSymbolicLink(
                    Files.createDirectories(root.resolve("made/bin")).resolve("kubectl"), Path.of(Kubectl.orSkip()));
            if (!api.client().supports("policy/v1", "PodDisruptionBudget")) { // before 1.21, which the manifests need
                var budget = root.resolve("made/deploy/base/poddisruptionbudget.yaml");
                Files.writeString(budget, Files.readString(budget).replace("policy/v1\n", "policy/v1beta1\n"));
            }
        }
    }

    private void makeWhatOvnkubeHas() {
        cluster.create(new ConfigMapBuilder()
                .withNewMetadata()
                .withName("ovn-config")
                .withNamespace(NAMESPACE)
                .endMetadata()
                .addToData("net_cidr", TOPOLOGY.clusterSubnets().getFirst() + "/23")
                .build());
        cluster.create(new PodBuilder()
                .withNewMetadata()
                .withName("ovnkube-master")
                .withNamespace(NAMESPACE)
                .addToLabels("name", "ovnkube-master")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("ovnkube-master")
                .withImage("ovnkube")
                .addNewEnv()
                .withName("OVN_V4_JOIN_SUBNET")
                .withValue(TOPOLOGY.joinSubnets().getFirst())
                .endEnv()
                .endContainer()
                .endSpec()
                .build());
    }

    /** Whoever opens another section than that on installing has the controller installed and an EgressIP that serves. */
    void enter(String next) {
        if (next.equals(section)) {
            return;
        }
        section = next;
        if (next.equals("Install")) {
            return;
        }
        if (hasRealApi()) {
            require("kubectl apply -k " + OVERLAY);
        } else if (!controller.isRunning()) {
            controller.start();
        }
        if (cluster.egressIps().withName(OBJECT).get() == null) {
            cluster.create(EgressIps.of(OBJECT, SIMPSON, IP));
        }
        cluster.awaitServices(Service.of(HOMER, IP, TOPOLOGY.node("worker-0")));
    }

    /** What a block that cannot be run with an embedded API would have brought about. */
    void expect(ShellBlock block) {
        if (!hasRealApi() && block.text().contains("--replicas=0")) {
            controller.process().stop();
        }
    }

    /** Runs a script as a careful operator's shell does. */
    Command.Output run(String script) {
        var environment = new LinkedHashMap<String, String>();
        environment.put("PATH", "/made/bin:" + System.getenv("PATH"));
        environment.put("HOME", "/");
        environment.put("KUBECONFIG", api.kubeconfig().toString());
        environment.put("OVN_NB_DB", central.northbound().address());
        environment.put("NS", NAMESPACE);
        environment.put("EGRESSIP", OBJECT);
        environment.put("NODE", "worker-0");
        environment.put("POD", "simpson/homer");
        environment.put("VERSION", "0.2.0");
        var line = List.of("bash", "-euo", "pipefail", "-c", "cd /made; " + script);
        var run = new Command(sandbox.inside(root.path(), environment, line), Map.of()).run();
        if (hasRealApi() && deployments.isAlive()) {
            awaitDeployment();
        }
        return run;
    }

    private void require(String script) {
        var run = run(script);
        if (run.exitCode() != 0) {
            throw new AssertionError(script + ": " + run.standardError());
        }
    }

    /** Rows that carry our mark, by table. */
    String rowsOfOurs() {
        var found = new StringBuilder();
        for (var table : OURS) {
            found.append(central.nbctl(
                    "--bare", "--columns=_uuid", "find", table, "external_ids:ovn-egress.io/owner!=\"\""));
        }
        return found.toString().strip();
    }

    String log() {
        return controller.log();
    }

    /** Returns once what the Deployment asks for is so. */
    private void awaitDeployment() {
        await("the Deployment is as it should be").until(() -> {
            var deployment = deployment();
            return deployment.map(RunbookWorld::isLookedAfter).orElse(true)
                    && controller.isRunning()
                            == (deployment.map(RunbookWorld::replicas).orElse(0) > 0);
        });
    }

    private Optional<Deployment> deployment() {
        return Optional.ofNullable(api.client()
                .apps()
                .deployments()
                .inNamespace(NAMESPACE)
                .withName("ovn-egress")
                .get());
    }

    private static int replicas(Deployment deployment) {
        return deployment.getSpec().getReplicas();
    }

    private static boolean isLookedAfter(Deployment deployment) {
        return deployment
                .getMetadata()
                .getGeneration()
                .equals(deployment.getStatus().getObservedGeneration());
    }

    private void lookAfter() {
        try {
            while (!closed) {
                try {
                    lookAfter(deployment());
                } catch (KubernetesClientException e) {
                    continue; // somebody else changed it at the same time
                }
                Thread.sleep(200);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookAfter(Optional<Deployment> deployment) {
        int wanted = deployment.map(RunbookWorld::replicas).orElse(0);
        if (wanted > 0 && !controller.isRunning()) {
            controller.start();
        } else if (wanted == 0 && controller.isRunning()) {
            controller.process().stop();
        }
        deployment.filter(found -> !isLookedAfter(found)).ifPresent(found -> {
            found.setStatus(new DeploymentStatusBuilder()
                    .withObservedGeneration(found.getMetadata().getGeneration())
                    .withReplicas(wanted)
                    .withUpdatedReplicas(wanted)
                    .withReadyReplicas(wanted)
                    .withAvailableReplicas(wanted)
                    .build());
            api.client().resource(found).updateStatus();
        });
    }

    @Override
    public void close() {
        closed = true;
        try {
            deployments.join();
            if (hasRealApi()) {
                require("kubectl delete --ignore-not-found --wait=false -k " + OVERLAY);
            }
            controller.close();
            if (hasRealApi()) {
                cluster.clearObjects();
                require("kubectl delete -f deploy/crds");
                monitoring.ifPresent(MonitoringKinds::close);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            cluster.close();
            root.close();
        }
    }
}
