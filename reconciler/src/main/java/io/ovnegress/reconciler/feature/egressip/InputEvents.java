package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpClaims;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpStatus;
import io.ovnegress.reconciler.feature.egressip.status.RefusedAddresses;
import io.ovnegress.reconciler.feature.egressip.status.UnservedPods;
import io.ovnegress.reconciler.input.FailoverGaps;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.input.RouterHost;
import java.util.HashSet;
import java.util.Optional;

/** What a change of the inputs concerns: which owners are to be looked at, and what is to be derived anew. */
final class InputEvents implements Inputs.Listener, EgressIpSelection.Listener {
    private final Signals signals;
    private final EgressIpSelection selection;
    private final Destinations destinations;
    private final Topology topology;
    private final Placing placing;
    private final OwnRouters routers;
    private final RouterEvents routerEvents;
    private final EgressIpStatus status;
    private final UnservedPods unservedPods;
    private final RefusedAddresses refusedAddresses;
    private final boolean swapsNodeSnats;

    /** @param swapsNodeSnats whether pods have SNATs of their own, which take the addresses of their nodes */
    InputEvents(
            Signals signals,
            EgressIpSelection selection,
            Destinations destinations,
            Topology topology,
            Placing placing,
            OwnRouters routers,
            RouterEvents routerEvents,
            EgressIpStatus status,
            UnservedPods unservedPods,
            RefusedAddresses refusedAddresses,
            boolean swapsNodeSnats) {
        this.signals = signals;
        this.selection = selection;
        this.destinations = destinations;
        this.topology = topology;
        this.placing = placing;
        this.routers = routers;
        this.routerEvents = routerEvents;
        this.status = status;
        this.unservedPods = unservedPods;
        this.refusedAddresses = refusedAddresses;
        this.swapsNodeSnats = swapsNodeSnats;
    }

    @Override
    public void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
        selection.objectChanged(before, after, this);
        destinations.objectChanged(before, after).forEach(this::destinationsChanged);
        switch (after.or(() -> before).orElseThrow()) {
            case EgressIpInput egressIp when after.isEmpty() -> egressIpRemoved(egressIp.name());
            case EgressIpInput egressIp -> egressIpChanged(before.map(EgressIpInput.class::cast), egressIp);
            case NodeInput node -> {
                nodeChanged(node.name());
                if (before.isEmpty()) {
                    routerEvents.nodeAppeared();
                }
                if (isReady(before) != isReady(after)) {
                    signals.betweenSteps();
                }
            }
            case NodeReachability found -> {
                placing.inputsChanged();
                signals.betweenSteps();
            }
            case RouterHost host -> routerEvents.hostHeard(host);
            case FailoverGaps gaps -> status.failover(gaps);
            default -> {}
        }
    }

    private void destinationsChanged(String egressIp) {
        signals.dirty(new EgressIpOwner.Destined(egressIp));
        signals.dirty(EgressIpClaims.BASELINE);
        status.usageChanged(egressIp);
    }

    private static boolean isReady(Optional<InputObject> node) {
        return node.map(NodeInput.class::cast).filter(NodeInput::ready).isPresent();
    }

    private void egressIpChanged(Optional<EgressIpInput> before, EgressIpInput egressIp) {
        if (status.observed(egressIp)) {
            placing.appeared(egressIp.name());
        }
        if (before.filter(egressIp::hasSameSpec).isEmpty()) {
            routerEvents.objectChanged(egressIp.name());
            signals.dirty(EgressIpClaims.CUT_OFF);
            topology.probed().selectorsChanged();
            placing.inputsChanged();
        }
    }

    private void egressIpRemoved(String name) {
        status.forget(name);
        routerEvents.objectChanged(name);
        signals.dirty(EgressIpClaims.CUT_OFF);
        placing.disappeared(name);
        topology.probed().selectorsChanged();
        placing.inputsChanged();
    }

    private void nodeChanged(String name) {
        topology.nodesChanged();
        if (swapsNodeSnats) {
            placing.regated(name); // what is the node SNAT of its pods is told by the node
        } else {
            placing.inputsChanged();
        }
        routers.all().forEach(signals::dirty);
        signals.dirty(EgressIpClaims.BASELINE);
        signals.dirty(new EgressIpOwner.NodeSwitch(name));
        signals.dirty(new EgressIpOwner.Guard(name));
    }

    @Override
    public void podChanged(Optional<PodInput> before, Optional<PodInput> after) {
        selection.podChanged(before, after, this);
        if (after.isEmpty()) {
            before.map(PodInput::name).ifPresent(this::notServed);
        }
        before.ifPresent(this::podAffected);
        if (before.isPresent() && after.isPresent()) {
            changeTogether(before.get(), after.get());
        }
        after.ifPresent(this::podAffected);
    }

    /** Where a pod has other addresses, what is written for the one and for the other belongs together. */
    private void changeTogether(PodInput before, PodInput after) {
        if (before.ips().isEmpty() || after.ips().isEmpty() || before.ips().equals(after.ips())) {
            return;
        }
        var owners = new HashSet<EgressIpOwner>();
        before.ips().forEach(ip -> owners.add(new EgressIpOwner.PodIp(ip)));
        after.ips().forEach(ip -> owners.add(new EgressIpOwner.PodIp(ip)));
        signals.together(owners);
    }

    @Override
    public void podAffected(PodInput pod) {
        pod.ips().forEach(ip -> signals.dirty(new EgressIpOwner.PodIp(ip)));
        podClaimChanged(pod.name());
        if (!pod.isServable()) {
            notServed(pod.name()); // its addresses, by which that is found out otherwise, are not its own any more
        }
    }

    @Override
    public void namespaceAffected(String namespace) {
        routerEvents.selectionChanged(namespace);
        selection.selectingSomeOf(namespace).stream()
                .filter(object -> routers.isRouted(object.name()))
                .forEach(object -> signals.dirty(new EgressIpOwner.Routed(object.name())));
        signals.dirty(new EgressIpOwner.Namespace(namespace));
    }

    private void notServed(PodName pod) {
        status.uncontested(pod);
        unservedPods.forget(pod);
    }

    @Override
    public void podClaimChanged(PodName name) {
        refusedAddresses.changed(name);
    }

    @Override
    public void reselected(String egressIp) {
        placing.reselected(egressIp);
    }

    @Override
    public void usageChanged(String egressIp) {
        status.usageChanged(egressIp);
    }
}
