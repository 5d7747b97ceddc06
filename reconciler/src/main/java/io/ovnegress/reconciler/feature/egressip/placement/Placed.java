package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A placement, and what it was decided from.
 *
 * @param placements by the names of the objects
 */
public record Placed(Map<String, Placement> placements, NodeIndex nodes) {

    public Optional<Placement> of(String egressIp) {
        return Optional.ofNullable(placements.get(egressIp));
    }

    /** The node that the object's egress IP is on. */
    public Optional<String> nodeOf(String egressIp, IpAddress ip) {
        return of(egressIp).map(Placement::assignments).orElse(List.of()).stream()
                .filter(assignment -> assignment.egressIp().equals(ip))
                .map(Placement.Assignment::node)
                .findFirst();
    }

    /**
     * What keeps an egress IP from nodes.
     *
     * @param why empty if nothing does
     * @param clause as people read it of the node
     * @param nodes in the order of their names
     */
    public record Elsewhere(Optional<Why> why, String clause, List<String> nodes) {
        public Elsewhere {
            nodes = List.copyOf(nodes);
        }
    }

    /** Of every node but the one that it is on what keeps the object's egress IP from there; nodes alike are together. */
    public List<Elsewhere> elsewhere(EgressIpInput object, IpAddress ip) {
        var on = nodeOf(object.name(), ip);
        var taken = new ArrayList<Integer>();
        of(object.name()).map(Placement::assignments).orElse(List.of()).stream()
                .filter(assignment -> !assignment.egressIp().equals(ip))
                .forEach(assignment -> nodes.number(assignment.node()).ifPresent(taken::add));
        var exclusions = new NodeExclusions(nodes, loads());
        var selector = object.nodes().selector().orElse(NodeChoice.LABELLED);
        var found = new LinkedHashMap<String, Elsewhere>();
        for (int node = 0; node < nodes.size(); node++) {
            var name = nodes.node(node).name();
            if (on.filter(name::equals).isEmpty()) {
                var excluding = exclusions.excluding(selector, ip, taken, node);
                var why = excluding.map(NodeExclusions.Excluding::why).or(() -> lackOfRouter(name, ip));
                var clause = excluding
                        .map(NodeExclusions.Excluding::clause)
                        .orElse(why.isPresent() ? "its router is not in the database" : "could have it too");
                found.merge(clause, new Elsewhere(why, clause, List.of(name)), (some, more) -> {
                    var all = new ArrayList<>(some.nodes());
                    all.addAll(more.nodes());
                    return new Elsewhere(some.why(), clause, all);
                });
            }
        }
        return List.copyOf(found.values());
    }

    private Optional<Why> lackOfRouter(String node, IpAddress ip) {
        return nodes.number(node)
                .filter(number -> !nodes.hasRouter(number, ip.family()))
                .map(number -> Why.RouterMissing);
    }

    private NodeLoads loads() {
        var loads = new NodeLoads(nodes);
        placements
                .values()
                .forEach(placement -> placement
                        .assignments()
                        .forEach(assignment -> nodes.number(assignment.node())
                                .ifPresent(node ->
                                        loads.add(node, assignment.egressIp().family()))));
        return loads;
    }
}
