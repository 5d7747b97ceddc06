package io.ovnegress.it.harness.lab;

import static io.ovnegress.it.harness.process.Await.await;

import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.process.LocalProcess;
import io.ovnegress.it.harness.process.OvnCentral;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A {@link LiveCluster} whose packets are real: every node is a network namespace with Open vSwitch's userspace datapath and
 * {@code ovn-controller}, pods are namespaces on their nodes, and outside stands a web server behind the machine network's
 * gateway whose access log shows which source address a pod left with. Needs root on Linux ({@link #obstacle}). Namespaces
 * carry the process id and a number in their names; all of it is gone after close, or when the JVM ends. One thread drives it.
 */
public final class Lab implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final List<String> OUTSIDE_ADDRESSES = List.of("203.0.113.80", "2001:db8::80");
    private static final String MACHINES = "machines";
    /** Chains before servers outside. */
    private static final String FENCE = "to-";

    private static final Duration FLOOD = Duration.ofMillis(1500);
    private static final int CURL_COULD_NOT_CONNECT = 7;
    private static final List<String> PROGRAMS =
            List.of("ip", "iptables", "ethtool", "curl", "ovs-vsctl", "ovs-ofctl", "ovs-vswitchd", "ovn-controller");
    private static final List<Path> FILES =
            List.of(Path.of("/dev/net/tun"), Programs.schema("ovn-nb"), Programs.schema("vswitch"));

    private final LiveCluster cluster;
    private final String prefix;
    private final WorkDirectory directory;
    private final NetworkNamespace outsideNamespace;
    private final Map<String, Chassis> chassis = new LinkedHashMap<>();
    private final Map<String, AttachedPod> pods = new LinkedHashMap<>();
    private final List<Runnable> programs = new ArrayList<>();
    private final Listener outside;
    private final List<String> counted = new ArrayList<>();
    private int logs;

    private record AttachedPod(Chassis chassis, NetworkNamespace namespace, String device) {}

    private Lab(LiveCluster cluster) {
        this.cluster = cluster;
        this.prefix = "oe" + ProcessHandle.current().pid() + "x" + NUMBER.incrementAndGet() + "-";
        this.directory = WorkDirectory.create("ovn-egress-lab");
        this.outsideNamespace = namespace("outside");
        this.outside = startOutside();
    }

    /** Why there can be no lab here; empty if there can be one. */
    public static Optional<String> obstacle() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.of("network namespaces need Linux");
        }
        if (!"root".equals(System.getProperty("user.name"))) {
            return Optional.of("network namespaces need root");
        }
        var missing = new ArrayList<String>();
        PROGRAMS.stream()
                .filter(program -> !isInstalled(Programs.find(program)))
                .forEach(missing::add);
        FILES.stream().filter(file -> !Files.exists(file)).map(Path::toString).forEach(missing::add);
        if (!missing.isEmpty()) {
            return Optional.of("missing: " + String.join(", ", missing)
                    + " (packages ovn-central ovn-host openvswitch-switch iproute2 iptables ethtool curl)");
        }
        return NetworkNamespace.obstacle();
    }

    private static boolean isInstalled(String program) {
        var path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/sbin:/usr/bin");
        return Stream.of(path.split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder).resolve(program)));
    }

    public static boolean isPossible() {
        return obstacle().isEmpty();
    }

    /** Puts packets under a cluster whose topology is written; pods follow with {@link #attach}. */
    public static Lab start(LiveCluster cluster) {
        var lab = new Lab(cluster);
        try {
            lab.startNodes();
            return lab;
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    /** The machine network is a bridge; its own address is the gateway, behind which the web server's addresses are. */
    private Listener startOutside() {
        outsideNamespace.ip("link", "add", MACHINES, "type", "bridge", "mcast_snooping", "0");
        outsideNamespace.plugIn(MACHINES);
        var node = cluster.topology().nodes().get(0);
        var addresses = new ArrayList<String>();
        for (int i = 0; i < node.nextHops().size(); i++) {
            var network = node.addresses().get(i);
            outsideNamespace.address(MACHINES, node.nextHops().get(i) + network.substring(network.indexOf('/')));
            var address = Family.of(network).of(OUTSIDE_ADDRESSES);
            addOutside(address);
            addresses.add(address);
        }
        return Listener.start(outsideNamespace, addresses, log("outside"));
    }

    private void addOutside(String address) {
        outsideNamespace.address("lo", address + (Family.of(address) == Family.V4 ? "/32" : "/128"));
    }

    private void startNodes() {
        // Written for ovn-trace, which sends no packets: here neighbours are learned.
        cluster.central().sbctl("--all", "destroy", "MAC_Binding");
        for (var node : cluster.topology().nodes()) {
            var namespace = namespace(node.name());
            var folder = directory.resolve("n" + chassis.size());
            create(folder);
            var started = new Chassis(node, cluster.topology(), namespace, folder, cluster.central());
            chassis.put(node.name(), started);
            var card = "node" + chassis.size();
            namespace.connect(Chassis.CARD, outsideNamespace, card);
            outsideNamespace.ip("link", "set", card, "master", MACHINES);
            started.start();
        }
        sync();
        chassis.values().forEach(Chassis::connectToOvn);
    }

    /** Gives a pod that runs in the cluster its namespace on its node; returns once its port is up. */
    public void attach(ClusterPod pod) {
        connect(pod);
        plugIn(pod);
        cluster.central().nbctl(OvnCentral.PATIENT, "wait-until", "Logical_Switch_Port", pod.port(), "up=true");
        sync();
    }

    /** Gives a pod a namespace, from which nothing gets through before it is plugged in. */
    private void connect(ClusterPod pod) {
        var namespace = namespace(pod.name());
        var on = chassis.get(pod.node().name());
        pods.put(pod.port(), new AttachedPod(on, namespace, on.connect(pod, namespace)));
    }

    /** The moment from which a pod's packets get through. */
    public void plugIn(ClusterPod pod) {
        var attached = pods.get(pod.port());
        attached.chassis().plugIn(pod, attached.device());
    }

    /** Lets a pod send to the outside from before it is plugged in, at a fixed pace. */
    public Traffic trafficBeforePluggedIn(ClusterPod pod, Family family, Duration interval) {
        connect(pod);
        return send(pod, outside, family, interval);
    }

    /** Takes a pod's namespace away, with everything that runs in it. */
    public void detach(ClusterPod pod) {
        var attached = pods.remove(pod.port());
        attached.chassis().unplug(attached.device());
        attached.namespace().close();
    }

    /**
     * The place of a pod whose port is gone is another's with the same addresses from one moment to the next, and so is what runs in it;
     * connections that are opened from now on have other local ports than those of before.
     */
    public void handOver(ClusterPod from, ClusterPod to) {
        var place = pods.remove(from.port());
        place.namespace().run("sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=10000 30000");
        place.chassis().rename(place.device(), to);
        pods.put(to.port(), place);
    }

    /** Returns once every node has installed everything that is in the northbound database; not after one was killed. */
    public void sync() {
        cluster.central().nbctl(OvnCentral.PATIENT, "--wait=hv", "sync");
    }

    /** What the nodes' switches say of themselves, such as {@code 3.5.0}. */
    public List<String> switchVersions() {
        return chassis.values().stream().map(Chassis::switchVersion).toList();
    }

    /** Throws if a switch or an {@code ovn-controller} has ended without being killed: then nothing seen here counts. */
    public void requireAlive() {
        chassis.values().forEach(Chassis::requireAlive);
    }

    /** The web server outside the cluster. */
    public Listener outside() {
        return outside;
    }

    /** What the web server outside has seen so far. */
    public List<AccessLog.Entry> accessLog() {
        return outside.accessLog();
    }

    /** Asks the web server outside over IPv4 for {@code /<pod>}; see {@link #curl(ClusterPod, Listener, Family)}. */
    public Optional<String> curl(ClusterPod pod) {
        return curl(pod, outside, Family.V4);
    }

    /** Runs {@code curl} in a pod; the answer is the source address that the other side saw, empty if there was none. */
    public Optional<String> curl(ClusterPod pod, Listener target, Family family) {
        var output = namespaceOf(pod)
                .run("curl", "--silent", "--globoff", "--max-time", "10", target.url(family, pod.name()));
        return output.exitCode() == 0
                ? Optional.of(AccessLog.shortNotation(output.standardOutput().strip()))
                : Optional.empty();
    }

    /**
     * Asks for a URL through a proxy; the answer is its text, empty if the proxy refuses.
     *
     * @param connects whether by CONNECT, as for HTTPS
     * @return with the status that the proxy gave
     */
    public Proxied curlThrough(ClusterPod pod, String proxy, String url, boolean connects) {
        var line = new ArrayList<>(List.of("curl", "--silent", "--globoff", "--max-time", "10", "--proxy", proxy));
        if (connects) {
            line.add("--proxytunnel");
        }
        line.addAll(List.of("--write-out", "\n%{http_code} %{http_connect}", url));
        var lines = namespaceOf(pod)
                .run(line.toArray(String[]::new))
                .standardOutput()
                .strip()
                .lines()
                .toList();
        var codes = lines.getLast();
        int space = codes.indexOf(' ');
        int status = Integer.parseInt(connects ? codes.substring(space + 1) : codes.substring(0, space));
        return new Proxied(status, status == 200 ? lines.getFirst() : "");
    }

    /** What came of asking through a proxy. */
    public record Proxied(int status, String text) {}

    /** Starts a program in a pod, which may open its output anew whoever it runs as. */
    public LocalProcess start(ClusterPod pod, String program, List<String> line) {
        var log = log(program);
        try {
            Files.createFile(log, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-rw-rw-")));
            Files.setPosixFilePermissions(log, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var process = namespaceOf(pod).start(program, line, Map.of(), log);
        programs.add(process::close);
        return process;
    }

    /** Counts from now on what comes to the outside from this IPv4 address: all of it, and what has this code point. */
    public void count(String source, int dscp) {
        outsideNamespace.run("iptables", "-A", "INPUT", "-s", source);
        outsideNamespace.run("iptables", "-A", "INPUT", "-s", source, "-m", "dscp", "--dscp", Integer.toString(dscp));
        counted.add(source);
    }

    /** What has been counted so far. */
    public Counted counted(String source) {
        var rules = outsideNamespace
                .run("iptables", "-L", "INPUT", "-v", "-n", "-x")
                .standardOutput()
                .lines()
                .skip(2)
                .filter(line -> !line.contains(" " + FENCE))
                .map(line -> line.strip().split(" +"))
                .toList();
        int rule = 2 * counted.indexOf(source);
        return new Counted(
                Long.parseLong(rules.get(rule)[0]),
                Long.parseLong(rules.get(rule)[1]),
                Long.parseLong(rules.get(rule + 1)[0]));
    }

    /** @param marked how many of the packets have the code point */
    public record Counted(long packets, long bytes, long marked) {}

    /**
     * Has a pod send for a second and a half more than it may.
     *
     * @param source that is counted
     * @return how many bits of it came to the outside in a second
     */
    public long flood(ClusterPod pod, String source) {
        var before = counted(source);
        var flood = JavaProgram.start(
                namespaceOf(pod),
                DatagramFlood.class,
                log("flood"),
                List.of(outside.address(Family.V4), Long.toString(FLOOD.toMillis())));
        await("the end of the flood").until(() -> !flood.isAlive());
        return (counted(source).bytes() - before.bytes()) * 8 * 1000 / FLOOD.toMillis();
    }

    /**
     * What became of a request.
     *
     * @param source as the other side saw it; empty if there was no answer
     * @param isRefused whether somebody said that there is nobody
     */
    public record Attempt(Optional<String> source, boolean isRefused, Duration took) {}

    /** Asks for HTTP at any port of an address, for three seconds at most. */
    public Attempt attempt(ClusterPod pod, String address, int port) {
        var begin = System.nanoTime();
        var output = namespaceOf(pod)
                .run("curl", "--silent", "--globoff", "--max-time", "3", url(address, port) + "/" + pod.name());
        var took = Duration.ofNanos(System.nanoTime() - begin);
        return new Attempt(
                output.exitCode() == 0
                        ? Optional.of(
                                AccessLog.shortNotation(output.standardOutput().strip()))
                        : Optional.empty(),
                output.exitCode() == CURL_COULD_NOT_CONNECT && took.compareTo(Duration.ofSeconds(2)) < 0,
                took);
    }

    private static String url(String address, int port) {
        return "http://" + (Family.of(address) == Family.V6 ? "[" + address + "]" : address) + ":" + port;
    }

    private static String host(String address) {
        return address + (Family.of(address) == Family.V6 ? "/128" : "/32");
    }

    /** Lets a pod send datagrams to an address that leads to the outside. */
    public Traffic trafficTo(ClusterPod pod, String address) {
        return trafficTo(pod, address, outside);
    }

    /** The same to an address that leads to another server. */
    public Traffic trafficTo(ClusterPod pod, String address, Listener target) {
        var name = pod.name() + "-" + logs;
        var traffic = Traffic.start(namespaceOf(pod), name, target, address, Traffic.USUAL_INTERVAL, log(name));
        programs.add(traffic::close);
        return traffic;
    }

    /** A route for an address that a host outside takes to be behind another one; what becomes of it is to be seen in access logs. */
    public void askFromOutside(String address, int port, String via) {
        outsideNamespace.ip("route", "replace", host(address), "via", via);
        outsideNamespace.run("curl", "--silent", "--globoff", "--max-time", "2", url(address, port) + "/outside");
        outsideNamespace.ip("route", "del", host(address));
    }

    /** How many of ten UDP datagrams that come from outside the cluster, by way of an egress IP of either family, reach the pod. */
    public long datagramsFromOutside(ClusterPod pod, String via) {
        var family = Family.of(via);
        var address = family.of(pod.ips());
        long before = udpForNobody(pod, family);
        outsideNamespace.ip("route", "replace", host(address), "via", via);
        outsideNamespace.run(
                "bash", "-c", "for n in {1..10}; do echo $n > /dev/udp/" + address + "/9; sleep 0.05; done; sleep 0.5");
        outsideNamespace.ip("route", "del", host(address));
        return udpForNobody(pod, family) - before;
    }

    /** What has come for ports that nobody listens at, RFC 4113 {@code udpNoPorts}. */
    private long udpForNobody(ClusterPod pod, Family family) {
        if (family == Family.V6) {
            return namespaceOf(pod)
                    .run("cat", "/proc/net/snmp6")
                    .standardOutput()
                    .lines()
                    .filter(line -> line.startsWith("Udp6NoPorts"))
                    .mapToLong(line -> Long.parseLong(
                            line.substring(line.lastIndexOf('\t') + 1).strip()))
                    .sum();
        }
        var udp = namespaceOf(pod)
                .run("cat", "/proc/net/snmp")
                .standardOutput()
                .lines()
                .filter(line -> line.startsWith("Udp:"))
                .map(line -> List.of(line.split(" ")))
                .toList();
        return Long.parseLong(udp.get(1).get(udp.get(0).indexOf("NoPorts")));
    }

    /**
     * Asks a Service of this IPv4 address, whose connections from outside a node takes in, from outside the cluster; the answer is the
     * source address that the pod saw, empty if there was none.
     */
    public Optional<String> curlService(String address, ClusterNode by) {
        chassis.get(by.name()).passService(address);
        var output = outsideNamespace.run("curl", "--silent", "--max-time", "10", "http://" + address + "/outside");
        return output.exitCode() == 0 ? Optional.of(output.standardOutput().strip()) : Optional.empty();
    }

    /** Another web server outside the cluster, at addresses that nobody else has. */
    public Listener listenOutside(String... addresses) {
        List.of(addresses).forEach(this::addOutside);
        return listen(outsideNamespace, List.of(addresses), "outside-" + addresses[0]);
    }

    /** From now on a firewall before an IPv4 address outside lets these sources in, and tells others that it does not. */
    public void admitOnly(String address, List<String> sources) {
        var chain = FENCE + address;
        if (outsideNamespace.run("iptables", "-N", chain).exitCode() == 0) {
            outsideNamespace.run("iptables", "-A", "INPUT", "-d", address, "-j", chain);
        }
        outsideNamespace.run("iptables", "-F", chain);
        sources.forEach(source -> outsideNamespace.run("iptables", "-A", chain, "-s", source, "-j", "RETURN"));
        outsideNamespace.run("iptables", "-A", chain, "-j", "REJECT", "--reject-with", "icmp-host-prohibited");
    }

    /** A web server in a pod. */
    public Listener listen(ClusterPod pod) {
        return listen(namespaceOf(pod), pod.ips(), pod.name());
    }

    /** A web server on a node itself, as a pod of the host network is. */
    public Listener listen(ClusterNode node) {
        var addresses =
                node.addresses().stream().map(a -> node.address(Family.of(a))).toList();
        return listen(chassis.get(node.name()).namespace(), addresses, node.name());
    }

    private Listener listen(NetworkNamespace namespace, List<String> addresses, String name) {
        var listener = Listener.start(namespace, addresses, log(name));
        programs.add(listener::close);
        return listener;
    }

    /** Makes a server on a port of this machine's loopback address known on a node, at the same port of its loopback address. */
    public void bringLoopbackPort(int port, ClusterNode node) {
        var socket = directory.resolve("loopback-" + port);
        var namespace = chassis.get(node.name()).namespace();
        programs.add(LoopbackPort.bring(port, namespace, socket, log("loopback-" + port))::close);
    }

    /** The command line that runs this one on a node itself, as in a pod of the host network. */
    public List<String> onNode(ClusterNode node, List<String> line) {
        return chassis.get(node.name()).namespace().inside(line);
    }

    /** Lets a pod send to the outside every 20 ms, after a first request by which everybody on the way gets known. */
    public Traffic traffic(ClusterPod pod, Family family) {
        return traffic(pod, family, Traffic.USUAL_INTERVAL);
    }

    /** The same at another pace. */
    public Traffic traffic(ClusterPod pod, Family family, Duration interval) {
        curl(pod, outside, family);
        return send(pod, outside, family, interval);
    }

    /** The same to another server outside, every 20 ms. */
    public Traffic traffic(ClusterPod pod, Listener target, Family family) {
        curl(pod, target, family);
        return send(pod, target, family, Traffic.USUAL_INTERVAL);
    }

    private Traffic send(ClusterPod pod, Listener target, Family family, Duration interval) {
        var name = pod.name() + "-" + logs;
        var traffic = Traffic.start(namespaceOf(pod), name, target, target.address(family), interval, log(name));
        programs.add(traffic::close);
        return traffic;
    }

    /** Opens so many TCP connections from a pod to the outside and keeps them busy. */
    public Connections connect(ClusterPod pod, Family family, int count) {
        var name = pod.name() + "-" + logs;
        var target = outside.address(family);
        var connections = Connections.open(namespaceOf(pod), name, count, outside, target, log(name));
        programs.add(connections::close);
        return connections;
    }

    /** Ends everything on a node at once and cuts its cable, as a power failure does; Kubernetes is not told. */
    public void kill(ClusterNode node) {
        chassis.get(node.name()).kill();
    }

    /** Cuts a node off from the others and from the outside; its programs go on, and talk to the databases. */
    public void pullCable(ClusterNode node) {
        chassis.get(node.name()).pullCable();
    }

    public void plugCable(ClusterNode node) {
        chassis.get(node.name()).plugCable();
    }

    /** The {@code ovs-vswitchd} of a node, to be frozen. */
    public LocalProcess vswitchd(ClusterNode node) {
        return chassis.get(node.name()).vswitchd();
    }

    /** The {@code ovn-controller} of a node, to be frozen, or for what it costs. */
    public LocalProcess ovnController(ClusterNode node) {
        return chassis.get(node.name()).ovnController();
    }

    /** What the {@code ovn-controller} of a node has logged so far, with a line for each packet that an ACL logs. */
    public String controllerLog(ClusterNode node) {
        return chassis.get(node.name()).controllerLog();
    }

    /**
     * Every node forgets the connections that it knows: a request that happens to leave from a port of one of them would leave with the
     * address that it had then.
     */
    public void forgetConnections() {
        chassis.values().forEach(Chassis::forgetConnections);
    }

    /**
     * Every node forgets what it has decided for packets lately, as after ten seconds without one of them. Until then packets that go the
     * same way again are not looked at, and the switch does not learn from them where their MAC address is now, but half a second later.
     */
    public void forgetDecisions() {
        chassis.values().forEach(Chassis::forgetDecisions);
    }

    /** How many OpenFlow flows a node's integration bridge has. */
    public int flows(ClusterNode node) {
        return chassis.get(node.name()).flows();
    }

    private NetworkNamespace namespaceOf(ClusterPod pod) {
        return Optional.ofNullable(pods.get(pod.port()))
                .orElseThrow(() -> new IllegalArgumentException(pod.port() + " is not attached"))
                .namespace();
    }

    private NetworkNamespace namespace(String purpose) {
        return NetworkNamespace.create(prefix + purpose);
    }

    private Path log(String name) {
        return directory.resolve(name + "-" + logs++ + ".log");
    }

    private static void create(Path folder) {
        try {
            Files.createDirectory(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        programs.reversed().forEach(Runnable::run);
        outside.close();
        pods.values().forEach(pod -> pod.namespace().close());
        chassis.values().forEach(Chassis::close);
        outsideNamespace.close();
        directory.close();
    }
}
