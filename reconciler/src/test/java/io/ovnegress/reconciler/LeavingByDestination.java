package io.ovnegress.reconciler;

import com.google.common.base.Splitter;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;

/**
 * As what a packet leaves, by the rows of the database alone: the policy of the highest priority on the cluster router decides, then
 * the SNATs of the router that it is sent to. An independent reading of match expressions, as far as the feature's rows go.
 *
 * @param groups the pod addresses of namespaces that have port groups
 */
record LeavingByDestination(FakeNorthbound database, Row clusterRouter, Map<String, Set<String>> groups) {
    static LeavingByDestination of(TestCluster cluster, Map<String, Set<String>> groups) {
        var router = cluster.database.rows(LogicalRouter.TABLE).stream()
                .filter(row -> row.get(LogicalRouter.NAME).equals("ovn_cluster_router"))
                .findFirst()
                .orElseThrow();
        return new LeavingByDestination(cluster.database, router, groups);
    }

    /** The source address; {@code node}, {@code dropped}, {@code inside} for what is exempt, or what is wrong with it. */
    String as(String source, String destination) {
        var policies = database.children(LogicalRouter.POLICIES, clusterRouter.id()).stream()
                .filter(policy -> matches(policy.get(LogicalRouterPolicy.MATCH), source, destination))
                .sorted(Comparator.comparing((Row policy) -> policy.get(LogicalRouterPolicy.PRIORITY))
                        .reversed())
                .toList();
        if (policies.isEmpty()) {
            return "node";
        }
        var first = policies.getFirst();
        long highest = first.get(LogicalRouterPolicy.PRIORITY);
        var outcomes = policies.stream()
                .filter(policy -> policy.get(LogicalRouterPolicy.PRIORITY) == highest)
                .map(policy -> outcome(policy, source))
                .distinct()
                .toList();
        return outcomes.size() == 1 ? outcomes.getFirst() : "ambiguous " + outcomes;
    }

    private String outcome(Row policy, String source) {
        return switch (policy.get(LogicalRouterPolicy.ACTION)) {
            case "drop" -> "dropped";
            case "allow" ->
                policy.get(LogicalRouterPolicy.EXTERNAL_IDS)
                                .getOrDefault("ovn-egress.io/id", "")
                                .contains("/but/")
                        ? "node"
                        : "inside";
            default ->
                policy.get(LogicalRouterPolicy.NEXTHOPS).stream()
                        .map(hop -> snat(hop, source))
                        .sorted()
                        .distinct()
                        .reduce((one, other) -> one + " or " + other)
                        .orElse("nowhere");
        };
    }

    private String snat(String hop, String source) {
        for (var router : database.rows(LogicalRouter.TABLE)) {
            boolean isThere = database.children(LogicalRouter.PORTS, router.id()).stream()
                    .flatMap(port -> port.get(LogicalRouterPort.NETWORKS).stream())
                    .anyMatch(network -> network.startsWith(hop + "/"));
            if (isThere) {
                return database.children(LogicalRouter.NAT, router.id()).stream()
                        .filter(nat -> nat.get(Nat.TYPE).equals("snat") && contains(nat.get(Nat.LOGICAL_IP), source))
                        .map(nat -> nat.get(Nat.EXTERNAL_IP))
                        .findFirst()
                        .orElse("another node");
            }
        }
        return "to nobody";
    }

    private boolean matches(String match, String source, String destination) {
        return Splitter.on(" && ").splitToStream(match).allMatch(term -> {
            var words = Splitter.on(' ').splitToList(term);
            return switch (words.get(0)) {
                case "ip4.src", "ip6.src" -> isOf(words.get(0), source) && contains(words.get(2), source);
                case "ip4.dst", "ip6.dst" -> isOf(words.get(0), destination) && contains(words.get(2), destination);
                case "pkt.mark" -> words.get(2).equals("0");
                default -> throw new AssertionError(match);
            };
        });
    }

    private static boolean isOf(String field, String address) {
        return field.startsWith("ip6") == address.contains(":");
    }

    private boolean contains(String what, String address) {
        if (what.startsWith("$")) {
            var name = what.substring(1);
            if (name.startsWith("ovn_egress")) {
                return database.rows(AddressSet.TABLE).stream()
                        .filter(set -> set.get(AddressSet.NAME).equals(name))
                        .flatMap(set -> set.get(AddressSet.ADDRESSES).stream())
                        .anyMatch(member -> contains(member, address));
            }
            boolean isThere = database.rows(PortGroup.TABLE).stream()
                    .anyMatch(group -> name.startsWith(group.get(PortGroup.NAME) + "_ip"));
            return isThere
                    && groups.getOrDefault(name.substring(0, name.lastIndexOf('_')), Set.of())
                            .contains(address);
        }
        return IpNetwork.parse(what)
                .map(network -> network.contains(TestCluster.ip(address)))
                .orElseGet(() -> what.equals(address));
    }
}
