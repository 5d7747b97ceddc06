package io.ovnegress.reconciler.input;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What we read of a Pod.
 *
 * @param node {@code spec.nodeName}, empty while unscheduled
 * @param ips the pod's addresses on the cluster default network: annotation {@code k8s.ovn.org/pod-networks}, else
 *     {@code status.podIPs}; empty while it has none
 * @param finished phase Succeeded or Failed: its addresses may belong to another pod by now
 */
public record PodInput(
        PodName name,
        Instant created,
        Map<String, String> labels,
        String node,
        List<IpAddress> ips,
        boolean hostNetwork,
        boolean finished)
        implements InputObject {
    public PodInput {
        labels = Map.copyOf(labels);
        ips = List.copyOf(ips);
    }

    /** Whether an EgressIP can serve the pod: scheduled, alive, with addresses of its own. */
    public boolean isServable() {
        return !hostNetwork && !finished && !node.isEmpty() && !ips.isEmpty();
    }
}
