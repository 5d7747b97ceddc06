package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.feature.egressip.topology.PodAddressRules;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Inputs and placements in, desired rows out: a function of the current state only. Add path only: what is not returned is not
 * wanted. An address that an object selects which says Drop is either rerouted or dropped. Caches what all pods of one EgressIP share; not thread safe.
 */
public final class EgressIpTranslator {
    private final ReconcilerConfig config;
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final NorthboundView view;
    private final EgressGateways gateways;
    private final PortRange portRange;
    private final PodAddressRules addressRules;
    private final RouterWays ways;
    private final Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    private final Map<RouteKey, Route> routes = new HashMap<>();
    private Map<String, Placement> placements = Map.of();

    public EgressIpTranslator(
            ReconcilerConfig config,
            Inputs cluster,
            EgressIpSelection selection,
            NorthboundView view,
            EgressGateways gateways,
            PortRange portRange,
            PodAddressRules addressRules,
            RouterWays ways) {
        this.config = config;
        this.cluster = cluster;
        this.selection = selection;
        this.view = view;
        this.gateways = gateways;
        this.portRange = portRange;
        this.addressRules = addressRules;
        this.ways = ways;
        config.clusterSubnets().forEach(subnet -> families.add(subnet.family()));
    }

    private record RouteKey(String egressIp, IpFamily family) {}

    /** The way out that all pods of one EgressIP and family have in common. */
    private record Route(Set<String> nexthops, List<Exit> exits, Set<String> nodes) {}

    private static final Route NO_WAY_OUT = new Route(Set.of(), List.of(), Set.of());

    private record Exit(String egressIp, UUID router, String logicalPort) {}

    /**
     * What should be in the database for one pod address.
     *
     * @param pod the servable pod that holds the address
     * @param servedBy the EgressIP that serves the pod
     * @param standingBy the EgressIPs that select the pod too, and would serve it
     * @param rows empty if the address is neither rerouted nor cut off
     * @param keptIn whether it is cut off whenever it is not rerouted
     * @param egressNodes the nodes of the rows
     * @param unserved why the address is not rerouted although its pod is selected; empty if it is, or if nobody selects the pod
     * @param way by which it is to leave without rows of its own; empty if it is to have some, or to have no egress IP
     */
    public record PodTranslation(
            Optional<PodInput> pod,
            Optional<String> servedBy,
            List<String> standingBy,
            List<DesiredRow> rows,
            boolean keptIn,
            Set<String> egressNodes,
            Optional<Unserved> unserved,
            Optional<RouterWays.Way> way) {
        static final PodTranslation NOTHING = new PodTranslation(
                Optional.empty(), Optional.empty(), List.of(), List.of(), false, Set.of(), Optional.empty());

        /** Of one that has rows of its own, or none. */
        PodTranslation(
                Optional<PodInput> pod,
                Optional<String> servedBy,
                List<String> standingBy,
                List<DesiredRow> rows,
                boolean keptIn,
                Set<String> egressNodes,
                Optional<Unserved> unserved) {
            this(pod, servedBy, standingBy, rows, keptIn, egressNodes, unserved, Optional.empty());
        }

        /** Whether it is to leave as an egress IP, or to be kept in. */
        boolean isTreated() {
            return !rows.isEmpty() || way.isPresent();
        }

        /** By egress IP the router on which the address is to leave as it. */
        public Map<String, UUID> places() {
            var places = new HashMap<String, UUID>();
            for (var row : rows) {
                if (row.table() == Nat.TABLE) {
                    places.put((String) row.identity().value(), row.attachment().parent());
                }
            }
            return places;
        }
    }

    /** From now on these placements hold. */
    public void place(Map<String, Placement> newPlacements) {
        placements = newPlacements;
        routes.clear();
    }

    /** Routers or ports changed. */
    public void gatewaysChanged() {
        routes.clear();
    }

