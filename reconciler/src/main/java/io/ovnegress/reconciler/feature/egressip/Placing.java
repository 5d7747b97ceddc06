package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.placement.Departures;
import io.ovnegress.reconciler.feature.egressip.placement.EgressIpPlacement;
import io.ovnegress.reconciler.feature.egressip.placement.EgressIpRebalance;
import io.ovnegress.reconciler.feature.egressip.placement.NodeIndex;
import io.ovnegress.reconciler.feature.egressip.placement.Placed;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementChange;
import io.ovnegress.reconciler.feature.egressip.placement.Placements;
import io.ovnegress.reconciler.feature.egressip.placement.RebalancePace;
import io.ovnegress.reconciler.feature.egressip.placement.Returns;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.rows.QosWants;
import io.ovnegress.reconciler.feature.egressip.status.PlacementDecisions;
import io.ovnegress.reconciler.feature.egressip.topology.EgressNodes;
import io.ovnegress.reconciler.feature.egressip.topology.MissingRouters;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Places egress IPs anew when something has changed on which that depends: objects, nodes, and where egress IPs were, which is an
 * input like the others. It comes from status and rows when this controller begins to decide, from the last placement after that,
 * and from whoever evens out. Not thread safe.
 */
final class Placing {
    private final EgressIpSelection selection;
    private final EgressNodes nodes;
    private final EgressIpTranslator translator;
    private final PlacementDecisions decided;
    private final MissingRouters missingRouters;
    private final Departures departures;
    private final OwnRouters routers;
    private final QosWants qos;
    private final RebalancePace pace;
    private final Returns returns;

    private Map<String, List<Assignment>> history = Map.of();
    private Placements placements = Placements.NONE;
    /** Egress IPs that OVN has taken to nodes of others of their object. */
    private final Set<IpAddress> strays = new HashSet<>();

    /** On which these were placed. */
    private Optional<NodeIndex> placedOn = Optional.empty();

    private boolean isStale;

    private final Set<String> renewed = new HashSet<>();
    private final Set<String> reselected = new HashSet<>();
    private final Set<String> regated = new HashSet<>();
    private final Set<Owner> toLookAt = new LinkedHashSet<>();

    /** @param translator is told where egress IPs are */
    Placing(
            EgressIpSelection selection,
            EgressNodes nodes,
            EgressIpTranslator translator,
            PlacementDecisions decided,
            MissingRouters missingRouters,
            Departures departures,
            OwnRouters routers,
            QosWants qos,
            Duration rebalanceInterval) {
        this.selection = selection;
        this.nodes = nodes;
        this.translator = translator;
        this.decided = decided;
        this.missingRouters = missingRouters;
        this.departures = departures;
        this.routers = routers;
        this.qos = qos;
        this.pace = new RebalancePace(rebalanceInterval);
        this.returns = new Returns(rebalanceInterval);
    }

    /** From now on it is decided here: egress IPs stay where this says, if they can. */
    void takeUp(Map<String, List<Assignment>> whereTheyAre) {
        history = whereTheyAre;
        decided.takeUp(whereTheyAre);
        isStale = true;
    }

    /** Somebody else decides where egress IPs go. */
    void follow() {
        departures.clear();
        returns.placed(Optional.empty());
    }

    /** Objects, nodes or routers have changed. */
    void inputsChanged() {
        isStale = true;
    }

    /** An object that was not there, though another one may have been by its name. */
    void appeared(String egressIp) {
        renewed.add(egressIp);
    }

    void disappeared(String egressIp) {
        renewed.remove(egressIp);
    }

    /** The object's pods are others. */
    void reselected(String egressIp) {
        reselected.add(egressIp);
        isStale = true;
    }

    /** Pods are sent to the node otherwise, if its egress IPs stay. */
    void regated(String node) {
        regated.add(node);
        isStale = true;
    }

    /** OVN has moved the router of these egress IPs by itself: they stay where they are, with those that are to share it. */
    void takenOver(String egressIp, List<IpAddress> served, String node, Instant now) {
        var addresses = sharingWith(egressIp, served);
        var moved = new HashMap<>(history);
        moved.computeIfPresent(
                egressIp,
                (name, assignments) -> assignments.stream()
                        .map(assignment -> {
                            if (!addresses.contains(assignment.egressIp())) {
                                return assignment;
                            }
                            var there = new Assignment(assignment.egressIp(), node);
                            decided.takenOver(there);
                            return there;
                        })
                        .toList());
        history = moved;
        strays.addAll(addresses);
        returns.failedOver(now);
        isStale = true;
    }

    private Set<IpAddress> sharingWith(String egressIp, List<IpAddress> addresses) {
        var sharing = new HashSet<>(addresses);
        Optional.ofNullable(placements.placed().get(egressIp)).stream()
                .flatMap(placement -> placement.together().stream())
                .map(those -> those.stream().map(Assignment::egressIp).toList())
                .filter(those -> !Collections.disjoint(those, addresses))
                .forEach(sharing::addAll);
        return sharing;
    }

