package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.explain.Overview;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.PodAddress;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.egressip.explain.EgressIpExplanations;
import io.ovnegress.reconciler.feature.egressip.explain.EgressIpOutlook;
import io.ovnegress.reconciler.feature.egressip.placement.Departures;
import io.ovnegress.reconciler.feature.egressip.placement.Placed;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementChange;
import io.ovnegress.reconciler.feature.egressip.rows.AssignmentHistory;
import io.ovnegress.reconciler.feature.egressip.rows.DestinedHandOver;
import io.ovnegress.reconciler.feature.egressip.rows.DestinedWants;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpWants;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpWhy;
import io.ovnegress.reconciler.feature.egressip.rows.ForeignPolicies;
import io.ovnegress.reconciler.feature.egressip.rows.Guards;
import io.ovnegress.reconciler.feature.egressip.rows.KnownRouters;
import io.ovnegress.reconciler.feature.egressip.rows.OvnkubeStart;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.rows.PodSteps;
import io.ovnegress.reconciler.feature.egressip.rows.PortRange;
import io.ovnegress.reconciler.feature.egressip.rows.QosWants;
import io.ovnegress.reconciler.feature.egressip.rows.RouterWants;
import io.ovnegress.reconciler.feature.egressip.rows.RouterWays;
import io.ovnegress.reconciler.feature.egressip.rows.SubnetGuard;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpShortfall;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpStatus;
import io.ovnegress.reconciler.feature.egressip.status.LimitedNodes;
import io.ovnegress.reconciler.feature.egressip.status.PlacementDecisions;
import io.ovnegress.reconciler.feature.egressip.status.RefusedAddresses;
import io.ovnegress.reconciler.feature.egressip.status.UnservedPods;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.feature.egressip.topology.EgressNodes;
import io.ovnegress.reconciler.feature.egressip.topology.MissingRouters;
import io.ovnegress.reconciler.feature.egressip.topology.PodAddressRules;
import io.ovnegress.reconciler.feature.egressip.topology.ProbedNodes;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowChange;
import io.ovnegress.reconciler.router.NodeUplinks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Egress IPs, put together: what has changed is taken in by {@link InputEvents} and {@link DatabaseEvents}, where egress IPs go is
 * found by {@link Placing}, what is wanted by {@link EgressIpWants}, what users are told by {@link EgressIpStatus}. Not thread safe.
 */
final class EgressIpDecisions implements Decisions {
    private final Signals signals;
    private final EgressIpSelection selection;
    private final AssignmentHistory whereTheyAre;
    private final Topology topology;
    private final PortRange portRange;
    private final EgressIpWants wants;
    private final Guards guards;
    private final Inputs cluster;
    private final Destinations destinations;
    private final OwnRouters routers;
    private final QosWants qos;
    private final DestinedWants destinedWants;
    private final Placing placing;
    private final Failovers failovers;
    private final PlacementDecisions decided = new PlacementDecisions();
    private final MissingRouters missingRouters;
    private final UnservedPods unservedPods;
    private final EgressIpStatus status;
    private final RefusedAddresses refusedAddresses;
    private final EgressIpExplanations explanations;
    private final boolean swapsNodeSnats;
    private final List<ReservedSubnet> reserved;
    /** Where egress IPs were for whom this one is a copy of. */
    private Optional<Map<String, List<Assignment>>> remembered = Optional.empty();

    private boolean leads = true;
    private final InputEvents inputEvents;
    private final DatabaseEvents databaseEvents;

