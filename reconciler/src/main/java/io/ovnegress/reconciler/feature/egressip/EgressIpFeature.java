package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.egressip.EgressIpTranslator.PodTranslation;
import io.ovnegress.reconciler.input.ClusterState;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.machine.ReconcilerConfig;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
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

/**
 * Egress IPs, put together: turns changes of inputs and of the database into dirty owners, keeps the placement up to date, and
 * hands out the parts that the reconciler plans with. Not thread safe.
 */
public final class EgressIpFeature {
    public static final String MARK = "egress-ip";

    private final Consumer<Owner> dirty;
    private final Consumer<Owner> dirtyInDatabase;
    private final Consumer<Owner> urgent;
    private final ClusterState cluster = new ClusterState(new ClusterEvents());
    private final EgressIpIndex index = new EgressIpIndex();
    private final NorthboundView view;
    private final EgressGateways gateways;
    private final EgressIpTranslator translator;
    private final EgressIpDiffer differ;
    private final EgressIpStatus status;
    private final OwnerGroups groups;
    private final boolean swapsNodeSnats;

    private Map<String, Placement> placements = Map.of();
    private Map<String, List<Placement.Assignment>> history = Map.of();
    /** The placements but for the {@link #departures}: where rows are to be. */
    private Map<String, Placement> present = Map.of();

    private final Departures departures;
    private final PlacementDecisions decisions = new PlacementDecisions();

    private final Set<String> nodesWithNewGateways = new HashSet<>();
    /** Objects that were not there when egress IPs were placed, though others may have been by their names. */
    private final Set<String> newEgressIps = new HashSet<>();

    /** Objects whose pods are others: that they are served is to be said once it is committed. */
    private final Set<String> reselected = new HashSet<>();

    private boolean started;
    private boolean following;
    private boolean placementIsStale;

    /**
     * @param dirty takes owners that have to be looked at
     * @param dirtyInDatabase takes owners whose rows changed
     * @param urgent takes owners that have to be looked at before the others
     */
    public EgressIpFeature(
            ReconcilerConfig config,
            MonitorSpec spec,
            Consumer<Owner> dirty,
            Consumer<Owner> dirtyInDatabase,
            Consumer<Owner> urgent) {
        this.dirty = dirty;
        this.dirtyInDatabase = dirtyInDatabase;
        this.urgent = urgent;
        this.view = new NorthboundView(
                spec, new EgressIpClaims(config.disableSnatMultipleGateways()), new DatabaseEvents());
        this.gateways = new EgressGateways(view);
        this.translator = new EgressIpTranslator(config, cluster, view, gateways);
        this.differ = new EgressIpDiffer(view, cluster, gateways, translator, config.disableSnatMultipleGateways());
        this.status = new EgressIpStatus(gateways);
        this.departures = new Departures(index);
        this.groups = new OwnerGroups(cluster, view, index, translator);
        this.swapsNodeSnats = config.disableSnatMultipleGateways();
    }

    public NorthboundView view() {
        return view;
    }

    public EgressIpDiffer differ() {
        return differ;
    }

    public EgressIpStatus status() {
        return status;
    }

    public OwnerGroups groups() {
        return groups;
    }

    /** What has been decided since the last call, in the order in which it was. */
    public List<Decision> takeDecisions() {
        return decisions.take();
    }

    public void apply(InputChange change) {
        cluster.apply(change);
    }

    /** The kinds of input that have not been listed once. */
    public Set<InputKind> missing() {
        return cluster.missing();
    }

    /** Everything is known for the first time: finds out where egress IPs were, and looks at everything once. */
    public void start() {
        started = true;
        resume();
        lookAtEverything();
    }

    /** One that only follows need not remember what belongs together: the rows that others write tell it. */
    public void setLeader(boolean leads) {
        following = !leads;
        if (following) {
            groups.forgetReplaced();
            departures.clear();
        }
    }

    /** Somebody else may have placed egress IPs: finds out where they are. What else has changed was told as it happened. */
    public void resume() {
        history = new AssignmentHistory(view, index).of(cluster.egressIps());
        decisions.takeUp(history);
        placementIsStale = true;
    }

    /** Forgets the database, which is read anew, and looks at everything when it has been. */
    public void forgetDatabase() {
        view.forget();
        index.forget();
        gateways.changed();
        translator.gatewaysChanged();
        if (started) {
            placementIsStale = true;
            lookAtEverything();
        }
    }

