package io.ovnegress.it.harness.lab;

import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.LocalProcess;
import io.ovnegress.it.harness.process.OvnCentral;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A node with real packets: a network namespace in which Open vSwitch with its userspace datapath and {@code ovn-controller} run,
 * with the bridges, addresses and flows that ovnkube-node sets up. The network card is {@code eth0}. One thread drives it.
 */
final class Chassis implements AutoCloseable {
    static final String CARD = "eth0";

    /** Of the connection states in which requests that get no further are left. */
    private static final List<String> CONNECTION_STATES = List.of(
            "udp_first",
            "udp_single",
            "udp_multiple",
            "tcp_fin_wait",
            "tcp_time_wait",
            "tcp_close",
            "tcp_syn_sent",
            "tcp_syn_recv",
            "tcp_last_ack",
            "tcp_close_wait");

    private static final int A_DAY_IN_SECONDS = 86_400;
    /** {@code ovn-controller} numbers its zones from 1; zone 0 is the SNAT zone of gateway routers. */
    private static final int LAST_ZONE = 63;

    private static final int ANSWER_MARK = 42;
    private static final Pattern TABLE_TO_TUNNELS = Pattern.compile("table=(\\d+),.*->NXM_NX_TUN_METADATA0.*output:");

    private static final String CONTROL = "vswitchd.ctl";
    private static final String DATAPATH = "netdev";
    private static final String EXTERNAL = "br-ex";
    private static final String INTEGRATION = "br-int";
    private static final String MANAGEMENT = "ovn-k8s-mp0";

    private final ClusterNode node;
    private final Topology topology;
    private final NetworkNamespace namespace;
    private final Path directory;
    private final OvnCentral central;
    private final OvsdbServer configuration;
    private final List<LocalProcess> daemons = new ArrayList<>();
    private Optional<LocalProcess> vswitchd = Optional.empty();
    private Optional<LocalProcess> ovnController = Optional.empty();
    private int ports;
    private boolean killed;

    Chassis(ClusterNode node, Topology topology, NetworkNamespace namespace, Path directory, OvnCentral central) {
        this.node = node;
        this.topology = topology;
        this.namespace = namespace;
        this.directory = directory;
        this.central = central;
        this.configuration = OvsdbServer.withSchema(directory, "conf", "Open_vSwitch", Programs.schema("vswitch"));
    }

    ClusterNode node() {
        return node;
    }

    NetworkNamespace namespace() {
        return namespace;
    }

    /** Starts the switch and {@code ovn-controller}; {@link #connectToOvn()} follows once that has done its first work. */
    void start() {
        namespace.giveToSwitch(CARD);
        configuration.start();
        configure();
        vswitchd = Optional.of(daemon("ovs-vswitchd", "--unixctl=" + directory.resolve(CONTROL)));
        addBridges();
        keepConnections();
        addNodeAddresses();
        ovnController = Optional.of(daemon("ovn-controller"));
    }

    private void configure() {
        vsctl("--no-wait", "init");
        vsctl(
                "--no-wait",
                "set",
                "Open_vSwitch",
                ".",
                "external_ids:system-id=" + node.chassis(),
                "external_ids:hostname=" + node.name(),
                "external_ids:ovn-remote=\"" + central.southbound().address() + "\"",
                "external_ids:ovn-encap-type=geneve",
                "external_ids:ovn-encap-ip=" + node.address(Family.V4),
                "external_ids:ovn-bridge-mappings=physnet:" + EXTERNAL,
                "external_ids:ovn-bridge-datapath-type=" + DATAPATH);
    }

    private LocalProcess daemon(String program, String... options) {
        var line = new ArrayList<>(List.of(Programs.find(program), address(), "-vconsole:off"));
        line.add("--log-file=" + directory.resolve(program + ".log"));
        line.addAll(List.of(options));
        var path = directory.toString();
        var environment = Map.of("OVS_RUNDIR", path, "OVN_RUNDIR", path, "OVS_LOGDIR", path, "OVN_LOGDIR", path);
        var started = namespace.start(program, line, environment, directory.resolve(program + ".out"));
        daemons.add(started);
        return started;
    }

