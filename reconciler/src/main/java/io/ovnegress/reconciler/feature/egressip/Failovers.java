package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.rows.AssignmentHistory.Failover;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.feature.egressip.rows.KnownRouters;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.rows.RouterPlan;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpStatus;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.NodeUplinks;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Follows OVN: a router that floats, was where it is to be and is elsewhere now, was moved by OVN alone and stays there. Looks at where
 * routers are, not at how that was told: for a moment nobody may serve one, and the database may have been read anew in between. One
 * that is on its way to where it is to be is not followed; one that has not been calm for a while is followed when it is: two chassis
 * that do not hear of each other may claim it in turn. Not thread safe.
 */
final class Failovers {
    private static final Duration CALM = Duration.ofSeconds(5);

    private final NodeUplinks uplinks;
    private final OwnRouters routers;
    private final KnownRouters known;
    private final Placing placing;
    private final EgressIpStatus status;
    /** Those that may be elsewhere than they were. */
    private final Set<Router> stale = new LinkedHashSet<>();
    /** The chassis that serves each. */
    private final Map<Router, Stay> served = new HashMap<>();
    /** The node where each was, and was to be. */
    private final Map<Router, Stay> arrived = new HashMap<>();
    /** Those that were there before it was decided here: they are taken to be where they are to be, until something else is heard. */
    private final Set<Router> found = new HashSet<>();
    /** Where OVN has taken some of which nobody has said yet whether they may stay there. */
    private final Map<Router, Departure> untold = new HashMap<>();

    private record Departure(String from, String to) {}

    private record Stay(String where, Instant since) {
        private boolean isAt(String place) {
            return where.equals(place);
        }

        private boolean isCalm(Instant now) {
            return !now.isBefore(since.plus(CALM));
        }
    }

    Failovers(NodeUplinks uplinks, OwnRouters routers, KnownRouters known, Placing placing, EgressIpStatus status) {
        this.uplinks = uplinks;
        this.routers = routers;
        this.known = known;
        this.placing = placing;
        this.status = status;
    }

    /**
     * From now on it is decided here.
     *
     * @param since failovers that nobody has told yet
     */
    void takeUp(Collection<Failover> since) {
        stale.clear();
        served.clear();
        arrived.clear();
        found.clear();
        found.addAll(known.all());
        untold.clear();
        for (var failover : since) {
            var router = failover.router();
            placing.tookOver(router.egressIp(), new Assignment(failover.egressIp(), failover.from()), failover.to());
            untold.put(router, new Departure(failover.from(), failover.to())); // once for both families of one
        }
    }

    /** The router may be served by another chassis. */
    void hostChanged(Router router) {
        stale.add(router);
    }

    /** Which node has which chassis may be different. */
    void chassisChanged() {
        routers.routers().forEach(stale::add);
    }

    /** Routers were placed otherwise: these are the owners that are concerned. */
    void placed(Collection<Owner> concerned, Instant now) {
        untold.forEach((router, departure) -> routers.plan(router)
                .filter(plan -> plan.node().equals(departure.to()))
                .ifPresent(plan ->
                        status.failedOver(router.egressIp(), router.address(), departure.from(), departure.to())));
        untold.clear();
        for (var owner : concerned) {
            if (owner instanceof Router router) {
                stale.add(router);
                if (routers.plan(router).isEmpty()) {
                    served.remove(router);
                    arrived.remove(router);
                    found.remove(router);
                }
            }
        }
        settle(now);
    }

    void settle(Instant now) {
        stale.removeIf(router -> routers.plan(router)
                .filter(plan -> !router.isPinned())
                .map(plan -> isDecided(plan, now))
                .orElse(true));
    }

    /** Whether it need not be looked at again until it is elsewhere. */
    private boolean isDecided(RouterPlan plan, Instant now) {
        var router = plan.key();
        var host = known.serving(router);
        if (host.isEmpty()) {
            if (found.contains(router)) {
                arrived.putIfAbsent(router, new Stay(plan.node(), Instant.MIN));
            }
            return true;
        }
        if (!served.containsKey(router)) {
            served.put(router, new Stay(host.get(), found.contains(router) ? Instant.MIN : now));
        } else if (!served.get(router).isAt(host.get())) {
            served.put(router, new Stay(host.get(), now));
        }
        var node = uplinks.nodeOf(host.get());
        var was = Optional.ofNullable(arrived.get(router)).filter(stay -> stay.isAt(plan.node()));
        if (node.filter(plan.node()::equals).isPresent()) {
            var since = served.get(router).since();
            arrived.put(
                    router,
                    new Stay(plan.node(), was.isPresent() ? later(was.get().since(), since) : atFirst(since, now)));
        } else if (node.isPresent() && was.isPresent()) {
            if (!was.get().isCalm(now) && !served.get(router).isCalm(now)) {
                return false;
            }
            placing.takenOver(router.egressIp(), plan.addresses(), node.get(), now);
            untold.put(router, new Departure(plan.node(), node.get()));
            arrived.remove(router);
        }
        return true;
    }

    /**
     * When a router came to where it is to be, if that was decided just now: OVN may have had it there before, but a chassis that is back
     * claims it for a moment until it has heard of the decision.
     */
    private static Instant atFirst(Instant served, Instant now) {
        return served.equals(Instant.MIN) ? served : now;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /** When one may have been calm for long enough. */
    Optional<Instant> nextDeadline() {
        return stale.stream()
                .flatMap(router -> Optional.ofNullable(served.get(router)).stream())
                .map(stay -> stay.since().plus(CALM))
                .min(Instant::compareTo);
    }
}