    /** OVN had done so before it was decided here: where the egress IP was is what was told last of it. */
    void tookOver(String egressIp, Assignment from, String to) {
        decided.toldLast(egressIp, from);
        decided.takenOver(new Assignment(from.egressIp(), to));
    }

    /** Whose rows are to be looked at since routers were placed otherwise; each once. */
    Set<Owner> takeOwners() {
        var taken = new LinkedHashSet<>(toLookAt);
        toLookAt.clear();
        return taken;
    }

    /** Brings the placement up to date; returns what has become of it. */
    List<PlacementChange> settle() {
        isStale |= departures.arrive();
        if (!isStale) {
            return List.of();
        }
        isStale = false;
        var candidates = nodes.now();
        var followed = routers.followed(history, candidates);
        followed.forEach((egressIp, assignments) -> assignments.stream()
                .filter(assignment -> !history.get(egressIp).contains(assignment))
                .forEach(assignment -> strays.add(assignment.egressIp())));
        var placed = EgressIpPlacement.place(selection.egressIps(), candidates, followed, routers::isRouted);
        decided.placed(selection::egressIp, placed, candidates, this::podsSelectedBy);
        missingRouters.placed(candidates, history, placed, decided::add);
        history = assignments(placed);
        placedOn = Optional.of(candidates);
        returns.placed(EgressIpPlacement.goingBack(
                        selection.egressIps(), candidates, history, routers::isRouted, guests(placed))
                .map(Placing::assignments));
        var before = placements;
        placements = new Placements(placed, departures.without(placed));
        translator.place(placements.present());
        toLookAt.addAll(routers.place(placed, candidates));
        qos.place(placements.present());
        toLookAt.addAll(qos.takeChanged());
        var changes =
                PlacementChange.between(before, placements, new PlacementChange.Besides(renewed, reselected, regated));
        renewed.clear();
        reselected.clear();
        regated.clear();
        return changes;
    }

    /** Those that are on nodes of others of their object: first those that OVN has taken there, then all but the first of each object. */
    private List<IpAddress> guests(Map<String, Placement> placed) {
        var guests = new ArrayList<IpAddress>();
        placed.values().forEach(placement -> guests.addAll(placement.guests()));
        strays.retainAll(guests);
        Collections.reverse(guests);
        guests.sort(Comparator.comparing(ip -> !strays.contains(ip)));
        return guests;
    }

    /** From where egress IPs go on. */
    Map<String, List<Assignment>> history() {
        return history;
    }

    /** Where egress IPs belong as decided last, and on which nodes that was decided; empty if nothing has been. */
    Optional<Placed> placed() {
        return placedOn.map(candidates -> new Placed(placements.placed(), candidates));
    }

    /** Where egress IPs would belong if it were decided here, given where they are. Changes nothing. */
    Placed wouldBe(Map<String, List<Assignment>> whereTheyAre) {
        var candidates = nodes.now();
        return new Placed(
                EgressIpPlacement.place(selection.egressIps(), candidates, whereTheyAre, routers::isRouted),
                candidates);
    }

    private static Map<String, List<Assignment>> assignments(Map<String, Placement> placed) {
        var assignments = new HashMap<String, List<Assignment>>();
        placed.forEach((name, placement) -> assignments.put(name, placement.assignments()));
        return assignments;
    }

    private int podsSelectedBy(String egressIp, IpAddress address) {
        var pods = new AtomicInteger();
        selection.forEachPodOf(egressIp, pod -> {
            if (pod.isServable() && pod.ips().stream().anyMatch(ip -> ip.family() == address.family())) {
                pods.incrementAndGet();
            }
        });
        return pods.get();
    }

    /**
     * Egress IPs that are on other routers than on these leave those first, pod by pod, and come to their new places after that.
     *
     * @param places by egress IP the router on which it is to be
     * @return whether some do that did not before
     */
    boolean departFromOthersThan(Map<String, UUID> places) {
        boolean some = departures.begin(places);
        isStale |= some;
        return some;
    }

    /**
     * Moves what need not move, once in an interval: the egress IPs of an object go back to nodes that it prefers; where none can,
     * one egress IP goes to a node that serves fewer.
     *
     * @return whether something moves
     */
    boolean improve(Instant now) {
        return returns.arePossible() ? goBack(now) : rebalance(now);
    }

    /** Whether {@link #improve} will move something. */
    boolean willImprove() {
        return returns.arePossible();
    }

    private boolean goBack(Instant now) {
        var after = returns.due(now);
        after.ifPresent(assignments -> {
            history = assignments;
            isStale = true;
        });
        return after.isPresent();
    }

    private boolean rebalance(Instant now) {
        if (!pace.isDue(now)) {
            return false;
        }
        var step = EgressIpRebalance.next(nodes.now(), selection::egressIp, placements.placed());
        step.ifPresent(worthIt -> {
            history = worthIt.appliedTo(placements.placed());
            decided.rebalanced(worthIt.from());
            isStale = true;
        });
        return step.isPresent();
    }

    /** When {@link #improve} should be asked again. */
    Optional<Instant> nextImprovement() {
        return returns.arePossible() ? returns.nextDeadline() : pace.next();
    }
}
