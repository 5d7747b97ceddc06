package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Installed;
import io.ovnegress.reconciler.feature.Installed.Reach;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.egressrouter.Plan.Seat;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Clients;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Way;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows.Backends;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.RowDiffer;
import io.ovnegress.reconciler.northbound.RowIds;
import io.ovnegress.reconciler.router.JoinAddresses;
import io.ovnegress.reconciler.router.NodeUplinks;
import io.ovnegress.reconciler.router.OwnRouterRows;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is to be in the database. A router comes first, what leads there when it is installed everywhere; a router goes when nothing
 * leads there any more and every chassis knows that. Follows from the rows, and from what is installed. Not thread safe.
 */
final class Wants {
    private final ReconcilerConfig config;
    private final Inputs inputs;
    private final NorthboundView view;
    private final Installed installed;
    private final JoinAddresses joinAddresses;
    private final NodeUplinks uplinks;
    private final KnownRouters known;
    private final RowDiffer differ;

    Wants(ReconcilerConfig config, World world, NodeUplinks uplinks, KnownRouters known) {
        this.config = config;
        this.inputs = world.inputs();
        this.view = world.northbound();
        this.installed = world.installed();
        this.joinAddresses = world.joinAddresses();
        this.uplinks = uplinks;
        this.known = known;
        this.differ = new RowDiffer(view);
    }

    private record Because(Optional<String> object) implements Wanted.Why {}

    private static Wanted wanted(
            EgressRouterOwner owner,
            List<DesiredRow> rows,
            List<Row> present,
            List<Wanted.Need> needs,
            Object basis,
            Optional<Wanted.Step> next) {
        return new Wanted(
                rows,
                List.of(),
                new Wanted.Present(present, List.of()),
                List.of(),
                needs,
                Map.of(),
                Set.of(),
                List.of(basis, rows),
                next,
                new Because(Optional.of("EgressRouter " + owner.object())));
    }

    /** As it is. */
    private static Wanted nothingElse(EgressRouterOwner owner, Object because) {
        return wanted(owner, List.of(), List.of(), List.of(), because, Optional.empty());
    }

    /** Nothing of it. */
    Wanted gone(EgressRouterOwner owner) {
        return wanted(owner, List.of(), view.rowsOf(owner), List.of(), "gone", Optional.empty());
    }

    /** @param plan of its object, which may have other routers */
    Wanted router(Router key, Optional<Plan> plan) {
        var seat = plan.stream()
                .flatMap(there -> there.seats().stream())
                .filter(each -> each.key().equals(key))
                .findFirst();
        if (seat.isEmpty() || isToBeMadeAnew(seat.get())) {
            return leaving(key, plan);
        }
        var present = new ArrayList<>(view.rowsOf(key));
        boolean isBalanced = present.stream().anyMatch(row -> row.table() == LoadBalancer.TABLE);
        var rows = plan.get().backends().isPresent() || isBalanced
                ? rows(seat.get(), plan.get(), plan.get().backends())
                : Optional.<List<DesiredRow>>empty();
        if (rows.isEmpty()) {
            return nothingElse(key, plan.get());
        }
        if (plan.get().backends().isEmpty()) {
            present.removeIf(row -> row.table() == LoadBalancer.TABLE); // they stay as they are
        }
        // A family that is added has routes of its own, and leaves the router's own row as it is.
        var pending = Stream.of(LogicalRouter.TABLE, LogicalRouterStaticRoute.TABLE)
                .filter(table -> !installed.has(key, table, Reach.EVERYWHERE))
                .findFirst();
        boolean isInstalled = !installed.isTold()
                || (pending.isEmpty() && differ.changes(rows.get(), present).isEmpty());
        return wanted(
                key,
                rows.get(),
                present,
                needs(plan.get()),
                plan.get(),
                isInstalled
                        ? Optional.empty()
                        : Optional.of(new Wanted.Step(
                                pending.orElse(LogicalRouterStaticRoute.TABLE), Reach.EVERYWHERE, false)));
    }

