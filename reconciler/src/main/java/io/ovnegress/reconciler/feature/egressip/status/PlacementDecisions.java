package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Left;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressip.placement.NodeExclusions;
import io.ovnegress.reconciler.feature.egressip.placement.NodeIndex;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What one placement has decided that the one before had not, and why: each placement is compared with the last one that was told.
 * Also counts what has no node. Not thread safe.
 */
public final class PlacementDecisions {
    private static final Placement NOTHING = new Placement(List.of(), List.of());

    private final List<Decision> decisions = new ArrayList<>();
    private Map<String, Placement> told = new TreeMap<>();
    /** The labelled nodes that were told, with why they cannot serve. */
    private Map<String, Optional<Why>> nodesTold = Map.of();

    private Map<EgressIpReason, Integer> unassigned = Map.of();
    private Optional<Assignment> rebalanced = Optional.empty();
    private final Set<Assignment> takenOver = new HashSet<>();
    private boolean takesUp;

    /** How many pods the object selects that have an address of this one's family. */
    public interface Pods {
        int selectedBy(String egressIp, IpAddress address);
    }

    /** From now on it is decided here; so far egress IPs were where this says. */
    public void takeUp(Map<String, List<Assignment>> history) {
        takesUp = true;
        told = new TreeMap<>();
        history.forEach((name, assignments) -> told.put(name, new Placement(assignments, List.of())));
        nodesTold = Map.of();
    }

    /** The next placement moves this egress IP for no other reason than to even things out. */
    public void rebalanced(Assignment from) {
        rebalanced = Optional.of(from);
    }

    /** The egress IP was told to be here last, whatever was found since. */
    public void toldLast(String egressIp, Assignment there) {
        told.computeIfPresent(
                egressIp,
                (name, placement) -> new Placement(
                        placement.assignments().stream()
                                .map(each -> each.egressIp().equals(there.egressIp()) ? there : each)
                                .toList(),
                        placement.problems()));
    }

    /** OVN has taken this egress IP there by itself: if it may stay, the next placement says so. */
    public void takenOver(Assignment there) {
        takenOver.add(there);
    }

    public void add(Decision decision) {
        decisions.add(decision);
    }

    /** What has been decided since the last call. */
    public List<Decision> take() {
        var taken = List.copyOf(decisions);
        decisions.clear();
        return taken;
    }

    /** How many egress IPs have no node, as placed last. */
    public Map<EgressIpReason, Integer> unassigned() {
        return unassigned;
    }

    /** Egress IPs are placed like this from now on. */
    public void placed(
            Function<String, Optional<EgressIpInput>> egressIps,
            Map<String, Placement> placements,
            NodeIndex index,
            Pods pods) {
        unassigned = unassigned(egressIps, placements);
        if (takesUp) {
            int assigned = placements.values().stream()
                    .mapToInt(placement -> placement.assignments().size())
                    .sum();
            int without =
                    unassigned.values().stream().mapToInt(Integer::intValue).sum();
            int serving = index.candidates().cardinality();
            decisions.add(new EgressIpDecision.TakenUp(placements.size(), assigned, without, serving));
        }
        compareNodes(index);
        var names = new TreeSet<>(told.keySet());
        names.addAll(placements.keySet());
        for (var name : names) {
            var before = told.getOrDefault(name, NOTHING);
            var after = placements.get(name);
            if (after == null) {
                before.assignments()
                        .forEach(assignment -> decisions.add(new EgressIpDecision.Released(
                                name, assignment.egressIp(), assignment.node(), Why.ObjectDeleted)));
            } else if (!before.equals(after)) {
                new Comparison(egressIps.apply(name).orElseThrow(), before, after, index, pods).tell();
            }
        }
        told = placements;
        rebalanced = Optional.empty();
        takenOver.clear();
        takesUp = false;
    }

