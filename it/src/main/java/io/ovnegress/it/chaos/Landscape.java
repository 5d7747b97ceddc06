package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.OtherClient.map;
import static io.ovnegress.it.chaos.OtherClient.named;
import static io.ovnegress.it.chaos.OtherClient.operation;
import static io.ovnegress.it.chaos.OtherClient.reference;
import static io.ovnegress.it.chaos.OtherClient.set;
import static io.ovnegress.it.chaos.OtherClient.whereName;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.List;

/**
 * The rows of others: routers, join ports and switches of the nodes as ovnkube-master writes them, and beside ours, in the same
 * sets, policies, NATs and QoS rules that are none of our business though some look much like ours. Builds operations; stateless.
 */
final class Landscape {
    static final int NODES = 4;
    static final String CLUSTER_ROUTER = "ovn_cluster_router";
    static final String JOIN_SWITCH = "join";
    /** The cluster router's addresses on it. */
    static final List<String> CLUSTER_JOIN_NETWORKS = List.of("100.64.0.1/16", "fd98::1/64");
    /** A switch that is renamed to tell that everything before has been seen. */
    static final String BARRIER = "barrier-";

    /** The ports of all of ovnkube's SNATs. */
    static final String PORT_RANGE = "32768-60999";

    private static final ArrayNode BARRIER_MARK = map("barrier", "yes");

    private Landscape() {}

    static String node(int n) {
        return new NumberedNode(n).name();
    }

    static String gateway(int n) {
        return new NumberedNode(n).gatewayRouter();
    }

    static void everything(ArrayNode operations) {
        joinSwitch(operations);
        clusterRouter(operations);
        for (int n = 1; n <= NODES; n++) {
            gateway(operations, n);
            switches(operations, n);
        }
        operation(operations, "insert", "Logical_Switch").putObject("row").put("name", PodPorts.SWITCH);
        operation(operations, "insert", "Logical_Switch")
                .putObject("row")
                .put("name", BARRIER + 0)
                .set("external_ids", BARRIER_MARK);
        var strangers = operation(operations, "insert", "Address_Set").putObject("row");
        strangers.put("name", "a17").set("addresses", set("10.128.0.5", "10.128.0.6"));
        ChaosInputs.NAMESPACES.forEach(namespace -> portGroup(operations, namespace));
    }

    static String portGroup(String namespace) {
        return "a9" + namespace;
    }

    /** The group of a namespace's ports, for which it does not matter here who they are. */
    static void portGroup(ArrayNode operations, String namespace) {
        operation(operations, "insert", "Port_Group")
                .putObject("row")
                .put("name", portGroup(namespace))
                .set(
                        "external_ids",
                        map(
                                "k8s.ovn.org/owner-type",
                                "Namespace",
                                "k8s.ovn.org/owner-controller",
                                "default-network-controller",
                                "k8s.ovn.org/name",
                                namespace));
    }

    /** A change that concerns nobody, so that a transaction with no other one is in the log as well. */
    static void trace(ArrayNode operations, int number) {
        var update = operation(operations, "update", "Logical_Switch");
        update.putArray("where").addArray().add("external_ids").add("includes").add(BARRIER_MARK);
        update.putObject("row").set("other_config", map("trace", String.valueOf(number)));
    }

    /** Removes everything from the database, whoever wrote it. */
    static void nothing(ArrayNode operations) {
        for (var table : new String[] {
            "Logical_Router", "Logical_Switch", "Load_Balancer", "Address_Set", "Port_Group", "NB_Global"
        }) {
            operation(operations, "delete", table).putArray("where");
        }
    }

    /** Those that ports still have cannot go in the transaction that removes the ports. */
    static void noGroups(ArrayNode operations) {
        operation(operations, "delete", "HA_Chassis_Group").putArray("where");
    }

    static void joinSwitch(ArrayNode operations) {
        operation(operations, "insert", "Logical_Switch").putObject("row").put("name", JOIN_SWITCH);
    }

    static void clusterRouter(ArrayNode operations) {
        router(operations, CLUSTER_ROUTER, "cluster");
        port(operations, CLUSTER_ROUTER, "rtoj-" + CLUSTER_ROUTER, 0, CLUSTER_JOIN_NETWORKS);
        policy(operations, 1004, "inport == \"rtos-node1\" && ip4.dst == 192.168.126.11", map());
        policy(operations, 102, "ip4.src == 10.128.0.5 && ip4.dst == 10.96.0.0/16", map("note", "ours, not yours"));
        var service = policy(
                operations,
                101,
                "ip4.src == 10.128.0.5",
                map("k8s.ovn.org/owner-type", "EgressService", "k8s.ovn.org/name", "simpson/moe"));
        service.put("action", "reroute").set("nexthops", set("100.64.0.77"));
        var other = policy(
                operations,
                100,
                "ip4.src == 10.200.0.5",
                map(
                        "k8s.ovn.org/owner-controller",
                        "default-network-controller",
                        "k8s.ovn.org/owner-type",
                        "EgressIP",
                        "k8s.ovn.org/network",
                        "blue",
                        "name",
                        "blue"));
        other.put("action", "reroute").set("nexthops", set("100.65.0.2"));
    }

