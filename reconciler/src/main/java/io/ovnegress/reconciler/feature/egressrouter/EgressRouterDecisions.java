package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Passage;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.DialTargets;
import io.ovnegress.reconciler.feature.FollowedObjects;
import io.ovnegress.reconciler.feature.HostNames;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.ServiceTargets;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Clients;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Way;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows;
import io.ovnegress.reconciler.input.FailoverGaps;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.input.ResolvedName;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.NodeUplinks;
import io.ovnegress.reconciler.router.TopologyNames;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which egress routers there are to be, and how far they are. Driven by the machine's thread. */
final class EgressRouterDecisions implements Decisions {
    private static final int MOST_DIALLED = 1000;

    private final Inputs inputs;
    private final NorthboundView view;
    private final Signals signals;
    private final NamespaceGroups groups = new NamespaceGroups();
    private final KnownRouters known;
    private final VirtualIps virtualIps;
    private final Planner planner;
    private final Wants wants;
    private final EgressRouterStatus status;
    private final EgressRouterExplanations explanations;
    private final VirtualIpWays ways;

    private Map<String, Plan> plans = Map.of();
    /** As it was when it was asked for first since something was planned: pods that come and go do not count at once. */
    private Optional<Outlook> outlook = Optional.empty();
    /** By Service the object that has it. */
    private Map<String, String> services = Map.of();
    /** Routers that are installed everywhere as they are to be, or were before they were changed last. */
    private final Set<Wants.Ready> ready = new HashSet<>();
    /** Everything is known; until then nothing has to be looked at since all will be. */
    private boolean started;

    private boolean stale;
    /** What everything hangs on may be there again, without which nothing was wanted though it was planned. */
    private boolean returned;
    /** Names that stand for something else. */
    private final Set<String> answered = new HashSet<>();

    private final UnansweredNames unanswered = new UnansweredNames();
    private Instant now = Instant.EPOCH;
    /** When plans follow from time alone. */
    private Optional<Instant> due = Optional.empty();

    EgressRouterDecisions(ReconcilerConfig config, World world, Signals signals) {
        this.inputs = world.inputs();
        this.view = world.northbound();
        this.signals = signals;
        this.known = new KnownRouters(view);
        var uplinks = new NodeUplinks(view, inputs);
        this.virtualIps = new VirtualIps(config.egressRouterVips(), known);
        this.planner = new Planner(
                config,
                inputs,
                view,
                groups,
                new SourceAddresses(config, inputs, view, world.holds()),
                () -> Seats.now(inputs, uplinks, known),
                virtualIps,
                name -> unanswered.isForgotten(name, now));
        this.wants = new Wants(config, world, uplinks, known);
        this.status = new EgressRouterStatus(
                inputs, planner::addresses, this::isLedTo, service -> Optional.ofNullable(services.get(service)));
        this.explanations = new EgressRouterExplanations(() -> plans, status::said, this::want);
        this.ways = new VirtualIpWays(view, groups, wants, known, uplinks, () -> plans, this::want);
    }

    @Override
    public Outlook outlook() {
        if (outlook.isEmpty()) {
            var counted = new HashMap<PodsOf, Integer>();
            outlook = Optional.of(EgressRouterOutlook.of(
                    planner.seats(),
                    plans.values(),
                    plan -> clientsOf(plan)
                            .mapToInt(pods -> counted.computeIfAbsent(
                                    pods, each -> inputs.countPods(each.namespace(), each.selector())))
                            .sum()));
        }
        return outlook.get();
    }

    private record PodsOf(String namespace, LabelSelector selector) {}

    private static Stream<PodsOf> clientsOf(Plan plan) {
        return plan.namespaces().stream()
                .map(namespace -> new PodsOf(namespace, plan.object().clients().pods()));
    }

    @Override
    public Set<PodName> sharing(IpAddress address) {
        var pods = new HashSet<PodName>();
        plans.values().stream()
                .filter(plan ->
                        plan.seats().stream().anyMatch(seat -> seat.sources().contains(address)))
                .flatMap(EgressRouterDecisions::clientsOf)
                .forEach(clients ->
                        inputs.forEachPod(clients.namespace(), clients.selector(), pod -> pods.add(pod.name())));
        return pods;
    }

