package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Departure.Exit;
import io.ovnegress.reconciler.explain.Departure.Outcome;
import io.ovnegress.reconciler.feature.egressip.rows.CutOffRows;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator.PodTranslation;
import io.ovnegress.reconciler.feature.egressip.rows.ForeignPolicies;
import io.ovnegress.reconciler.feature.egressip.rows.Guards;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What rows of a pod address do to its packets, rows that are wanted and rows that are there alike: the policy of the highest
 * priority decides, and on the router that it leads to the SNAT of the address, if the router's guard lets it by.
 */
final class PodWays {
    private final Inputs cluster;
    private final NorthboundView view;
    private final EgressGateways gateways;
    private final ForeignPolicies foreignPolicies;
    private final Guards guards;
    private final OwnRouters routers;
    private final RouterPassages passages;

    PodWays(
            Inputs cluster,
            NorthboundView view,
            EgressGateways gateways,
            ForeignPolicies foreignPolicies,
            Guards guards,
            OwnRouters routers,
            RouterPassages passages) {
        this.cluster = cluster;
        this.view = view;
        this.gateways = gateways;
        this.foreignPolicies = foreignPolicies;
        this.guards = guards;
        this.routers = routers;
        this.passages = passages;
    }

    private record Policy(long priority, String action, Set<String> nexthops) {}

    private record Snat(String externalIp, String node) {}

    /** How the address is to leave; what is to have a SNAT on a router is to be let by there. */
    Departure wanted(String podNode, IpAddress address, PodTranslation translation) {
        if (translation.way().isPresent()) {
            var exits = routers.exitsOf(translation.way().get().egressIp(), address.family()).stream()
                    .map(PodWays::exit)
                    .toList();
            return new Departure(Outcome.EgressAddress, exits);
        }
        return wanted(podNode, address, translation.rows());
    }

    private static Exit exit(OwnRouters.RouterExit there) {
        return new Exit(Optional.of(there.egressIp()), there.node());
    }

    private Departure wanted(String podNode, IpAddress address, List<DesiredRow> rows) {
        var policies = new ArrayList<Policy>();
        var snats = new ArrayList<Snat>();
        for (var row : rows) {
            var cells = row.cells().stream()
                    .collect(Collectors.<Cell<?>, Column<?>, Object>toMap(Cell::column, Cell::value));
            add(row.table() == Nat.TABLE, of(cells), List.of(row.attachment().parent()), policies, snats);
        }
        return of(podNode, address, policies, snats, node -> false);
    }

    /** What own routers lack to which the rows of the database send what the address sends, and which drop it. */
    List<RouterPassages.Passage> droppedByRouters(PodInput pod, IpAddress address) {
        return rowsAt(pod, address).stream()
                .filter(row -> row.table() == LogicalRouterPolicy.TABLE)
                .max(Comparator.comparingLong(row -> row.get(LogicalRouterPolicy.PRIORITY)))
                .stream()
                .flatMap(row -> Stream.concat(
                        row.get(LogicalRouterPolicy.NEXTHOPS).stream(), row.get(LogicalRouterPolicy.NEXTHOP).stream()))
                .distinct()
                .flatMap(hop -> passages.by(hop, address).stream())
                .filter(passage -> passage.lacks().isPresent())
                .toList();
    }

    /** All that says something of the address, as the database has it. */
    private List<Row> rowsAt(PodInput pod, IpAddress address) {
        var rows = new ArrayList<>(view.rowsOf(new EgressIpOwner.PodIp(address)));
        rows.addAll(keepingIn(pod, address));
        rows.addAll(routers.waysOf(pod, address));
        rows.addAll(foreignPolicies.of(address));
        return rows;
    }

    /** How the address leaves under the rows of the database. */
    Departure now(PodInput pod, IpAddress address) {
        var policies = new ArrayList<Policy>();
        var snats = new ArrayList<Snat>();
        for (var row : rowsAt(pod, address)) {
            var routers = view.parentsOf(row.id()).stream()
                    .map(parent -> parent.parent())
                    .toList();
            add(row.table() == Nat.TABLE, row::get, routers, policies, snats);
        }
        return of(pod.node(), address, policies, snats, node -> isGuarded(node, address));
    }

    /** How it leaves if this policy decides; or none does, and it is routed to the gateway router of this node. */
    Departure by(IpAddress address, Optional<Row> policy, String node) {
        var policies = new ArrayList<Policy>();
        var snats = new ArrayList<Snat>();
        var rows = new ArrayList<>(view.rowsOf(new EgressIpOwner.PodIp(address)));
        rows.removeIf(row -> row.table() != Nat.TABLE);
        policy.ifPresent(rows::add);
        for (var row : rows) {
            var places =
                    view.parentsOf(row.id()).stream().map(Attachment::parent).toList();
            add(row.table() == Nat.TABLE, row::get, places, policies, snats);
        }
        return of(node, address, policies, snats, each -> isGuarded(each, address));
    }

    /** Whether the gateway router drops what has no egress IP there. */
    private boolean isGuarded(String node, IpAddress address) {
        return guards.dropping(node, address).isPresent();
    }

