package io.ovnegress.it.lab;

import static io.ovnegress.it.lab.PacketCluster.BOUVIERS;
import static io.ovnegress.it.lab.PacketCluster.SIMPSONS;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static io.ovnegress.it.lab.PacketCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.ovnegress.it.harness.lab.Listener;
import io.ovnegress.it.harness.northbound.NetworkPolicies;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Projects of OpenShift SDN that were joined, isolated and made global ({@code oadm pod-network}), converted to NetworkPolicies: their
 * pods reach each other as they did.
 */
@Tag("packets")
class IsolationPacketsTest {
    /** What each project's NetNamespace says: the same is joined, 0 is global. */
    private static final Map<String, Integer> NETWORKS =
            new TreeMap<>(Map.of("simpson", 10, "flanders", 10, "bouvier", 20, "wiggum", 0));

    @RegisterExtension
    static final PacketCluster PACKETS = new PacketCluster();

    @TempDir
    private Path directory;

    @Test
    void joinedIsolatedAndGlobalProjectsReachWhomTheyReached() throws IOException {
        var ned = pod("flanders", "ned", 2, 2);
        var chief = pod("wiggum", "chief", 0, 2);
        for (var pod : List.of(ned, chief)) {
            PACKETS.cluster().namespace(pod.namespace(), Map.of("house", pod.namespace()));
            PACKETS.run(pod);
        }
        var all = new ArrayList<>(SIMPSONS);
        all.addAll(BOUVIERS);
        all.addAll(List.of(ned, chief));
        var listening = new LinkedHashMap<ClusterPod, Listener>();
        List.of(SIMPSONS.getLast(), BOUVIERS.getFirst(), ned, chief)
                .forEach(pod -> listening.put(pod, PACKETS.lab().listen(pod)));
        var senders = List.of(SIMPSONS.getFirst(), BOUVIERS.getLast(), ned, chief);
        assertThat(reached(senders, listening))
                .as("before")
                .allSatisfy((pair, isReached) -> assertThat(isReached).as(pair).isTrue());

        var policies = new NetworkPolicies(PACKETS.cluster().central(), all);
        try {
            converted().forEach(policies::add);
            PACKETS.lab().sync();

            assertThat(reached(senders, listening)).isEqualTo(wasReached(senders, listening));
            senders.forEach(
                    pod -> assertThat(PACKETS.lab().curl(pod)).as(pod.name()).contains(nodeAddress(pod)));
        } finally {
            policies.clear();
        }
    }

    /** What {@code ovn-egress convert} makes of the projects. */
    private List<NetworkPolicy> converted() throws IOException {
        var file = directory.resolve("projects.yaml");
        var text = new StringBuilder(
                "kind: ClusterNetwork\napiVersion: network.openshift.io/v1\nmetadata: {name: default}\n"
                        + "clusterNetworks: [{CIDR: 10.128.0.0/14, hostSubnetLength: 9}]\n"
                        + "pluginName: redhat/openshift-ovs-multitenant\n");
        NETWORKS.forEach((name, id) -> text.append(
                "---\nkind: NetNamespace\napiVersion: network.openshift.io/v1\nmetadata: {name: %s}\nnetname: %s\nnetid: %d\n"
                        .formatted(name, name, id)));
        Files.writeString(file, text);
        var output = PACKETS.controller().run("convert", "-f", file.toString());
        assertThat(output.exitCode()).as(output.standardError()).isLessThan(2);
        var objects = PACKETS.cluster()
                .api()
                .client()
                .load(new ByteArrayInputStream(output.standardOutput().getBytes(StandardCharsets.UTF_8)))
                .items();
        var policies = new ArrayList<NetworkPolicy>();
        for (HasMetadata object : objects) {
            if (object instanceof NetworkPolicy policy) {
                policies.add(policy);
            }
        }
        assertThat(policies)
                .as(output.standardOutput() + output.standardError())
                .hasSize(3);
        return policies;
    }

    private static Map<String, Boolean> reached(List<ClusterPod> senders, Map<ClusterPod, Listener> listening) {
        var reached = new TreeMap<String, Boolean>();
        senders.forEach(from -> listening.forEach((to, listener) -> reached.put(
                pair(from, to),
                PACKETS.lab()
                        .attempt(from, listener.address(Family.V4), 80)
                        .source()
                        .isPresent())));
        return reached;
    }

    private static Map<String, Boolean> wasReached(List<ClusterPod> senders, Map<ClusterPod, Listener> listening) {
        var reached = new TreeMap<String, Boolean>();
        senders.forEach(from -> listening.keySet().forEach(to -> {
            int one = NETWORKS.get(from.namespace());
            int other = NETWORKS.get(to.namespace());
            reached.put(pair(from, to), one == other || one == 0 || other == 0);
        }));
        return reached;
    }

    private static String pair(ClusterPod from, ClusterPod to) {
        return from.name() + " of " + from.namespace() + " to " + to.name() + " of " + to.namespace();
    }
}