    private static ObjectNode policy(ArrayNode operations, int priority, String match, ArrayNode externalIds) {
        var name = "p" + operations.size();
        var row = operation(operations, "insert", "Logical_Router_Policy")
                .put("uuid-name", name)
                .putObject("row")
                .put("priority", priority)
                .put("match", match)
                .put("action", "allow");
        row.set("external_ids", externalIds);
        reference(operations, "Logical_Router", whereName(CLUSTER_ROUTER), "policies", "insert", named(name));
        return row;
    }

    static void gateway(ArrayNode operations, int n) {
        var node = new NumberedNode(n);
        var router = node.gatewayRouter();
        router(operations, router, "gr" + n).set("options", map("chassis", chassis(n)));
        port(operations, router, node.joinPort(), n, node.joinNetworks());
        port(operations, router, node.externalPort(), n, node.networks());
        nat(operations, router, "snat", "10.128.0.0/14", node.address(IpFamily.V4), map())
                .put("external_port_range", PORT_RANGE);
        nat(
                operations,
                router,
                "snat",
                "10.200.0.5",
                node.address(IpFamily.V4),
                map("name", "blue", "by", "hand", "k8s.ovn.org/owner-controller", "hand"));
        nat(operations, router, "dnat_and_snat", "10.128.0.6", "192.168.126.20" + n, map("name", "floating"));
    }

    static String chassis(int n) {
        return "chassis-" + n;
    }

    /** The node's switch for pods, and the one to the machine network; that of the second node is behind a VLAN. */
    static void switches(ArrayNode operations, int n) {
        nodeSwitch(operations, n);
        operation(operations, "insert", "Logical_Switch").putObject("row").put("name", externalSwitch(n));
        var name = "e" + operations.size();
        var localnet = operation(operations, "insert", "Logical_Switch_Port")
                .put("uuid-name", name)
                .putObject("row");
        localnet.put("name", "br-ex_" + node(n)).put("type", "localnet").put("addresses", "unknown");
        localnet.set("options", map("network_name", "physnet"));
        if (n == 2) {
            localnet.put("tag_request", 7);
        }
        reference(operations, "Logical_Switch", whereName(externalSwitch(n)), "ports", "insert", named(name));
        var toRouter = "r" + operations.size();
        operation(operations, "insert", "Logical_Switch_Port")
                .put("uuid-name", toRouter)
                .putObject("row")
                .put("name", "etor-" + gateway(n))
                .put("type", "router")
                .put("addresses", "router")
                .set("options", map("router-port", new NumberedNode(n).externalPort()));
        reference(operations, "Logical_Switch", whereName(externalSwitch(n)), "ports", "insert", named(toRouter));
    }

    static void removeSwitches(ArrayNode operations, int n) {
        remove(operations, "Logical_Switch", node(n));
        remove(operations, "Logical_Switch", externalSwitch(n));
    }

    private static String externalSwitch(int n) {
        return "ext_" + node(n);
    }

    private static void nodeSwitch(ArrayNode operations, int n) {
        operation(operations, "insert", "Logical_Switch").putObject("row").put("name", node(n));
        var name = "q" + operations.size();
        var row = operation(operations, "insert", "QoS").put("uuid-name", name).putObject("row");
        row.put("priority", 1000).put("match", "ip4.src == 10.128.0.5").put("direction", "to-lport");
        row.putArray("action").add("map").addArray().addArray().add("dscp").add(7);
        reference(operations, "Logical_Switch", whereName(node(n)), "qos_rules", "insert", named(name));
    }

    private static ObjectNode router(ArrayNode operations, String router, String uuidName) {
        return operation(operations, "insert", "Logical_Router")
                .put("uuid-name", uuidName)
                .putObject("row")
                .put("name", router);
    }

    private static void port(ArrayNode operations, String router, String port, int n, List<String> networks) {
        var name = "l" + operations.size();
        var row = operation(operations, "insert", "Logical_Router_Port")
                .put("uuid-name", name)
                .putObject("row");
        row.put("name", port).put("mac", "0a:58:64:40:00:0" + n).set("networks", set(networks.toArray(String[]::new)));
        if (n == 1) {
            row.set("options", map("gateway_mtu", "1400"));
        }
        reference(operations, "Logical_Router", whereName(router), "ports", "insert", named(name));
    }

    private static ObjectNode nat(
            ArrayNode operations,
            String router,
            String type,
            String logicalIp,
            String externalIp,
            ArrayNode externalIds) {
        var name = "n" + operations.size();
        var row = operation(operations, "insert", "NAT").put("uuid-name", name).putObject("row");
        row.put("type", type).put("logical_ip", logicalIp).put("external_ip", externalIp);
        row.set("external_ids", externalIds);
        reference(operations, "Logical_Router", whereName(router), "nat", "insert", named(name));
        return row;
    }

    static void remove(ArrayNode operations, String table, String name) {
        operation(operations, "delete", table).set("where", whereName(name));
    }
}
