package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.input.AddressRefusal;
import io.ovnegress.reconciler.input.ClusterState;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Egress IPs, put together: turns changes of inputs and of the database into dirty owners, keeps the placement up to date, and
 * says what is wanted. Not thread safe.
 */
final class EgressIpDecisions implements Decisions {
    private final Signals signals;
    private final ClusterState cluster;
    private final NorthboundView view;
    private final Holds holds;
    private final EgressGateways gateways;
    private final PortRange portRange;
    private final PodAddressRules addressRules;
    private final EgressIpTranslator translator;
    private final EgressIpWants wants;
    private final SubnetGuard subnets;
    private final MissingRouters missingRouters;
    private final EgressIpStatus status;
    private final RefusedAddresses refusedAddresses;
    private final RebalancePace pace;
    private final boolean swapsNodeSnats;
    private final ClusterState.Listener clusterEvents = new ClusterEvents();
    private final Database databaseEvents = new DatabaseEvents();

    private Map<String, Placement> placements = Map.of();
    private Map<String, List<Placement.Assignment>> history = Map.of();
    /** The placements but for the {@link #departures}: where rows are to be. */
    private Map<String, Placement> present = Map.of();

    private final Departures departures;
    private final PlacementDecisions decided = new PlacementDecisions();
    private final UnservedPods unservedPods;

    private final Set<String> nodesWithNewGateways = new HashSet<>();
    /** Objects that were not there when egress IPs were placed, though others may have been by their names. */
    private final Set<String> newEgressIps = new HashSet<>();

    /** Objects whose pods are others: that they are served is to be said once it is committed. */
    private final Set<String> reselected = new HashSet<>();

    private boolean started;
    private boolean following;
    private boolean placementIsStale;

    EgressIpDecisions(ReconcilerConfig config, World world, Signals signals) {
        this.signals = signals;
        this.cluster = world.inputs();
        this.view = world.northbound();
        this.holds = world.holds();
        this.gateways = new EgressGateways(view);
        this.portRange = new PortRange(config.ephemeralPortRange());
        this.addressRules = new PodAddressRules(config.clusterSubnets(), config.joinSubnets(), cluster, view);
        this.translator = new EgressIpTranslator(config, cluster, view, gateways, portRange, addressRules);
        this.unservedPods =
                new UnservedPods(address -> translator.translate(address).unserved());
        this.wants =
                new EgressIpWants(view, cluster, gateways, translator, portRange, config.disableSnatMultipleGateways());
        this.subnets = new SubnetGuard(config, cluster, view, translator);
        this.missingRouters = new MissingRouters(gateways);
        this.status = new EgressIpStatus(gateways, cluster);
        this.refusedAddresses = new RefusedAddresses(cluster, addressRules, status);
        this.departures = new Departures(holds);
        this.pace = new RebalancePace(config.rebalanceInterval());
        this.swapsNodeSnats = config.disableSnatMultipleGateways();
    }

    @Override
    public ClusterState.Listener inputs() {
        return clusterEvents;
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
        started = true;
        resume();
        lookAtEverything();
    }

    @Override
    public void setLeader(boolean leads) {
        following = !leads;
        if (following) {
            departures.clear();
        }
    }

    /** Somebody else may have placed egress IPs: finds out where they are. What else has changed was told as it happened. */
    @Override
    public void resume() {
        history = new AssignmentHistory(view, holds).of(cluster.egressIps());
        decided.takeUp(history);
        placementIsStale = true;
        renewAddressRules();
        refusedAddresses.lookAtEverything();
    }

    private void renewAddressRules() {
        for (var ip : addressRules.renew()) {
            signals.dirty(new EgressIpOwner.PodIp(ip));
            refusedAddresses.changed(ip);
        }
    }

    @Override
    public void forgetDatabase() {
        gateways.changed();
        portRange.forget();
        subnets.changed();
        translator.gatewaysChanged();
        addressRules.changed();
        if (started) {
            placementIsStale = true;
            lookAtEverything();
        }
    }

    private void lookAtEverything() {
        signals.urgent(EgressIpClaims.BASELINE);
        lookAtEverything(signals::dirty);
    }

    private void lookAtEverything(Consumer<Owner> consumer) {
        // What is there comes first: what is left over from former addresses goes together with what replaces it.
        view.owners().forEach(consumer);
        for (var family : IpFamily.values()) {
            for (var member : view.addresses(EgressIpRows.servedPodsSet(family))) {
                IpAddress.parse(member).map(EgressIpOwner.PodIp::new).ifPresent(consumer);
            }
        }
        cluster.nodes().forEach(node -> consumer.accept(new EgressIpOwner.NodeSwitch(node.name())));
        cluster.egressIps()
                .forEach(egressIp -> podIpsSelectedBy(egressIp.name()).forEach(consumer));
    }

    @Override
    public SubnetFindings subnets() {
        return subnets.findings();
    }

    @Override
    public int nodesWithoutRouter() {
        return missingRouters.nodes();
    }