    private void lookAtEverything() {
        urgent.accept(EgressIpClaims.BASELINE);
        lookAtEverything(dirty);
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

    /** Places egress IPs anew if something has changed that placement depends on. */
    public void settlePlacement(Instant now) {
        placementIsStale |= departures.arrive();
        if (!placementIsStale) {
            return;
        }
        placementIsStale = false;
        var before = placements;
        var presentBefore = present;
        var nodes = egressNodes();
        placements = EgressIpPlacement.place(cluster.egressIps(), nodes, history);
        decisions.placed(cluster::egressIp, placements, nodes, this::podsSelectedBy);
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
            move.podIps().forEach(move.wasServed() ? urgent : dirty);
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
    public void moveInParts(Owner key) {
        if (key instanceof EgressIpOwner.PodIp(IpAddress ip)) {
            var translation = translator.translate(ip);
            if (departures.begin(translation.places())) {
                placementIsStale = true;
                translation.servedBy().ifPresent(name -> {
                    status.movedInParts(name);
                    decisions.add(new Decision.MovedInParts(name));
                });
            }
        }
    }

    /** Moves one egress IP to a node that serves fewer; false if none should. To be asked when nothing else is to be done. */
    public boolean rebalance() {
        var step = EgressIpRebalance.next(egressNodes(), placements);
        step.ifPresent(worthIt -> {
            history = worthIt.appliedTo(placements);
            decisions.rebalanced(worthIt.from());
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

    /** The owner was translated; tells the status who serves the pod and who stands by. */
    public void looked(PodTranslation translation) {
        translation
                .pod()
                .ifPresent(pod -> status.contested(pod.name(), translation.servedBy(), translation.standingBy()));
    }

    /** The owner's rows are as they should be. */
    public void settled(Owner key) {
        groups.settled(key);
        status.settled(key);
    }

    /** Rows that serve the EgressIP were changed by somebody else, and are put right. */
    public void repaired(String egressIp, Instant now) {
        status.repaired(egressIp, now);
    }

    /** The database refused the owner's rows, which are tried again then. */
    public void refused(Owner key, String error, Duration retryIn) {
        var translation =
                key instanceof EgressIpOwner.PodIp(IpAddress ip) ? translator.translate(ip) : PodTranslation.NOTHING;
        status.refused(key, translation.servedBy().stream().toList(), error);
        decisions.add(new Decision.RowsRefused(
                key.toString(),
                translation.servedBy(),
                translation.pod().map(pod -> pod.name().toString()),
                error,
                retryIn));
    }

    private final class ClusterEvents implements ClusterState.Listener {
        @Override
        public void podAffected(PodInput pod) {
            pod.ips().forEach(ip -> dirty.accept(new EgressIpOwner.PodIp(ip)));
            if (!pod.isServable()) {
                status.uncontested(
                        pod.name()); // its addresses, by which that is found out otherwise, are not its own any more
            }
        }

        @Override
        public void podReplaced(PodInput before, PodInput after) {
            if (!following) {
                groups.replaced(before, after);
            }
        }

        @Override
        public void podRemoved(PodName name) {
            status.uncontested(name);
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
            if (swapsNodeSnats) {
                nodesWithNewGateways.add(name); // what is the node SNAT of its pods is told by the node
            }
            dirty.accept(EgressIpClaims.BASELINE);
            dirty.accept(new EgressIpOwner.NodeSwitch(name));
        }
    }

    private final class DatabaseEvents implements NorthboundView.Listener {
        @Override
        public void ownerChanged(Owner owner) {
            dirtyInDatabase.accept(owner);
        }

        @Override
        public void routerChanged(String name) {
            gateways.changed();
            translator.gatewaysChanged();
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
                dirty.accept(new EgressIpOwner.NodeSwitch(name));
            }
        }

        @Override
        public void ownedRowChanged(Optional<Row> before, Optional<Row> after) {
            index.rowChanged(view, before, after);
            if (started && before.or(() -> after).orElseThrow().table() == AddressSet.TABLE) {
                dirtyInDatabase.accept(EgressIpClaims.BASELINE);
                lookAtEverything(dirtyInDatabase);
            }
        }

        @Override
        public void ownedRowAttached(Row row, UUID parent) {
            index.attached(view, row, parent);
        }

        @Override
        public void ownedRowDetached(Row row, UUID parent) {
            index.detached(view, row, parent);
        }
    }
}
