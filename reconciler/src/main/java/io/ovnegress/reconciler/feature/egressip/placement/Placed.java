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

    /**
     * Of every node but the one that it is on what keeps the object's egress IP from there; nodes alike are together.
     *
     * @param exclusions of {@link #exclusions()}, for all that is asked of one placement
     */
    public List<Elsewhere> elsewhere(EgressIpInput object, IpAddress ip, NodeExclusions exclusions) {
        var on = nodeOf(object.name(), ip);
        var taken = new ArrayList<Integer>();
        of(object.name()).map(Placement::assignments).orElse(List.of()).stream()
                .filter(assignment -> !assignment.egressIp().equals(ip))
                .forEach(assignment -> nodes.number(assignment.node()).ifPresent(taken::add));
        var each = exclusions.each(object.nodes().selector().orElse(NodeChoice.LABELLED), ip, taken);
        record Alike(Optional<Why> why, List<String> nodes) {}
        var found = new LinkedHashMap<String, Alike>();
        for (int node = 0; node < nodes.size(); node++) {
            var name = nodes.node(node).name();
            if (on.filter(name::equals).isEmpty()) {
                var excluding = each.get(node);
                var why = excluding.map(NodeExclusions.Excluding::why).or(() -> lackOfRouter(name, ip));
                var clause = excluding
                        .map(NodeExclusions.Excluding::clause)
                        .orElse(why.isPresent() ? "its router is not in the database" : "could have it too");
                found.computeIfAbsent(clause, unused -> new Alike(why, new ArrayList<>()))
                        .nodes()
                        .add(name);
            }
        }
        return found.entrySet().stream()
                .map(alike -> new Elsewhere(
                        alike.getValue().why(), alike.getKey(), alike.getValue().nodes()))
                .toList();
    }

    private Optional<Why> lackOfRouter(String node, IpAddress ip) {
        return nodes.number(node)
                .filter(number -> !nodes.hasRouter(number, ip.family()))
                .map(number -> Why.RouterMissing);
    }

    /** What excludes nodes, given how many egress IPs each serves. */
    public NodeExclusions exclusions() {
        var loads = new NodeLoads(nodes);
        placements
                .values()
                .forEach(placement -> placement
                        .assignments()
                        .forEach(assignment -> nodes.number(assignment.node())
                                .ifPresent(node ->
                                        loads.add(node, assignment.egressIp().family()))));
        return new NodeExclusions(nodes, loads);
    }
}