    /**
     * Whether packets leave by it as an address that it is not to have any more. What it has translated once goes on leaving as that, so
     * it goes as a whole, with what it remembers.
     */
    private boolean isToBeMadeAnew(Seat seat) {
        return !seat.sources().containsAll(known.sources(seat.key()));
    }

    /** Empty while something of it is missing in the database, or no address on the join switch is left. */
    private Optional<List<DesiredRow>> rows(Seat seat, Plan plan, Optional<Backends> backends) {
        var uplink = uplinks.of(seat.node());
        var clusterRouter = view.router(TopologyNames.CLUSTER_ROUTER);
        var joinSwitch = view.logicalSwitch(TopologyNames.JOIN_SWITCH);
        if (uplink.isEmpty() || clusterRouter.isEmpty() || joinSwitch.isEmpty()) {
            return Optional.empty();
        }
        var networks = new ArrayList<IpNetwork>(2);
        var inside = new EnumMap<IpFamily, IpNetwork>(IpFamily.class);
        var clusterJoin = new EnumMap<IpFamily, IpAddress>(IpFamily.class);
        var addresses = new EnumMap<IpFamily, List<IpAddress>>(IpFamily.class);
        for (var source : seat.sources()) {
            var family = source.family();
            var length = uplink.get().prefixLength(source);
            var join = joinSubnet(family).flatMap(subnet -> joinAddresses.of(seat.key(), subnet));
            var cluster = uplinks.clusterRouterAddress(family);
            var virtualIp = Optional.ofNullable(plan.virtualIps().get(family));
            if (length.isEmpty()
                    || join.isEmpty()
                    || cluster.isEmpty()
                    || (virtualIp.isEmpty() && backends.isPresent())) {
                return Optional.empty();
            }
            networks.add(IpNetwork.parse(source + "/" + length.get()).orElseThrow());
            inside.put(family, join.get());
            clusterJoin.put(family, cluster.get());
            virtualIp.ifPresent(
                    ip -> addresses.put(family, List.of(ip, join.get().address())));
        }
        var parts = new OwnRouterRows.Parts(
                seat.key(),
                networks,
                inside,
                uplink.get(),
                List.of(),
                config.clusterSubnets(),
                clusterJoin,
                clusterRouter.get(),
                joinSwitch.get(),
                config.ephemeralPortRange().orElse(""));
        return Optional.of(
                EgressRouterRows.of(parts, seat.key(), addresses, config.egressRouterVips(), backends, plan.clients()));
    }

    private static List<Wanted.Need> needs(Plan plan) {
        var clients = new Clients(plan.object().key());
        return plan.clients().set().isEmpty()
                ? List.of()
                : plan.object().families().stream()
                        .map(family -> new Wanted.Need(
                                clients,
                                AddressSet.TABLE,
                                RowIds.of(EgressRouterRows.set(clients, family).name())))
                        .toList();
    }

    private Optional<IpNetwork> joinSubnet(IpFamily family) {
        return config.joinSubnets().stream()
                .filter(subnet -> subnet.family() == family)
                .findFirst();
    }

    /** The router's address on the join switch, if its port is in the database. */
    Optional<IpAddress> inside(Router key, IpFamily family) {
        return joinSubnet(family)
                .flatMap(subnet -> joinAddresses.inDatabase(key, subnet))
                .map(IpNetwork::address);
    }

    /** The same of both families. */
    Stream<IpAddress> insides(Router key) {
        return Arrays.stream(IpFamily.values()).flatMap(family -> inside(key, family).stream());
    }

    /** Whether what is sent to the virtual IPs comes to the router, by all of its families. */
    boolean isLedTo(Seat seat, Set<String> hops) {
        return seat.sources().stream()
                .allMatch(source -> inside(seat.key(), source.family())
                        .filter(inside -> hops.contains(inside.text()))
                        .isPresent());
    }

