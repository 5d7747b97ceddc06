package io.ovnegress.it;

import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes the rows of a served pod as releases of ovn-kubernetes wrote them, or as an earlier run of ours may have left them. */
enum OldRows {
    /** 2021 to August 2022: exemptions at priority 101. */
    A,
    /** From August 2022: exemptions at priority 102, one per node. */
    B1,
    /** From January 2023: one exemption for all nodes, with address sets. */
    B2,
    /** From May 2024: and one for reply traffic. */
    B3,
    /** From December 2024: rows are known by {@code k8s.ovn.org/id}. */
    C;

    private static final String ROUTER = "ovn_cluster_router";

    /** The reroute policy and the SNAT of a pod whose egress node is this. */
    void serve(LiveCluster cluster, String object, ClusterPod pod, String egressIp, ClusterNode node) {
        var join = node.joinAddress(io.ovnegress.it.harness.topology.Family.V4);
        cluster.central()
                .nbctl(
                        "--id=@policy",
                        "create",
                        "Logical_Router_Policy",
                        "priority=100",
                        "action=reroute",
                        "match=\"ip4.src == " + pod.ip() + "\"",
                        "nexthops=\"" + join + "\"",
                        "external_ids=" + text(policyIds(object, pod)),
                        "--",
                        "add",
                        "Logical_Router",
                        ROUTER,
                        "policies",
                        "@policy",
                        "--",
                        "--id=@nat",
                        "create",
                        "NAT",
                        "type=snat",
                        "external_ip=\"" + egressIp + "\"",
                        "logical_ip=\"" + pod.ip() + "\"",
                        "logical_port=" + node.managementPort(),
                        "options:stateless=false",
                        "external_ids=" + text(natIds(object, pod)),
                        "--",
                        "add",
                        "Logical_Router",
                        node.gatewayRouter(),
                        "nat",
                        "@nat");
    }

    private Map<String, String> policyIds(String object, ClusterPod pod) {
        if (this != C) {
            return Map.of("name", object);
        }
        var name = "%s_%s/%s".formatted(object, pod.namespace(), pod.name());
        var ids = identity("default-network-controller:EgressIP:100:%s:ip4:default".formatted(name), name);
        ids.put("priority", "100");
        ids.put("network", "default");
        return ids;
    }

    private Map<String, String> natIds(String object, ClusterPod pod) {
        if (this != C) {
            return Map.of("name", object);
        }
        var name = "%s_%s/%s".formatted(object, pod.namespace(), pod.name());
        return identity("default-network-controller:EgressIP:%s:ip4".formatted(name), name);
    }

    private static Map<String, String> identity(String id, String name) {
        var ids = new LinkedHashMap<String, String>();
        ids.put("k8s.ovn.org/id", id);
        ids.put("k8s.ovn.org/name", name);
        ids.put("k8s.ovn.org/owner-controller", "default-network-controller");
        ids.put("k8s.ovn.org/owner-type", "EgressIP");
        ids.put("ip-family", "ip4");
        return ids;
    }

    /** The rows that exempt traffic inside the cluster, as this format has them. */
    void exempt(LiveCluster cluster) {
        int priority = this == A ? 101 : 102;
        var matches = new ArrayList<String>();
        matches.add("ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14");
        matches.add("ip4.src == 10.128.0.0/14 && ip4.dst == 100.64.0.0/16");
        if (this == A || this == B1) {
            cluster.topology()
                    .nodes()
                    .forEach(node -> matches.add("ip4.src == 10.128.0.0/14 && ip4.dst == %s/32"
                            .formatted(node.address(io.ovnegress.it.harness.topology.Family.V4))));
        }
        if (this == B3 || this == C) {
            matches.add("pkt.mark == 42");
        }
        matches.forEach(match -> cluster.central()
                .nbctl("--may-exist", "lr-policy-add", ROUTER, Integer.toString(priority), match, "allow"));
    }

    /** Takes the exemptions away again, for the next test. */
    static void removeExemptions(LiveCluster cluster) {
        for (var priority : List.of("101", "102")) {
            cluster.central().nbctl("--if-exists", "lr-policy-del", ROUTER, priority);
        }
    }

    private static String text(Map<String, String> map) {
        return map.entrySet().stream()
                .map(entry -> "\"%s\"=\"%s\"".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }
}
