package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.egressip.rows.DestinedWants;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpClaims;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Destined;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Routed;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.feature.egressip.rows.KnownRouters;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpStatus;
import io.ovnegress.reconciler.input.RouterHost;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** What changes of the database mean for own routers: who leads there, and which chassis serves them. */
final class RouterEvents implements KnownRouters.Listener {
    private final Signals signals;
    private final OwnRouters routers;
    private final KnownRouters known;
    private final Destinations destinations;
    private final DestinedWants destinedWants;
    private final Placing placing;
    private final Failovers failovers;
    private final EgressIpStatus status;
    private boolean started;

    RouterEvents(
            Signals signals,
            OwnRouters routers,
            KnownRouters known,
            Destinations destinations,
            DestinedWants destinedWants,
            Placing placing,
            Failovers failovers,
            EgressIpStatus status) {
        this.signals = signals;
        this.routers = routers;
        this.known = known;
        this.destinations = destinations;
        this.destinedWants = destinedWants;
        this.placing = placing;
        this.failovers = failovers;
        this.status = status;
    }

    void start() {
        started = true;
    }

    void forget() {
        known.forget();
    }

    /** All for which something may be wanted. */
    Collection<Owner> owners() {
        var owners = new LinkedHashSet<>(routers.owners());
        owners.addAll(destinedWants.owners());
        return owners;
    }

    /** The names of the sets of pods that are led to routers. */
    Set<String> sets() {
        return known.setNames();
    }

    void rowChanged(Optional<Row> before, Optional<Row> after) {
        known.rowChanged(before, after, this);
    }

    /** The southbound database says where OVN has a router. */
    void hostHeard(RouterHost host) {
        known.routerOf(host).ifPresent(failovers::hostChanged);
    }

    /** Its chassis may serve routers already. */
    void nodeAppeared() {
        failovers.chassisChanged();
    }

    /** What the routers of nodes are like, or the nodes. */
    void uplinksChanged() {
        if (started) {
            if (routers.areIncomplete()) {
                placing.inputsChanged(); // there may be a way out that was not
            }
            failovers.chassisChanged();
            routers.all().forEach(signals::dirty);
            routers.objects().forEach(status::usageChanged);
            if (routers.areByDestination()) { // what is exempt may wait for subnets that nobody contradicts
                signals.dirty(EgressIpClaims.BASELINE);
            }
        }
    }

    /** Other objects select the namespace, or select it otherwise, or it has another port group, or none any more. */
    void selectionChanged(String namespace) {
        routers.selectionChanged();
        destinedWants.selectionChanged();
        destinations.namespaceChanged(namespace);
    }

    /** Whose sets may change since a namespace has a port group, or none any more. */
    Collection<Owner> podsToldOtherwise(String namespace) {
        return destinedWants.areUsed() ? routers.podIpsIn(namespace) : Set.of();
    }

    /** The object says something else, or is not there any more. */
    void objectChanged(String egressIp) {
        signals.dirty(new Routed(egressIp));
        signals.dirty(new Destined(egressIp));
    }

    /** What stays in the cluster has to be exempt as long as anything leads away by destination. */
    @Override
    public void destinedChanged() {
        if (started && !routers.areByDestination()) {
            signals.dirty(EgressIpClaims.BASELINE);
        }
    }

    @Override
    public void waysChanged() {
        if (started) {
            routers.superfluous().forEach(signals::dirty);
        }
    }

    @Override
    public void hostChanged(Router router) {
        failovers.hostChanged(router);
    }
}