    public PodTranslation translate(IpAddress address) {
        var pod = cluster.podAt(address);
        if (pod.isEmpty() || addressRules.refusal(address).isPresent()) {
            return PodTranslation.NOTHING;
        }
        Optional<String> servedBy = Optional.empty();
        List<String> standingBy = new ArrayList<>(0);
        Optional<String> cutOffBy = Optional.empty();
        var selecting = selection.selecting(pod.get());
        for (var egressIp : selecting) {
            if (cutOffBy.isEmpty() && egressIp.cutsOff(hasEgressIp(egressIp.name(), address.family()))) {
                cutOffBy = Optional.of(egressIp.name());
            }
            if (!isPlaced(egressIp.name())) {
                continue;
            }
            if (servedBy.isEmpty()) {
                servedBy = Optional.of(egressIp.name());
            } else {
                standingBy.add(egressIp.name());
            }
        }
        if (cutOffBy.isEmpty() && servedBy.isEmpty()) {
            cutOffBy = formerlyOf(
                    new EgressIpOwner.PodIp(address),
                    row -> RowLabels.podOf(row).equals(pod.get().name().toString()));
        }
        var clusterRouter = view.router(TopologyNames.CLUSTER_ROUTER);
        if (clusterRouter.isEmpty() || !families.contains(address.family())) {
            return new PodTranslation(
                    pod,
                    servedBy,
                    standingBy,
                    List.of(),
                    false,
                    Set.of(),
                    whyUnserved(
                            selecting,
                            servedBy,
                            clusterRouter.isEmpty() ? Unserved.WaitingForRouter : Unserved.NoClusterSubnet));
        }
        var way = servedBy.filter(ways::isRouted).flatMap(name -> ways.of(name, address.family(), pod.get()));
        if (way.isPresent()) {
            // Who is in a set stays kept in below it; a namespace is led away below what keeps its pods in.
            boolean keptIn =
                    cutOffBy.isPresent() && !(way.get().isCarried() && way.get().isThere());
            return new PodTranslation(
                    pod,
                    servedBy,
                    standingBy,
                    List.of(),
                    keptIn,
                    Set.of(),
                    way.get().isThere() ? Optional.empty() : Optional.of(Unserved.WaitingForRouter),
                    way);
        }
        var podName = pod.get().name().toString();
        var route = servedBy.filter(name -> !ways.isRouted(name))
                .map(name -> routes.computeIfAbsent(new RouteKey(name, address.family()), this::route))
                .orElse(NO_WAY_OUT);
        if (route.exits().isEmpty()) {
            var drop = cutOffBy.map(name -> CutOffRows.pod(clusterRouter.get(), address, name, podName));
            boolean waits =
                    servedBy.filter(name -> hasEgressIp(name, address.family())).isPresent();
            return new PodTranslation(
                    pod,
                    servedBy,
                    standingBy,
                    drop.map(List::of).orElse(List.of()),
                    drop.isPresent(),
                    Set.of(),
                    whyUnserved(selecting, servedBy, waits ? Unserved.WaitingForRouter : Unserved.NoEgressIPOfFamily));
        }
        var name = servedBy.orElseThrow();
        var rows = new ArrayList<DesiredRow>(1 + route.exits().size());
        rows.add(EgressIpRows.reroute(clusterRouter.get(), address, name, podName, route.nexthops()));
        for (var exit : route.exits()) {
            rows.add(EgressIpRows.snat(
                    exit.router(), address, exit.egressIp(), exit.logicalPort(), name, podName, portRange.text()));
        }
        return new PodTranslation(
                pod, servedBy, standingBy, rows, cutOffBy.isPresent(), route.nodes(), Optional.empty());
    }

    /** The object that says Drop and nothing else that can be read, and whose policies those of the owner were. */
    private Optional<String> formerlyOf(EgressIpOwner owner, Predicate<Row> areMeant) {
        return selection.areSomeUnknown()
                ? view.rowsOf(owner).stream()
                        .filter(row -> row.table() == LogicalRouterPolicy.TABLE && areMeant.test(row))
                        .flatMap(row -> RowLabels.egressIpOf(row).stream())
                        .filter(selection::isUnknown)
                        .findFirst()
                : Optional.empty();
    }