    /** How many egress IPs have no node, by reason; an object that is refused counts as all of its egress IPs, at least as one. */
    public static Map<EgressIpReason, Integer> unassigned(
            Function<String, Optional<EgressIpInput>> egressIps, Map<String, Placement> placements) {
        var counts = new EnumMap<EgressIpReason, Integer>(EgressIpReason.class);
        placements.forEach((name, placement) -> {
            var refusal = refusal(placement);
            if (refusal.isPresent()) {
                int asked = Set.copyOf(egressIps.apply(name).orElseThrow().egressIps())
                        .size();
                counts.merge(refusal.get(), Math.max(1, asked), Integer::sum);
            } else {
                placement
                        .problems()
                        .forEach(problem -> counts.merge(EgressIpConditions.reasonOf(problem), 1, Integer::sum));
            }
        });
        return Map.copyOf(counts);
    }

    /** Why the object is refused as a whole, if it is. */
    private static Optional<EgressIpReason> refusal(Placement placement) {
        return placement.problems().stream()
                .filter(problem -> PlacementProblem.addressOf(problem).isEmpty())
                .map(EgressIpConditions::reasonOf)
                .min(EgressIpReason::compareTo);
    }

    private void compareNodes(NodeIndex nodes) {
        var now = new TreeMap<String, Optional<Why>>();
        var there = new TreeSet<String>();
        nodes.nodes().forEach(node -> there.add(node.name()));
        nodes.egressNodes().stream().mapToObj(nodes::node).forEach(node -> now.put(node.name(), node.problem()));
        var names = new TreeSet<>(nodesTold.keySet());
        names.addAll(now.keySet());
        for (var name : names) {
            var before = nodesTold.get(name);
            var after = now.get(name);
            if (after == null) {
                if (before.isEmpty()) {
                    notAvailable(name, there.contains(name) ? Why.NotLabelled : Why.NodeGone);
                }
            } else if (after.isEmpty()) {
                if (!takesUp && (before == null || before.isPresent())) {
                    decisions.add(new EgressIpDecision.NodeAvailable(name));
                }
            } else if (before == null || before.isEmpty() || (after.get() == Why.Draining && !before.equals(after))) {
                notAvailable(name, after.get());
            }
        }
        nodesTold = now;
    }

    private void notAvailable(String node, Why why) {
        int served = (int) told.values().stream()
                .flatMap(placement -> placement.assignments().stream())
                .filter(assignment -> assignment.node().equals(node))
                .count();
        decisions.add(new EgressIpDecision.NodeNotAvailable(node, why, served));
    }

    /** One object, whose placement is not what it was. */
    private final class Comparison {
        private final EgressIpInput object;
        private final Placement after;
        private final NodeIndex nodes;
        private final Pods pods;
        private final Map<IpAddress, String> nodesBefore;
        private final Map<IpAddress, PlacementProblem> problemsBefore;
        private final Optional<EgressIpReason> refusalBefore;

        private Comparison(EgressIpInput object, Placement before, Placement after, NodeIndex nodes, Pods pods) {
            this.object = object;
            this.after = after;
            this.nodes = nodes;
            this.pods = pods;
            this.nodesBefore = nodesOf(before);
            this.problemsBefore = problemsOf(before);
            this.refusalBefore = refusal(before);
        }

        void tell() {
            var name = object.name();
            refusal(after)
                    .filter(reason -> !refusalBefore.equals(Optional.of(reason)))
                    .ifPresent(reason -> after.problems().stream()
                            .filter(problem -> EgressIpConditions.reasonOf(problem) == reason)
                            .findFirst()
                            .ifPresent(problem -> decisions.add(new EgressIpDecision.ObjectRefused(
                                    name, reason, EgressIpConditions.sentenceOf(problem)))));
            for (var assignment : after.assignments()) {
                tellAssigned(name, assignment);
            }
            var problems = problemsOf(after);
            problems.forEach(this::tellUnassigned);
            var nodesAfter = nodesOf(after);
            nodesBefore.forEach((address, node) -> {
                if (!nodesAfter.containsKey(address) && !problems.containsKey(address)) {
                    decisions.add(new EgressIpDecision.Released(
                            name, address, node, refusal(after).isPresent() ? Why.ObjectRefused : Why.NotRequested));
                }
            });
        }

