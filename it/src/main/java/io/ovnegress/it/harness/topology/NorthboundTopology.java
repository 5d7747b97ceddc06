package io.ovnegress.it.harness.topology;

import io.ovnegress.it.harness.process.OvnCentral;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes into a northbound database what ovnkube-master writes in central mode with shared gateways and its EgressIP feature
 * switched off. What it writes for Services, rate limits and network policies (load balancers, COPP meters, other port groups than
 * those of namespaces) is left out; the ten-node test compares the rest row by row with a real ovnkube-master's database. One thread drives it.
 */
public final class NorthboundTopology {
    private static final String CLUSTER_ROUTER = "ovn_cluster_router";
    private static final String EPHEMERAL_PORTS = "32768-60999";
    private static final String GATEWAY_MTU = "options:gateway_mtu=1400";
    /** Well below the kernel's limit on the length of a command line. */
    private static final int PODS_PER_COMMAND = 200;

    private final OvnCentral central;
    private final Topology topology;
    private final boolean hasPortRange;
    /** The namespaces that have a port group. */
    private final Set<String> namespaces = new HashSet<>();

    public NorthboundTopology(OvnCentral central, Topology topology) {
        this.central = central;
        this.topology = topology;
        this.hasPortRange = hasColumn("NAT", "external_port_range");
    }

    /** Writes routers and switches of the cluster and of all its nodes, and lets ovn-northd catch up. */
    public void write() {
        var commands = new Commands();
        commands.add("lr-add", CLUSTER_ROUTER);
        commands.add("set", "Logical_Router", CLUSTER_ROUTER, "external_ids:k8s-cluster-router=yes");
        commands.add("set", "Logical_Router", CLUSTER_ROUTER, "options:always_learn_from_arp_request=false");
        commands.add("ls-add", "join");
        var join = each(topology.joinSubnets(), subnet -> IpText.withPrefixOf(IpText.host(subnet, 1), subnet));
        routerPort(commands, CLUSTER_ROUTER, "rtoj-" + CLUSTER_ROUTER, IpText.mac(clusterJoinAddress(0)), join);
        switchPortToRouter(commands, "join", "jtor-" + CLUSTER_ROUTER, "rtoj-" + CLUSTER_ROUTER, "router");
        commands.run(central);
        topology.nodes().forEach(this::addNode);
        central.sync();
        topology.nodes().forEach(this::learnNeighbours);
    }

    /** Writes everything of one node: its switch, its gateway router and its external switch. */
    public void addNode(ClusterNode node) {
        addNodeSwitch(node);
        addGatewayRouter(node);
    }

    /** The node's chassis, its switch with router and management ports, and its policies on the cluster router. */
    public void addNodeSwitch(ClusterNode node) {
        addChassis(node);
        var commands = new Commands();
        var name = node.name();
        commands.add("ls-add", name);
        for (var subnet : node.subnets()) {
            var key = IpText.isV6(subnet) ? "ipv6_prefix" : "subnet";
            var value = IpText.isV6(subnet) ? IpText.addressOf(subnet) : subnet;
            commands.add("set", "Logical_Switch", name, "other_config:" + key + "=\"" + value + "\"");
        }
        var gateways = each(node.subnets(), subnet -> IpText.withPrefixOf(node.gatewayAddress(subnet), subnet));
        routerPort(commands, CLUSTER_ROUTER, "rtos-" + name, node.routerMac(), gateways);
        commands.add("set", "Logical_Router_Port", "rtos-" + name, GATEWAY_MTU);
        commands.add("lrp-set-gateway-chassis", "rtos-" + name, node.chassis(), "1");
        switchPortToRouter(commands, name, "stor-" + name, "rtos-" + name, "router");
        var proxied = "0a:58:a9:fe:01:01 169.254.1.1 fe80::1 " + String.join(" ", topology.clusterSubnets());
        commands.add("set", "Logical_Switch_Port", "stor-" + name, "options:arp_proxy=\"" + proxied + "\"");

        var management = each(node.subnets(), subnet -> IpText.host(subnet, 2));
        commands.add("lsp-add", name, node.managementPort());
        commands.add(
                "lsp-set-addresses",
                node.managementPort(),
                IpText.mac(management.get(0)) + " " + String.join(" ", management));
        for (int i = 0; i < management.size(); i++) {
            managementRows(
                    commands,
                    node,
                    management.get(i),
                    IpText.addressOf(node.addresses().get(i)));
        }
        commands.run(central);
    }

    /** What the node's ovn-controller registers of itself in the southbound database. */
    public void addChassis(ClusterNode node) {
        var tunnelAddress = IpText.addressOf(node.addresses().get(0));
        central.sbctl("--may-exist", "chassis-add", node.chassis(), "geneve", tunnelAddress);
        central.sbctl("set", "Chassis", node.chassis(), "hostname=" + node.name());
    }