    EgressIpDecisions(ReconcilerConfig config, World world, Signals signals) {
        this.signals = signals;
        this.cluster = world.inputs();
        var view = world.northbound();
        this.reserved = config.reservedSubnets();
        this.selection = new EgressIpSelection(cluster);
        var gateways = new EgressGateways(view);
        var addressRules = new PodAddressRules(config.clusterSubnets(), config.joinSubnets(), cluster, view);
        this.swapsNodeSnats = config.disableSnatMultipleGateways();
        this.portRange = new PortRange(config.ephemeralPortRange());
        var groups = new NamespaceGroups();
        var uplinks = new NodeUplinks(view, cluster);
        var knownRouters = new KnownRouters(view, cluster);
        this.destinations = new Destinations(config, cluster, selection);
        this.routers = new OwnRouters(
                config,
                cluster,
                selection,
                view,
                groups,
                world.installed(),
                gateways,
                uplinks,
                knownRouters,
                destinations);
        var translator =
                new EgressIpTranslator(config, cluster, selection, view, gateways, portRange, addressRules, routers);
        var steps = new PodSteps(view, cluster, gateways, world.installed());
        var routerWants = new RouterWants(
                config,
                cluster,
                view,
                world.holds(),
                world.installed(),
                uplinks,
                routers,
                knownRouters,
                world.joinAddresses());

        this.qos = new QosWants(selection, view, world.holds(), gateways, uplinks, routers, knownRouters);
        var handOver = new DestinedHandOver(
                cluster, selection, view, groups, world.installed(), translator, destinations, routerWants, steps);
        this.destinedWants = new DestinedWants(
                cluster,
                selection,
                view,
                groups,
                translator,
                destinations,
                routers,
                knownRouters,
                routerWants,
                handOver);
        this.guards = new Guards(config, cluster, view, gateways);
        var subnets = new SubnetGuard(config, cluster, view, translator);
        this.wants = new EgressIpWants(
                view,
                cluster,
                gateways,
                translator,
                portRange,
                steps,
                groups,
                guards,
                routerWants,
                routers,
                knownRouters,
                qos,
                destinedWants,
                handOver,
                subnets,
                swapsNodeSnats);
        this.topology = new Topology(
                gateways,
                subnets,
                translator,
                addressRules,
                new ProbedNodes(cluster, selection),
                new LimitedNodes(cluster));
        this.whereTheyAre = new AssignmentHistory(view, world.holds(), gateways, uplinks, knownRouters);
        this.missingRouters = new MissingRouters(gateways);
        this.placing = new Placing(
                selection,
                new EgressNodes(cluster, selection, gateways, translator.families(), config.reservedSubnets()),
                translator,
                decided,
                missingRouters,
                new Departures(world.holds()),
                routers,
                qos,
                config.rebalanceInterval());
        this.unservedPods =
                new UnservedPods(address -> translator.translate(address).unserved());
        this.status = new EgressIpStatus(routers, selection, destinations);
        this.refusedAddresses = new RefusedAddresses(cluster, selection, addressRules, status);
        var foreignPolicies = new ForeignPolicies(view);
        this.explanations = new EgressIpExplanations(
                world,
                selection,
                translator,
                gateways,
                addressRules,
                foreignPolicies,
                guards,
                routers,
                knownRouters,
                uplinks,
                destinations,
                status,
                config.networks(ReservedSubnet.Use.SERVICE));
        this.failovers = new Failovers(uplinks, routers, knownRouters, placing, status);
        var routerEvents = new RouterEvents(
                signals, routers, knownRouters, destinations, destinedWants, placing, failovers, status);
        this.inputEvents = new InputEvents(
                signals,
                selection,
                destinations,
                topology,
                placing,
                routers,
                routerEvents,
                status,
                unservedPods,
                refusedAddresses,
                swapsNodeSnats);
        this.databaseEvents = new DatabaseEvents(
                signals,
                world,
                selection,
                topology,
                portRange,
                groups,
                foreignPolicies,
                placing,
                qos,
                routerEvents,
                status);
    }

    @Override
    public Inputs.Listener inputs() {
        return inputEvents;
    }

    @Override
    public Database database() {
        return databaseEvents;
    }

    @Override
    public Wanted want(Owner owner) {
        return wants.of((EgressIpOwner) owner);
    }

    /** Finds out where egress IPs were, and looks at everything once. */
    @Override
    public void start() {
        resume();
        databaseEvents.start();
    }

    @Override
    public void setLeader(boolean leader) {
        leads = leader;
        if (!leader) {
            placing.follow();
            refusedAddresses.follow();
        }
    }

    /** Somebody else may have placed egress IPs: finds out where they are. What else has changed was told as it happened. */
    @Override
    public void resume() {
        routers.follow();
        status.takeUp();
        placing.takeUp(remembered.orElseGet(() -> whereTheyAre.of(selection.egressIps())));
        failovers.takeUp(remembered.isEmpty() ? whereTheyAre.failovers(selection.egressIps()) : List.of());
        remembered = Optional.empty();
        renewAddressRules();
        refusedAddresses.lookAtEverything();
    }

    private void renewAddressRules() {
        for (var ip : topology.addressRules().renew()) {
            signals.dirty(new EgressIpOwner.PodIp(ip));
            refusedAddresses.changed(ip);
        }
    }

