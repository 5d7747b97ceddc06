package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What guards the gateway routers ({@link GuardRows}), if that is asked for. What a router serves is let through before the rest is
 * dropped; who has the SNATs says who is in the sets. Not thread safe.
 */
public final class Guards {
    private final ReconcilerConfig config;
    private final Inputs cluster;
    private final NorthboundView view;
    private final EgressGateways gateways;
    /** Nodes whose gateway routers do not drop anything yet, since their sets are not what they serve. */
    private final Set<String> open = new TreeSet<>();
    /** The guarded nodes, with the names of their sets. */
    private final Map<String, Map<IpFamily, String>> sets = new TreeMap<>();

    public Guards(ReconcilerConfig config, Inputs cluster, NorthboundView view, EgressGateways gateways) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.gateways = gateways;
    }

    /**
     * A set of the pod addresses that a gateway router serves.
     *
     * @param belongs whether the address that was asked about is to be in it
     */
    record ServedSet(String name, Owner owner, boolean belongs) {}

    /** Those that are to be looked at when further pods are as they should be. */
    public List<Owner> open() {
        return open.stream().<Owner>map(EgressIpOwner.Guard::new).toList();
    }

    /** The sets of those routers that have SNATs of the address, or are to have them now, and those that it was left in. */
    List<ServedSet> setsOf(IpAddress address, PodSteps.Now now, List<Row> there) {
        if (!config.guards()) {
            return List.of();
        }
        var wanted = new HashSet<UUID>();
        for (var row : now.rows()) {
            if (row.table() == Nat.TABLE) {
                wanted.add(row.attachment().parent());
            }
        }
        now.kept().forEach(row -> wanted.addAll(routersOf(row)));
        var routers = new LinkedHashSet<>(wanted);
        there.forEach(row -> routers.addAll(routersOf(row)));
        var found = new LinkedHashMap<String, ServedSet>();
        var stays = new HashSet<String>();
        for (var router : routers) {
            gateways.nodeOf(router).ifPresent(node -> {
                boolean belongs = wanted.contains(router);
                // What is not to be guarded any more drops until its rows have gone: till then nobody leaves its set.
                if (!belongs || isGuarded(node, address.family())) {
                    found.put(node, servedSet(node, address.family(), belongs));
                } else {
                    stays.add(node);
                }
            });
        }
        sets.forEach((node, ofNode) -> {
            boolean wasLeft = view.addresses(ofNode.get(address.family())).contains(address.text());
            if (wasLeft && !stays.contains(node)) {
                found.putIfAbsent(node, servedSet(node, address.family(), false));
            }
        });
        return List.copyOf(found.values());
    }

    private static ServedSet servedSet(String node, IpFamily family, boolean belongs) {
        return new ServedSet(GuardRows.servedSet(node, family), new EgressIpOwner.Guard(node), belongs);
    }

    private List<UUID> routersOf(Row row) {
        return row.table() == Nat.TABLE
                ? view.parentsOf(row.id()).stream().map(Attachment::parent).toList()
                : List.of();
    }

    /** Not before it is known which pods are the node's own. */
    private boolean isGuarded(String node, IpFamily family) {
        return config.guards()
                && clusterSubnets(family).findAny().isPresent()
                && gateways.of(node).isPresent()
                && ownSubnets(node, family).findAny().isPresent();
    }

    private Stream<IpNetwork> clusterSubnets(IpFamily family) {
        return config.clusterSubnets().stream().filter(subnet -> subnet.family() == family);
    }

    private Stream<IpNetwork> ownSubnets(String node, IpFamily family) {
        return cluster.node(node).stream()
                .flatMap(there -> there.podSubnets().stream())
                .filter(subnet -> subnet.family() == family);
    }

    /** Also takes away what is in the sets and no pod's address; those have their places with their SNATs. */
    Wanted want(EgressIpOwner.Guard key) {
        var rows = rows(key.node());
        open.remove(key.node());
        if (rows.isEmpty()) {
            sets.remove(key.node());
        } else {
            sets.computeIfAbsent(key.node(), Guards::namesOfSets);
        }
        if (!rows.isEmpty()
                && !drops(key)
                && !(hasSets(rows) && hasAllServed(key.node()) && hasOnlyServed(key.node()))) {
            open.add(key.node());
            rows = rows.stream().filter(row -> !GuardRows.isDrop(row)).toList();
        }
        return new Wanted(
                rows,
                List.of(),
                new Wanted.Present(view.rowsOf(key), leftOver(key.node())),
                List.of(),
                List.of(),
                Map.of(),
                Set.of(),
                rows,
                Optional.empty(),
                EgressIpWhy.Shared.INSTANCE);
    }

    private List<DesiredRow> rows(String node) {
        var rows = new ArrayList<DesiredRow>();
        for (var family : IpFamily.values()) {
            if (isGuarded(node, family)) {
                var router = gateways.of(node).orElseThrow().router();
                rows.add(EgressIpRows.addressSet(GuardRows.servedSet(node, family)));
                rows.add(GuardRows.served(router, node, family));
                ownSubnets(node, family).forEach(subnet -> rows.add(GuardRows.ownPods(router, node, subnet)));
                clusterSubnets(family).forEach(subnet -> rows.add(GuardRows.drop(router, node, subnet)));
            }
        }
        if (!rows.isEmpty()) {
            rows.add(GuardRows.answers(gateways.of(node).orElseThrow().router(), node));
        }
        return rows;
    }

    /** The name of the set of those that a node's gateway router lets by. */
    public static String servedSet(String node, IpFamily family) {
        return GuardRows.servedSet(node, family);
    }

    /** The policy of the database by which the node's gateway router drops what comes from the pod address; empty if it lets it by. */
    public Optional<Row> dropping(String node, IpAddress pod) {
        var router = gateways.of(node).map(EgressGateways.Gateway::router);
        return view.rowsOf(new EgressIpOwner.Guard(node)).stream()
                .filter(row -> row.table() == LogicalRouterPolicy.TABLE
                        && view.parentsOf(row.id()).stream()
                                .anyMatch(attached -> router.equals(Optional.of(attached.parent())))
                        && GuardRows.isAbout(row, pod, view::addresses))
                .max(Comparator.comparing(row -> row.get(LogicalRouterPolicy.PRIORITY)))
                .filter(row -> row.get(LogicalRouterPolicy.ACTION).equals("drop"));
    }

    private boolean drops(EgressIpOwner.Guard key) {
        return view.rowsOf(key).stream()
                .anyMatch(row -> row.table() == LogicalRouterPolicy.TABLE
                        && row.get(LogicalRouterPolicy.ACTION).equals("drop"));
    }

    private static Map<IpFamily, String> namesOfSets(String node) {
        var names = new EnumMap<IpFamily, String>(IpFamily.class);
        for (var family : IpFamily.values()) {
            names.put(family, GuardRows.servedSet(node, family));
        }
        return names;
    }

    /** By then what was under way when the router was not to be guarded yet, and knew nothing of sets, is in the database. */
    private boolean hasSets(List<DesiredRow> rows) {
        return rows.stream()
                .filter(row -> row.table() == AddressSet.TABLE)
                .allMatch(
                        row -> view.addressSet((String) row.identity().value()).isPresent());
    }

    private boolean hasAllServed(String node) {
        var router = gateways.of(node).orElseThrow().router();
        return view.elements(LogicalRouter.NAT, router).stream().noneMatch(snat -> isMissing(node, snat));
    }

    private boolean hasOnlyServed(String node) {
        var router = gateways.of(node).orElseThrow().router();
        for (var family : IpFamily.values()) {
            for (var address : view.addresses(GuardRows.servedSet(node, family))) {
                boolean isServed = EgressIpClaims.podOf(family, address).stream()
                        .flatMap(pod -> view.rowsOf(new EgressIpOwner.PodIp(pod)).stream())
                        .anyMatch(row -> !EgressIpClaims.isNodeSnat(row)
                                && routersOf(row).contains(router));
                if (!isServed) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean isMissing(String node, UUID snat) {
        return view.ownerOf(snat)
                .filter(owner -> owner instanceof EgressIpOwner.PodIp(IpAddress ip)
                        && isGuarded(node, ip.family())
                        && !view.addresses(GuardRows.servedSet(node, ip.family()))
                                .contains(ip.text()))
                .flatMap(owner -> view.row(Nat.TABLE, snat))
                .filter(row -> !EgressIpClaims.isNodeSnat(row))
                .isPresent();
    }

    private List<Member<?>> leftOver(String node) {
        var leftOver = new ArrayList<Member<?>>(0);
        for (var family : IpFamily.values()) {
            var set = view.addressSet(GuardRows.servedSet(node, family));
            if (set.isPresent()) {
                for (var address : view.ownAddresses(GuardRows.servedSet(node, family))) {
                    leftOver.add(new Member<>(AddressSet.ADDRESSES, set.get().id(), address));
                }
            }
        }
        return leftOver;
    }
}