    /**
     * No connection is forgotten while the lab lives: Open vSwitch 3.1.0 may end with a failed assertion in its userspace
     * connection tracker (conn_update_state) when translated connections have timed out.
     */
    private void keepConnections() {
        vsctl(
                "--id=@datapath",
                "create",
                "Datapath",
                "datapath_version=0",
                "--",
                "set",
                "Open_vSwitch",
                ".",
                "datapaths:" + DATAPATH + "=@datapath");
        var line = new ArrayList<String>();
        for (int zone : IntStream.concat(IntStream.rangeClosed(0, LAST_ZONE), IntStream.of(ExternalBridge.ZONE))
                .toArray()) {
            line.addAll(List.of("--", "add-zone-tp", DATAPATH, "zone=" + zone));
            CONNECTION_STATES.forEach(state -> line.add(state + "=" + A_DAY_IN_SECONDS));
        }
        vsctl(line.toArray(String[]::new));
    }

    private void addBridges() {
        var managementMac = central.nbctl("lsp-get-addresses", node.managementPort())
                .strip()
                .split(" ", 2)[0];
        var line = new ArrayList<String>();
        line.addAll(List.of("add-br", EXTERNAL, "--", "set", "Bridge", EXTERNAL, "datapath_type=" + DATAPATH));
        line.addAll(List.of("fail_mode=standalone", "other_config:hwaddr=\"" + node.externalMac() + "\"", "--"));
        line.addAll(List.of("add-port", EXTERNAL, CARD, "--", "set", "Interface", CARD));
        line.addAll(List.of("ofport_request=" + ExternalBridge.CARD, "--"));
        line.addAll(List.of("add-br", INTEGRATION, "--", "set", "Bridge", INTEGRATION, "datapath_type=" + DATAPATH));
        line.addAll(List.of("fail_mode=secure", "--", "add-port", INTEGRATION, MANAGEMENT, "--"));
        line.addAll(List.of("set", "Interface", MANAGEMENT, "type=internal", "mac=\"" + managementMac + "\""));
        line.add("external_ids:iface-id=" + node.managementPort());
        vsctl(line.toArray(String[]::new));
    }

