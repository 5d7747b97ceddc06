package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Destined;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Routed;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.RouterHost;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The own routers that are in the database, and the ways that lead to them: indexes beside the view. Not thread safe. */
public final class KnownRouters {
    private static final String HOSTING_CHASSIS = "hosting-chassis";

    private final NorthboundView view;
    private final Inputs cluster;
    private final Map<UUID, Router> routers = new HashMap<>();
    /** The chassis that serves each, as the database said last: one that nobody has at the moment is still where it was. */
    private final Map<Router, String> hosts = new HashMap<>();
    /** Of ours the policies that lead to own routers, by next hop. */
    private final Map<String, Set<UUID>> ways = new HashMap<>();
    /** By family and name the sets of pods that are led to own routers, with whose they are. */
    private final Map<IpFamily, Map<String, Routed>> sets = new EnumMap<>(IpFamily.class);
    /** The namespaces that are led away as a whole, by the policies that do. */
    private final Map<UUID, String> carried = new HashMap<>();
    /** By family and name the sets of pods that leave by destination, with whose they are. */
    private final Map<IpFamily, Map<String, Destined>> destinedSets = new EnumMap<>(IpFamily.class);
    /** The policies by destination. */
    private final Map<UUID, Policy> destined = new HashMap<>();
    /** Rises whenever one of these changes. */
    private long version;

    /** @param namespace that it is about as a whole */
    private record Policy(Destined owner, Optional<String> namespace) {}

    public KnownRouters(NorthboundView view, Inputs cluster) {
        this.view = view;
        this.cluster = cluster;
    }

    /** Everything is read anew. */
    public void forget() {
        routers.clear();
        hosts.clear();
        ways.clear();
        sets.clear();
        carried.clear();
        destinedSets.clear();
        destined.clear();
        version++;
    }

    /** Another number whenever other routers, ways, sets or policies by destination are known than before. */
    long version() {
        return version;
    }

    /** What a change of the database means here. */
    public interface Listener {
        /** There are other ways than before, or other routers. */
        void waysChanged();

        /** There are policies by destination that were not there before, or some less. */
        void destinedChanged();

        /** It is another chassis now that serves the router ({@code Logical_Router_Port.status}). */
        void hostChanged(Router router);
    }

    public void rowChanged(Optional<Row> before, Optional<Row> after, Listener listener) {
        var table = after.or(() -> before).orElseThrow().table();
        if (table == LogicalRouter.TABLE) {
            boolean was = before.map(row -> routers.remove(row.id())).isPresent();
            after.flatMap(row -> idOf(row, LogicalRouter.EXTERNAL_IDS, RouterNames.ROUTER_ID_PREFIX)
                            .flatMap(RouterNames::ofId))
                    .ifPresent(router -> routers.put(after.orElseThrow().id(), router));
            if (was || after.filter(row -> routers.containsKey(row.id())).isPresent()) {
                version++;
                listener.waysChanged();
            }
        } else if (table == LogicalRouterPolicy.TABLE) {
            boolean was = before.filter(this::forgetWay).isPresent();
            boolean is = after.filter(this::addWay).isPresent();
            boolean wasDestined = before.map(row -> destined.remove(row.id())).isPresent();
            after.ifPresent(this::addDestined);
            boolean isDestined =
                    after.filter(row -> destined.containsKey(row.id())).isPresent();
            if (was || is || wasDestined || isDestined) {
                version++;
            }
            if (was || is) {
                listener.waysChanged();
            }
            if (wasDestined != isDestined) {
                listener.destinedChanged();
            }
        } else if (table == AddressSet.TABLE && !areAlike(before, after)) {
            version++;
            before.ifPresent(row -> {
                sets.values().forEach(names -> names.remove(row.get(AddressSet.NAME)));
                destinedSets.values().forEach(names -> names.remove(row.get(AddressSet.NAME)));
            });
            after.ifPresent(this::addSet);
        } else if (table == LogicalRouterPort.TABLE) {
            if (after.isEmpty()) {
                before.flatMap(KnownRouters::ofOutsidePort).ifPresent(hosts::remove);
            } else {
                after.flatMap(KnownRouters::host)
                        .ifPresent(host -> ofOutsidePort(after.get())
                                .filter(router -> !host.equals(hosts.put(router, host)))
                                .ifPresent(listener::hostChanged));
            }
        }
    }

