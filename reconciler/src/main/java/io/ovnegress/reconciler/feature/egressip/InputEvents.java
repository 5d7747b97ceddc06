package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.input.ClusterState;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.util.HashSet;
import java.util.Optional;

/** What a change of the inputs concerns: which owners are to be looked at, and what is to be derived anew. */
final class InputEvents implements ClusterState.Listener {
    private final Signals signals;
    private final ClusterState cluster;
    private final Topology topology;
    private final Placing placing;
    private final EgressIpStatus status;
    private final UnservedPods unservedPods;
    private final RefusedAddresses refusedAddresses;
    private final boolean swapsNodeSnats;

    /** @param swapsNodeSnats whether pods have SNATs of their own, which take the addresses of their nodes */
    InputEvents(
            Signals signals,
            ClusterState cluster,
            Topology topology,
            Placing placing,
            EgressIpStatus status,
            UnservedPods unservedPods,
            RefusedAddresses refusedAddresses,
            boolean swapsNodeSnats) {
        this.signals = signals;
        this.cluster = cluster;
        this.topology = topology;
        this.placing = placing;
        this.status = status;
        this.unservedPods = unservedPods;
        this.refusedAddresses = refusedAddresses;
        this.swapsNodeSnats = swapsNodeSnats;
    }

    @Override
    public void podAffected(PodInput pod) {
        pod.ips().forEach(ip -> signals.dirty(new EgressIpOwner.PodIp(ip)));
        podClaimChanged(pod.name());
        if (!pod.isServable()) {
            // Its addresses, by which that is found out otherwise, are not its own any more.
            status.uncontested(pod.name());
            unservedPods.forget(pod.name());
        }
    }

    @Override
    public void podReplaced(PodInput before, PodInput after) {
        var keys = new HashSet<EgressIpOwner>();
        before.ips().forEach(ip -> keys.add(new EgressIpOwner.PodIp(ip)));
        after.ips().forEach(ip -> keys.add(new EgressIpOwner.PodIp(ip)));
        signals.together(keys);
    }

    @Override
    public void podRemoved(PodName name) {
        status.uncontested(name);
        unservedPods.forget(name);
    }

    @Override
    public void podClaimChanged(PodName name) {
        refusedAddresses.changed(name);
    }

    @Override
    public void selectionChanged(String egressIp) {
        placing.reselected(egressIp);
    }

    @Override
    public void egressIpChanged(String name, boolean specChanged) {
        cluster.egressIp(name)
                .ifPresentOrElse(
                        egressIp -> {
                            if (status.observed(egressIp)) {
                                placing.appeared(name);
                            }
                        },
                        () -> {
                            status.forget(name);
                            placing.disappeared(name);
                        });
        if (specChanged) {
            placing.inputsChanged();
        }
    }

    @Override
    public void nodeChanged(String name) {
        topology.nodesChanged();
        if (swapsNodeSnats) {
            placing.regated(name); // what is the node SNAT of its pods is told by the node
        } else {
            placing.inputsChanged();
        }
        signals.dirty(EgressIpClaims.BASELINE);
        signals.dirty(new EgressIpOwner.NodeSwitch(name));
    }

    @Override
    public void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
        if (after.or(() -> before).orElseThrow() instanceof NodeReachability) {
            placing.inputsChanged();
        }
    }

    @Override
    public void usageChanged(String egressIp) {
        status.usageChanged(egressIp);
    }
}
