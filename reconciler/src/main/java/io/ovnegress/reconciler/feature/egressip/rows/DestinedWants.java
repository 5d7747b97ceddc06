package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.rows.DestinedRows.Pods;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Destined;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * What is wanted of policies by destination. Nobody depends on them in steps: they come when the routers are installed everywhere,
 * what they do not lead goes on as before, and a router that they lead to stays until they are gone everywhere. Not thread safe.
 */
public final class DestinedWants {
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final NorthboundView view;
    private final NamespaceGroups groups;
    private final EgressIpTranslator translator;
    private final Destinations destinations;
    private final OwnRouters routers;
    private final KnownRouters known;
    private final RouterWants routerWants;
    private final DestinedHandOver handOver;
    private final Retiring retiring;
    /** The namespaces that policies lead as a whole, as was seen last. */
    private final Map<Destined, Set<String>> seen = new HashMap<>();
    /** Whether what stays in the cluster was exempt, as was seen last. */
    private boolean wasExempt;

    public DestinedWants(
            Inputs cluster,
            EgressIpSelection selection,
            NorthboundView view,
            NamespaceGroups groups,
            EgressIpTranslator translator,
            Destinations destinations,
            OwnRouters routers,
            KnownRouters known,
            RouterWants routerWants,
            DestinedHandOver handOver) {
        this.cluster = cluster;
        this.selection = selection;
        this.view = view;
        this.groups = groups;
        this.translator = translator;
        this.destinations = destinations;
        this.routers = routers;
        this.known = known;
        this.routerWants = routerWants;
        this.handOver = handOver;
        this.retiring = new Retiring(known, this::findRetiring);
    }

    /** Rows, members of sets and needs, as they come together. */
    private record Parts(List<DesiredRow> rows, List<Member<?>> members, List<Wanted.Need> needs) {}

