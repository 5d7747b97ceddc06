package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.feature.egressrouter.Plan.Seat;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.router.NodeUplinks;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * On which node each router is. It stays where it is as long as that node may have it; else it goes to the one that has the fewest. Two
 * of one object are on two nodes if there are two. One that can be nowhere stays: what it would send is lost. Looks only.
 */
final class Seats {
    private final Inputs inputs;
    private final NodeUplinks uplinks;
    private final KnownRouters known;

    Seats(Inputs inputs, NodeUplinks uplinks, KnownRouters known) {
        this.inputs = inputs;
        this.uplinks = uplinks;
        this.known = known;
    }

    /** By the objects' keys, of every source that can be somewhere. */
    Map<String, List<Seat>> of(List<EgressRouterInput> objects) {
        var taken = new HashMap<Router, String>();
        var load = new HashMap<String, Integer>();
        for (var object : objects) {
            var ofObject = new HashSet<String>();
            for (var source : object.sources()) {
                var key = new Router(object.key(), source.text());
                current(key)
                        .filter(node -> mayHave(node, object, source) && ofObject.add(node))
                        .ifPresent(node -> {
                            taken.put(key, node);
                            load.merge(node, 1, Integer::sum);
                        });
            }
        }
        var seats = new HashMap<String, List<Seat>>();
        for (var object : objects) {
            var ofObject = new ArrayList<Seat>();
            for (var source : object.sources()) {
                var key = new Router(object.key(), source.text());
                Optional.ofNullable(taken.get(key))
                        .or(() -> next(object, source, taken, load))
                        .or(() -> current(key))
                        .ifPresent(node -> {
                            if (taken.put(key, node) == null) {
                                load.merge(node, 1, Integer::sum);
                            }
                            ofObject.add(new Seat(key, source, node));
                        });
            }
            seats.put(object.key(), ofObject);
        }
        return seats;
    }

    private Optional<String> current(Router key) {
        return known.chassis(key).flatMap(uplinks::nodeOf);
    }

    private Optional<String> next(
            EgressRouterInput object, IpAddress source, Map<Router, String> taken, Map<String, Integer> load) {
        Set<String> others = new HashSet<>();
        object.sources()
                .forEach(other -> Optional.ofNullable(taken.get(new Router(object.key(), other.text())))
                        .ifPresent(others::add));
        return inputs.nodes().stream()
                .map(NodeInput::name)
                .filter(node -> mayHave(node, object, source))
                .min(Comparator.comparing((String node) -> others.contains(node))
                        .thenComparing(node -> load.getOrDefault(node, 0))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private boolean mayHave(String name, EgressRouterInput object, IpAddress source) {
        return NodeReachability.isAlive(inputs, name)
                && inputs.node(name)
                        .filter(node -> !node.draining() && object.nodes().matches(node.labels()))
                        .isPresent()
                && uplinks.missing(name, source).isEmpty();
    }

    /** Which sources are nowhere, or where they can send nothing, and why; in words. */
    Optional<String> unserved(EgressRouterInput object, List<Seat> seats) {
        return seats.size() == object.sources().size()
                        && seats.stream().allMatch(seat -> mayHave(seat.node(), object, seat.source()))
                ? Optional.empty()
                : Optional.of(whyNot(object));
    }

    /** Why not two nodes have its sources; in words. */
    Optional<String> alone(EgressRouterInput object, List<Seat> seats) {
        var nodes = seats.stream()
                .filter(seat -> mayHave(seat.node(), object, seat.source()))
                .map(Seat::node)
                .collect(Collectors.toCollection(TreeSet::new));
        if (nodes.size() > 1) {
            return Optional.empty();
        }
        if (nodes.isEmpty()) {
            return Optional.of("no source is where it can serve, condition Ready says why");
        }
        long others = inputs.nodes().stream()
                .filter(node -> !nodes.contains(node.name()) && object.nodes().matches(node.labels()))
                .count();
        return Optional.of("all that it serves leaves by node " + nodes.first() + ", and with that it is lost: "
                + (others == 0
                        ? "no other node has the labels that spec.nodeSelector asks for"
                        : "none of the other " + others + " nodes that it selects is alive, not drained, and has a"
                                + " network, with a default gateway, for a second source"));
    }

    private String whyNot(EgressRouterInput object) {
        var selected = inputs.nodes().stream()
                .filter(node -> object.nodes().matches(node.labels()))
                .toList();
        if (selected.isEmpty()) {
            return "no node has the labels that spec.nodeSelector asks for";
        }
        return "none of the " + selected.size() + " nodes that it selects is alive and has a network, with a default"
                + " gateway, for "
                + String.join(
                        ", ", object.sources().stream().map(IpAddress::text).toList());
    }
}
