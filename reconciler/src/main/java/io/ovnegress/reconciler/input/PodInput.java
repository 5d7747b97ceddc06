package io.ovnegress.reconciler.input;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What we read of a Pod.
 *
 * @param node {@code spec.nodeName}, empty while unscheduled
 * @param ips the addresses on the cluster default network that the pod's object names: only a claim, since whoever may write the
 *     pod may write them; {@link Inputs} hands out pods with the addresses that they hold
 * @param claim what is to be made of the addresses that the object names
 * @param finished phase Succeeded or Failed: its addresses may belong to another pod by now
 */
public record PodInput(
        PodName name,
        Instant created,
        Map<String, String> labels,
        String node,
        List<IpAddress> ips,
        AddressClaim.Kind claim,
        boolean hostNetwork,
        boolean finished)
        implements InputObject {
    @Override
    public InputKind kind() {
        return InputKind.POD;
    }

    @Override
    public String key() {
        return name.toString();
    }

    public PodInput {
        labels = Map.copyOf(labels);
        ips = List.copyOf(ips);
    }

    /** A pod whose annotation and status name the same addresses; nothing yet if there are none. */
    public PodInput(
            PodName name,
            Instant created,
            Map<String, String> labels,
            String node,
            List<IpAddress> ips,
            boolean hostNetwork,
            boolean finished) {
        this(
                name,
                created,
                labels,
                node,
                ips,
                ips.isEmpty() ? AddressClaim.Kind.NONE : AddressClaim.Kind.AGREED,
                hostNetwork,
                finished);
    }

    /** Whether the pod has a network of its own: scheduled and alive, not in the host's. */
    public boolean isOnNetwork() {
        return !hostNetwork && !finished && !node.isEmpty();
    }

    /** Whether an EgressIP can serve the pod: it is on the network, with addresses. */
    public boolean isServable() {
        return isOnNetwork() && !ips.isEmpty();
    }

    /** The same pod with these labels. */
    public PodInput withLabels(Map<String, String> others) {
        return new PodInput(name, created, others, node, ips, claim, hostNetwork, finished);
    }

    PodInput withClaim(AddressClaim.Kind other) {
        return new PodInput(name, created, labels, node, ips, other, hostNetwork, finished);
    }

    PodInput withIps(List<IpAddress> others) {
        return new PodInput(name, created, labels, node, others, claim, hostNetwork, finished);
    }
}