    private Wanted leaving(Router key, Optional<Plan> plan) {
        var present = view.rowsOf(key);
        var router = present.stream()
                .filter(row -> row.table() == LogicalRouter.TABLE)
                .findFirst();
        boolean isLedTo = insides(key).anyMatch(address -> known.isLedTo(address.text()));
        if (router.isPresent() && isLedTo) {
            return plan.filter(there -> there.seats().stream()
                            .noneMatch(seat -> seat.key().equals(key))) // else the way leaves it at once
                    .flatMap(there -> stillLedTo(key, there))
                    .orElseGet(() -> nothingElse(key, "led to"));
        }
        joinAddresses.forget(key);
        if (router.isEmpty() || !installed.isTold()) {
            return gone(key);
        }
        boolean isMarked = OwnRouterRows.LEAVING.equals(
                router.get().get(LogicalRouter.EXTERNAL_IDS).get(OwnRouterRows.STATE_KEY));
        if (isMarked && installed.has(key, LogicalRouter.TABLE, Reach.EVERYWHERE)) {
            return gone(key);
        }
        return wanted(
                key,
                List.of(OwnRouterRows.leaving(key)),
                List.of(router.get()),
                List.of(),
                "leaving",
                Optional.of(new Wanted.Step(LogicalRouter.TABLE, Reach.EVERYWHERE, true)));
    }

    /** It is as it was, but for its load balancers, of which nobody knows any more what they were. */
    private Optional<Wanted> stillLedTo(Router key, Plan plan) {
        var sources = known.sources(key);
        var present = view.rowsOf(key).stream()
                .filter(row -> row.table() != LoadBalancer.TABLE)
                .toList();
        return known.chassis(key)
                .flatMap(uplinks::nodeOf)
                .flatMap(node -> rows(new Seat(key, sources, node), plan, Optional.empty()))
                .map(rows -> wanted(key, rows, present, needs(plan), plan, Optional.empty()));
    }

    /** A family of a router that is installed everywhere. */
    record Ready(Router key, IpFamily family) {
        static Stream<Ready> of(Seat seat) {
            return seat.sources().stream().map(source -> new Ready(seat.key(), source.family()));
        }
    }

    /** @param ready what of its routers is installed everywhere */
    Wanted way(Way key, Optional<Plan> plan, Set<Ready> ready) {
        if (plan.isEmpty() || plan.get().virtualIps().isEmpty()) {
            return gone(key);
        }
        var clusterRouter = view.router(TopologyNames.CLUSTER_ROUTER);
        var joinSwitch = view.logicalSwitch(TopologyNames.JOIN_SWITCH);
        if (clusterRouter.isEmpty() || joinSwitch.isEmpty()) {
            return nothingElse(key, plan.get());
        }
        var rows = plan.get()
                .inOrder()
                .flatMap(virtualIp -> EgressRouterRows.way(
                        key,
                        clusterRouter.get(),
                        joinSwitch.get(),
                        virtualIp,
                        nextHops(plan.get(), virtualIp.family(), ready),
                        plan.get().clients())
                        .stream())
                .toList();
        return wanted(key, rows, view.rowsOf(key), needs(plan.get()), plan.get(), Optional.empty());
    }

    /**
     * Those of routers that are installed, or were led to before; until there are some, those of the routers that are to go. Not if these
     * cannot come: a source that the object has no more is somebody else's to have.
     */
    private Set<String> nextHops(Plan plan, IpFamily family, Set<Ready> ready) {
        var there = known.nextHops(plan.object().key());
        var hops = new TreeSet<String>();
        var leaving = new HashSet<Router>();
        for (var seat : plan.seats()) {
            if (isToBeMadeAnew(seat)) {
                leaving.add(seat.key());
            } else if (seat.serves(family)) {
                inside(seat.key(), family)
                        .map(IpAddress::text)
                        .filter(hop -> ready.contains(new Ready(seat.key(), family)) || there.contains(hop))
                        .ifPresent(hops::add);
            }
        }
        if (hops.isEmpty() && !plan.seats().isEmpty() && plan.backends().isPresent()) {
            known.all().stream()
                    .filter(router -> router.object().equals(plan.object().key()) && !leaving.contains(router))
                    .flatMap(router -> inside(router, family).stream())
                    .map(IpAddress::text)
                    .filter(there::contains)
                    .forEach(hops::add);
        }
        return hops;
    }