    @Override
    public void forgetDatabase() {
        routers.forgetDatabase();
        destinedWants.forgetDatabase();
        databaseEvents.forgetDatabase();
    }

    @Override
    public SubnetFindings subnets() {
        return topology.subnets().findings();
    }

    @Override
    public void settle(Instant now) {
        settleWhatIsRead();
        refusedAddresses.settle(now);
        failovers.settle(now);
        carryOut(placing.settle(), now);
        var placed = placing.takeOwners();
        placed.forEach(signals::urgent);
        failovers.placed(placed, now);
        routers.settle().forEach(signals::dirty);
        settleDestinations();
        var found = subnets();
        status.writesNothing(found.writesNothing() ? Optional.of(found.sentence()) : Optional.empty());
    }

    /** Pods say who of several objects has a destination. */
    private void settleDestinations() {
        var settled = destinations.settle();
        for (var name : settled.reranked()) {
            signals.dirty(new EgressIpOwner.Destined(name));
            EgressIpOwner.podIpsSelectedBy(name, selection).forEach(signals::dirty);
        }
        settled.namespaces()
                .forEach(namespace -> destinedWants.ownersIn(namespace).forEach(signals::dirty));
    }

    /** What is not decided here, whoever leads. */
    private void settleWhatIsRead() {
        if (portRange.settle()) {
            databaseEvents.lookAtEverything();
        }
        renewAddressRules();
    }

    /** What keeps in, or leads away, several pods of the object at once. */
    private List<Owner> groupsOf(String egressIp) {
        var groups = new ArrayList<>(
                routers.isRouted(egressIp)
                        ? routers.ownersOf(egressIp)
                        : EgressIpOwner.namespacesKeptInBy(egressIp, selection));
        groups.addAll(qos.ownersOf(egressIp));
        return groups;
    }

    private record Move(PlacementChange change, List<Owner> namespaces, List<Owner> podIps) {}

    /** Has the pods of what was placed otherwise looked at, and says so once that is committed. */
    private void carryOut(List<PlacementChange> changes, Instant now) {
        var moves = new ArrayList<Move>();
        for (var change : changes) {
            moves.add(
                    change.reroutes()
                            ? new Move(
                                    change,
                                    groupsOf(change.egressIp()),
                                    EgressIpOwner.podIpsSelectedBy(change.egressIp(), selection))
                            : new Move(change, List.of(), List.of()));
        }
        // Where an egress node is lost, most pods are helped soonest.
        moves.sort(Comparator.comparingInt((Move move) -> move.podIps().size()).reversed());
        for (var move : moves) {
            var change = move.change();
            move.namespaces().forEach(signals::urgent);
            move.podIps().forEach(change.wasServed() ? signals::urgent : signals::dirty);
            status.placed(change.egressIp(), change.placement(), move.podIps(), now);
            status.placed(change.egressIp(), change.placement(), move.namespaces(), now);
            var lost = missingRouters.departed(change.egressIp());
            if (!lost.isEmpty()) {
                status.routerLost(change.egressIp(), lost);
            }
        }
    }

    /**
     * The owner cannot be moved together with all that would have to move with it: the egress IPs that bind them are taken off
     * where they are, pod by pod, and come to their new places after that.
     */
    @Override
    public void tooMuch(Owner key) {
        if (key instanceof EgressIpOwner.PodIp(IpAddress ip)) {
            var translation = topology.translator().translate(ip);
            if (placing.departFromOthersThan(translation.places())) {
                translation.servedBy().ifPresent(name -> {
                    status.movedInParts(name);
                    decided.add(new EgressIpDecision.MovedInParts(name));
                });
            }
        }
    }

    @Override
    public boolean improve(Instant now) {
        return placing.improve(now);
    }

    @Override
    public boolean willImprove() {
        return placing.willImprove();
    }

    @Override
    public Optional<Instant> nextImprovement() {
        return placing.nextImprovement();
    }

    /** Whoever asks how far a way has come that a pod is to take, and that nobody may have asked about since it is there. */
    private Optional<Owner> awaitedOf(IpAddress ip, RouterWays.Way way) {
        if (!way.isThere() || way.isReady()) {
            return Optional.empty();
        }
        return way.isCarried()
                ? cluster.podAt(ip)
                        .map(pod -> new EgressIpOwner.Namespace(pod.name().namespace()))
                : Optional.of(new EgressIpOwner.Routed(way.egressIp()));
    }

