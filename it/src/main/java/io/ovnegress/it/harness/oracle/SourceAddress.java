package io.ovnegress.it.harness.oracle;

import io.ovnegress.it.harness.process.OvnCentral;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Asks {@code ovn-trace} with which source address a pod's packet arrives, and where: OVN's own word on what the rows in the
 * database mean. One thread drives it.
 */
public final class SourceAddress {
    /** As gateway routers do it, and as distributed ones ({@code ct_snatin_czone}). */
    private static final Pattern SNAT =
            Pattern.compile("ct_snat(?:_?in_czone)?\\((ip[46])\\.src=([0-9a-f.:]+)\\)[^{]*\\{");

    private static final Pattern INGRESS = Pattern.compile("ingress\\(dp=\"([^\"]+)\"");
    private static final Pattern OUTPUT = Pattern.compile("/\\* output to \"([^\"]+)\", type \"([^\"]*)\" \\*/");
    private static final Pattern BEHIND = Pattern.compile("ct_lb(?:_mark)?\\(backends=([^;)]+)");
    /** Of each of the times that connections are asked for on the way. */
    private static final List<String> NEW = Collections.nCopies(12, "--ct=new");

    /** A packet that OVN makes itself: a question for a neighbour, or a refusal for the sender. */
    private static final Pattern MADE = Pattern.compile("^(arp|nd_ns|icmp4|icmp6|tcp_reset|sctp_abort) *\\{");

    /** What the localnet port of a router that an egress IP has of its own is called, with the router's name. */
    private static final String OWN = "physical-";

    private final OvnCentral central;

    public SourceAddress(OvnCentral central) {
        this.central = central;
    }

    /** What became of a packet. */
    public sealed interface Verdict {
        /** It left the cluster through the external switch of a node, or of a router that an egress IP has of its own. */
        record Left(String source, String gatewayRouter, String port) implements Verdict {
            @Override
            public String toString() {
                return "leaves as %s through %s".formatted(source, gatewayRouter);
            }
        }

        /** It reached a port inside the cluster: a pod or a management port. */
        record Delivered(String source, String port) implements Verdict {
            @Override
            public String toString() {
                return "arrives at port %s as %s".formatted(port, source);
            }
        }

        record Dropped(String trace) implements Verdict {
            @Override
            public String toString() {
                return "is dropped:\n" + trace;
            }
        }
    }

    /** The fate of a TCP packet from a pod to an address outside its subnet. All that was written before counts. */
    public Verdict of(ClusterPod pod, String destination) {
        return trace(pod, pod.node().routerMac(), destination, 0);
    }

    /** The same for a port of a protocol. */
    public Verdict of(ClusterPod pod, String destination, String protocol, int port) {
        return trace(pod, pod.node().routerMac(), destination, 0, protocol, port);
    }

    /**
     * @param path which of several equal paths to take, 1 being the first
     */
    public Verdict of(ClusterPod pod, String destination, int path) {
        return trace(pod, pod.node().routerMac(), destination, path);
    }

    /** The fate of a TCP packet to another pod; one of the same subnet is asked for its MAC address directly. */
    public Verdict of(ClusterPod pod, ClusterPod other, Family family) {
        boolean neighbour = pod.node().equals(other.node());
        return trace(pod, neighbour ? other.mac() : pod.node().routerMac(), other.ip(family), 0);
    }

    /**
     * What became of the first packet of a connection.
     *
     * @param behind where a load balancer has sent it, as it names it; empty if none has taken it
     */
    public record Connection(Verdict verdict, Optional<String> behind) {}

    /**
     * The fate of the first packet of a connection to somebody outside of the pod's subnet, for which load balancers act.
     *
     * @param path which of several equal paths to take, 1 being the first
     */
    public Connection ofNew(ClusterPod pod, String destination, String protocol, int port, int path) {
        var trace = text(pod, pod.node().routerMac(), destination, path, protocol, port, NEW);
        return new Connection(
                verdict(pod.ip(Family.of(destination)), trace),
                BEHIND.matcher(trace).results().map(found -> found.group(1)).findFirst());
    }

    private Verdict trace(ClusterPod pod, String destinationMac, String destination, int path) {
        return trace(pod, destinationMac, destination, path, "tcp", 80);
    }

    private Verdict trace(
            ClusterPod pod, String destinationMac, String destination, int path, String protocol, int port) {
        return verdict(
                pod.ip(Family.of(destination)),
                text(pod, destinationMac, destination, path, protocol, port, List.of()));
    }

    private String text(
            ClusterPod pod,
            String destinationMac,
            String destination,
            int path,
            String protocol,
            int port,
            List<String> options) {
        central.sync();
        var family = Family.of(destination);
        var field = family == Family.V4 ? "ip4" : "ip6";
        var packet = ("inport==\"%s\" && eth.src==%s && eth.dst==%s && %s.src==%s && %s.dst==%s && ip.ttl==64"
                        + " && %s && %s.src==40000 && %s.dst==%d")
                .formatted(
                        pod.port(),
                        pod.mac(),
                        destinationMac,
                        field,
                        pod.ip(family),
                        field,
                        destination,
                        protocol,
                        protocol,
                        protocol,
                        port);
        var arguments = new ArrayList<>(List.of("--summary"));
        arguments.addAll(options);
        if (path > 0) {
            arguments.add("--select-id=" + path);
        }
        arguments.add(pod.node().name());
        arguments.add(packet);
        return central.trace(arguments.toArray(String[]::new));
    }

    /** Reads the summary form of a trace, in which each block is indented below what leads to it. */
    static Verdict verdict(String podIp, String trace) {
        var source = podIp;
        var datapath = "";
        var gateway = "";
        int made = -1;
        Verdict verdict = new Verdict.Dropped(trace);
        for (var line : trace.lines().toList()) {
            int depth = line.length() - line.stripLeading().length();
            var text = line.strip();
            if (made >= 0 && depth <= made) {
                made = text.equals("};") ? -1 : made;
            }
            if (made >= 0) {
                continue;
            }
            var snat = SNAT.matcher(text);
            var ingress = INGRESS.matcher(text);
            var output = OUTPUT.matcher(text);
            if (MADE.matcher(text).find() && !text.contains("}")) {
                made = depth;
            } else if (snat.find()) {
                source = snat.group(2);
            } else if (ingress.find()) {
                datapath = ingress.group(1);
                gateway = datapath.startsWith("GR_") ? datapath : gateway;
            } else if (output.find() && output.group(2).equals("localnet")) {
                var port = output.group(1);
                return new Verdict.Left(source, port.startsWith(OWN) ? port.substring(OWN.length()) : gateway, port);
            } else if (output.reset().find() && output.group(2).isEmpty()) {
                verdict = new Verdict.Delivered(source, output.group(1));
            }
        }
        return verdict;
    }
}
