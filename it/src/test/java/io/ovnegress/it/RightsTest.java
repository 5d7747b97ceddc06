package io.ovnegress.it;

import static io.ovnegress.it.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.ovnegress.it.kube.ApiCall;
import io.ovnegress.it.kube.EgressIps;
import io.ovnegress.it.kube.EgressIps.Item;
import io.ovnegress.it.kube.KubeApi;
import io.ovnegress.it.northbound.EgressServices.Service;
import io.ovnegress.it.process.ControllerProcess;
import io.ovnegress.it.topology.ClusterPod;
import io.ovnegress.it.topology.Family;
import io.ovnegress.it.topology.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What the controller asks of the API, with either definition of EgressIP, against what {@code deploy/base/rbac.yaml} grants. The
 * calls are those that the embedded API saw; with a real one, which enforces the roles too, those of its audit log.
 */
class RightsTest {
    private static final Path ROLES = Path.of("../deploy/base/rbac.yaml");
    private static final Topology TOPOLOGY = Topology.ipv4(51, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final ClusterPod HOMER = Topology.pod("simpson", "homer", Map.of(), TOPOLOGY.node("worker-0"), 0);

    /** One verb on one resource, of all objects or of one, in all namespaces or in one. */
    private record Grant(
            String verb, String group, String resource, Optional<String> namespace, Optional<String> name) {
        boolean covers(ApiCall call) {
            return verb.equals(call.verb())
                    && group.equals(call.group())
                    && resource.equals(call.resource())
                    && namespace.map(call.namespace()::equals).orElse(true)
                    && name.map(call.name()::equals).orElse(true);
        }
    }

    @Test
    void theRolesGrantEveryCallOfTheControllerAndNothingElse() throws IOException {
        var calls = new HashSet<ApiCall>();
        calls.addAll(callsWith(EgressIps.CONTEXT));
        calls.addAll(callsWith(EgressIps.UPSTREAM_CONTEXT));
        var grants = grants();

        var denied = new TreeSet<String>();
        var used = new HashSet<Grant>();
        for (var call : calls) {
            var covering = grants.stream().filter(grant -> grant.covers(call)).toList();
            used.addAll(covering);
            if (covering.isEmpty()) {
                denied.add(call.toString());
            }
        }
        assertThat(denied).as("called and not granted").isEmpty();
        assertThat(grants.stream().filter(grant -> !used.contains(grant)).toList())
                .as("granted and never called; called were %s", calls)
                .isEmpty();
    }

    /** Everything that makes the controller ask: start, election, status, an event and the same event again, end. */
    private static Set<ApiCall> callsWith(CustomResourceDefinitionContext definition) {
        try (var cluster = LiveCluster.start(TOPOLOGY, KubeApi.forTests(definition));
                var controller = ControllerProcess.onClassPath(ControllerProcess.flags(
                        cluster.api().controllerKubeconfig(),
                        cluster.central().northbound().address(),
                        "--cluster-subnets",
                        String.join(",", TOPOLOGY.clusterSubnets()),
                        "--leader-elect"))) {
            Assumptions.assumeTrue(
                    cluster.api().callsOfController().isPresent(), "this API server's audit log is not at hand");
            cluster.createNodes();
            cluster.label("worker-0");
            cluster.namespace("simpson", SIMPSON);
            cluster.run(HOMER);
            cluster.apply(EgressIps.of("egressip-demo", SIMPSON, IP));
            controller.start().awaitReady();
            cluster.awaitServices(Service.of(HOMER, IP, TOPOLOGY.node("worker-0")));
            cluster.awaitItems("egressip-demo", new Item("worker-0", IP));

            var nodes = TOPOLOGY.node("worker-1").address(Family.V4);
            cluster.replaceSpec(EgressIps.of("egressip-demo", SIMPSON, nodes));
            awaitEvents(cluster, 1);
            cluster.awaitItems("egressip-demo");
            cluster.replaceSpec(EgressIps.of("egressip-demo", SIMPSON, IP));
            cluster.awaitItems("egressip-demo", new Item("worker-0", IP));
            cluster.replaceSpec(EgressIps.of("egressip-demo", SIMPSON, nodes));
            awaitEvents(cluster, 2);

            controller.process().stop();
            return cluster.api().callsOfController().orElseThrow();
        }
    }

    private static void awaitEvents(LiveCluster cluster, int times) {
        var uid = cluster.egressIp("egressip-demo").getMetadata().getUid();
        await("the event is there %d times".formatted(times))
                .until(() -> cluster.api().client().v1().events().inNamespace("default").list().getItems().stream()
                                .filter(event ->
                                        event.getInvolvedObject().getUid().equals(uid))
                                .mapToInt(Event::getCount)
                                .max()
                                .orElse(0)
                        == times);
    }

    private static List<Grant> grants() throws IOException {
        var grants = new ArrayList<Grant>();
        try (var stream = Files.newInputStream(ROLES);
                var reader =
                        new KubernetesClientBuilder().withConfig(Config.empty()).build()) {
            for (var object : reader.load(stream).items()) {
                switch (object) {
                    case ClusterRole role -> role.getRules().forEach(rule -> add(grants, rule, Optional.empty()));
                    case Role role -> {
                        var namespace = Optional.ofNullable(role.getMetadata().getNamespace())
                                .or(() -> Optional.of(KubeApi.CONTROLLER_NAMESPACE));
                        role.getRules().forEach(rule -> add(grants, rule, namespace));
                    }
                    default -> {}
                }
            }
        }
        assertThat(grants).isNotEmpty();
        return grants;
    }

    private static void add(List<Grant> grants, PolicyRule rule, Optional<String> namespace) {
        var names = rule.getResourceNames().isEmpty()
                ? List.of(Optional.<String>empty())
                : rule.getResourceNames().stream().map(Optional::of).toList();
        for (var group : rule.getApiGroups()) {
            for (var resource : rule.getResources()) {
                for (var verb : rule.getVerbs()) {
                    names.forEach(name -> grants.add(new Grant(verb, group, resource, namespace, name)));
                }
            }
        }
    }
}