    private void managementRows(Commands commands, ClusterNode node, String management, String address) {
        var field = IpText.matchField(management);
        var name = node.name();
        commands.add(
                "lr-policy-add",
                CLUSTER_ROUTER,
                "1004",
                "inport == \"rtos-%s\" && %s.dst == %s /* %s */".formatted(name, field, address, name),
                "reroute",
                management);
        var id = "default-network-controller:NetpolNode:%s:%s".formatted(name, management);
        commands.create(
                "Logical_Switch",
                name,
                "acls",
                "ACL",
                "action=allow-related",
                "direction=to-lport",
                "priority=1001",
                "meter=acl-logging",
                "match=\"%s.src==%s\"".formatted(field, management),
                "external_ids:ip=\"" + management + "\"",
                "external_ids:\"k8s.ovn.org/id\"=\"" + id + "\"",
                "external_ids:\"k8s.ovn.org/name\"=" + name,
                "external_ids:\"k8s.ovn.org/owner-controller\"=default-network-controller",
                "external_ids:\"k8s.ovn.org/owner-type\"=NetpolNode");
    }

    /** The node's gateway router, its external switch, and the routes between it and the cluster router. */
    public void addGatewayRouter(ClusterNode node) {
        var commands = new Commands();
        var name = node.name();
        var router = node.gatewayRouter();
        var addresses = each(node.addresses(), IpText::addressOf);
        commands.add("lr-add", router);
        commands.add(
                "set",
                "Logical_Router",
                router,
                "options:chassis=" + node.chassis(),
                "options:always_learn_from_arp_request=false",
                "options:dynamic_neigh_routers=true",
                "options:lb_force_snat_ip=router_ip",
                "options:mac_binding_age_threshold=300",
                "options:snat-ct-zone=0",
                "external_ids:physical_ip=\"" + addresses.get(0) + "\"",
                "external_ids:physical_ips=\"" + String.join(",", addresses) + "\"");
        routerPort(commands, router, "rtoj-" + router, node.joinMac(), node.joinAddresses());
        commands.add("set", "Logical_Router_Port", "rtoj-" + router, GATEWAY_MTU);
        switchPortToRouter(commands, "join", "jtor-" + router, "rtoj-" + router, "router");

        var external = "ext_" + name;
        commands.add("ls-add", external);
        commands.add("lsp-add", external, "br-ex_" + name);
        commands.add("lsp-set-type", "br-ex_" + name, "localnet");
        commands.add("lsp-set-addresses", "br-ex_" + name, "unknown");
        commands.add("lsp-set-options", "br-ex_" + name, "network_name=physnet");
        routerPort(commands, router, "rtoe-" + router, node.externalMac(), node.addresses());
        commands.add("set", "Logical_Router_Port", "rtoe-" + router, "external_ids:gateway-physical-ip=yes");
        switchPortToRouter(commands, external, "etor-" + router, "rtoe-" + router, node.externalMac());
        commands.add(
                "set",
                "Logical_Switch_Port",
                "etor-" + router,
                "options:nat-addresses=router",
                "options:exclude-lb-vips-from-garp=true");
        routes(commands, node);
        masquerade(commands, node);
        nodeSnat(commands, node);
        commands.run(central);
    }

    private void routes(Commands commands, ClusterNode node) {
        var router = node.gatewayRouter();
        for (int i = 0; i < node.subnets().size(); i++) {
            var join = IpText.addressOf(node.joinAddresses().get(i));
            boolean v6 = IpText.isV6(join);
            commands.add("lr-route-add", CLUSTER_ROUTER, join, join);
            commands.add(
                    "--policy=src-ip",
                    "lr-route-add",
                    CLUSTER_ROUTER,
                    node.subnets().get(i),
                    join);
            commands.add("lr-route-add", router, topology.clusterSubnets().get(i), clusterJoinAddress(i));
            commands.add(
                    "lr-route-add",
                    router,
                    v6 ? "::/0" : "0.0.0.0/0",
                    node.nextHops().get(i),
                    "rtoe-" + router);
        }
    }

    private static String masqueradeHop(boolean v6) {
        return v6 ? "fd69::4" : "169.254.169.4";
    }