    /** Whether only members of the set are others. */
    private static boolean areAlike(Optional<Row> before, Optional<Row> after) {
        return before.isPresent()
                && after.isPresent()
                && before.get().get(AddressSet.NAME).equals(after.get().get(AddressSet.NAME))
                && before.get().get(AddressSet.EXTERNAL_IDS).equals(after.get().get(AddressSet.EXTERNAL_IDS));
    }

    /** The router whose place the southbound database tells. */
    public Optional<Router> routerOf(RouterHost host) {
        return view.port(host.port()).flatMap(KnownRouters::ofOutsidePort);
    }

    private static Optional<Router> ofOutsidePort(Row port) {
        return idOf(port, LogicalRouterPort.EXTERNAL_IDS, RouterNames.ROUTER_ID_PREFIX)
                .flatMap(RouterNames::ofId)
                .filter(router -> router.outsidePort().equals(port.get(LogicalRouterPort.NAME)));
    }

    /** The chassis that serves the router, as far as OVN says that: the northbound database if it ever does, else the southbound one. */
    public Optional<String> serving(Router key) {
        return Optional.ofNullable(hosts.get(key)).or(() -> hostHeard(key));
    }

    private Optional<String> hostHeard(Router key) {
        return Optional.ofNullable(
                        cluster.objects(RouterHost.KIND, RouterHost.class).get(key.outsidePort()))
                .map(RouterHost::chassis);
    }

    private static Optional<String> idOf(Row row, Column<Map<String, String>> externalIds, String prefix) {
        return Optional.ofNullable(row.get(externalIds).get(EgressIpRows.ID_KEY))
                .filter(id -> id.startsWith(prefix));
    }

    private void addSet(Row set) {
        var name = set.get(AddressSet.NAME);
        for (var family : IpFamily.values()) {
            if (RouterNames.isSet(name, family)) {
                EgressIpRows.egressIpOf(set.get(AddressSet.EXTERNAL_IDS))
                        .ifPresent(egressIp -> sets.computeIfAbsent(family, unused -> new TreeMap<>())
                                .put(name, new Routed(egressIp)));
            } else if (DestinedRows.isPodsSet(name, family)) {
                EgressIpRows.egressIpOf(set.get(AddressSet.EXTERNAL_IDS))
                        .ifPresent(egressIp -> destinedSets
                                .computeIfAbsent(family, unused -> new TreeMap<>())
                                .put(name, new Destined(egressIp)));
            }
        }
    }

    private static boolean isWay(Row policy) {
        var id = policy.get(LogicalRouterPolicy.EXTERNAL_IDS).getOrDefault(EgressIpRows.ID_KEY, "");
        return id.startsWith(RouterNames.ROUTED_ID_PREFIX)
                || id.startsWith(RouterNames.CARRIED_ID_PREFIX)
                || id.startsWith(DestinedRows.ID_PREFIX);
    }

    private void addDestined(Row policy) {
        var id = policy.get(LogicalRouterPolicy.EXTERNAL_IDS).getOrDefault(EgressIpRows.ID_KEY, "");
        DestinedRows.ofId(id)
                .ifPresent(owner -> destined.put(policy.id(), new Policy(owner, DestinedRows.namespaceOf(id))));
    }

    private boolean addWay(Row policy) {
        if (!isWay(policy)) {
            return false;
        }
        RouterNames.namespaceOfCarried(
                        policy.get(LogicalRouterPolicy.EXTERNAL_IDS).getOrDefault(EgressIpRows.ID_KEY, ""))
                .ifPresent(namespace -> carried.put(policy.id(), namespace));
        policy.get(LogicalRouterPolicy.NEXTHOPS)
                .forEach(hop ->
                        ways.computeIfAbsent(hop, unused -> new HashSet<>()).add(policy.id()));
        return true;
    }

    private boolean forgetWay(Row policy) {
        if (!isWay(policy)) {
            return false;
        }
        carried.remove(policy.id());
        policy.get(LogicalRouterPolicy.NEXTHOPS)
                .forEach(hop -> ways.computeIfPresent(hop, (unused, policies) -> {
                    policies.remove(policy.id());
                    return policies.isEmpty() ? null : policies;
                }));
        return true;
    }

    /** Those that are in the database. */
    public Set<Router> all() {
        return Set.copyOf(routers.values());
    }

    public boolean isEmpty() {
        return routers.isEmpty();
    }

    /** Those of an object, in no particular order. */
    List<Router> of(String egressIp) {
        return routers.values().stream()
                .filter(router -> router.egressIp().equals(egressIp))
                .distinct()
                .toList();
    }

