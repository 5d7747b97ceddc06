package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Installed;
import io.ovnegress.reconciler.feature.Installed.Reach;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Routed;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.RowDiffer;
import io.ovnegress.reconciler.northbound.RowIds;
import io.ovnegress.reconciler.router.JoinAddresses;
import io.ovnegress.reconciler.router.NodeUplinks;
import io.ovnegress.reconciler.router.OwnRouterRows;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What is wanted of own routers and of the ways that lead there. A router comes first, a way when the router is installed everywhere; a
 * router goes when no way leads there any more and every chassis knows that. Follows from the rows and from what is installed.
 */
public final class RouterWants {
    /** {@code external_ids} of a router's SNATs: who leaves by it, for people. */
    public static final String NAMESPACES_KEY = "ovn-egress.io/namespaces";

    private final ReconcilerConfig config;
    private final Inputs cluster;
    private final NorthboundView view;
    private final Holds holds;
    private final Installed installed;
    private final NodeUplinks uplinks;
    private final OwnRouters routers;
    private final KnownRouters known;
    private final JoinAddresses joinAddresses;
    private final LeavingFamilies leavingFamilies;
    private final RowDiffer differ;

    public RouterWants(
            ReconcilerConfig config,
            Inputs cluster,
            NorthboundView view,
            Holds holds,
            Installed installed,
            NodeUplinks uplinks,
            OwnRouters routers,
            KnownRouters known,
            JoinAddresses joinAddresses) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.holds = holds;
        this.installed = installed;
        this.uplinks = uplinks;
        this.routers = routers;
        this.known = known;
        this.joinAddresses = joinAddresses;
        this.leavingFamilies = new LeavingFamilies(view, installed);
        this.differ = new RowDiffer(view);
    }

    /** A router is as it is until it can be what it is to be: while something of a node's is not there. */
    Wanted router(Router key) {
        var present = view.rowsOf(key);
        var plan = routers.plan(key);
        if (plan.isEmpty()) {
            joinAddresses.forget(key);
            return leaving(key, present);
        }
        var leaving = leavingFamilies.of(plan.get(), family -> isLedTo(key, family));
        return parts(plan.get(), leaving.addresses())
                .map(parts -> serving(parts, plan.get(), leaving.state(), present))
                .orElseGet(() -> wanted(List.of(), List.of(), plan, Optional.empty(), key));
    }

    private Wanted serving(OwnRouterRows.Parts parts, RouterPlan plan, String state, List<Row> present) {
        var rows = Stream.concat(
                        OwnRouterRows.of(parts).stream(),
                        parts.inside().keySet().stream().map(family -> RouterRows.strangers(plan.key(), family)))
                .map(row -> row.table() == LogicalRouter.TABLE ? row.labelled(OwnRouterRows.STATE_KEY, state) : row)
                .toList();
        var namespaces = routers.namespacesOf(plan.key().egressIp());
        var labelled = rows.stream()
                .map(row -> row.table() == Nat.TABLE ? row.labelled(NAMESPACES_KEY, namespaces) : row)
                .toList();
        return wanted(labelled, present, plan, nextOf(plan, rows, present), plan.key());
    }

    private Optional<Wanted.Step> nextOf(RouterPlan plan, List<DesiredRow> rows, List<Row> present) {
        boolean isInstalled = differ.changes(rows, present).isEmpty()
                && (!installed.isTold() || installed.has(plan.key(), LogicalRouter.TABLE, Reach.EVERYWHERE));
        if (!isInstalled) {
            return Optional.of(new Wanted.Step(LogicalRouter.TABLE, Reach.EVERYWHERE, false));
        }
        if (!installed.isTold()) {
            return Optional.empty();
        }
        boolean isElsewhere = plan.addresses().stream()
                .anyMatch(address -> !holds.placesOf(address.text()).isEmpty()
                        || known.having(address.text()).stream().anyMatch(other -> !other.equals(plan.key())));
        if (isElsewhere && !installed.has(plan.key(), LogicalRouter.TABLE, Reach.ANNOUNCED)) {
            return Optional.of(new Wanted.Step(LogicalRouter.TABLE, Reach.ANNOUNCED, true));
        }
        boolean isAtItsEnd = plan.key().isPinned() || candidates(plan).equals(inTheEnd(plan));
        return isAtItsEnd ? Optional.empty() : Optional.of(new Wanted.Step(HaChassis.TABLE, Reach.ANNOUNCED, true));
    }

    private static Wanted wanted(
            List<DesiredRow> rows, List<Row> present, Object basis, Optional<Wanted.Step> next, Router key) {
        return new Wanted(
                rows,
                List.of(),
                new Wanted.Present(present, List.of()),
                List.of(),
                List.of(),
                Map.of(),
                Set.of(),
                List.of(basis, rows),
                next,
                new EgressIpWhy.Namespace(Optional.of(key.egressIp())));
    }

    /**
     * Empty while something of it is missing in the database, or no address on the join switch is left, or it would lose an address
     * to which packets are led that has another router soon.
     */
    private Optional<OwnRouterRows.Parts> parts(RouterPlan plan, List<IpNetwork> leaving) {
        var uplink = uplinks.of(plan.node());
        var clusterRouter = view.router(TopologyNames.CLUSTER_ROUTER);
        var joinSwitch = view.logicalSwitch(TopologyNames.JOIN_SWITCH);
        if (uplink.isEmpty() || clusterRouter.isEmpty() || joinSwitch.isEmpty()) {
            return Optional.empty();
        }
        var addresses = new ArrayList<IpNetwork>(2);
        for (var address : plan.addresses()) {
            var here = networkOf(address, uplink.get());
            if (here.isEmpty()) {
                return Optional.empty();
            }
            addresses.add(here.get());
        }
        for (var network : leaving) {
            var here = networkOf(network.address(), uplink.get());
            if (here.isEmpty() && isAboutToLeave(plan.key(), network.family())) {
                return Optional.empty();
            }
            if (canBeLedTo(plan.key(), network.family())) {
                addresses.add(here.orElse(network)); // without a way out what is still led to it is lost
            }
        }
        var inside = new EnumMap<IpFamily, IpNetwork>(IpFamily.class);
        var clusterJoin = new EnumMap<IpFamily, IpAddress>(IpFamily.class);
        for (var network : addresses) {
            if (!canBeLedTo(plan.key(), network.family())) {
                return Optional.empty();
            }
            inside.put(
                    network.family(), joinAddress(plan.key(), network.family()).orElseThrow());
            clusterJoin.put(
                    network.family(),
                    uplinks.clusterRouterAddress(network.family()).orElseThrow());
        }
        return Optional.of(new OwnRouterRows.Parts(
                plan.key(),
                addresses,
                inside,
                uplink.get(),
                candidates(plan),
                config.clusterSubnets(),
                clusterJoin,
                clusterRouter.get(),
                joinSwitch.get(),
                config.ephemeralPortRange().orElse("")));
    }

    /** Whether the join switch has the family at all, and an address of it left. */
    private boolean canBeLedTo(Router key, IpFamily family) {
        return joinAddress(key, family).isPresent()
                && uplinks.clusterRouterAddress(family).isPresent();
    }

    /** The address as it would be on a node's network that leads out. */
    private static Optional<IpNetwork> networkOf(IpAddress address, NodeUplinks.Uplink uplink) {
        return uplink.prefixLength(address)
                .filter(length -> uplink.nextHop(address).isPresent())
                .flatMap(length -> IpNetwork.parse(address + "/" + length));
    }

    /**
     * The chassis that may serve the router, the best first, as they are to be in its group now. One that is new there does not serve
     * before chassis have heard of each other, and one that is to leave stays the last until the next one has taken over: without a
     * place in the group it would let the router go before that.
     */
    private List<String> candidates(RouterPlan plan) {
        var wanted = inTheEnd(plan);
        var there = known.chassisInOrder(plan.key());
        if (there.isEmpty() || wanted.isEmpty() || !installed.isTold()) {
            return wanted;
        }
        boolean isKnown = installed.has(plan.key(), HaChassis.TABLE, Reach.ANNOUNCED);
        var serving = there.get(0);
        var next = wanted.get(0);
        var all = new LinkedHashSet<String>();
        if (!serving.equals(next) && isAlive(serving) && !(there.contains(next) && isKnown)) {
            all.add(serving);
        }
        all.addAll(wanted);
        if (!serving.equals(next) || !isKnown) {
            all.addAll(there);
        }
        return all.stream().limit(OwnRouterRows.PRIORITIES.size()).toList();
    }

    private List<String> inTheEnd(RouterPlan plan) {
        return plan.nodes().flatMap(node -> uplinks.chassis(node).stream()).toList();
    }

    private boolean isAlive(String chassis) {
        return uplinks.nodeOf(chassis)
                .filter(node -> NodeReachability.isAlive(cluster, node))
                .isPresent();
    }

    private Wanted leaving(Router key, List<Row> present) {
        var router = present.stream()
                .filter(row -> row.table() == LogicalRouter.TABLE)
                .findFirst();
        if (router.isEmpty() || (!installed.isTold() && !isLedTo(key))) {
            return wanted(List.of(), present, "gone", Optional.empty(), key);
        }
        if (isLedTo(key)) {
            return wanted(List.of(), List.of(), "led to", Optional.empty(), key);
        }
        boolean isMarked = OwnRouterRows.LEAVING.equals(
                router.get().get(LogicalRouter.EXTERNAL_IDS).get(OwnRouterRows.STATE_KEY));
        if (isMarked && installed.has(key, LogicalRouter.TABLE, Reach.EVERYWHERE)) {
            return wanted(List.of(), present, "gone", Optional.empty(), key);
        }
        return wanted(
                List.of(OwnRouterRows.leaving(key)),
                List.of(router.get()),
                "leaving",
                Optional.of(new Wanted.Step(LogicalRouter.TABLE, Reach.EVERYWHERE, true)),
                key);
    }

    /** Whether packets of the family are led to the router, and will be to another one of the object. */
    private boolean isAboutToLeave(Router key, IpFamily family) {
        return isLedTo(key, family)
                && routers.plansOf(key.egressIp()).stream()
                        .anyMatch(plan -> plan.serves(family) && routers.canBe(plan));
    }

    private boolean isLedTo(Router key) {
        return isLedTo(key, IpFamily.V4) || isLedTo(key, IpFamily.V6);
    }

    private boolean isLedTo(Router key, IpFamily family) {
        return subnet(family)
                .flatMap(subnet -> joinAddresses.inDatabase(key, subnet))
                .filter(there -> known.isLedTo(there.address().text()))
                .isPresent();
    }

    /** What leads an object's pods to its routers, those of whole namespaces apart. */
    Wanted routed(Routed key) {
        var present = view.rowsOf(key);
        var rows = new ArrayList<DesiredRow>();
        var needs = new ArrayList<Wanted.Need>();
        if (routers.needsSet(key.egressIp()) || stillHasMembers(key)) {
            for (var family : IpFamily.values()) {
                var hops = nextHops(key.egressIp(), family);
                if (routers.areToServe(key.egressIp(), family) || hasMembers(key, family)) {
                    rows.add(RouterRows.set(key, family)); // pods are put in as long as the router cannot be, too
                }
                way(key, key.egressIp(), family, hops)
                        .or(() -> former(key, family, hops))
                        .flatMap(next -> view.router(TopologyNames.CLUSTER_ROUTER)
                                .map(router -> RouterRows.routed(router, key, family, next)))
                        .ifPresent(rows::add);
                addNeeds(key.egressIp(), family, needs);
            }
        }
        return new Wanted(
                rows,
                List.of(),
                new Wanted.Present(present, strangers(key)),
                List.of(),
                needs,
                Map.of(),
                Set.of(),
                rows,
                installedWay(key, rows),
                new EgressIpWhy.Namespace(Optional.of(key.egressIp())));
    }

    /** As long as there are pods that have no other way yet. */
    private Optional<Set<String>> former(Routed key, IpFamily family, Set<String> hops) {
        return hops.isEmpty() && hasMembers(key, family)
                ? there(key, family).map(row -> row.get(LogicalRouterPolicy.NEXTHOPS))
                : Optional.empty();
    }

    private boolean stillHasMembers(Routed key) {
        return hasMembers(key, IpFamily.V4) || hasMembers(key, IpFamily.V6);
    }

    /** What is in a set of pods and is no address of its family: it has no owner of its own. */
    private List<Member<?>> strangers(Routed key) {
        var strangers = new ArrayList<Member<?>>(0);
        for (var family : IpFamily.values()) {
            var name = RouterNames.set(key, family);
            view.addressSet(name)
                    .ifPresent(set -> view.ownAddresses(name)
                            .forEach(member -> strangers.add(new Member<>(AddressSet.ADDRESSES, set.id(), member))));
        }
        return strangers;
    }

    private boolean hasMembers(Routed key, IpFamily family) {
        return !view.addresses(RouterNames.set(key, family)).isEmpty();
    }

    /** The routers of which the ways must not be there without. */
    void addNeeds(String egressIp, IpFamily family, List<Wanted.Need> needs) {
        for (var plan : routers.plansOf(egressIp)) {
            if (plan.serves(family) && routers.canBe(plan)) {
                needs.add(new Wanted.Need(
                        plan.key(), LogicalRouter.TABLE, RowIds.of(RouterNames.id(plan.key(), "router"))));
            }
        }
    }

    /** The next hops of a way that is to be there now: it comes, or is changed, when all routers are installed. */
    Optional<Set<String>> way(EgressIpOwner owner, String egressIp, IpFamily family, Set<String> hops) {
        if (hops.isEmpty()) {
            return Optional.empty();
        }
        var there = there(owner, family);
        boolean isReady =
                there.isPresent() ? routers.areAnnounced(egressIp, family) : routers.areInstalled(egressIp, family);
        if (isReady) {
            return Optional.of(hops);
        }
        return there.filter(row -> EgressIpRows.egressIpOf(row.get(LogicalRouterPolicy.EXTERNAL_IDS))
                        .filter(egressIp::equals)
                        .isPresent())
                .map(row -> row.get(LogicalRouterPolicy.NEXTHOPS));
    }

    Optional<Row> there(EgressIpOwner owner, IpFamily family) {
        return view.rowsOf(owner).stream()
                .filter(row -> OwnRouters.isWay(row, family))
                .findFirst();
    }

    private Optional<IpNetwork> joinAddress(Router key, IpFamily family) {
        return subnet(family).flatMap(subnet -> joinAddresses.of(key, subnet));
    }

    private Optional<IpNetwork> subnet(IpFamily family) {
        return config.joinSubnets().stream()
                .filter(subnet -> subnet.family() == family)
                .findFirst();
    }

    /** The addresses of the object's routers on the join switch. */
    Set<String> nextHops(String egressIp, IpFamily family) {
        var hops = new TreeSet<String>();
        for (var plan : routers.plansOf(egressIp)) {
            if (plan.serves(family) && routers.canBe(plan)) {
                joinAddress(plan.key(), family)
                        .ifPresent(join -> hops.add(join.address().text()));
            }
        }
        return hops;
    }

    /** What is to be waited for before pods may rely on a way. */
    Optional<Wanted.Step> installedWay(EgressIpOwner owner, List<DesiredRow> rows) {
        boolean leads = rows.stream().anyMatch(row -> row.table() == LogicalRouterPolicy.TABLE);
        return leads && installed.isTold() && !installed.has(owner, LogicalRouterPolicy.TABLE, Reach.EVERYWHERE)
                ? Optional.of(new Wanted.Step(LogicalRouterPolicy.TABLE, Reach.EVERYWHERE, true))
                : Optional.empty();
    }

    /**
     * The ways of a namespace as a whole, by family; of one that is led elsewhere now, or nowhere, the former one as long as pods rely
     * on it.
     *
     * @param reliesOn whether pods of the namespace have no other way yet
     */
    List<DesiredRow> carried(EgressIpOwner.Namespace key, String portGroup, Predicate<IpFamily> reliesOn) {
        var rows = new ArrayList<DesiredRow>(2);
        var clusterRouter = view.router(TopologyNames.CLUSTER_ROUTER);
        if (clusterRouter.isEmpty()) {
            return rows;
        }
        var carrier = routers.carrierOf(key.name());
        for (var family : IpFamily.values()) {
            var now = carrier.flatMap(egressIp -> way(key, egressIp, family, nextHops(egressIp, family))
                    .map(hops ->
                            RouterRows.carried(clusterRouter.get(), key.name(), portGroup, family, hops, egressIp)));
            now.or(() -> former(key, clusterRouter.get(), portGroup, family, carrier, reliesOn))
                    .ifPresent(rows::add);
        }
        return rows;
    }

    private Optional<DesiredRow> former(
            EgressIpOwner.Namespace key,
            UUID clusterRouter,
            String portGroup,
            IpFamily family,
            Optional<String> carrier,
            Predicate<IpFamily> reliesOn) {
        return there(key, family)
                .filter(row ->
                        carrier.filter(egressIp -> !nextHops(egressIp, family).isEmpty())
                                        .isPresent()
                                || reliesOn.test(family))
                .flatMap(row -> EgressIpRows.egressIpOf(row.get(LogicalRouterPolicy.EXTERNAL_IDS))
                        .map(egressIp -> RouterRows.carried(
                                clusterRouter,
                                key.name(),
                                portGroup,
                                family,
                                row.get(LogicalRouterPolicy.NEXTHOPS),
                                egressIp)));
    }
}
