package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.AddressPlace;
import io.ovnegress.reconciler.explain.NodeLoss;
import io.ovnegress.reconciler.explain.NodePlace;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.egressrouter.Plan.Seat;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * Where egress routers' sources are, and what they are placed from. A source counts as placed where its router can send something.
 *
 * @param seats where routers may be
 * @param seated the sources' places, by the keys of objects
 * @param objects by their keys, in the order of age, which decides who is placed first
 * @param refusals of those that are to have no routers
 */
record EgressRouterOutlook(
        Seats seats,
        Map<String, List<Seat>> seated,
        Map<String, EgressRouterInput> objects,
        Map<String, Integer> pods,
        Map<String, Integer> namespaces,
        Map<String, Reason> refusals)
        implements Outlook {

    static EgressRouterOutlook of(Seats seats, Collection<Plan> plans, ToIntFunction<Plan> clients) {
        var seated = new TreeMap<String, List<Seat>>();
        var objects = new LinkedHashMap<String, EgressRouterInput>();
        var pods = new TreeMap<String, Integer>();
        var namespaces = new TreeMap<String, Integer>();
        var refusals = new TreeMap<String, Reason>();
        for (var plan : plans) {
            var key = plan.object().key();
            objects.put(key, plan.object());
            seated.put(key, plan.seats());
            pods.put(key, clients.applyAsInt(plan));
            namespaces.put(key, plan.namespaces().size());
            plan.problem()
                    .filter(problem -> plan.seats().isEmpty())
                    .ifPresent(problem -> refusals.put(key, new Reason(problem.reason(), problem.what())));
        }
        return new EgressRouterOutlook(seats, seated, objects, pods, namespaces, refusals);
    }

    @Override
    public Set<String> nodes() {
        return objects.values().stream()
                .flatMap(object -> places(object, seats, seated).values().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public Set<String> allNodes() {
        return seats.nodes().stream().map(node -> node.node().name()).collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public NodeLoss without(Set<String> lost) {
        var left = seats.without(lost, seated);
        var obeyed = objects.values().stream()
                .filter(object -> !refusals.containsKey(object.key())
                        || !seated.get(object.key()).isEmpty())
                .toList();
        return new NodeLoss(
                lost, changesTo(new EgressRouterOutlook(left, left.of(obeyed), objects, pods, namespaces, refusals)));
    }

    @Override
    public List<AddressPlace> places() {
        var places = new ArrayList<AddressPlace>();
        for (var object : objects.values()) {
            var nodes = places(object, seats, seated);
            for (var source : object.sources()) {
                var node = Optional.ofNullable(nodes.get(source));
                places.add(new AddressPlace(
                        object.ref(),
                        source.text(),
                        node,
                        false,
                        pods.getOrDefault(object.key(), 0),
                        namespaces.getOrDefault(object.key(), 0),
                        node.isPresent() ? Optional.empty() : Optional.of(why(object))));
            }
        }
        return places;
    }

    /** Only those that have something: which may have more is for each object another question. */
    @Override
    public List<NodePlace> nodePlaces() {
        return nodes().stream()
                .map(node -> new NodePlace(node, Optional.empty()))
                .toList();
    }

    @Override
    public List<AddressChange> changesTo(Outlook other) {
        if (!(other instanceof EgressRouterOutlook after)) {
            return List.of();
        }
        var changes = new ArrayList<AddressChange>();
        var keys = new TreeSet<>(objects.keySet());
        keys.addAll(after.objects.keySet());
        for (var key : keys) {
            var later = Optional.ofNullable(after.objects.get(key));
            var from = places(Optional.ofNullable(objects.get(key)), seats, seated);
            var to = places(later, after.seats, after.seated);
            var sources = new TreeSet<>(from.keySet());
            sources.addAll(to.keySet());
            changes.addAll(AddressChange.between(
                    later.orElseGet(() -> objects.get(key)).ref(),
                    sources,
                    from,
                    to,
                    Math.max(pods.getOrDefault(key, 0), after.pods.getOrDefault(key, 0)),
                    source -> later.map(after::why)));
        }
        return changes;
    }

    private static Map<IpAddress, String> places(
            Optional<EgressRouterInput> object, Seats seats, Map<String, List<Seat>> seated) {
        return object.map(there -> places(there, seats, seated)).orElse(Map.of());
    }

    private static Map<IpAddress, String> places(
            EgressRouterInput object, Seats seats, Map<String, List<Seat>> seated) {
        var places = new LinkedHashMap<IpAddress, String>();
        seated.getOrDefault(object.key(), List.of()).stream()
                .filter(seat -> seats.mayHave(seat.node(), object, seat.sources()))
                .forEach(seat -> seat.sources().forEach(source -> places.put(source, seat.node())));
        return places;
    }

    private Reason why(EgressRouterInput object) {
        return Optional.ofNullable(refusals.get(object.key()))
                .orElseGet(() -> new Reason(EgressRouterReason.NoNode, seats.whyNot(object)));
    }

    @Override
    public boolean isStill(Outlook earlier) {
        return earlier instanceof EgressRouterOutlook before
                && before.seated.equals(seated)
                && before.objects.equals(objects)
                && before.refusals.equals(refusals)
                && before.seats.nodes().equals(seats.nodes());
    }
}
