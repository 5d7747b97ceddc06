package io.ovnegress.it.harness.northbound;

import io.ovnegress.it.harness.northbound.NorthboundReader.Nat;
import io.ovnegress.it.harness.northbound.NorthboundReader.Rows;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which pod IP leaves as which egress IP from which node, as it follows from the rows: a service needs a reroute policy to the
 * node's gateway router and a SNAT row there. Halves of a service show up as such and so fail any comparison.
 */
public final class EgressServices {
    private static final String HALF = "missing";

    private EgressServices() {}

    public record Service(String podIp, String egressIp, String node) implements Comparable<Service> {
        private static final Comparator<Service> ORDER = Comparator.comparing(Service::podIp)
                .thenComparing(Service::egressIp)
                .thenComparing(Service::node);

        /** The pod's address of the egress IP's family leaves as that egress IP. */
        public static Service of(ClusterPod pod, String egressIp, ClusterNode node) {
            return new Service(pod.ip(Family.of(egressIp)), egressIp, node.name());
        }

        @Override
        public int compareTo(Service other) {
            return ORDER.compare(this, other);
        }

        @Override
        public String toString() {
            return "%s as %s from %s".formatted(podIp, egressIp, node);
        }
    }

    public static Set<Service> of(Rows rows, List<ClusterNode> nodes) {
        var services = new TreeSet<Service>();
        var used = new HashSet<Nat>();
        for (var reroute : rows.reroutes()) {
            var podIp = reroute.match().substring(reroute.match().lastIndexOf(' ') + 1);
            for (var nexthop : reroute.nexthops()) {
                var node = nodeOf(nexthop, nodes);
                var nats = rows.egressNats().stream()
                        .filter(nat ->
                                nat.logicalIp().equals(podIp) && nat.router().equals("GR_" + node))
                        .toList();
                nats.forEach(nat -> services.add(new Service(podIp, nat.externalIp(), node)));
                used.addAll(nats);
                if (nats.isEmpty()) {
                    services.add(new Service(podIp, HALF, node));
                }
            }
        }
        for (var nat : rows.egressNats()) {
            if (!used.contains(nat)) {
                services.add(new Service(nat.logicalIp(), nat.externalIp(), nat.router() + " without reroute"));
            }
        }
        return services;
    }

    private static String nodeOf(String joinAddress, List<ClusterNode> nodes) {
        return nodes.stream()
                .filter(node -> node.joinAddresses().stream().anyMatch(join -> join.startsWith(joinAddress + "/")))
                .map(ClusterNode::name)
                .findFirst()
                .orElse("no node at " + joinAddress);
    }
}