    /** Those of the object that have the egress IP, or are named after it and have only the one that goes with it so far. */
    List<Router> of(String egressIp, IpAddress address) {
        return of(egressIp).stream()
                .filter(router -> router.address().equals(address.text())
                        || view.portNetworks(router.outsidePort()).stream()
                                .anyMatch(network -> network.startsWith(address.text() + "/")))
                .toList();
    }

    /** The egress IPs of an object's routers. */
    Set<String> egressIpsOf(String egressIp) {
        var found = new HashSet<String>();
        for (var router : of(egressIp)) {
            for (var network : view.portNetworks(router.outsidePort())) {
                IpNetwork.parse(network)
                        .ifPresent(parsed -> found.add(parsed.address().text()));
            }
        }
        return found;
    }

    /** Those that have the egress IP. */
    List<Router> having(String address) {
        return routers.values().stream()
                .filter(router -> view.portNetworks(router.outsidePort()).stream()
                        .anyMatch(network -> network.startsWith(address + "/")))
                .toList();
    }

    boolean hasSets() {
        return sets.values().stream().anyMatch(names -> !names.isEmpty());
    }

    /** Whether a policy leads to this address on the join switch. */
    boolean isLedTo(String joinAddress) {
        return ways.containsKey(joinAddress);
    }

    /** The names of the sets of this family, with whose pods are in them. */
    Map<String, Routed> sets(IpFamily family) {
        return Collections.unmodifiableMap(sets.getOrDefault(family, Map.of()));
    }

    /** Whether there are policies by destination. */
    boolean hasDestined() {
        return !destined.isEmpty();
    }

    /** Whether there are such policies, or sets of pods. */
    boolean hasDestinedRows() {
        return hasDestined() || destinedSets.values().stream().anyMatch(names -> !names.isEmpty());
    }

    /** Whose policies by destination there are, or sets of pods. */
    Set<Destined> destinedOwners() {
        return Stream.concat(
                        destined.values().stream().map(Policy::owner),
                        destinedSets.values().stream().flatMap(names -> names.values().stream()))
                .collect(Collectors.toSet());
    }

    /** Whose policies by destination are about the namespace as a whole. */
    Set<Destined> destinedOf(String namespace) {
        return destined.values().stream()
                .filter(policy -> policy.namespace().filter(namespace::equals).isPresent())
                .map(Policy::owner)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The names of the sets of pods of this family that leave by destination, with whose they are. */
    Map<String, Destined> destinedSets(IpFamily family) {
        return Collections.unmodifiableMap(destinedSets.getOrDefault(family, Map.of()));
    }

    /** The namespaces that policies lead away as a whole. */
    Set<String> carriedNamespaces() {
        return Set.copyOf(carried.values());
    }

    /** The names of all sets of pods. */
    public Set<String> setNames() {
        return Stream.concat(sets.values().stream(), destinedSets.values().stream())
                .flatMap(names -> names.keySet().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The chassis where the router is: of one that floats the one that serves it, as far as the server says that, else the first that is
     * to serve it.
     */
    public Optional<String> chassisOf(Router key) {
        return key.isPinned() ? placedOn(key) : serving(key).or(() -> placedOn(key));
    }

    /** The chassis where it is to be as far as its rows say: of one that floats the first. */
    Optional<String> placedOn(Router key) {
        return key.isPinned()
                ? view.rowsOf(key).stream()
                        .filter(row -> row.table() == LogicalRouter.TABLE)
                        .flatMap(row -> Optional.ofNullable(
                                row.get(LogicalRouter.OPTIONS).get("chassis"))
                                .stream())
                        .findFirst()
                : chassisInOrder(key).stream().findFirst();
    }

    /** The chassis that may serve the router, the best first. */
    public List<String> chassisInOrder(Router key) {
        return view.rowsOf(key).stream()
                .filter(row -> row.table() == HaChassis.TABLE)
                .sorted(Comparator.comparingLong((Row row) -> -row.get(HaChassis.PRIORITY))
                        .thenComparing(row -> row.get(HaChassis.CHASSIS_NAME)))
                .map(row -> row.get(HaChassis.CHASSIS_NAME))
                .toList();
    }

    private static Optional<String> host(Row port) {
        return Optional.ofNullable(port.get(LogicalRouterPort.STATUS).get(HOSTING_CHASSIS));
    }
}