    /** The way back for traffic that the node itself sends to Services. */
    private void masquerade(Commands commands, ClusterNode node) {
        var port = "rtoe-" + node.gatewayRouter();
        for (var address : node.addresses()) {
            boolean v6 = IpText.isV6(address);
            var hop = masqueradeHop(v6);
            commands.create(
                    "Logical_Router",
                    node.gatewayRouter(),
                    "static_routes",
                    "Logical_Router_Static_Route",
                    "ip_prefix=\"" + (v6 ? "fd69::/125" : "169.254.169.0/29") + "\"",
                    "nexthop=\"" + hop + "\"",
                    "output_port=" + port,
                    "external_ids:\"k8s.ovn.org/node-masquerade-subnet\"=\"\"");
            commands.add(
                    "create",
                    "Static_MAC_Binding",
                    "logical_port=" + port,
                    "ip=\"" + hop + "\"",
                    "mac=\"" + (v6 ? "0a:58:db:e6:1f:94" : IpText.mac(hop)) + "\"",
                    "override_dynamic_mac=true");
        }
    }

    private void nodeSnat(Commands commands, ClusterNode node) {
        for (int i = 0; i < node.addresses().size(); i++) {
            var address = IpText.addressOf(node.addresses().get(i));
            if (!topology.disableSnatMultipleGateways()) {
                snat(commands, node, address, topology.clusterSubnets().get(i));
            }
            snat(commands, node, address, IpText.addressOf(node.joinAddresses().get(i)));
        }
    }

    private void snat(Commands commands, ClusterNode node, String externalIp, String logicalIp) {
        var columns = new ArrayList<>(List.of(
                "type=snat",
                "external_ip=\"" + externalIp + "\"",
                "logical_ip=\"" + logicalIp + "\"",
                "options:stateless=false"));
        if (hasPortRange) {
            columns.add("external_port_range=" + EPHEMERAL_PORTS);
        }
        commands.create("Logical_Router", node.gatewayRouter(), "nat", "NAT", columns.toArray(String[]::new));
    }

    /** Adds the logical switch ports of pods, each to the port group of its namespace in the same transaction; with {@code --disable-snat-multiple-gws} their node SNAT too. */
    public void addPods(Collection<ClusterPod> pods) {
        var commands = new Commands();
        int waiting = 0;
        for (var pod : pods) {
            var addresses = pod.mac() + " " + String.join(" ", pod.ips());
            addNamespace(pod.namespace());
            commands.add("--may-exist", "lsp-add", pod.node().name(), pod.port());
            commands.add("lsp-set-addresses", pod.port(), addresses);
            commands.add("lsp-set-port-security", pod.port(), addresses);
            commands.add(
                    "set",
                    "Logical_Switch_Port",
                    pod.port(),
                    "external_ids={namespace=\"%s\",pod=\"true\"}".formatted(pod.namespace()),
                    "options:requested-chassis=" + pod.node().name());
            var id = "@port" + waiting;
            commands.add("--id=" + id, "get", "Logical_Switch_Port", pod.port());
            commands.add("add", "Port_Group", portGroup(pod.namespace()), "ports", id);
            if (++waiting == PODS_PER_COMMAND) {
                commands.run(central);
                waiting = 0;
            }
        }
        commands.run(central);
        if (topology.disableSnatMultipleGateways()) {
            pods.forEach(this::addPodSnat);
        }
    }

    private void addNamespace(String namespace) {
        if (namespaces.add(namespace)) {
            central.nbctl(
                    "create",
                    "Port_Group",
                    "name=" + portGroup(namespace),
                    "external_ids:\"k8s.ovn.org/id\"=\"default-network-controller:Namespace:" + namespace + "\"",
                    "external_ids:\"k8s.ovn.org/name\"=" + namespace,
                    "external_ids:\"k8s.ovn.org/owner-controller\"=default-network-controller",
                    "external_ids:\"k8s.ovn.org/owner-type\"=Namespace");
        }
    }

    /** The name of a namespace's port group; ovnkube's has other digits. */
    public static String portGroup(String namespace) {
        return "a" + Integer.toUnsignedString(namespace.hashCode());
    }

    /** The pod's SNAT to its node's address, as ovnkube-master writes it with {@code --disable-snat-multiple-gws}. */
    public void addPodSnat(ClusterPod pod) {
        var commands = new Commands();
        pod.ips().forEach(ip -> snat(commands, pod.node(), pod.node().address(Family.of(ip)), ip));
        commands.run(central);
    }

    /**
     * Removes the logical switch ports of pods, as ovnkube-master does; rows of others stay, except that with
     * {@code --disable-snat-multiple-gws} it removes every SNAT of the pod from its node's gateway router, whoever wrote it.
     */
    public void removePods(Collection<ClusterPod> pods) {
        var commands = new Commands();
        pods.forEach(pod -> commands.add("--if-exists", "lsp-del", pod.port()));
        if (topology.disableSnatMultipleGateways()) {
            pods.forEach(pod -> pod.ips()
                    .forEach(ip ->
                            commands.add("--if-exists", "lr-nat-del", pod.node().gatewayRouter(), "snat", ip)));
        }
        commands.run(central);
    }