    Wanted destined(Destined key) {
        var parts = new Parts(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        var object = selection.egressIp(key.egressIp());
        var router = view.router(TopologyNames.CLUSTER_ROUTER);
        if (object.filter(there -> !there.isForSome()).isPresent() && handOver.isStillRelied(key, object.get())) {
            return asItIs(key);
        }
        boolean isExempt = isExempt();
        wasExempt &= isExempt;
        for (var family : translator.families()) {
            if (needsSet(object)
                    || !view.addresses(DestinedRows.podsSet(key, family)).isEmpty()) {
                parts.rows().add(DestinedRows.set(key, DestinedRows.podsSet(key, family)));
            }
            if (object.isPresent() && router.isPresent()) {
                if (object.get().isForSome()) {
                    addWays(key, object.get(), family, router.get(), parts);
                } else {
                    addExcluded(key, object.get(), family, router.get(), parts);
                }
            }
        }
        if (!isExempt) { // what stays in the cluster would be led out of it by what is not there yet
            parts.rows().removeIf(this::wouldLeadAway);
        }
        return wanted(key, parts, view.rowsOf(key));
    }

    private Wanted wanted(Destined key, Parts parts, List<Row> present) {
        return new Wanted(
                parts.rows(),
                parts.members(),
                new Wanted.Present(present, present(key, parts.rows())),
                List.of(),
                parts.needs(),
                Map.of(),
                Set.of(),
                List.of(parts.rows(), parts.members()),
                routerWants.installedWay(key, parts.rows()),
                new EgressIpWhy.Namespace(Optional.of(key.egressIp())));
    }

    private Wanted asItIs(Destined key) {
        return wanted(key, new Parts(List.of(), List.of(), List.of()), List.of());
    }

    private boolean isExempt() {
        return view.router(TopologyNames.CLUSTER_ROUTER).isPresent() && translator.isExemptFromDestinations();
    }

    private boolean wouldLeadAway(DesiredRow row) {
        return row.table() == LogicalRouterPolicy.TABLE
                && !row.cells().contains(Cell.of(LogicalRouterPolicy.ACTION, "allow"))
                && view.row(LogicalRouterPolicy.TABLE, row.id()).isEmpty();
    }

    private void addWays(Destined key, EgressIpInput object, IpFamily family, UUID router, Parts parts) {
        var name = object.name();
        var way = routerWants.way(key, name, family, routerWants.nextHops(name, family));
        boolean isPlaced = routers.plansOf(name).stream().anyMatch(plan -> plan.serves(family));
        var byLength = destinations.byLength(name, family);
        var pods = podsOf(key, object, family);
        if (byLength.isEmpty() || pods.isEmpty() || (way.isEmpty() && !object.cutsOff(isPlaced))) {
            return;
        }
        int rank = destinations.rankOf(name, family);
        byLength.forEach((length, networks) -> {
            addNetworks(key, DestinedRows.networksSet(key, family, length), networks, parts);
            for (var some : pods) {
                parts.rows()
                        .add(way.map(hops -> DestinedRows.reroute(router, key, family, some, length, rank, hops))
                                .orElseGet(() -> DestinedRows.drop(router, key, family, some, length, rank)));
            }
        });
        addExemptions(key, family, pods, router, parts);
        way.ifPresent(hops -> routerWants.addNeeds(name, family, parts.needs()));
    }

    /** Of who leaves by routers as a whole: rows for each pod cannot tell destinations. */
    private void addExcluded(Destined key, EgressIpInput object, IpFamily family, UUID router, Parts parts) {
        var excluded = destinations.of(object.name()).excluded().stream()
                .filter(network -> network.family() == family)
                .toList();
        var pods = routers.isRouted(object.name()) ? podsRoutedBy(object.name(), family, parts) : List.<Pods>of();
        if (excluded.isEmpty() || pods.isEmpty()) {
            return;
        }
        addNetworks(key, DestinedRows.excludedSet(key, family), excluded, parts);
        pods.forEach(some -> parts.rows().add(DestinedRows.excluded(router, key, family, some)));
        addExemptions(key, family, pods, router, parts);
    }

    private List<Pods> podsRoutedBy(String name, IpFamily family, Parts parts) {
        var pods = new ArrayList<Pods>();
        var routed = new EgressIpOwner.Routed(name);
        var set = RouterNames.set(routed, family);
        boolean comes =
                routers.needsSet(name) && !routerWants.nextHops(name, family).isEmpty();
        if (view.addressSet(set).isPresent() || comes) { // OVN cannot compute a match with a set that is not there
            pods.add(Pods.ofSet(set, family));
            parts.needs().add(new Wanted.Need(routed, AddressSet.TABLE, RouterRows.setId(routed, family)));
        }
        for (var namespace : new TreeSet<>(selection.namespacesOf(name))) {
            if (routers.carrierOf(namespace).filter(name::equals).isPresent()
                    || routers.leads(new EgressIpOwner.Namespace(namespace), name, family)) {
                groups.of(namespace).ifPresent(group -> pods.add(Pods.ofNamespace(namespace, group.name(), family)));
            }
        }
        return pods;
    }

    private void addNetworks(Destined key, String set, List<IpNetwork> networks, Parts parts) {
        parts.rows().add(DestinedRows.set(key, set));
        var id = idOf(set);
        networks.forEach(network -> parts.members().add(new Member<>(AddressSet.ADDRESSES, id, text(network))));
    }

    /** A network of one address is that address: so OVN has it in its sets. */
    private static String text(IpNetwork network) {
        return network.prefixLength() == network.family().bits()
                ? network.address().text()
                : network.masked();
    }

    /**
     * What is exempt was looked at.
     *
     * @return whose rows are to be looked at since it is now, or is not any more
     */
    public List<Owner> exempted() {
        boolean now = isExempt();
        boolean before = wasExempt;
        wasExempt = now;
        return now == before ? List.of() : owners();
    }

    private void addExemptions(Destined key, IpFamily family, List<Pods> pods, UUID router, Parts parts) {
        pods.stream()
                .filter(some -> !some.part().equals("/pods"))
                .forEach(some -> parts.rows().add(DestinedRows.toNodes(router, key, family, some)));
        parts.needs()
                .add(new Wanted.Need(
                        EgressIpClaims.BASELINE, AddressSet.TABLE, idOf(EgressIpRows.nodeAddressesSet(family))));
    }

    /** All pods of namespaces that are selected as a whole by their port groups, the others by a set. */
    private List<Pods> podsOf(Destined key, EgressIpInput object, IpFamily family) {
        var pods = new ArrayList<Pods>();
        if (needsSet(Optional.of(object))
                || !view.addresses(DestinedRows.podsSet(key, family)).isEmpty()) {
            pods.add(Pods.ofSet(DestinedRows.podsSet(key, family), family));
        }
        var led = ledAsAWhole(key);
        for (var namespace : new TreeSet<>(selection.namespacesOf(object.name()))) {
            boolean isWhole = handOver.isWhole(object.name(), namespace);
            if (isWhole || (led.contains(namespace) && isRelied(key, object, namespace, family))) {
                groups.of(namespace).ifPresent(group -> pods.add(Pods.ofNamespace(namespace, group.name(), family)));
            }
        }
        return pods;
    }

    /** The namespaces that policies lead as a whole. */
    private Set<String> ledAsAWhole(Destined key) {
        var led = new TreeSet<String>();
        for (var row : view.rowsOf(key)) {
            if (row.table() == LogicalRouterPolicy.TABLE
                    && !row.get(LogicalRouterPolicy.ACTION).equals("allow")) {
                DestinedRows.namespaceOf(
                                row.get(LogicalRouterPolicy.EXTERNAL_IDS).getOrDefault(EgressIpRows.ID_KEY, ""))
                        .ifPresent(led::add);
            }
        }
        return led;
    }

    /** Whether policies lead those that the set tells. */
    private boolean leadsItsSet(Destined key, IpFamily family) {
        return view.rowsOf(key).stream()
                .anyMatch(row -> row.table() == LogicalRouterPolicy.TABLE
                        && row.get(LogicalRouterPolicy.MATCH).contains(DestinedRows.podsSet(key, family)));
    }

    /** Whether a pod is still to come to the set in which it is to be. */
    private boolean isRelied(Destined key, EgressIpInput object, String namespace, IpFamily family) {
        var there = view.addresses(DestinedRows.podsSet(key, family));
        var relied = new AtomicBoolean();
        cluster.forEachPod(
                namespace,
                object.podSelector().orElse(LabelSelector.EVERYTHING),
                pod -> pod.ips().stream()
                        .filter(ip -> pod.isServable() && ip.family() == family && !there.contains(ip.text()))
                        .filter(ip -> translator
                                .translate(ip)
                                .pod()
                                .filter(holder -> holder.name().equals(pod.name()))
                                .isPresent())
                        .forEach(ip -> relied.set(true)));
        return relied.get();
    }

    /** Whether there are pods that only a set can tell. */
    private boolean needsSet(Optional<EgressIpInput> object) {
        return object.filter(this::isObeyed)
                .filter(there -> selection.namespacesOf(there.name()).stream()
                        .anyMatch(namespace -> !handOver.isWhole(there.name(), namespace)))
                .isPresent();
    }

    private boolean isObeyed(EgressIpInput object) {
        return object.isForSome() && (destinations.areServable(object) || object.cutsOff());
    }

    /** Those of the set that are there and are to be, and in sets of pods what is no pod. */
    private List<Member<?>> present(Destined key, List<DesiredRow> wanted) {
        var present = new ArrayList<Member<?>>();
        for (var row : wanted) {
            if (row.table() == AddressSet.TABLE) {
                var name = (String) row.identity().value();
                boolean isOfPods =
                        Stream.of(IpFamily.values()).anyMatch(family -> name.equals(DestinedRows.podsSet(key, family)));
                for (var member : isOfPods ? view.ownAddresses(name) : view.addresses(name)) {
                    present.add(new Member<>(AddressSet.ADDRESSES, idOf(name), member));
                }
            }
        }
        return present;
    }

    private UUID idOf(String set) {
        return view.addressSet(set).map(Row::id).orElseGet(() -> EgressIpRows.addressSetId(set));
    }

    /** Whether the pod leaves some way by its destinations: then it is exempt like one that is served. */
    boolean areFor(PodInput pod) {
        return destinations.areUsed()
                && selection.selectingForSome(pod).stream().anyMatch(this::isObeyed);
    }

    /** Of the sets that tell the pods of objects those that the pod is in or is to be in, and whether it is to be. */
    Map<Destined, Boolean> setsOf(Optional<PodInput> pod, IpAddress ip, Optional<Destined> stillLeading) {
        var sets = new LinkedHashMap<Destined, Boolean>();
        var family = ip.family();
        known.destinedSets(family).forEach((name, key) -> {
            if (view.addresses(name).contains(ip.text())) {
                sets.put(key, false);
            }
        });
        stillLeading.ifPresent(key ->
                sets.put(key, view.addresses(DestinedRows.podsSet(key, family)).contains(ip.text())));
        if (destinations.areUsed() && translator.families().contains(family)) {
            pod.ifPresent(holder -> {
                var namespace = holder.name().namespace();
                for (var object : selection.selectingForSome(holder)) {
                    var key = new Destined(object.name());
                    if (isObeyed(object)) {
                        boolean isLed = handOver.isWhole(object.name(), namespace);
                        boolean stays = view.addresses(DestinedRows.podsSet(key, family))
                                        .contains(ip.text())
                                && leadsItsSet(key, family)
                                && !ledAsAWhole(key).contains(namespace);
                        sets.put(key, !isLed || stays);
                    }
                }
            });
        }
        return sets;
    }

    /** Whether anybody leaves by destination, or did. */
    public boolean areUsed() {
        return destinations.areUsed() || known.hasDestinedRows();
    }

    /** Selectors, objects or groups have changed. */
    public void selectionChanged() {
        retiring.forget();
    }

    /** Whose sets or policies are there that nobody is to be told by any more: they go when nobody is. */
    public Set<Owner> retiring() {
        return retiring.get();
    }

    private Set<Owner> findRetiring() {
        var found = new LinkedHashSet<Owner>();
        for (var key : known.destinedOwners()) {
            var object = selection.egressIp(key.egressIp());
            boolean isOfSome = object.filter(EgressIpInput::isForSome).isPresent();
            boolean hasSet = Stream.of(IpFamily.values())
                    .anyMatch(family ->
                            view.addressSet(DestinedRows.podsSet(key, family)).isPresent());
            boolean isLeft = object.isEmpty()
                    || (!isOfSome && (hasSet || view.rowsOf(key).stream().anyMatch(OwnRouters::isWay)));
            if (isLeft
                    || (hasSet && !needsSet(object))
                    || (isOfSome
                            && ledAsAWhole(key).stream()
                                    .anyMatch(namespace -> !selection.selectsAllOf(namespace, key.egressIp())))) {
                found.add(key);
            }
        }
        return found;
    }

    /**
     * The owner's rows are as they should be.
     *
     * @return whose rows are to be looked at since namespaces are led as a whole that were not before, or the other way round
     */
    public Set<Owner> settled(Destined key) {
        var now = selection
                        .egressIp(key.egressIp())
                        .filter(EgressIpInput::isForSome)
                        .isPresent()
                ? ledAsAWhole(key)
                : Set.<String>of();
        var before = now.isEmpty() ? seen.remove(key) : seen.put(key, now);
        var changed = new TreeSet<>(now);
        var gone = before == null ? Set.<String>of() : before;
        changed.removeIf(gone::contains);
        gone.stream().filter(namespace -> !now.contains(namespace)).forEach(changed::add);
        var owners = new LinkedHashSet<Owner>();
        changed.forEach(namespace -> {
            owners.add(new EgressIpOwner.Namespace(namespace));
            cluster.forEachPod(
                    namespace,
                    LabelSelector.EVERYTHING,
                    pod -> pod.ips().forEach(ip -> owners.add(new EgressIpOwner.PodIp(ip))));
        });
        return owners;
    }

    /** Whose policies are about the namespace, or are to be. */
    public Set<Owner> ownersIn(String namespace) {
        var owners = new LinkedHashSet<Owner>(known.destinedOf(namespace));
        if (destinations.areUsed()) {
            Stream.concat(
                            selection.selectingForSomeIn(namespace).stream(),
                            selection.selectingSomeOf(namespace).stream())
                    .map(EgressIpInput::name)
                    .filter(destinations.objects()::contains)
                    .map(Destined::new)
                    .forEach(owners::add);
        }
        return owners;
    }

    /** All for which something may be wanted. */
    public List<Owner> owners() {
        return destinations.objects().stream().<Owner>map(Destined::new).toList();
    }

    /** The database is read anew. */
    public void forgetDatabase() {
        seen.clear();
        retiring.forget();
        wasExempt = false;
    }
}
