package io.ovnegress.it.harness.bulk;

import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.RowIds;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The objects of a bulk load: pods spread over namespaces, an EgressIP for each namespace, two egress nodes. */
public final class Inputs {
    private Inputs() {}

    public static IpAddress podIp(int pod) {
        int host = pod + 10;
        return IpAddress.parse("10." + (128 + (host >> 16)) + "." + ((host >> 8) & 255) + "." + (host & 255))
                .orElseThrow();
    }

    /** The name of the node that it runs on. */
    static String nodeOf(int pod) {
        return new NumberedNode(1 + pod % 2).name();
    }

    /** The UUID of the pod's reroute policy. */
    public static UUID rerouteRow(IpAddress ip) {
        return RowIds.of(EgressIpRows.rerouteId(ip));
    }

    public static PodInput pod(int pod, int namespace, IpAddress ip) {
        return pod(pod, namespace, ip, Map.of("app", "app" + namespace, "tier", "web"));
    }

    public static PodInput pod(int pod, int namespace, IpAddress ip, Map<String, String> labels) {
        return new PodInput(
                new PodName("ns" + namespace, "pod-" + pod),
                Instant.EPOCH,
                labels,
                nodeOf(pod),
                List.of(ip),
                false,
                false);
    }

    public static NamespaceInput namespace(int namespace) {
        return new NamespaceInput("ns" + namespace, Map.of("team", "team" + namespace));
    }

    public static String egressIpText(int namespace) {
        return "192.168." + (1 + (namespace >> 7)) + "." + (100 + (namespace & 127));
    }

    public static EgressIpInput egressIp(int namespace) {
        return EgressIpInput.named("eip" + namespace)
                .uid("uid" + namespace)
                .egressIps(List.of(egressIpText(namespace)))
                .namespaceSelector(
                        new LabelSelector(List.of(new Requirement("team", Operator.IN, Set.of("team" + namespace)))))
                .podSelector(new LabelSelector(List.of(new Requirement("tier", Operator.IN, Set.of("web")))))
                .build();
    }

    /** The two egress nodes, of which these are ready. */
    public static List<NodeInput> nodesReady(Integer... ready) {
        var nodes = new ArrayList<NodeInput>();
        for (int n = 1; n <= 2; n++) {
            var address = IpAddress.parse("192.168.0." + n).orElseThrow();
            nodes.add(NodeInput.named(new NumberedNode(n).name())
                    .egressAssignable(true)
                    .ready(Arrays.asList(ready).contains(n))
                    .egressNetworks(
                            List.of(IpNetwork.parse("192.168.0." + n + "/16").orElseThrow()))
                    .addresses(Set.of(address))
                    .gatewayAddresses(List.of(address))
                    .build());
        }
        return nodes;
    }
}