        private void tellAssigned(String name, Assignment assignment) {
            var address = assignment.egressIp();
            var before = nodesBefore.get(address);
            if (before == null) {
                decisions.add(new EgressIpDecision.Assigned(name, address, assignment.node(), podsOf(address)));
            } else if (!before.equals(assignment.node())) {
                decisions.add(new EgressIpDecision.Moved(
                        name, address, before, assignment.node(), whyNotOn(before, address), podsOf(address)));
            }
        }

        private void tellUnassigned(IpAddress address, PlacementProblem problem) {
            var before = Optional.ofNullable(nodesBefore.get(address));
            var reason = EgressIpConditions.reasonOf(problem);
            boolean wasSaid = before.isEmpty()
                    && Optional.ofNullable(problemsBefore.get(address))
                            .map(EgressIpConditions::reasonOf)
                            .filter(reason::equals)
                            .isPresent();
            if (!wasSaid) {
                decisions.add(new EgressIpDecision.Unassigned(
                        object.name(),
                        address,
                        before.map(node -> new Left(node, whyNotOn(node, address))),
                        reason,
                        EgressIpConditions.sentenceOf(problem),
                        object.onUnassigned() == OnUnassigned.DROP && !isServed(address.family()),
                        podsOf(address)));
            }
        }

        private boolean isServed(IpFamily family) {
            return after.assignments().stream()
                    .anyMatch(assignment -> assignment.egressIp().family() == family);
        }

        private int podsOf(IpAddress address) {
            return pods.selectedBy(object.name(), address);
        }

        private boolean prefersAnother(int node, IpAddress address) {
            return after.assignments().stream()
                    .filter(now -> now.egressIp().equals(address))
                    .flatMap(now -> nodes.number(now.node()).stream())
                    .anyMatch(now -> nodes.rank(object.nodes(), now) < nodes.rank(object.nodes(), node));
        }

        /** Whether it shares a router now with an egress IP that was on another node. */
        private boolean hasComeTogether(IpAddress address) {
            return after.together().stream()
                    .map(those -> those.stream().map(Assignment::egressIp).toList())
                    .filter(those -> those.contains(address))
                    .anyMatch(those ->
                            those.stream().map(nodesBefore::get).distinct().count() > 1);
        }

        private Why whyNotOn(String node, IpAddress address) {
            if (after.assignments().stream()
                    .anyMatch(now -> now.egressIp().equals(address) && takenOver.contains(now))) {
                return Why.FailedOver;
            }
            if (nodes.ownerOf(address).isPresent()) {
                return Why.NodeAddressConflict;
            }
            if (nodes.reservation(address).isPresent()) {
                return Why.ReservedAddress;
            }
            var number = nodes.number(node);
            if (number.isEmpty()) {
                return Why.NodeGone;
            }
            var unmet = NodeExclusions.firstUnmet(
                    nodes, object.nodes().selector().orElse(NodeChoice.LABELLED), address, number.get());
            if (unmet.isPresent()) {
                return unmet.get();
            }
            if (after.problems().stream()
                    .anyMatch(problemNow -> problemNow instanceof PlacementProblem.InUseByAnotherObject inUse
                            && inUse.ip().equals(address))) {
                return Why.InUseByAnotherObject;
            }
            if (rebalanced.filter(new Assignment(address, node)::equals).isPresent()) {
                return Why.Rebalanced;
            }
            if (!nodes.hasRouter(number.get(), address.family())) {
                return Why.RouterMissing;
            }
            if (hasComeTogether(address)) {
                return Why.RouterShared;
            }
            return object.nodes().movesBack() && prefersAnother(number.get(), address) ? Why.Preferred : Why.NodeTaken;
        }
    }

    private static Map<IpAddress, String> nodesOf(Placement placement) {
        var nodes = new LinkedHashMap<IpAddress, String>();
        placement.assignments().forEach(assignment -> nodes.put(assignment.egressIp(), assignment.node()));
        return nodes;
    }

    private static Map<IpAddress, PlacementProblem> problemsOf(Placement placement) {
        var problems = new LinkedHashMap<IpAddress, PlacementProblem>();
        placement
                .problems()
                .forEach(problem -> PlacementProblem.addressOf(problem).ifPresent(ip -> problems.put(ip, problem)));
        return problems;
    }
}
