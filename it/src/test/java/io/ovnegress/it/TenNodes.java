package io.ovnegress.it;

import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** The databases and Node objects of a real ovnkube-master with ten nodes. */
final class TenNodes {
    /** The plan behind the fixture; nothing of it is written but the pods' ports. */
    static final Topology TOPOLOGY = Topology.ipv4(
            11, IntStream.rangeClosed(1, 10).mapToObj(i -> "node" + i).toArray(String[]::new));

    private static final Path FIXTURE = Path.of("src/test/resources/ovnkube-master-10nodes");

    private TenNodes() {}

    /** A cluster on a copy of this database file. */
    static LiveCluster start(String file) {
        var central = OvnProvider.startWith(FIXTURE.resolve(file));
        var cluster = LiveCluster.on(central, TOPOLOGY, KubeApi.forTests(EgressIps.CONTEXT), nodes());
        TOPOLOGY.nodes().forEach(cluster.northbound()::addChassis);
        central.sync();
        TOPOLOGY.nodes().forEach(cluster.northbound()::learnNeighbours);
        return cluster;
    }

    private static NodeList nodes() {
        try {
            return Serialization.unmarshal(Files.readString(FIXTURE.resolve("nodes.json")), NodeList.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
