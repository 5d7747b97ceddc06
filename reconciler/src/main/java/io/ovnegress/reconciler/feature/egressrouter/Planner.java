package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Plan.Problem;
import io.ovnegress.reconciler.feature.egressrouter.Plan.Seat;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Clients;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows.Backends;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows.ClientMatch;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.ResolvedName;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Decides what all EgressRouters are to be, from everything at once: the same world gives the same. Not thread safe. */
final class Planner {
    /** Every database has one whose nodes have databases of their own. */
    static final String TRANSIT_SWITCH = "transit_switch";

    /** This host, its links, and groups of hosts. */
    private static final List<IpNetwork> NOT_ROUTED = Stream.of(
                    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/96", "fe80::/10", "ff00::/8")
            .flatMap(network -> IpNetwork.parse(network).stream())
            .toList();
    /** Of one object: each is two load balancer entries on every chassis. */
    private static final int MOST_DESTINATIONS = 1_000;

    private static final Comparator<EgressRouterInput> BY_AGE =
            Comparator.comparing(EgressRouterInput::created).thenComparing(EgressRouterInput::key);

    private final ReconcilerConfig config;
    private final Inputs inputs;
    private final NorthboundView view;
    private final NamespaceGroups groups;
    private final SourceAddresses sources;
    private final Supplier<Seats> asItIs;
    private final VirtualIps virtualIps;
    private final Predicate<String> isForgotten;
    /** What was decided last from all objects together, by their keys. */
    private Map<String, VirtualIps.Choice> choices = Map.of();

    private Seats seats = new Seats(List.of(), Map.of());
    private Map<String, List<Seat>> placed = Map.of();
    private Map<String, Problem> refusals = Map.of();

    /**
     * @param asItIs where routers are and may be at present
     * @param isForgotten whether a name has not been answered for so long that its last answer does not count
     */
    Planner(
            ReconcilerConfig config,
            Inputs inputs,
            NorthboundView view,
            NamespaceGroups groups,
            SourceAddresses sources,
            Supplier<Seats> asItIs,
            VirtualIps virtualIps,
            Predicate<String> isForgotten) {
        this.config = config;
        this.inputs = inputs;
        this.view = view;
        this.groups = groups;
        this.sources = sources;
        this.asItIs = asItIs;
        this.virtualIps = virtualIps;
        this.isForgotten = isForgotten;
    }

    /** By the objects' keys, the oldest first. */
    Map<String, Plan> plan() {
        var objects = inputs.objects(EgressRouterInput.KIND, EgressRouterInput.class).values().stream()
                .sorted(BY_AGE)
                .toList();
        sources.look();
        choices = virtualIps.of(objects);
        refusals = new HashMap<>();
        var holders = new HashMap<IpAddress, String>();
        // A pool gives what nobody has named: whoever names it came later.
        objects.stream()
                .sorted(Comparator.comparing(object -> object.poolClaim().isEmpty()))
                .forEach(object -> refusal(object, holders, choices.get(object.key()))
                        .ifPresent(problem -> refusals.put(object.key(), problem)));
        seats = asItIs.get();
        placed = seats.of(objects.stream()
                .filter(object -> !refusals.containsKey(object.key()))
                .toList());
        var plans = new LinkedHashMap<String, Plan>();
        objects.forEach(object -> plans.put(object.key(), plan(object)));
        return plans;
    }

    /** The same, where nothing is different but what these names stand for. */
    Map<String, Plan> again(Map<String, Plan> plans, Set<String> names) {
        var others = new LinkedHashMap<>(plans);
        others.replaceAll((key, plan) -> Collections.disjoint(plan.names(), names) ? plan : plan(plan.object()));
        return others;
    }

    /** Where routers are and may be, as it was when they were planned. */
    Seats seats() {
        return seats;
    }

    private Optional<Problem> refusal(
            EgressRouterInput object, Map<IpAddress, String> holders, VirtualIps.Choice choice) {
        if (!object.errors().isEmpty()) {
            return problem(EgressRouterReason.InvalidSpec, String.join("; ", object.errors()));
        }
        if (view.logicalSwitch(TRANSIT_SWITCH).isPresent()) {
            return problem(EgressRouterReason.UnsupportedTopology, "");
        }
        if (choice.problem().isPresent()) {
            return choice.problem();
        }
        if (object.sources().isEmpty()) {
            return problem(EgressRouterReason.NoAddress, "no pool has given it an address");
        }
        for (var router : object.sourcesOfRouters()) {
            for (var source : router) {
                var holder = Optional.ofNullable(holders.get(source))
                        .map(other -> "EgressRouter " + other + ", which has had it before")
                        .or(() -> sources.heldBy(source, Seat.keyOf(object, router)));
                if (holder.isPresent()) {
                    return problem(EgressRouterReason.AddressConflict, source + " is used by " + holder.get());
                }
            }
        }
        var strange = object.virtualIps().stream()
                .filter(ip -> !object.families().contains(ip.family()))
                .findFirst();
        if (strange.isPresent()) {
            return problem(EgressRouterReason.NoSourceOfFamily, "virtual IP " + without(strange.get()));
        }
        object.sources().forEach(source -> holders.put(source, object.key()));
        return Optional.empty();
    }

    private static String without(IpAddress ip) {
        return ip + " is " + ip.family().words() + ", and it has no "
                + ip.family().words() + " source";
    }

    private static Optional<Problem> problem(EgressRouterReason reason, String what) {
        return Optional.of(new Problem(reason, what));
    }

    private Plan plan(EgressRouterInput object) {
        var choice = choices.get(object.key());
        var seated = placed.getOrDefault(object.key(), List.of());
        var refusal = Optional.ofNullable(refusals.get(object.key()));
        var read = destinations(object);
        var backends = read.backends();
        var namespaces = namespaces(object.clients(), object.namespace());
        var found = new TreeSet<String>();
        var without = new TreeSet<String>();
        for (var namespace : namespaces) {
            groups.of(namespace).ifPresentOrElse(group -> found.add(group.name()), () -> without.add(namespace));
        }
        Optional<String> set = object.clients().pods().isEverything()
                ? Optional.empty()
                : Optional.of(EgressRouterRows.setName(new Clients(object.key())));
        var problem = refusal.or(read::problem)
                .or(() -> missing(object))
                .or(() -> seats.unserved(object, seated).map(what -> new Problem(EgressRouterReason.NoNode, what)))
                .or(() -> without.isEmpty()
                        ? Optional.empty()
                        : problem(EgressRouterReason.NoPortGroup, String.join(", ", without)));
        return new Plan(
                object,
                choice.ips(),
                refusal.isPresent() ? List.of() : seated,
                read.destinations(),
                refusal.isPresent() ? Optional.empty() : backends,
                read.destinations().names(),
                new ClientMatch(found, set),
                namespaces,
                problem,
                object.highlyAvailable() ? seats.alone(object, seated) : Optional.empty());
    }

    private static Optional<Problem> missing(EgressRouterInput object) {
        return object.poolClaim()
                .filter(claim -> claim.given().size() < claim.wanted())
                .map(claim -> new Problem(
                        EgressRouterReason.NoAddress,
                        "pools have given it " + claim.given().size() + " of " + claim.wanted() + " addresses"));
    }

    /** What an object's destinations are, with what is wrong with them. */
    private record Read(Destinations destinations, Optional<Backends> backends, Optional<Problem> problem) {}

    private Read destinations(EgressRouterInput object) {
        var text = DestinationText.read(object.destinationsText());
        var all = object.destinations().and(text.destinations());
        var errors = new ArrayList<String>();
        text.errors().forEach(error -> errors.add("spec.destinationsText, " + error));
        int fallbacks = count(object.destinations()) + count(text.destinations());
        if (object.destinationsFrom().isPresent()) {
            var from = object.destinationsFrom().get();
            var name = "ConfigMap " + object.namespace() + "/" + from.configMap();
            var map = inputs.objects(ConfigMapText.KIND, ConfigMapText.class)
                    .get(object.namespace() + "/" + from.configMap());
            if (map == null) {
                return new Read(all, Optional.empty(), problem(EgressRouterReason.Pending, name + " is being read"));
            }
            var lines = map.data().map(data -> data.get(from.key()));
            if (lines.isEmpty()) {
                return new Read(
                        all,
                        Optional.empty(),
                        problem(
                                EgressRouterReason.NoConfigMap,
                                map.data().isEmpty() ? "there is no " + name : name + " has no key " + from.key()));
            }
            var read = DestinationText.read(lines.get());
            read.errors().forEach(error -> errors.add(name + ", key " + from.key() + ", " + error));
            fallbacks += count(read.destinations());
            all = all.and(read.destinations());
        }
        errors.addAll(all.errors());
        int many = all.listed().size();
        if (many > MOST_DESTINATIONS) {
            errors.add("there are " + many + ", there can be " + MOST_DESTINATIONS);
        }
        all.targets()
                .filter(target -> target instanceof Target.Address(var ip) && !isOutside(ip))
                .forEach(target ->
                        errors.add(target + " belongs to the cluster itself, or is nobody's: name a host outside"));
        var strange = all.targets()
                .flatMap(target -> target instanceof Target.Address(var ip) ? Stream.of(ip) : Stream.empty())
                .filter(ip -> !object.families().contains(ip.family()))
                .map(Planner::without)
                .distinct()
                .toList();
        if (fallbacks > 1) {
            errors.add("there are " + fallbacks + " fallbacks, there can be one");
        }
        if (errors.isEmpty() && all.isEmpty()) {
            errors.add("there are none: list them in spec.destinations, spec.destinationsText or a ConfigMap");
        }
        if (errors.isEmpty() && !strange.isEmpty()) {
            return new Read(
                    all,
                    Optional.empty(),
                    problem(
                            EgressRouterReason.NoSourceOfFamily,
                            "destination " + strange.stream().limit(5).collect(Collectors.joining("; destination "))));
        }
        return errors.isEmpty()
                ? new Read(all, backends(all, object.families()), Optional.empty())
                : new Read(
                        all,
                        Optional.empty(),
                        problem(
                                EgressRouterReason.InvalidDestinations,
                                errors.stream().limit(5).collect(Collectors.joining("; "))));
    }

    private static int count(Destinations destinations) {
        return destinations.fallback().isPresent() ? 1 : 0;
    }

    /** Empty while a name has never been answered: what it stood for before stays. */
    private Optional<Backends> backends(Destinations destinations, Set<IpFamily> families) {
        var names = inputs.objects(ResolvedName.KIND, ResolvedName.class);
        if (!names.keySet().containsAll(destinations.names())) {
            return Optional.empty();
        }
        var tcp = new HashMap<Integer, Set<String>>();
        var udp = new HashMap<Integer, Set<String>>();
        destinations
                .listed()
                .forEach(each -> (each.protocol() == Protocol.tcp ? tcp : udp)
                        .put(
                                each.port(),
                                addresses(each.to(), families)
                                        .map(ip -> ip.withPort(each.targetPort()))
                                        .collect(Collectors.toSet())));
        var rest = destinations.fallback().stream()
                .flatMap(target -> addresses(target, families))
                .map(IpAddress::text)
                .collect(Collectors.toSet());
        return Optional.of(new Backends(tcp, udp, rest));
    }

    /** What the target stands for at present, of these families. */
    Stream<IpAddress> addresses(Target target, Set<IpFamily> families) {
        return switch (target) {
            case Target.Address(var ip) -> Stream.of(ip);
            case Target.Name(var name) ->
                Optional.ofNullable(inputs.objects(ResolvedName.KIND, ResolvedName.class)
                                .get(name))
                        .filter(answer -> !isForgotten.test(name))
                        .stream()
                        .flatMap(answer -> answer.addresses().stream())
                        .filter(ip -> families.contains(ip.family()))
                        .filter(ip -> isOutside(ip))
                        .sorted();
        };
    }

    /** Whoever says what a name stands for does not say what is sent to pods, nor to hosts themselves. */
    private boolean isOutside(IpAddress ip) {
        return Stream.of(
                        config.reservedSubnets().stream().map(ReservedSubnet::network),
                        config.egressRouterVips().stream(),
                        NOT_ROUTED.stream())
                .flatMap(networks -> networks)
                .noneMatch(network -> network.contains(ip));
    }

    private Set<String> namespaces(EgressRouterInput.Clients clients, String own) {
        return clients.namespaces()
                .map(selector -> inputs.namespaces().stream()
                        .filter(namespace -> selector.matches(namespace.labels()))
                        .map(NamespaceInput::name)
                        .collect(Collectors.toSet()))
                .orElseGet(() -> Set.of(own));
    }
}