    /** The policies that keep it in with others: known pods by their address set, all of a namespace by their ports. */
    private List<Row> keepingIn(PodInput pod, IpAddress address) {
        var rows = new ArrayList<>(
                view.rowsOf(new EgressIpOwner.Namespace(pod.name().namespace())));
        if (view.addresses(CutOffRows.podsSet(address.family())).contains(address.text())) {
            rows.addAll(view.rowsOf(new EgressIpOwner.CutOff()));
        }
        rows.removeIf(row -> row.table() != LogicalRouterPolicy.TABLE
                || !row.get(LogicalRouterPolicy.ACTION).equals("drop")
                || !row.get(LogicalRouterPolicy.MATCH)
                        .startsWith(address.family().matchField()));
        return rows;
    }

    private static Function<Column<?>, Object> of(Map<Column<?>, Object> cells) {
        return column -> Optional.ofNullable(cells.get(column)).orElseGet(column::defaultValue);
    }

    @SuppressWarnings("unchecked") // the columns' types
    private void add(
            boolean isNat,
            Function<Column<?>, Object> cells,
            List<UUID> routers,
            List<Policy> policies,
            List<Snat> snats) {
        for (var router : routers) {
            if (isNat) {
                gateways.nodeOf(router)
                        .ifPresent(node -> snats.add(new Snat((String) cells.apply(Nat.EXTERNAL_IP), node)));
            } else if (view.router(TopologyNames.CLUSTER_ROUTER)
                    .filter(router::equals)
                    .isPresent()) {
                var nexthops = new TreeSet<>((Set<String>) cells.apply(LogicalRouterPolicy.NEXTHOPS));
                nexthops.addAll((Set<String>) cells.apply(LogicalRouterPolicy.NEXTHOP));
                policies.add(new Policy(
                        (Long) cells.apply(LogicalRouterPolicy.PRIORITY),
                        (String) cells.apply(LogicalRouterPolicy.ACTION),
                        nexthops));
            }
        }
    }

    /** @param drops whether the gateway router of a node drops what is sent to it */
    private Departure of(
            String podNode, IpAddress address, List<Policy> policies, List<Snat> snats, Predicate<String> drops) {
        var policy = policies.stream().max(Comparator.comparingLong(Policy::priority));
        if (policy.isEmpty() || policy.get().action().equals("allow")) {
            return drops.test(podNode)
                    ? new Departure(Outcome.Dropped, List.of(), List.of(podNode))
                    : leavesBy(podNode, address, snats);
        }
        if (policy.get().action().equals("drop")) {
            return Departure.dropped();
        }
        var left = new TreeSet<>(policy.get().nexthops());
        var exits = new ArrayList<Exit>();
        var droppedOn = new ArrayList<String>();
        boolean asItself = false;
        for (var snat : snats) {
            var join = joinAddresses(snat.node(), address);
            if (policy.get().nexthops().stream().anyMatch(join::contains)) {
                left.removeAll(join);
                asItself = true;
                if (drops.test(snat.node())) {
                    droppedOn.add(snat.node());
                } else {
                    exits.add(new Exit(Optional.of(snat.externalIp()), snat.node()));
                }
            }
        }
        for (var nexthop : left) {
            var own = passages.by(nexthop, address);
            if (own.isPresent()) {
                own.get().exit().ifPresent(exits::add);
                own.get().lacks().ifPresent(unused -> droppedOn.add(own.get().node()));
                asItself = true;
            }
            for (var node : cluster.nodes()) { // no SNAT there: with that node's own address
                if (joinAddresses(node.name(), address).contains(nexthop)) {
                    if (drops.test(node.name())) {
                        droppedOn.add(node.name());
                    } else {
                        exits.add(nodeExit(node.name(), address));
                    }
                }
            }
        }
        if (!exits.isEmpty()) {
            return new Departure(asItself ? Outcome.EgressAddress : Outcome.NodeAddress, exits, droppedOn);
        }
        return droppedOn.isEmpty() ? Departure.elsewhere() : new Departure(Outcome.Dropped, List.of(), droppedOn);
    }

    private Set<String> joinAddresses(String node, IpAddress address) {
        return gateways.of(node)
                .map(gateway -> gateway.joinAddresses(address.family()))
                .orElse(Set.of());
    }

    /** What no policy sends elsewhere leaves by the pod's own node, where a SNAT of the address counts too. */
    private Departure leavesBy(String podNode, IpAddress address, List<Snat> snats) {
        return snats.stream()
                .filter(snat -> snat.node().equals(podNode))
                .findFirst()
                .map(snat -> new Departure(
                        isNodes(podNode, snat.externalIp()) ? Outcome.NodeAddress : Outcome.EgressAddress,
                        List.of(new Exit(Optional.of(snat.externalIp()), podNode))))
                .orElseGet(() -> new Departure(Outcome.NodeAddress, List.of(nodeExit(podNode, address))));
    }

    private boolean isNodes(String node, String externalIp) {
        return cluster.node(node).stream()
                .flatMap(found -> found.gatewayAddresses().stream())
                .anyMatch(gateway -> gateway.text().equals(externalIp));
    }

    private Exit nodeExit(String node, IpAddress address) {
        return new Exit(
                cluster.node(node).map(NodeInput::gatewayAddresses).orElse(List.of()).stream()
                        .filter(gateway -> gateway.family() == address.family())
                        .findFirst()
                        .map(IpAddress::text),
                node);
    }
}