    /** Tells the status who serves the pod and who stands by. */
    @Override
    public void decided(Owner owner, Wanted wanted) {
        if (wanted.why() instanceof EgressIpWhy.Pod why) {
            unservedPods.decided(why);
            why.pod().ifPresent(pod -> status.contested(pod.name(), standingBy(pod, why)));
        }
        routers.decided((EgressIpOwner) owner, wanted).forEach(signals::dirty);
        if (owner instanceof EgressIpOwner.PodIp(IpAddress ip) && routers.areUsed()) {
            topology.translator()
                    .translate(ip)
                    .way()
                    .ifPresent(way -> awaitedOf(ip, way).ifPresent(signals::dirty));
        }
    }

    /** By object that stands by for the pod those that serve it instead. */
    private Map<String, Set<String>> standingBy(PodInput pod, EgressIpWhy.Pod why) {
        var byDestination =
                destinations.standingBy(pod, object -> !routers.plansOf(object).isEmpty());
        if (why.standingBy().isEmpty() || why.servedBy().isEmpty()) {
            return byDestination;
        }
        var standingBy = new HashMap<>(byDestination);
        var server = Set.of(why.servedBy().get());
        why.standingBy().forEach(object -> standingBy.put(object, server));
        return standingBy;
    }

    @Override
    public void settled(Owner owner) {
        status.settled(owner);
        if (destinedWants.areUsed() || owner instanceof EgressIpOwner.Baseline) {
            settledBesideDestinations(owner);
        }
        if (owner instanceof EgressIpOwner.PodIp) {
            guards.open().forEach(signals::dirty);
            if (routers.areUsed()) {
                routers.retiring().forEach(signals::dirty);
            }
        }
        if (owner instanceof EgressIpOwner.PodIp || owner instanceof EgressIpOwner.Router) {
            qos.moving().forEach(signals::dirty);
        }
        unservedPods.settled(owner);
    }

    /** Sets of pods and what leads namespaces as a whole take each other's place. */
    private void settledBesideDestinations(Owner owner) {
        switch ((EgressIpOwner) owner) {
            case EgressIpOwner.PodIp podIp -> destinedWants.retiring().forEach(signals::dirty);
            case EgressIpOwner.Baseline baseline -> destinedWants.exempted().forEach(signals::dirty);
            case EgressIpOwner.Destined destined ->
                destinedWants.settled(destined).forEach(signals::dirty);
            case EgressIpOwner.Namespace namespace ->
                destinedWants.ownersIn(namespace.name()).forEach(signals::dirty);
            case EgressIpOwner.Routed routed -> signals.dirty(new EgressIpOwner.Destined(routed.egressIp()));
            default -> {}
        }
    }

    @Override
    public boolean explains(Wanted wanted, List<RowChange> changes) {
        Optional<UUID> podRouter = swapsNodeSnats && wanted.why() instanceof EgressIpWhy.Pod why
                ? why.pod().map(PodInput::node).flatMap(topology.gateways()::of).map(EgressGateways.Gateway::router)
                : Optional.empty();
        return OvnkubeStart.explains(changes, podRouter);
    }

    @Override
    public void repaired(String egressIp, Instant now) {
        status.repaired(egressIp, now);
    }

    @Override
    public void refused(Owner owner, String error, Duration retryIn) {
        var why = want(owner).why();
        status.refused(owner, why.object().stream().toList(), error);
        if (why instanceof EgressIpWhy.Pod pod) {
            unservedPods.refused(owner, pod);
        }
        decided.add(
                new EgressIpDecision.RowsRefused(owner.toString(), why.object(), why.pod(List.of()), error, retryIn));
    }

    @Override
    public List<Decision> takeDecisions() {
        return decided.take();
    }

    @Override
    public Optional<PodName> servedAt(IpAddress ip) {
        return wants.podOfRows(new EgressIpOwner.PodIp(ip));
    }

    @Override
    public Shortfall shortfall() {
        return EgressIpShortfall.of(
                decided.unassigned(),
                unservedPods.counts(),
                missingRouters.nodes(),
                refusedAddresses.told(),
                status.withoutFailover());
    }

    @Override
    public Optional<Explanation> explain(Question question, OwnerRows rows) {
        return placed().flatMap(placed -> explanations.of(question, placed, rows));
    }

