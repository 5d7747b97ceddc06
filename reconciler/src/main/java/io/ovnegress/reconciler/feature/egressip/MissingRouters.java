package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.Decision;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** The nodes that have egress IPs and to which pods cannot be sent: each is told once, and once that it is over. Not thread safe. */
final class MissingRouters {
    private final EgressGateways gateways;
    private Set<String> told = Set.of();

    MissingRouters(EgressGateways gateways) {
        this.gateways = gateways;
    }

    private static final class Node {
        private final Set<String> routers = new TreeSet<>();
        private final Set<String> egressIps = new TreeSet<>();
    }

    /** Egress IPs are placed like this, on the routers that there are now. */
    void placed(Map<String, Placement> placements, Consumer<Decision> decisions) {
        var nodes = new TreeMap<String, Node>();
        placements.forEach((name, placement) -> placement.assignments().forEach(assignment -> {
            var missing = gateways.missing(assignment);
            if (!missing.isEmpty()) {
                var node = nodes.computeIfAbsent(assignment.node(), unused -> new Node());
                node.routers.addAll(missing);
                node.egressIps.add(name);
            }
        }));
        nodes.forEach((name, node) -> {
            if (!told.contains(name)) {
                decisions.accept(new EgressIpDecision.RouterMissing(name, node.routers, node.egressIps));
            }
        });
        told.stream()
                .filter(name -> !nodes.containsKey(name))
                .sorted()
                .forEach(name -> decisions.accept(new EgressIpDecision.RouterBack(name)));
        told = Set.copyOf(nodes.keySet());
    }

    int nodes() {
        return told.size();
    }
}
