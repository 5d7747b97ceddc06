package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.NodeLoss;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.EgressIpPlacement;
import io.ovnegress.reconciler.feature.egressip.placement.EgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.NodeIndex;
import io.ovnegress.reconciler.feature.egressip.placement.Placed;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditions;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpStatus;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ObjectRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Where egress IPs are, and what they are placed from.
 *
 * @param objects in the order of their names, with the form of those that have routers of their own
 * @param pods by the names of the objects how many each serves
 */
public record EgressIpOutlook(
        Placed placed, List<EgressIpInput> objects, Map<String, Integer> pods, List<ReservedSubnet> reserved)
        implements Outlook {
    private static final Placement NOWHERE = new Placement(List.of(), List.of());

    public static EgressIpOutlook of(
            Placed placed,
            EgressIpSelection selection,
            Predicate<String> routed,
            EgressIpStatus status,
            List<ReservedSubnet> reserved) {
        var objects = selection.egressIps().stream()
                .map(object -> routed.test(object.name())
                        ? object.edit().form(EgressForm.FLOATING).build()
                        : object)
                .toList();
        var pods = new HashMap<String, Integer>();
        for (var object : objects) {
            int served = selection.pods(object.name())
                    - status.standingBy(object.name()).size();
            pods.put(object.name(), Math.max(0, served));
        }
        return new EgressIpOutlook(placed, objects, pods, reserved);
    }

    @Override
    public Set<String> nodes() {
        return placed.placements().values().stream()
                .flatMap(placement -> placement.assignments().stream())
                .map(Assignment::node)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public Set<String> allNodes() {
        return placed.nodes().nodes().stream().map(EgressNode::name).collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public NodeLoss without(Set<String> lost) {
        var left = placed.nodes().nodes().stream()
                .map(node -> lost.contains(node.name()) ? node.lost() : node)
                .toList();
        var history = new HashMap<String, List<Assignment>>();
        placed.placements().forEach((name, placement) -> history.put(name, placement.assignments()));
        var after = EgressIpPlacement.place(objects, new NodeIndex(left, objects, reserved), history);
        return new NodeLoss(lost, changes(placed.placements(), after, pods));
    }

    @Override
    public List<AddressChange> changesTo(Outlook later) {
        if (!(later instanceof EgressIpOutlook after)) {
            return List.of();
        }
        var most = new HashMap<>(pods);
        after.pods.forEach((name, number) -> most.merge(name, number, Math::max));
        return changes(placed.placements(), after.placed.placements(), most);
    }

    /** The egress IPs that are on another node after than before, or on none. */
    static List<AddressChange> changes(
            Map<String, Placement> before, Map<String, Placement> after, Map<String, Integer> pods) {
        var changes = new ArrayList<AddressChange>();
        var names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        for (var name : names) {
            var placement = after.getOrDefault(name, NOWHERE);
            var from = nodes(before.getOrDefault(name, NOWHERE));
            var to = nodes(placement);
            var ips = new LinkedHashSet<>(from.keySet());
            ips.addAll(to.keySet());
            for (var ip : ips) {
                var here = Optional.ofNullable(from.get(ip));
                var there = Optional.ofNullable(to.get(ip));
                if (!here.equals(there)) {
                    changes.add(new AddressChange(
                            new ObjectRef(EgressIpInput.KIND, name),
                            ip.text(),
                            here,
                            there,
                            pods.getOrDefault(name, 0),
                            there.isPresent() ? Optional.empty() : why(placement, ip)));
                }
            }
        }
        return changes;
    }

    private static Map<IpAddress, String> nodes(Placement placement) {
        var nodes = new LinkedHashMap<IpAddress, String>();
        placement.assignments().forEach(assignment -> nodes.put(assignment.egressIp(), assignment.node()));
        return nodes;
    }

    private static Optional<Reason> why(Placement placement, IpAddress ip) {
        return placement.problems().stream()
                .filter(problem ->
                        PlacementProblem.addressOf(problem).map(ip::equals).orElse(true))
                .findFirst()
                .map(problem ->
                        new Reason(EgressIpConditions.reasonOf(problem), EgressIpConditions.sentenceOf(problem)));
    }

    @Override
    public boolean isStill(Outlook earlier) {
        return earlier instanceof EgressIpOutlook before && before.placed.nodes() == placed.nodes();
    }
}