    /** Removes the gateway router and the external switch of a node, with everything on them. */
    public void removeGatewayRouter(ClusterNode node) {
        var commands = new Commands();
        commands.add("--if-exists", "lr-del", node.gatewayRouter());
        commands.add("--if-exists", "ls-del", "ext_" + node.name());
        commands.add("--if-exists", "lsp-del", "jtor-" + node.gatewayRouter());
        var port = "rtoe-" + node.gatewayRouter();
        for (var address : node.addresses()) {
            commands.add("--if-exists", "static-mac-binding-del", port, masqueradeHop(IpText.isV6(address)));
        }
        for (var join : node.joinAddresses()) {
            var address = IpText.addressOf(join);
            commands.add("--if-exists", "lr-route-del", CLUSTER_ROUTER, address, address);
        }
        for (var subnet : node.subnets()) {
            commands.add("--if-exists", "--policy=src-ip", "lr-route-del", CLUSTER_ROUTER, subnet);
        }
        commands.run(central);
    }

    /** Removes all of a node but its chassis. */
    public void removeNode(ClusterNode node) {
        removeGatewayRouter(node);
        var commands = new Commands();
        commands.add("--if-exists", "ls-del", node.name());
        commands.add("--if-exists", "lrp-del", "rtos-" + node.name());
        commands.run(central);
        for (var address : node.addresses()) {
            central.nbctl(
                    "--if-exists",
                    "lr-policy-del",
                    CLUSTER_ROUTER,
                    "1004",
                    "inport == \"rtos-%s\" && %s.dst == %s /* %s */"
                            .formatted(
                                    node.name(), IpText.matchField(address), IpText.addressOf(address), node.name()));
        }
    }

    /**
     * Writes to the southbound database the neighbours that a node's ovn-controller learns on the machine network: the outside
     * gateway and the other nodes. Without them a traced packet ends as an ARP request.
     */
    public void learnNeighbours(ClusterNode node) {
        var router = node.gatewayRouter();
        learnGateways(router, node.nextHops());
        for (var other : topology.nodes()) {
            if (!other.equals(node)) {
                other.addresses()
                        .forEach(address ->
                                neighbour(datapath(router), router, IpText.addressOf(address), other.externalMac()));
            }
        }
    }

    /** The outside gateways alone, as whoever has the router learns them. */
    public void learnGateways(String router, List<String> gateways) {
        gateways.forEach(hop -> neighbour(datapath(router), router, hop, IpText.mac(hop)));
    }

    /** The UUID of what ovn-northd has made of a router in the southbound database. */
    public String datapath(String router) {
        return central.sbctl("--bare", "--columns=_uuid", "find", "Datapath_Binding", "external_ids:name=" + router)
                .strip();
    }

    private void neighbour(String datapath, String router, String ip, String mac) {
        central.sbctl(
                "create",
                "MAC_Binding",
                "datapath=" + datapath,
                "logical_port=rtoe-" + router,
                "ip=\"" + ip + "\"",
                "mac=\"" + mac + "\"");
    }

    private String clusterJoinAddress(int family) {
        return IpText.host(topology.joinSubnets().get(family), 1);
    }

    private static void routerPort(Commands commands, String router, String port, String mac, List<String> networks) {
        var line = new ArrayList<>(List.of("lrp-add", router, port, mac));
        line.addAll(networks);
        commands.add(line);
    }

    private static void switchPortToRouter(
            Commands commands, String onSwitch, String port, String routerPort, String addresses) {
        commands.add("lsp-add", onSwitch, port);
        commands.add("lsp-set-type", port, "router");
        commands.add("lsp-set-addresses", port, addresses);
        commands.add("lsp-set-options", port, "router-port=" + routerPort);
    }

    private boolean hasColumn(String table, String column) {
        return central.northbound()
                .client("list-columns", "OVN_Northbound", table)
                .lines()
                .anyMatch(line -> line.startsWith(column + " "));
    }

    private static List<String> each(List<String> values, java.util.function.UnaryOperator<String> function) {
        return values.stream().map(function).toList();
    }

    /** ovn-nbctl commands that are run as one transaction. */
    private static final class Commands {
        private final List<String> line = new ArrayList<>();
        private int created;

        void add(String... command) {
            add(List.of(command));
        }

        void add(List<String> command) {
            if (!line.isEmpty()) {
                line.add("--");
            }
            line.addAll(command);
        }

        /** Inserts a row and refers to it from a column of its parent. */
        void create(String parentTable, String parent, String parentColumn, String table, String... columns) {
            var id = "@row" + created++;
            var command = new ArrayList<>(List.of("--id=" + id, "create", table));
            command.addAll(List.of(columns));
            add(command);
            add("add", parentTable, parent, parentColumn, id);
        }

        void run(OvnCentral central) {
            if (!line.isEmpty()) {
                central.nbctl(line);
                line.clear();
            }
        }
    }
}