    @Override
    public void settle(Instant now) {
        if (portRange.settle()) {
            lookAtEverything();
        }
        settlePlacement(now);
        var found = subnets.findings();
        status.writesNothing(found.writesNothing() ? Optional.of(found.sentence()) : Optional.empty());
    }

    /** Places egress IPs anew if something has changed that placement depends on. */
    private void settlePlacement(Instant now) {
        placementIsStale |= departures.arrive();
        renewAddressRules();
        refusedAddresses.settle(now);
        if (!placementIsStale) {
            return;
        }
        placementIsStale = false;
        var before = placements;
        var presentBefore = present;
        var nodes = egressNodes();
        placements = EgressIpPlacement.place(cluster.egressIps(), nodes, history);
        decided.placed(cluster::egressIp, placements, nodes, this::podsSelectedBy);
        missingRouters.placed(placements, decided::add);
        var newHistory = new HashMap<String, List<Placement.Assignment>>();
        placements.forEach((name, placement) -> newHistory.put(name, placement.assignments()));
        history = newHistory;
        present = departures.without(placements);
        translator.place(present);
        var moves = new ArrayList<Move>();
        placements.forEach((name, placement) -> {
            var old = newEgressIps.contains(name) ? null : before.get(name);
            boolean sameWay = old != null
                    && presentBefore
                            .get(name)
                            .assignments()
                            .equals(present.get(name).assignments())
                    && !reselected.contains(name)
                    && !usesNewGateway(placement);
            if (sameWay && old.equals(placement)) {
                return;
            }
            boolean wasServed = old != null && !old.assignments().isEmpty();
            moves.add(new Move(name, wasServed, sameWay ? List.of() : podIpsSelectedBy(name)));
        });
        // Where an egress node is lost, most pods are helped soonest.
        moves.sort(Comparator.comparingInt((Move move) -> move.podIps().size()).reversed());
        for (var move : moves) {
            move.podIps().forEach(move.wasServed() ? signals::urgent : signals::dirty);
            status.placed(move.egressIp(), placements.get(move.egressIp()), move.podIps(), now);
        }
        nodesWithNewGateways.clear();
        newEgressIps.clear();
        reselected.clear();
    }

    /**
     * The owner cannot be moved together with all that would have to move with it: the egress IPs that bind them are taken off
     * where they are, pod by pod, and come to their new places after that.
     */
    @Override
    public void tooMuch(Owner key) {
        if (key instanceof EgressIpOwner.PodIp(IpAddress ip)) {
            var translation = translator.translate(ip);
            if (departures.begin(translation.places())) {
                placementIsStale = true;
                translation.servedBy().ifPresent(name -> {
                    status.movedInParts(name);
                    decided.add(new Decision.MovedInParts(name));
                });
            }
        }
    }

    /** Moves one egress IP to a node that serves fewer, once in an interval. */
    @Override
    public boolean improve(Instant now) {
        if (!pace.isDue(now)) {
            return false;
        }
        var step = EgressIpRebalance.next(egressNodes(), placements);
        step.ifPresent(worthIt -> {
            history = worthIt.appliedTo(placements);
            decided.rebalanced(worthIt.from());
            placementIsStale = true;
        });
        return step.isPresent();
    }

    /** An object whose placement is another. */
    private record Move(String egressIp, boolean wasServed, List<Owner> podIps) {}

    private boolean usesNewGateway(Placement placement) {
        return !nodesWithNewGateways.isEmpty()
                && placement.assignments().stream()
                        .anyMatch(assignment -> nodesWithNewGateways.contains(assignment.node()));
    }

    private List<EgressNode> egressNodes() {
        var nodes = new ArrayList<EgressNode>();
        for (var node : cluster.nodes()) {
            var external = gateways.externalNetworks(node.name());
            var networks = new ArrayList<>(node.egressNetworks().isEmpty() ? external : node.egressNetworks());
            networks.removeIf(network -> !translator.families().contains(network.family()));
            var addresses = new HashSet<>(node.addresses());
            addresses.addAll(node.publicAddresses());
            external.forEach(network -> addresses.add(network.address()));
            nodes.add(new EgressNode(
                    node.name(),
                    node.egressAssignable(),
                    node.ready(),
                    cluster.isReachable(node.name()),
                    gateways.of(node.name()).isPresent(),
                    networks,
                    addresses,
                    node.draining()));
        }
        return nodes;
    }

    private List<Owner> podIpsSelectedBy(String egressIp) {
        var keys = new ArrayList<Owner>();
        cluster.forEachPodSelectedBy(egressIp, pod -> pod.ips().forEach(ip -> keys.add(new EgressIpOwner.PodIp(ip))));
        return keys;
    }

    private int podsSelectedBy(String egressIp, IpAddress address) {
        var pods = new AtomicInteger();
        cluster.forEachPodSelectedBy(egressIp, pod -> {
            if (pod.isServable() && pod.ips().stream().anyMatch(ip -> ip.family() == address.family())) {
                pods.incrementAndGet();
            }
        });
        return pods.get();
    }

