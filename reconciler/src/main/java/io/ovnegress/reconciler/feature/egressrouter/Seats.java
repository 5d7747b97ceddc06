package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.feature.egressrouter.Plan.Seat;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.router.NodeUplinks;
import io.ovnegress.reconciler.router.NodeUplinks.Uplink;
import java.util.ArrayList;
import java.util.Arrays;
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
 * of one object are on two nodes if there are two. One that can be nowhere stays: what it would send is lost. Immutable: says what it
 * would be if nodes were lost, too.
 *
 * @param nodes in the order in which the inputs have them
 * @param current where routers are
 */
record Seats(List<SeatNode> nodes, Map<Router, String> current) {
    /**
     * A node as routers see it.
     *
     * @param uplink empty if there is none
     * @param reached the families of which there is something to come to it by
     */
    record SeatNode(NodeInput node, boolean alive, Optional<Uplink> uplink, Set<IpFamily> reached) {
        SeatNode {
            reached = Set.copyOf(reached);
        }

        /** Whether all of these can be there together. */
        boolean mayHave(EgressRouterInput object, List<IpAddress> sources) {
            return alive
                    && !node.draining()
                    && object.nodes().matches(node.labels())
                    && sources.stream().allMatch(this::leadsOut);
        }

        private boolean leadsOut(IpAddress source) {
            return reached.contains(source.family())
                    && uplink.filter(way -> way.prefixLength(source).isPresent()
                                    && way.nextHop(source).isPresent())
                            .isPresent();
        }
    }

    Seats {
        nodes = List.copyOf(nodes);
        current = Map.copyOf(current);
    }

    /** As everything is now. */
    static Seats now(Inputs inputs, NodeUplinks uplinks, KnownRouters known) {
        var reached = Arrays.stream(IpFamily.values())
                .filter(family -> uplinks.clusterRouterAddress(family).isPresent())
                .collect(Collectors.toSet());
        var nodes = new ArrayList<SeatNode>();
        var byChassis = new HashMap<String, String>();
        for (var node : inputs.nodes()) {
            uplinks.chassis(node.name()).ifPresent(chassis -> byChassis.putIfAbsent(chassis, node.name()));
            nodes.add(new SeatNode(
                    node, NodeReachability.isAlive(inputs, node.name()), uplinks.of(node.name()), reached));
        }
        var current = new HashMap<Router, String>();
        for (var router : known.all()) {
            known.chassis(router)
                    .flatMap(chassis -> Optional.ofNullable(byChassis.get(chassis)))
                    .ifPresent(node -> current.put(router, node));
        }
        return new Seats(nodes, current);
    }

    /** If these nodes did not answer any more, of routers that are as they are seated now. */
    Seats without(Set<String> lost, Map<String, List<Seat>> seated) {
        var left = nodes.stream()
                .map(node -> lost.contains(node.node().name())
                        ? new SeatNode(node.node(), false, node.uplink(), node.reached())
                        : node)
                .toList();
        var there = new HashMap<Router, String>();
        seated.values().forEach(seats -> seats.forEach(seat -> there.put(seat.key(), seat.node())));
        return new Seats(left, there);
    }

    /** By the objects' keys, of every source that can be somewhere. */
    Map<String, List<Seat>> of(List<EgressRouterInput> objects) {
        var taken = new HashMap<Router, String>();
        var load = new HashMap<String, Integer>();
        for (var object : objects) {
            var ofObject = new HashSet<String>();
            for (var sources : object.sourcesOfRouters()) {
                var key = Seat.keyOf(object, sources);
                at(key).filter(node -> mayHave(node, object, sources) && ofObject.add(node))
                        .ifPresent(node -> {
                            taken.put(key, node);
                            load.merge(node, 1, Integer::sum);
                        });
            }
        }
        var seats = new HashMap<String, List<Seat>>();
        for (var object : objects) {
            for (var sources : object.sourcesOfRouters()) {
                var key = Seat.keyOf(object, sources);
                Optional.ofNullable(taken.get(key))
                        .or(() -> next(object, sources, taken, load))
                        .or(() -> at(key))
                        .ifPresent(node -> {
                            if (taken.put(key, node) == null) {
                                load.merge(node, 1, Integer::sum);
                            }
                        });
            }
            part(object, taken, load);
            var ofObject = new ArrayList<Seat>();
            for (var sources : object.sourcesOfRouters()) {
                var key = Seat.keyOf(object, sources);
                Optional.ofNullable(taken.get(key)).ifPresent(node -> ofObject.add(new Seat(key, sources, node)));
            }
            seats.put(object.key(), ofObject);
        }
        return seats;
    }