    private static Optional<Unserved> whyUnserved(
            List<EgressIpInput> selecting, Optional<String> servedBy, Unserved thoughPlaced) {
        if (selecting.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(servedBy.isEmpty() ? Unserved.Unassigned : thoughPlaced);
    }

    private boolean hasEgressIp(String egressIp, IpFamily family) {
        var placement = placements.get(egressIp);
        return placement != null
                && placement.assignments().stream()
                        .anyMatch(assignment -> assignment.egressIp().family() == family);
    }

    private boolean isPlaced(String egressIp) {
        var placement = placements.get(egressIp);
        return placement != null && !placement.assignments().isEmpty();
    }

    private Route route(RouteKey key) {
        var nexthops = new TreeSet<String>();
        var exits = new ArrayList<Exit>();
        var nodes = new TreeSet<String>();
        for (var assignment : placements.get(key.egressIp()).assignments()) {
            if (assignment.egressIp().family() != key.family()) {
                continue;
            }
            gateways.of(assignment.node())
                    .filter(gateway -> !gateway.joinAddresses(key.family()).isEmpty())
                    .ifPresent(gateway -> {
                        nexthops.addAll(gateway.joinAddresses(key.family()));
                        exits.add(new Exit(assignment.egressIp().text(), gateway.router(), gateway.managementPort()));
                        nodes.add(assignment.node());
                    });
        }
        return new Route(Set.copyOf(nexthops), List.copyOf(exits), Set.copyOf(nodes));
    }

    /** The rows that are needed once; those on the cluster router only once there is one. */
    public List<DesiredRow> baseline() {
        var rows = new ArrayList<DesiredRow>();
        for (var family : families()) {
            rows.add(EgressIpRows.addressSet(EgressIpRows.servedPodsSet(family)));
            rows.add(EgressIpRows.addressSet(EgressIpRows.nodeAddressesSet(family)));
        }
        view.router(TopologyNames.CLUSTER_ROUTER).ifPresent(router -> {
            for (var source : config.clusterSubnets()) {
                for (var destination : config.clusterSubnets()) {
                    if (source.family() == destination.family()) {
                        rows.add(EgressIpRows.podToPod(router, source, destination));
                    }
                }
                for (var join : config.joinSubnets()) {
                    if (source.family() == join.family()) {
                        rows.add(EgressIpRows.podToJoin(router, source, join));
                    }
                }
            }
            families().forEach(family -> rows.add(EgressIpRows.podToNode(router, family)));
            rows.add(EgressIpRows.replies(router));
        });
        if (ways.areByDestination()) {
            exemptFromDestinations().stream().filter(this::isThere).forEach(rows::add);
        }
        return rows;
    }

    private boolean isThere(DesiredRow baseline) {
        return view.rowsOf(EgressIpClaims.BASELINE).stream()
                .anyMatch(row -> row.table() == LogicalRouterPolicy.TABLE
                        && baseline.name()
                                .equals(row.get(LogicalRouterPolicy.EXTERNAL_IDS)
                                        .get(EgressIpRows.ID_KEY)));
    }

    /** Whether what stays in the cluster is exempt from policies by destination. */
    boolean isExemptFromDestinations() {
        return exemptFromDestinations().stream().allMatch(this::isThere);
    }

    /** What is to be there before anything is led away by destination, and is not yet. */
    List<DesiredRow> missingExemptions() {
        return ways.areByDestination()
                ? exemptFromDestinations().stream().filter(row -> !isThere(row)).toList()
                : List.of();
    }

    /** The rows that exempt what stays in the cluster from policies by destination. */
    private List<DesiredRow> exemptFromDestinations() {
        var rows = new ArrayList<DesiredRow>();
        view.router(TopologyNames.CLUSTER_ROUTER).ifPresent(router -> {
            for (var source : config.clusterSubnets()) {
                for (var destination : config.clusterSubnets()) {
                    if (source.family() == destination.family()) {
                        rows.add(DestinedRows.podToPod(router, source, destination));
                    }
                }
                for (var join : config.joinSubnets()) {
                    if (source.family() == join.family()) {
                        rows.add(DestinedRows.podToJoin(router, source, join));
                    }
                }
            }
            families().forEach(family -> rows.add(DestinedRows.podToNode(router, family)));
        });
        return rows;
    }

    /** The rows that keep known pods in; none if no object asks for that. */
    public List<DesiredRow> cutOff() {
        var rows = new ArrayList<DesiredRow>();
        if (selection.egressIps().stream().anyMatch(EgressIpInput::cutsOff)) {
            var router = view.router(TopologyNames.CLUSTER_ROUTER);
            for (var family : families()) {
                rows.add(EgressIpRows.addressSet(CutOffRows.podsSet(family)));
                router.ifPresent(id -> rows.add(CutOffRows.pods(id, family)));
            }
        }
        return rows;
    }

    /**
     * The rows that keep all pods of a namespace in, or let those that are led away reach nodes.
     *
     * @param portGroup the one that has their ports
     * @param ledAway by family the object to whose routers they are led
     */
    List<DesiredRow> namespace(String namespace, String portGroup, Map<IpFamily, String> ledAway) {
        var rows = new ArrayList<DesiredRow>();
        view.router(TopologyNames.CLUSTER_ROUTER)
                .ifPresent(router -> families().forEach(family -> {
                    var carrier = Optional.ofNullable(ledAway.get(family));
                    var keeper = carrier.isPresent() ? Optional.<String>empty() : keptInBy(namespace, family);
                    keeper.map(egressIp -> CutOffRows.namespace(router, namespace, portGroup, family, egressIp))
                            .ifPresent(rows::add);
                    carrier.or(() -> keeper)
                            .map(egressIp ->
                                    CutOffRows.namespaceToNodes(router, namespace, portGroup, family, egressIp))
                            .ifPresent(rows::add);
                }));
        return rows;
    }

    private Optional<String> keptInBy(String namespace, IpFamily family) {
        return selection.selectingAllOf(namespace).stream()
                .filter(egressIp -> egressIp.cutsOff(hasEgressIp(egressIp.name(), family)))
                .map(EgressIpInput::name)
                .findFirst()
                .or(() -> formerlyOf(new EgressIpOwner.Namespace(namespace), row -> true));
    }

    /** The families of the cluster subnets: without the baseline rows, what stays in the cluster would be rerouted too. */
    public Set<IpFamily> families() {
        return Collections.unmodifiableSet(families);
    }

    /** The addresses of all nodes, of one family. */
    public Set<String> nodeAddresses(IpFamily family) {
        var addresses = new TreeSet<String>();
        for (var node : cluster.nodes()) {
            for (var address : node.addresses()) {
                if (address.family() == family) {
                    addresses.add(address.text());
                }
            }
        }
        return addresses;
    }

    /** The rows on the logical switch of a node; none for a switch that is not a node's. */
    public List<DesiredRow> nodeSwitch(String node) {
        var rows = new ArrayList<DesiredRow>();
        if (cluster.node(node).isPresent()) {
            view.logicalSwitch(node)
                    .ifPresent(nodeSwitch ->
                            families().forEach(family -> rows.add(EgressIpRows.replyMark(nodeSwitch, node, family))));
        }
        return rows;
    }
}