    /** What its ovn-controller has written into its log so far, with a line for each packet that an ACL logs. */
    String controllerLog() {
        try {
            return Files.readString(directory.resolve("ovn-controller.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The node's own addresses are on {@code br-ex}; the cluster's networks are behind the management port. */
    private void addNodeAddresses() {
        namespace.ip("link", "set", EXTERNAL, "up");
        namespace.ip("link", "set", MANAGEMENT, "up");
        for (int i = 0; i < node.addresses().size(); i++) {
            var family = Family.of(node.addresses().get(i));
            namespace.address(EXTERNAL, node.addresses().get(i));
            namespace.ip("route", "add", "default", "via", node.nextHops().get(i), "dev", EXTERNAL);
            namespace.address(
                    MANAGEMENT,
                    node.managementAddress(family) + prefixOf(node.subnets().get(i)));
            namespace.ip(
                    "route",
                    "add",
                    topology.clusterSubnets().get(i),
                    "via",
                    node.gatewayAddresses().get(i),
                    "dev",
                    MANAGEMENT);
        }
    }

    LocalProcess ovnController() {
        return ovnController.orElseThrow();
    }

    LocalProcess vswitchd() {
        return vswitchd.orElseThrow();
    }

    int flows() {
        var flows = Pattern.compile("flow_count=(\\d+)").matcher(ofctl("dump-aggregate", INTEGRATION));
        return flows.find() ? Integer.parseInt(flows.group(1)) : 0;
    }

    void forgetConnections() {
        appctl("dpctl/flush-conntrack");
    }

    /** Forgets what it has decided for packets like those that it has seen lately, and decides anew. */
    void forgetDecisions() {
        appctl("revalidator/purge");
    }

    private String appctl(String command) {
        return Command.of(
                        Programs.find("ovs-appctl"),
                        "-t",
                        directory.resolve(CONTROL).toString(),
                        command)
                .output();
    }

    String switchVersion() {
        var answer = appctl("version");
        return answer.substring(answer.lastIndexOf(' ') + 1).strip();
    }

    /** Lets traffic through between the machine network, the node and OVN. */
    void connectToOvn() {
        int port = patchPort();
        var file = directory.resolve("br-ex.flows");
        try {
            Files.write(file, ExternalBridge.flows(node, port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ofctl("replace-flows", EXTERNAL, file.toString());
        unmarkTunnelled();
    }

    private int patchPort() {
        var patch = "patch-br-ex_" + node.name() + "-to-" + INTEGRATION;
        vsctl("wait-until", "Interface", patch, "ofport>0");
        return Integer.parseInt(vsctl("get", "Interface", patch, "ofport").strip());
    }

    /** Lets connections from outside to an address of a Service through to OVN, as ovnkube-node does. */
    void passService(String address) {
        ofctl(
                "add-flow",
                EXTERNAL,
                "priority=110,in_port=%d,ip,nw_dst=%s,actions=output:%d"
                        .formatted(ExternalBridge.CARD, address, patchPort()));
    }

    /**
     * A newer OVN marks the answers of pods that have an egress IP. The kernel's tunnels take no notice, but Open vSwitch's own find no
     * route for a packet with a mark. What leaves the cluster router has been looked at by everybody who looks at that mark.
     */
    private void unmarkTunnelled() {
        var router = central.sbctl(
                        "--bare",
                        "--columns=tunnel_key",
                        "find",
                        "Datapath_Binding",
                        "external_ids:name=ovn_cluster_router")
                .strip();
        TABLE_TO_TUNNELS
                .matcher(ofctl("dump-flows", INTEGRATION))
                .results()
                .map(table -> table.group(1))
                .distinct()
                .forEach(table -> ofctl(
                        "add-flow",
                        INTEGRATION,
                        "table=%s,priority=65535,pkt_mark=%d,metadata=%s,actions=set_field:0->pkt_mark,resubmit(,%s)"
                                .formatted(table, ANSWER_MARK, router, table)));
    }

    private String ofctl(String command, String bridge, String... arguments) {
        var line = new ArrayList<>(List.of(
                Programs.find("ovs-ofctl"),
                "--protocols=OpenFlow13,OpenFlow15",
                command,
                "unix:" + directory.resolve(bridge + ".mgmt")));
        line.addAll(List.of(arguments));
        return new Command(line, Map.of()).output();
    }

    /**
     * Lays a cable from a pod's namespace to its node, where it ends in the air; the pod knows its gateway by its MAC address, so
     * that it sends without having to ask. Returns the name of the device on the node.
     */
    String connect(ClusterPod pod, NetworkNamespace podNamespace) {
        var device = "pod" + ports++;
        podNamespace.connect(CARD, namespace, device);
        namespace.giveToSwitch(device);
        podNamespace.ip("link", "set", CARD, "address", pod.mac(), "mtu", "1400");
        for (int i = 0; i < pod.ips().size(); i++) {
            podNamespace.address(
                    CARD, pod.ips().get(i) + prefixOf(node.subnets().get(i)));
            var gateway = node.gatewayAddresses().get(i);
            podNamespace.ip("route", "add", "default", "via", gateway);
            podNamespace.ip("neighbour", "replace", gateway, "lladdr", node.routerMac(), "dev", CARD);
        }
        return device;
    }

    /** Connects what a pod's cable ends in to its logical switch port. */
    void plugIn(ClusterPod pod, String device) {
        vsctl("add-port", INTEGRATION, device, "--", "set", "Interface", device, "external_ids:iface-id=" + pod.port());
    }

    /** What is plugged in there is this pod from now on. */
    void rename(String device, ClusterPod pod) {
        vsctl("set", "Interface", device, "external_ids:iface-id=" + pod.port());
    }

    void unplug(String device) {
        vsctl("del-port", INTEGRATION, device);
    }

    /** Throws with the end of its log if a program of the node has ended by itself. */
    void requireAlive() {
        if (!killed) {
            configuration.process().requireAlive();
            daemons.forEach(LocalProcess::requireAlive);
        }
    }

    /** The node is gone from one moment to the next: nothing on it says good-bye, and the cable is dead. */
    void kill() {
        killed = true;
        daemons.forEach(LocalProcess::kill);
        configuration.process().kill();
        pullCable();
    }

    void pullCable() {
        namespace.ip("link", "set", CARD, "down");
    }

    void plugCable() {
        namespace.ip("link", "set", CARD, "up");
    }

    private String vsctl(String... arguments) {
        var line = new ArrayList<>(List.of(Programs.find("ovs-vsctl"), OvnCentral.PATIENT, "--db=" + address()));
        line.addAll(List.of(arguments));
        return new Command(line, Map.of()).output();
    }

    private String address() {
        return configuration.address();
    }

    private static String prefixOf(String network) {
        return network.substring(network.indexOf('/'));
    }

    @Override
    public void close() {
        daemons.reversed().forEach(LocalProcess::close);
        configuration.close();
        namespace.close();
    }
}