    /** Who shares a node goes where the object has none yet, if it can: whoever came there too may have had no choice. */
    private void part(EgressRouterInput object, Map<Router, String> taken, Map<String, Integer> load) {
        for (var sources : object.sourcesOfRouters()) {
            var key = Seat.keyOf(object, sources);
            var node = taken.get(key);
            if (node == null || serving(node, object, taken) < 2) {
                continue;
            }
            next(object, sources, taken, load)
                    .filter(other -> serving(other, object, taken) == 0)
                    .ifPresent(other -> {
                        taken.put(key, other);
                        load.merge(node, -1, Integer::sum);
                        load.merge(other, 1, Integer::sum);
                    });
        }
    }

    /** How many of the object's sources are at the node and can send something there. */
    private long serving(String node, EgressRouterInput object, Map<Router, String> taken) {
        return object.sourcesOfRouters().stream()
                .filter(sources ->
                        node.equals(taken.get(Seat.keyOf(object, sources))) && mayHave(node, object, sources))
                .count();
    }

    private Optional<String> at(Router key) {
        return Optional.ofNullable(current.get(key));
    }

    private Optional<String> next(
            EgressRouterInput object, List<IpAddress> sources, Map<Router, String> taken, Map<String, Integer> load) {
        Set<String> others = new HashSet<>();
        object.sourcesOfRouters()
                .forEach(other -> Optional.ofNullable(taken.get(Seat.keyOf(object, other)))
                        .ifPresent(others::add));
        return nodes.stream()
                .filter(node -> node.mayHave(object, sources))
                .map(node -> node.node().name())
                .min(Comparator.comparing((String node) -> others.contains(node))
                        .thenComparing(node -> load.getOrDefault(node, 0))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Whether what the router sends leaves, if it is there. */
    boolean mayHave(String name, EgressRouterInput object, List<IpAddress> sources) {
        return nodes.stream().anyMatch(node -> node.node().name().equals(name) && node.mayHave(object, sources));
    }

    /** Which sources are nowhere, or where they can send nothing, and why; in words. */
    Optional<String> unserved(EgressRouterInput object, List<Seat> seats) {
        return seats.size() == object.sourcesOfRouters().size()
                        && seats.stream().allMatch(seat -> mayHave(seat.node(), object, seat.sources()))
                ? Optional.empty()
                : Optional.of(whyNot(object));
    }

    /** Why not two nodes have its sources; in words. */
    Optional<String> alone(EgressRouterInput object, List<Seat> seats) {
        var having = seats.stream()
                .filter(seat -> mayHave(seat.node(), object, seat.sources()))
                .map(Seat::node)
                .collect(Collectors.toCollection(TreeSet::new));
        if (having.size() > 1) {
            return Optional.empty();
        }
        if (having.isEmpty()) {
            return Optional.of("no source is where it can serve, condition Ready says why");
        }
        long others = nodes.stream()
                .map(SeatNode::node)
                .filter(node -> !having.contains(node.name()) && object.nodes().matches(node.labels()))
                .count();
        return Optional.of("all that it serves leaves by node " + having.first() + ", and with that it is lost: "
                + (others == 0
                        ? "no other node has the labels that spec.nodeSelector asks for"
                        : "none of the other " + others + " nodes that it selects is alive, not drained, and has a"
                                + " network, with a default gateway, for a second source"));
    }

    String whyNot(EgressRouterInput object) {
        var selected = nodes.stream()
                .filter(node -> object.nodes().matches(node.node().labels()))
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
