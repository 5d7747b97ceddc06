package io.ovnegress.reconciler.safety;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rows that decide where packets leave a cluster and with which address, whoever tells of them: a database in memory, or the
 * log of a real one.
 *
 * @param snats of all routers
 * @param policies of the cluster's router
 * @param routerOfJoinAddress by address on the join switch the gateway router that has it
 */
public record ForwardingRows(List<Snat> snats, List<Policy> policies, Map<String, String> routerOfJoinAddress) {
    public static final String CLUSTER_ROUTER = "ovn_cluster_router";

    private static final String JOIN_PORT_PREFIX = "rtoj-";
    private static final String OWN_ROUTER_PREFIX = "egressip_";
    /** Among pod addresses: all of them, on a router of an egress IP's own. */
    private static final String ALL = "all";

    /** Which address becomes which on a router. */
    public record Snat(String router, String logicalIp, String externalIp, String logicalPort) {
        /** Whether it has a management port, or is on a router of an egress IP's own: others are of nodes. */
        public boolean isOfEgressIp() {
            return logicalPort.startsWith("k8s-") || router.startsWith(OWN_ROUTER_PREFIX);
        }
    }

    public record Policy(int priority, String match, String action, List<String> nexthops) {
        /** Whether the packets of a pod, a set of pods or a namespace are sent to its egress IPs. */
        public boolean isReroute() {
            return priority == 100 || (priority == 98 && action.equals("reroute"));
        }

        /** Whether a pod's packets must not leave while its egress IPs are nowhere. */
        public boolean isDrop() {
            return priority == 99 && action.equals("drop");
        }

        /** The address in {@code ip4.src == ADDRESS}, or the set; the match itself if it is something else. */
        public String pod() {
            return match.substring(match.lastIndexOf(' ') + 1);
        }
    }

    /** The addresses of a router's port, by which pods reach the router, if it is on the join switch; nothing else. */
    public static void addJoinAddresses(
            Map<String, String> routerOfJoinAddress, String router, String port, Iterable<String> networks) {
        if (port.startsWith(JOIN_PORT_PREFIX)) {
            networks.forEach(network -> routerOfJoinAddress.put(network.split("/", 2)[0], router));
        }
    }

    /** The router with this address on the join switch; empty if there is none. */
    public String routerOf(String nexthop) {
        return routerOfJoinAddress.getOrDefault(nexthop, "");
    }

    /** By router the pod addresses that have an egress IP there. */
    public Map<String, Set<String>> translated() {
        var translated = new HashMap<String, Set<String>>();
        for (var snat : snats) {
            if (snat.isOfEgressIp()) {
                translated
                        .computeIfAbsent(snat.router(), unused -> new HashSet<>())
                        .add(snat.logicalIp().contains("/") ? ALL : snat.logicalIp());
            }
        }
        return translated;
    }

    /**
     * Whether the pod, or what stands for several, has an egress IP on the router.
     *
     * @param translated by router, from {@link #translated}
     */
    static boolean isTranslated(Map<String, Set<String>> translated, String router, String pod) {
        var there = translated.getOrDefault(router, Set.of());
        return there.contains(pod) || there.contains(ALL);
    }

    /** By pod address the routers to which it is sent. */
    public Map<String, Set<String>> sent() {
        var sent = new HashMap<String, Set<String>>();
        for (var policy : policies) {
            if (policy.isReroute()) {
                policy.nexthops()
                        .forEach(nexthop -> sent.computeIfAbsent(policy.pod(), unused -> new HashSet<>())
                                .add(routerOf(nexthop)));
            }
        }
        return sent;
    }
}