    @Override
    public Set<PodName> sharing(IpAddress address) {
        var pods = new HashSet<PodName>();
        for (var exit : routers.leavingAs(address)) {
            selection.forEachPodOf(exit.egressIp(), pod -> {
                if (isServed(pod, address.family(), exit.egressIp())) {
                    pods.add(pod.name());
                }
            });
        }
        return pods;
    }

    private boolean isServed(PodInput pod, IpFamily family, String egressIp) {
        boolean isForSome = selection.selectingForSome(pod).stream()
                .anyMatch(object -> object.name().equals(egressIp));
        return pod.isServable()
                && pod.ips().stream()
                        .filter(ip -> ip.family() == family)
                        .anyMatch(ip -> isForSome
                                || topology.translator()
                                        .translate(ip)
                                        .servedBy()
                                        .filter(egressIp::equals)
                                        .isPresent());
    }

    @Override
    public Outlook outlook() {
        return placed().<Outlook>map(
                        placed -> EgressIpOutlook.of(placed, selection, routers::isRouted, status, reserved))
                .orElse(new Outlook.None());
    }

    @Override
    public Map<PodAddress, Departure> departures() {
        return explanations.departures();
    }

    private record Memory(
            Map<String, List<Assignment>> whereTheyAre, Map<String, EgressIpSelection.Selectors> selectors) {}

    @Override
    public Optional<Object> memory() {
        return leads && placing.placed().isPresent()
                ? Optional.of(new Memory(placing.history(), selection.kept()))
                : Optional.empty();
    }

    @Override
    public void remember(Object memory) {
        var ofTheOther = (Memory) memory;
        remembered = Optional.of(ofTheOther.whereTheyAre());
        selection.recall(ofTheOther.selectors(), inputEvents);
    }

    /** One that stands by says what it would decide from where egress IPs are. */
    private Optional<Placed> placed() {
        if (leads) {
            return placing.placed();
        }
        settleWhatIsRead();
        var placed = placing.wouldBe(whereTheyAre.of(selection.egressIps()));
        topology.translator().place(placed.placements());
        routers.place(placed.placements(), placed.nodes());
        qos.place(placed.placements());
        routers.settle();
        return Optional.of(placed);
    }

    @Override
    public Optional<StatusChange> tell(String object, StatusChange.Event event) {
        return selection
                .egressIp(object)
                .map(egressIp -> new StatusChange(
                        new ObjectRef(EgressIpInput.KIND, object),
                        egressIp.uid(),
                        egressIp.generation(),
                        StatusChange.Fields.NONE,
                        List.of(),
                        List.of(event)));
    }

    @Override
    public Overview overview() {
        return placed().map(this::overview).orElse(Overview.NONE);
    }

    private Overview overview(Placed placed) {
        var addresses = new TreeMap<String, Integer>();
        int pending = 0;
        for (var placement : placed.placements().entrySet()) {
            var assignments = placement.getValue().assignments();
            assignments.forEach(assignment -> addresses.merge(assignment.node(), 1, Integer::sum));
            pending += status.isPending(placement.getKey()) ? assignments.size() : 0;
        }
        int assigned = addresses.values().stream().mapToInt(Integer::intValue).sum();
        placed.nodes().egressNodes().stream()
                .forEach(node -> addresses.putIfAbsent(placed.nodes().node(node).name(), 0));
        var nodes = new ArrayList<Overview.Node>();
        addresses.forEach((name, count) -> nodes.add(new Overview.Node(
                name,
                count,
                placed.nodes()
                        .number(name)
                        .flatMap(number -> placed.nodes().node(number).problem()))));
        return new Overview(
                assigned,
                pending,
                Map.copyOf(PlacementDecisions.unassigned(selection::egressIp, placed.placements())),
                nodes,
                List.of());
    }

    @Override
    public void presume() {
        placed();
    }

    @Override
    public List<Supplier<Iterator<? extends Owner>>> everyOwner() {
        return databaseEvents.everyOwner();
    }

    @Override
    public List<StatusChange> statuses(Instant now) {
        return Stream.concat(status.take(now).stream(), topology.limited().take().stream())
                .toList();
    }

    @Override
    public NodeProbes probes() {
        return topology.probed().probes();
    }

    @Override
    public Optional<Instant> nextDeadline() {
        return Stream.of(failovers.nextDeadline(), status.nextDeadline(), refusedAddresses.nextDeadline())
                .flatMap(Optional::stream)
                .min(Instant::compareTo);
    }
}