    /** Tells the status who serves the pod and who stands by. */
    @Override
    public void decided(Owner owner, Wanted wanted) {
        if (wanted.why() instanceof EgressIpWhy.Pod why) {
            unservedPods.looked(why);
            why.pod().ifPresent(pod -> status.contested(pod.name(), why.servedBy(), why.standingBy()));
        }
    }

    @Override
    public void settled(Owner owner) {
        status.settled(owner);
        unservedPods.settled(owner);
    }

    @Override
    public boolean explains(Wanted wanted, List<RowChange> changes) {
        Optional<UUID> podRouter = swapsNodeSnats && wanted.why() instanceof EgressIpWhy.Pod why
                ? why.pod().map(PodInput::node).flatMap(gateways::of).map(EgressGateways.Gateway::router)
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
        decided.add(new Decision.RowsRefused(owner.toString(), why.object(), why.pod(List.of()), error, retryIn));
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
    public Map<AddressRefusal, Integer> refusedAddresses() {
        return refusedAddresses.told();
    }

    @Override
    public Shortfall shortfall() {
        return new Shortfall(decided.unassigned(), unservedPods.counts());
    }

    @Override
    public List<StatusChange> statuses(Instant now) {
        return status.take(now);
    }

    @Override
    public Optional<Instant> nextDeadline() {
        return Stream.of(pace.next(), status.nextDeadline(), refusedAddresses.nextDeadline())
                .flatMap(Optional::stream)
                .min(Instant::compareTo);
    }

    private final class ClusterEvents implements ClusterState.Listener {
        @Override
        public void podAffected(PodInput pod) {
            pod.ips().forEach(ip -> signals.dirty(new EgressIpOwner.PodIp(ip)));
            podClaimChanged(pod.name());
            if (!pod.isServable()) {
                status.uncontested(
                        pod.name()); // its addresses, by which that is found out otherwise, are not its own any more
                unservedPods.forget(pod.name());
            }
        }

        @Override
        public void podReplaced(PodInput before, PodInput after) {
            var keys = new HashSet<EgressIpOwner>();
            before.ips().forEach(ip -> keys.add(new EgressIpOwner.PodIp(ip)));
            after.ips().forEach(ip -> keys.add(new EgressIpOwner.PodIp(ip)));
            signals.together(keys);
        }

        @Override
        public void podRemoved(PodName name) {
            status.uncontested(name);
            unservedPods.forget(name);
        }

        @Override
        public void podClaimChanged(PodName name) {
            if (started && !following) {
                refusedAddresses.changed(name);
            }
        }

        @Override
        public void selectionChanged(String egressIp) {
            reselected.add(egressIp);
            placementIsStale = true;
        }

        @Override
        public void egressIpChanged(String name, boolean specChanged) {
            cluster.egressIp(name)
                    .ifPresentOrElse(
                            egressIp -> {
                                if (status.observed(egressIp)) {
                                    newEgressIps.add(name);
                                }
                            },
                            () -> {
                                status.forget(name);
                                newEgressIps.remove(name);
                            });
            placementIsStale |= specChanged;
        }

        @Override
        public void nodeChanged(String name) {
            placementIsStale = true;
            addressRules.changed();
            subnets.changed();
            if (swapsNodeSnats) {
                nodesWithNewGateways.add(name); // what is the node SNAT of its pods is told by the node
            }
            signals.dirty(EgressIpClaims.BASELINE);
            signals.dirty(new EgressIpOwner.NodeSwitch(name));
        }

        @Override
        public void usageChanged(String egressIp) {
            status.usageChanged(egressIp);
        }
    }

    private final class DatabaseEvents implements Database {
        @Override
        public void routerChanged(String name) {
            gateways.changed();
            subnets.changed();
            translator.gatewaysChanged();
            addressRules.changed();
            if (!started) {
                return;
            }
            status.gatewaysChanged();
            if (name.equals(EgressIpRows.CLUSTER_ROUTER)) {
                lookAtEverything();
                cluster.nodes().forEach(node -> nodesWithNewGateways.add(node.name()));
                placementIsStale = true; // what is placed is to be said again, once it is committed
            }
            EgressGateways.nodeOf(name).ifPresent(node -> {
                nodesWithNewGateways.add(node);
                placementIsStale = true;
            });
        }

        @Override
        public void switchChanged(String name) {
            if (cluster.node(name).map(NodeInput::name).isPresent()) {
                signals.dirty(new EgressIpOwner.NodeSwitch(name));
            }
        }

        @Override
        public void rowChanged(Optional<Row> before, Optional<Row> after) {
            if (after.or(() -> before).orElseThrow().table() == Nat.TABLE) {
                portRange.rowChanged(before, after);
            }
        }

        @Override
        public void ownedRowChanged(Optional<Row> before, Optional<Row> after) {
            if (started && before.or(() -> after).orElseThrow().table() == AddressSet.TABLE) {
                signals.changedInDatabase(EgressIpClaims.BASELINE);
                lookAtEverything(signals::changedInDatabase);
            }
        }
    }
}
