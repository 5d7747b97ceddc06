package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.AddressPlace;
import io.ovnegress.reconciler.explain.NodeLoss;
import io.ovnegress.reconciler.explain.NodePlace;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.EgressIpPlacement;
import io.ovnegress.reconciler.feature.egressip.placement.EgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.NodeExclusions;
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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Where egress IPs are, and what they are placed from.
 *
 * @param objects in the order of their names, with the form of those that have routers of their own
 * @param pods by the names of the objects how many each serves, and {@code namespaces} how many it selects
 * @param pending the names of those of which rows are still to be written
 */
public record EgressIpOutlook(
        Placed placed,
        List<EgressIpInput> objects,
        Map<String, Integer> pods,
        Map<String, Integer> namespaces,
        Set<String> pending,
        List<ReservedSubnet> reserved)
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
        var namespaces = new HashMap<String, Integer>();
        var pending = new HashSet<String>();
        for (var object : objects) {
            namespaces.put(object.name(), selection.namespacesOf(object.name()).size());
            if (status.isPending(object.name())) {
                pending.add(object.name());
            }
            int served = selection.pods(object.name())
                    - status.standingBy(object.name()).size();
            pods.put(object.name(), Math.max(0, served));
        }
        return new EgressIpOutlook(placed, objects, pods, namespaces, pending, reserved);
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
    public List<AddressPlace> places() {
        var places = new ArrayList<AddressPlace>();
        for (var object : objects) {
            var placement = placed.of(object.name()).orElse(NOWHERE);
            var nodes = nodes(placement);
            for (var text : new LinkedHashSet<>(object.egressIps())) {
                var ip = IpAddress.parse(text);
                var node = ip.flatMap(address -> Optional.ofNullable(nodes.get(address)));
                places.add(new AddressPlace(
                        new ObjectRef(EgressIpInput.KIND, object.name()),
                        ip.map(IpAddress::text).orElse(text),
                        node,
                        node.isPresent() && pending.contains(object.name()),
                        pods.getOrDefault(object.name(), 0),
                        namespaces.getOrDefault(object.name(), 0),
                        node.isPresent() ? Optional.empty() : why(placement, ip)));
            }
        }
        return places;
    }

    @Override
    public List<NodePlace> nodePlaces() {
        var having = nodes();
        var places = new TreeMap<String, NodePlace>();
        for (int number = 0; number < placed.nodes().size(); number++) {
            var node = placed.nodes().node(number);
            if (having.contains(node.name()) || placed.nodes().egressNodes().get(number)) {
                places.put(
                        node.name(),
                        new NodePlace(
                                node.name(),
                                node.problem().map(why -> new Reason(why, "it is " + NodeExclusions.clauseOf(why)))));
            }
        }
        return List.copyOf(places.values());
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
            changes.addAll(AddressChange.between(
                    new ObjectRef(EgressIpInput.KIND, name),
                    ips,
                    from,
                    to,
                    pods.getOrDefault(name, 0),
                    ip -> why(placement, Optional.of(ip))));
        }
        return changes;
    }

    private static Map<IpAddress, String> nodes(Placement placement) {
        var nodes = new LinkedHashMap<IpAddress, String>();
        placement.assignments().forEach(assignment -> nodes.put(assignment.egressIp(), assignment.node()));
        return nodes;
    }

    /** @param ip empty if what the object says is none */
    private static Optional<Reason> why(Placement placement, Optional<IpAddress> ip) {
        return placement.problems().stream()
                .filter(problem -> PlacementProblem.addressOf(problem)
                        .map(address -> ip.filter(address::equals).isPresent())
                        .orElse(true))
                .findFirst()
                .map(problem ->
                        new Reason(EgressIpConditions.reasonOf(problem), EgressIpConditions.sentenceOf(problem)));
    }

    @Override
    public boolean isStill(Outlook earlier) {
        return earlier instanceof EgressIpOutlook before && before.placed.nodes() == placed.nodes();
    }
}