    /** The set stays until no row names it any more: without it chassis could not read them. */
    Wanted clients(Clients key, Optional<Plan> plan) {
        boolean isWanted =
                plan.filter(there -> there.clients().set().isPresent()).isPresent();
        if (!isWanted && !isNamed(key)) {
            return gone(key);
        }
        var families = Arrays.stream(IpFamily.values())
                .filter(family -> plan.filter(unused -> isWanted)
                                .filter(there -> there.object().families().contains(family))
                                .isPresent()
                        || isNamed(key, family))
                .toList();
        var sets = new ArrayList<DesiredRow>(2);
        var present = new ArrayList<Member<?>>();
        var members = new ArrayList<Member<?>>();
        for (var family : families) {
            var set = EgressRouterRows.set(key, family);
            var id = view.addressSet(EgressRouterRows.setName(key, family))
                    .map(Row::id)
                    .orElseGet(set::id);
            sets.add(set);
            view.elements(AddressSet.ADDRESSES, id)
                    .forEach(text -> present.add(new Member<>(AddressSet.ADDRESSES, id, text)));
            plan.filter(unused -> isWanted)
                    .ifPresent(there -> addresses(there, family)
                            .forEach(text -> members.add(new Member<>(AddressSet.ADDRESSES, id, text))));
        }
        return new Wanted(
                sets,
                members,
                new Wanted.Present(view.rowsOf(key), present),
                List.of(),
                List.of(),
                Map.of(),
                Set.of(),
                members,
                Optional.empty(),
                new Because(Optional.of("EgressRouter " + key.object())));
    }

    private Set<String> addresses(Plan plan, IpFamily family) {
        var addresses = new TreeSet<String>();
        for (var namespace : plan.namespaces()) {
            inputs.forEachPod(
                    namespace,
                    plan.object().clients().pods(),
                    pod -> addresses(plan, Optional.of(pod)).stream()
                            .filter(ip -> ip.family() == family)
                            .forEach(ip -> addresses.add(ip.text())));
        }
        return addresses;
    }

    /** Of a pod of the clients' namespaces those that are in the sets. */
    static Set<IpAddress> addresses(Plan plan, Optional<PodInput> pod) {
        return pod.filter(PodInput::isServable)
                .filter(there -> plan.object().clients().pods().matches(there.labels()))
                .map(there -> there.ips().stream()
                        .filter(ip -> plan.object().families().contains(ip.family()))
                        .collect(Collectors.toSet()))
                .orElse(Set.of());
    }

    private boolean isNamed(Clients key) {
        return Arrays.stream(IpFamily.values()).anyMatch(family -> isNamed(key, family));
    }

    private boolean isNamed(Clients key, IpFamily family) {
        var name = family.matchField() + ".src == $" + EgressRouterRows.setName(key, family);
        return known.all().stream()
                        .filter(router -> router.object().equals(key.object()))
                        .anyMatch(router -> isNamed(router, name))
                || isNamed(new Way(key.object()), name);
    }

    private boolean isNamed(EgressRouterOwner owner, String name) {
        return view.rowsOf(owner).stream()
                .anyMatch(row -> (row.table() == LogicalRouterPolicy.TABLE
                                && row.get(LogicalRouterPolicy.MATCH).contains(name))
                        || (row.table() == Acl.TABLE && row.get(Acl.MATCH).contains(name)));
    }
}