    private Optional<Plan> planOf(String object) {
        return Optional.ofNullable(plans.get(object));
    }

    @Override
    public Wanted want(Owner owner) {
        return switch ((EgressRouterOwner) owner) {
            case Router router -> wants.router(router, planOf(router.object()));
            case Way way -> wants.way(way, planOf(way.object()), ready);
            case Clients clients -> wants.clients(clients, planOf(clients.object()));
            case EgressRouterOwner.Orphan orphan -> wants.gone(orphan);
        };
    }

    /** Whether what is sent to the object's virtual IP comes to each of its routers. */
    private boolean isLedTo(Plan plan) {
        var hops = known.nextHops(plan.object().key());
        return !plan.seats().isEmpty() && plan.seats().stream().allMatch(seat -> wants.isLedTo(seat, hops));
    }

    @Override
    public Inputs.Listener inputs() {
        return new Inputs.Listener() {
            @Override
            public void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
                switch (after.or(() -> before).orElseThrow()) {
                    case EgressRouterInput object -> {
                        if (after.isEmpty()) {
                            status.gone(object.key());
                        }
                        stale = true;
                    }
                    case ResolvedName answer -> {
                        unanswered.changed(after.map(ResolvedName.class::cast), answer.name(), now);
                        status.answered(answer.name());
                        answered.add(answer.name());
                    }
                    case NodeInput unused -> stale = true;
                    case NodeReachability unused -> stale = true;
                    case NamespaceInput unused -> stale = true;
                    case ConfigMapText unused -> stale = true;
                    case ServiceFilling unused -> status.lookAgain();
                    case DialResult unused -> status.lookAgain();
                    case FailoverGaps unused -> status.lookAgain();
                    default -> stale |= !reserved(before).equals(reserved(after));
                }
            }

            private Set<IpAddress> reserved(Optional<InputObject> object) {
                return object.map(InputObject::reserves).orElse(Set.of());
            }

            @Override
            public void podChanged(Optional<PodInput> before, Optional<PodInput> after) {
                var namespace = after.or(() -> before).orElseThrow().name().namespace();
                plans.values().stream()
                        .filter(plan -> plan.clients().set().isPresent()
                                && plan.namespaces().contains(namespace)
                                && !Wants.addresses(plan, before).equals(Wants.addresses(plan, after)))
                        .forEach(plan -> signals.dirty(new Clients(plan.object().key())));
            }
        };
    }

    @Override
    public Database database() {
        return new Database() {
            @Override
            public void routerChanged(String name) {
                stale = true;
                returned |= name.equals(TopologyNames.CLUSTER_ROUTER) || name.equals(TopologyNames.CLUSTER_JOIN_PORT);
            }

            @Override
            public void switchChanged(String name) {
                stale = true;
                returned |= name.equals(TopologyNames.JOIN_SWITCH);
            }

            @Override
            public void rowChanged(Optional<Row> before, Optional<Row> after) {
                var table = after.or(() -> before).orElseThrow().table();
                if (table == PortGroup.TABLE) {
                    groups.rowChanged(before, after, unused -> stale = true);
                } else if (table == Nat.TABLE) {
                    stale |= isAboutSource(before) || isAboutSource(after);
                }
                before.filter(EgressRouterRows::namesSet)
                        .flatMap(EgressRouterOwner::of)
                        .ifPresent(owner -> signals.dirty(new Clients(((EgressRouterOwner) owner).object())));
                if (known.rowChanged(before, after)) {
                    stale = true;
                    ownersNamed(before).forEach(signals::dirty);
                    if (after.isEmpty()) {
                        before.flatMap(EgressRouterOwner::of)
                                .ifPresent(owner ->
                                        ready.removeIf(each -> each.key().equals(owner)));
                    }
                }
            }
        };
    }

    private boolean isAboutSource(Optional<Row> nat) {
        return nat.filter(row -> EgressRouterOwner.of(row).isEmpty())
                .flatMap(row -> IpAddress.parse(row.get(Nat.EXTERNAL_IP)))
                .filter(ip -> plans.values().stream()
                        .anyMatch(plan -> plan.object().sources().contains(ip)))
                .isPresent();
    }

    /** A router or a way was changed: who waits for that, and who is not to be there any more. */
    private Set<Owner> ownersNamed(Optional<Row> before) {
        var owners = new LinkedHashSet<Owner>();
        before.flatMap(EgressRouterOwner::of).ifPresent(owner -> {
            var object = ((EgressRouterOwner) owner).object();
            owners.add(owner); // it may be made anew
            owners.add(new Clients(object));
            known.all().stream()
                    .filter(router -> router.object().equals(object))
                    .forEach(owners::add);
        });
        return owners;
    }

    @Override
    public void start() {
        started = true;
        lookAtEverything();
    }

    @Override
    public void resume() {
        virtualIps.follow();
        ready.clear();
        lookAtEverything();
    }

    /** What is planned here is not given: who decides gives addresses. */
    @Override
    public void presume() {
        plans = planner.plan();
        outlook = Optional.empty();
        virtualIps.follow();
    }

    @Override
    public List<Supplier<Iterator<? extends Owner>>> everyOwner() {
        return List.of(
                () -> List.copyOf(known.all()).iterator(),
                () -> plans.keySet().stream()
                        .flatMap(object -> owners(object, plans).stream())
                        .toList()
                        .iterator());
    }

    @Override
    public void forgetDatabase() {
        groups.forget();
        known.forget();
        ready.clear();
        stale = true;
    }

    private void lookAtEverything() {
        stale = true;
        plans = Map.of();
        outlook = Optional.empty();
        known.all().forEach(router -> {
            signals.dirty(router);
            signals.dirty(new Way(router.object()));
            signals.dirty(new Clients(router.object()));
        });
        view.owners().stream()
                .filter(EgressRouterOwner.class::isInstance)
                .toList()
                .forEach(signals::dirty);
    }

    /** Brings the plans up to date: those whose plan is another one are looked at. */
    @Override
    public void settle(Instant time) {
        now = time;
        status.now(now);
        stale |= due.filter(moment -> !now.isBefore(moment)).isPresent();
        due = unanswered.nextDeadline(now);
        if (!started || !(stale || answered.stream().anyMatch(this::isUsed))) {
            answered.clear();
            return;
        }
        var before = plans;
        plans = stale ? planner.plan() : planner.again(plans, answered);
        outlook = Optional.empty();
        stale = false;
        answered.clear();
        var holders = serviceHolders();
        if (!holders.equals(services)) {
            services = holders;
            status.lookAgain();
        }
        if (returned) {
            ready.clear(); // what they had of the cluster's router is gone with it
        }
        var objects = new TreeSet<>(before.keySet());
        objects.addAll(plans.keySet());
        for (var object : objects) {
            if (returned || !Optional.ofNullable(before.get(object)).equals(planOf(object))) {
                owners(object, before).forEach(signals::dirty);
                status.planned(object, planOf(object), owners(object, before));
            }
        }
        returned = false;
        known.all().stream()
                .filter(router -> planOf(router.object())
                        .filter(plan -> plan.seats().stream()
                                .anyMatch(seat -> seat.key().equals(router)))
                        .isEmpty())
                .forEach(signals::dirty);
        var wanted = plans.values().stream()
                .flatMap(plan -> plan.seats().stream())
                .flatMap(Wants.Ready::of)
                .collect(Collectors.toSet());
        ready.retainAll(wanted);
    }

    private boolean isUsed(String name) {
        return plans.values().stream().anyMatch(plan -> plan.names().contains(name));
    }

    /** By Service the object that has it: the oldest that names it, and is not refused. */
    private Map<String, String> serviceHolders() {
        var holders = new HashMap<String, String>();
        plans.values().stream()
                .filter(plan -> !plan.seats().isEmpty())
                .forEach(plan -> plan.serviceKey()
                        .ifPresent(service ->
                                holders.putIfAbsent(service, plan.object().key())));
        return holders;
    }

    private Set<Owner> owners(String object, Map<String, Plan> before) {
        var owners = new LinkedHashSet<Owner>();
        owners.add(new Clients(object));
        for (var plan : List.of(Optional.ofNullable(before.get(object)), planOf(object))) {
            plan.ifPresent(there -> there.seats().forEach(seat -> owners.add(seat.key())));
        }
        owners.add(new Way(object));
        return owners;
    }

    /** What leads to a router waits for it, also while somebody has given it an address that is not its own. */
    @Override
    public void decided(Owner owner, Wanted wanted) {
        if (owner instanceof Router router
                && wanted.next().isEmpty()
                && !wanted.rows().isEmpty()
                && view.hasRows(router)) {
            var seats = planOf(router.object()).stream()
                    .flatMap(plan -> plan.seats().stream())
                    .filter(seat -> seat.key().equals(router))
                    .toList();
            var hops = known.nextHops(router.object());
            boolean areNews =
                    ready.addAll(seats.stream().flatMap(Wants.Ready::of).toList());
            if (areNews || seats.stream().anyMatch(seat -> !wants.isLedTo(seat, hops))) {
                signals.dirty(new Way(router.object()));
            }
        }
    }

    @Override
    public void settled(Owner owner) {
        status.settled((EgressRouterOwner) owner);
    }

    @Override
    public void refused(Owner owner, String error, Duration retryIn) {
        status.refused((EgressRouterOwner) owner, error);
    }

    @Override
    public List<StatusChange> statuses(Instant now) {
        return status.take(plans);
    }

    @Override
    public Shortfall shortfall() {
        return status.shortfall();
    }

    @Override
    public Optional<Explanation> explain(Question question, OwnerRows rows) {
        return explanations.of(question, rows);
    }

    @Override
    public List<Passage> passages(PodInput pod, IpAddress source, Destination to) {
        return ways.of(pod, source, to);
    }

    @Override
    public HostNames names() {
        return new HostNames(
                plans.values().stream().flatMap(plan -> plan.names().stream()).collect(Collectors.toSet()));
    }

    @Override
    public FollowedObjects followed() {
        return new FollowedObjects(inputs.objects(EgressRouterInput.KIND, EgressRouterInput.class).values().stream()
                .flatMap(object ->
                        object.destinationsFrom().stream().map(from -> object.namespace() + "/" + from.configMap()))
                .collect(Collectors.toSet()));
    }

    @Override
    public ServiceTargets services() {
        var targets = new HashMap<String, ServiceTargets.Target>();
        services.forEach((service, holder) -> planOf(holder).ifPresent(plan -> {
            var object = plan.object();
            var hops = known.nextHops(object.key());
            var addresses = plan.seats().stream()
                    .flatMap(seat -> wants.insides(seat.key()))
                    .map(IpAddress::text)
                    .filter(hops::contains) // these are installed, also after a start
                    .collect(Collectors.toSet());
            targets.put(
                    service,
                    new ServiceTargets.Target(
                            addresses,
                            new ServiceTargets.Owner(
                                    "ovn-egress.io/v1alpha1", "EgressRouter", object.name(), object.uid())));
        }));
        return new ServiceTargets(targets);
    }

    /** The nodes that may have routers. */
    @Override
    public NodeProbes probes() {
        var objects =
                inputs.objects(EgressRouterInput.KIND, EgressRouterInput.class).values();
        if (objects.isEmpty()) {
            return NodeProbes.NONE;
        }
        var addresses = new HashMap<String, List<IpAddress>>();
        for (var node : inputs.nodes()) {
            boolean isSelected =
                    objects.stream().anyMatch(object -> object.nodes().matches(node.labels()));
            addresses.put(node.name(), isSelected ? node.probeAddresses() : List.of());
        }
        return new NodeProbes(addresses);
    }

    /** What takes TCP of those that ask for it; too many are not. */
    @Override
    public DialTargets dials() {
        return new DialTargets(plans.values().stream()
                .filter(plan -> plan.object().dialled())
                .flatMap(plan -> plan.backends().stream())
                .flatMap(backends -> backends.tcp().values().stream())
                .flatMap(Set::stream)
                .sorted()
                .limit(MOST_DIALLED)
                .collect(Collectors.toSet()));
    }

    @Override
    public Optional<Instant> nextDeadline() {
        return due;
    }

    @Override
    public Optional<Object> memory() {
        return Optional.of(virtualIps.memory());
    }

    @Override
    @SuppressWarnings("unchecked") // it is what memory() has given
    public void remember(Object memory) {
        virtualIps.remember((Map<VirtualIps.Place, IpAddress>) memory);
    }
}
