package io.ovnegress.reconciler.feature.egressip.topology;

import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.placement.NodeIndex;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The nodes that have egress IPs, or would be given some, and to which pods cannot be sent: each is told once, and once that it
 * is over. Not thread safe.
 */
public final class MissingRouters {
    private final EgressGateways gateways;
    private Set<String> told = Set.of();
    private Map<String, Set<String>> departed = Map.of();

    public MissingRouters(EgressGateways gateways) {
        this.gateways = gateways;
    }

    private static final class Node {
        private final Set<String> routers = new TreeSet<>();
        private final Set<String> egressIps = new TreeSet<>();
    }

    /**
     * Egress IPs are placed like this, on the routers that there are now.
     *
     * @param before where they were
     */
    public void placed(
            NodeIndex nodes,
            Map<String, List<Assignment>> before,
            Map<String, Placement> placements,
            Consumer<Decision> decisions) {
        var lacking = new TreeMap<String, Node>();
        nodes.candidates().stream().mapToObj(nodes::node).forEach(node -> {
            var families = node.networks().stream().map(IpNetwork::family).collect(Collectors.toSet());
            if (families.stream().noneMatch(node::hasRouter)) {
                families.forEach(family -> look(node.name(), family, lacking));
            }
        });
        placements.forEach((name, placement) -> placement.assignments().forEach(assignment -> {
            look(assignment.node(), assignment.egressIp().family(), lacking);
            served(name, assignment, lacking);
        }));
        before.forEach((name, assignments) -> assignments.forEach(assignment -> served(name, assignment, lacking)));
        lacking.forEach((name, node) -> {
            if (!told.contains(name)) {
                decisions.accept(new EgressIpDecision.RouterMissing(name, node.routers, node.egressIps));
            }
        });
        told.stream()
                .filter(name -> !lacking.containsKey(name))
                .sorted()
                .forEach(name -> decisions.accept(new EgressIpDecision.RouterBack(name)));
        told = Set.copyOf(lacking.keySet());
        departed = departures(nodes, before, placements);
    }

    private void look(String name, IpFamily family, Map<String, Node> lacking) {
        var missing = gateways.missing(name, family);
        if (!missing.isEmpty()) {
            lacking.computeIfAbsent(name, unused -> new Node()).routers.addAll(missing);
        }
    }

    private static void served(String egressIp, Assignment assignment, Map<String, Node> lacking) {
        var node = lacking.get(assignment.node());
        if (node != null) {
            node.egressIps.add(egressIp);
        }
    }

    private Map<String, Set<String>> departures(
            NodeIndex nodes, Map<String, List<Assignment>> before, Map<String, Placement> placements) {
        var candidates = nodes.candidates();
        var departed = new HashMap<String, Set<String>>();
        placements.forEach((name, placement) -> {
            for (var then : before.getOrDefault(name, List.of())) {
                var missing = gateways.missing(then.node(), then.egressIp().family());
                if (!missing.isEmpty()
                        && nodes.number(then.node()).filter(candidates::get).isPresent()) {
                    placement.assignments().stream()
                            .filter(now -> now.egressIp().equals(then.egressIp()))
                            .filter(now -> !now.node().equals(then.node()))
                            .filter(now -> gateways.missing(now).isEmpty())
                            .forEach(now -> departed.computeIfAbsent(name, unused -> new LinkedHashSet<>())
                                    .add(now.egressIp() + " has moved from " + then.node() + " to " + now.node() + ", "
                                            + String.join(", ", missing) + " is missing"));
                }
            }
        });
        return departed;
    }

    /**
     * What to tell of the object's egress IPs that have left nodes, which lack nothing but a router, for others that have theirs,
     * when egress IPs were placed last.
     */
    public Set<String> departed(String egressIp) {
        return departed.getOrDefault(egressIp, Set.of());
    }

    public int nodes() {
        return told.size();
    }
}
