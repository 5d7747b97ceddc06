package io.ovnegress.it.harness.kube;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.ovnegress.it.harness.process.LocalProcess;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.it.harness.topology.Topology;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The embedded API as a client in another process sees it. */
class KubeApiTest {
    private static final Topology TOPOLOGY = Topology.ipv4(11, "node1");

    private static KubeApi api;
    private static WorkDirectory directory;
    private static LocalProcess watcher;

    @BeforeAll
    static void startWatcher() {
        api = KubeApi.embedded(EgressIps.CONTEXT);
        directory = WorkDirectory.create("ovn-egress");
        watcher = LocalProcess.start(
                "watcher",
                List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        WatchingClient.class.getName(),
                        api.kubeconfig().toString()),
                Map.of(),
                directory.resolve("watcher.log"));
        awaitLine("watching");
    }

    @AfterAll
    static void close() {
        watcher.close();
        api.close();
        directory.close();
    }

    @Test
    void podsAreSeenFromCreationToDeletion() {
        var pod = KubernetesObjects.pod(
                Topology.pod("simpson", "homer", Map.of("app", "homer"), TOPOLOGY.node("node1"), 0));
        api.client().resource(pod).create();
        awaitLine("added Pod homer uid=true");

        api.client().pods().inNamespace("simpson").withName("homer").editStatus(p -> {
            p.getStatus().setPhase("Succeeded");
            return p;
        });
        awaitLine("updated Pod homer");
        assertThat(api.client()
                        .pods()
                        .inNamespace("simpson")
                        .withName("homer")
                        .get()
                        .getStatus()
                        .getPhase())
                .isEqualTo("Succeeded");

        api.client()
                .pods()
                .inNamespace("simpson")
                .withName("homer")
                .withGracePeriod(0)
                .delete();
        awaitLine("deleted Pod homer");
    }

    @Test
    void aStatusWrittenByTheOtherProcessIsReadHereAndLeavesTheSpecAlone() {
        var egressIps = api.client().genericKubernetesResources(EgressIps.CONTEXT);
        api.client()
                .resource(EgressIps.of("demo", Map.of("house", "simpson"), "192.168.126.100"))
                .create();
        awaitLine("added EgressIP demo uid=true generation=1 created=true");
        awaitLine("updated EgressIP demo uid=true generation=1");

        var object = egressIps.withName("demo").require();
        assertThat(EgressIps.items(object)).containsExactly(new EgressIps.Item("n", "1.2.3.4"));
        assertThat(EgressIps.requested(object)).containsExactly("192.168.126.100");
        assertThat(EgressIps.table(List.of(object))).isEqualTo("""
                NAME   EGRESSIPS         ASSIGNED NODE   ASSIGNED EGRESSIPS   ASSIGNMENT
                demo   192.168.126.100   n               1.2.3.4             \s
                """);

        egressIps.withName("demo").edit(o -> {
            o.getAdditionalProperties()
                    .put("spec", Map.of("egressIPs", List.of("192.168.126.101"), "namespaceSelector", Map.of()));
            return o;
        });
        awaitLine("updated EgressIP demo uid=true generation=2");
        assertThat(EgressIps.items(egressIps.withName("demo").require()))
                .containsExactly(new EgressIps.Item("n", "1.2.3.4"));
    }

    @Test
    void nodesChangeLabelsAndReadiness() {
        var node = KubernetesObjects.node(TOPOLOGY.node("node1"));
        api.client().resource(node).create();
        awaitLine("added Node node1");

        api.client().nodes().withName("node1").edit(n -> {
            n.getMetadata().getLabels().put(KubernetesObjects.EGRESS_ASSIGNABLE, "");
            return n;
        });
        api.client().nodes().withName("node1").editStatus(n -> {
            n.getStatus().getConditions().get(0).setStatus("False");
            return n;
        });

        var changed = api.client().nodes().withName("node1").get();
        assertThat(changed.getMetadata().getLabels()).containsKey(KubernetesObjects.EGRESS_ASSIGNABLE);
        assertThat(changed.getStatus().getConditions().get(0).getStatus()).isEqualTo("False");
    }

    @Test
    void aMergePatchReplacesListsAndRemovesMembers() {
        var egressIps = api.client().genericKubernetesResources(EgressIps.CONTEXT);
        api.client()
                .resource(EgressIps.of("patched", Map.of(), "192.168.126.100"))
                .create();
        patchStatus(
                "patched", "{\"status\":{\"items\":[{\"node\":\"a\",\"egressIP\":\"1.1.1.1\"}],\"conditions\":[]}}");
        patchStatus(
                "patched", "{\"status\":{\"items\":[{\"node\":\"b\",\"egressIP\":\"2.2.2.2\"}],\"conditions\":null}}");

        var status = EgressIps.status(egressIps.withName("patched").require());
        assertThat(status).isEqualTo(Map.of("items", List.of(Map.of("node", "b", "egressIP", "2.2.2.2"))));
    }

    private static void patchStatus(String name, String patch) {
        api.client()
                .genericKubernetesResources(EgressIps.CONTEXT)
                .withName(name)
                .subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }

    private static void awaitLine(String start) {
        await(start).until(() -> {
            watcher.requireAlive();
            return watcher.log().lines().anyMatch(line -> line.startsWith(start));
        });
    }
}
