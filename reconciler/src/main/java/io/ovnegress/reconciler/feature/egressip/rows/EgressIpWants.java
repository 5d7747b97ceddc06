package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Installed.Reach;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Destined;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator.PodTranslation;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What is wanted for each owner, and what there is of it: the translation beside what the view holds. Changes nothing itself.
 */
public final class EgressIpWants {
    private final NorthboundView view;
    private final Inputs cluster;
    private final EgressGateways gateways;
    private final EgressIpTranslator translator;
    private final PortRange portRange;
    private final PodSteps steps;
    private final NamespaceGroups groups;
    private final Guards guards;
    private final RouterWants routerWants;
    private final OwnRouters routers;
    private final KnownRouters knownRouters;
    private final QosWants qos;
    private final DestinedWants destinedWants;
    private final DestinedHandOver handOver;
    private final SubnetGuard subnets;
    private final boolean nodeSnats;

    public EgressIpWants(
            NorthboundView view,
            Inputs cluster,
            EgressGateways gateways,
            EgressIpTranslator translator,
            PortRange portRange,
            PodSteps steps,
            NamespaceGroups groups,
            Guards guards,
            RouterWants routerWants,
            OwnRouters routers,
            KnownRouters knownRouters,
            QosWants qos,
            DestinedWants destinedWants,
            DestinedHandOver handOver,
            SubnetGuard subnets,
            boolean nodeSnats) {
        this.view = view;
        this.cluster = cluster;
        this.gateways = gateways;
        this.translator = translator;
        this.portRange = portRange;
        this.steps = steps;
        this.groups = groups;
        this.guards = guards;
        this.routerWants = routerWants;
        this.routers = routers;
        this.knownRouters = knownRouters;
        this.qos = qos;
        this.destinedWants = destinedWants;
        this.handOver = handOver;
        this.subnets = subnets;
        this.nodeSnats = nodeSnats;
    }

    public Wanted of(EgressIpOwner owner) {
        return switch (owner) {
            case EgressIpOwner.PodIp podIp -> podIp(podIp);
            case EgressIpOwner.Baseline baseline -> baseline();
            case EgressIpOwner.CutOff cutOff -> cutOff();
            case EgressIpOwner.Namespace namespace -> namespace(namespace);
            case EgressIpOwner.Router router -> routerWants.router(router);
            case EgressIpOwner.Routed routed -> routerWants.routed(routed);
            case EgressIpOwner.Qos egressIp -> qos.want(egressIp);
            case EgressIpOwner.Destined destined -> destinedWants.destined(destined);
            case EgressIpOwner.Guard guard -> guards.want(guard);
            case EgressIpOwner.NodeSwitch node -> nodeSwitch(node);
            case EgressIpOwner.Orphan orphan ->
                Wanted.rows(List.of(), view.rowsOf(orphan), EgressIpWhy.Shared.INSTANCE);
        };
    }

    /** What of the inputs the rows of a pod address follow from, its node SNAT included. */
    private record PodBasis(
            List<DesiredRow> rows,
            boolean keptIn,
            Set<String> egressNodes,
            Optional<String> node,
            Optional<List<IpAddress>> gatewayAddresses,
            Optional<UUID> routed,
            List<Member<?>> destined) {}

    private Wanted podIp(EgressIpOwner.PodIp key) {
        var address = key.ip();
        var translation = translator.translate(address);
        List<Row> there = new ArrayList<>(2);
        List<Row> nodeSnatsThere = new ArrayList<>(0);
        for (var row : view.rowsOf(key)) {
            if (EgressIpClaims.isNodeSnat(row)) {
                nodeSnatsThere.add(row);
            } else if (isInOurPlace(row, address)) {
                there.add(row);
            }
        }
        var sets = setsOf(address, translation, there);
        var stillLeading = handOver.stillLeading(address, translation);
        var now =
                steps.now(key, translation, there, sets.isKeptIn(), routing(address, translation, there, stillLeading));
        addRoutedSets(address, translation, now.isSwitched(), sets);
        var destined = addDestinedSets(address, translation, stillLeading, sets);
        guards.setsOf(address, now, there).forEach(set -> add(set.name(), set.owner(), address, set.belongs(), sets));
        List<DesiredRow> rows = now.rows();
        List<Row> present = now.present();
        if (nodeSnats) {
            rows = new ArrayList<>(rows);
            present = new ArrayList<>(present);
            addNodeSnat(address, translation, nodeSnatsThere, now.kept(), rows, present);
        }
        var node = translation.pod().map(PodInput::node);
        return new Wanted(
                rows,
                sets.wanted(),
                new Wanted.Present(present, sets.present()),
                routersOf(translation),
                sets.needs(),
                translation.places(),
                siblings(key, translation),
                new PodBasis(
                        translation.rows(),
                        translation.keptIn(),
                        translation.egressNodes(),
                        node,
                        node.flatMap(cluster::node).map(NodeInput::gatewayAddresses),
                        translation.way().flatMap(RouterWays.Way::set),
                        destined),
                now.next().or(() -> beforeItLeaves(translation, stillLeading)),
                new EgressIpWhy.Pod(
                        translation.pod(), translation.servedBy(), translation.standingBy(), translation.unserved()));
    }

    /**
     * The sets that a pod address is in.
     *
     * @param isKeptIn whether it is among those that are kept in
     */
    private record Sets(List<Member<?>> wanted, List<Member<?>> present, List<Wanted.Need> needs, boolean isKeptIn) {}

    private Sets setsOf(IpAddress address, PodTranslation translation, List<Row> there) {
        var sets = new Sets(new ArrayList<>(2), new ArrayList<>(2), new ArrayList<>(2), false);
        boolean isServed = translation.isTreated()
                || translation.pod().filter(destinedWants::areFor).isPresent();
        add(EgressIpRows.servedPodsSet(address.family()), EgressIpClaims.BASELINE, address, isServed, sets);
        boolean isKeptIn = add(
                CutOffRows.podsSet(address.family()),
                EgressIpClaims.CUT_OFF,
                address,
                translation.keptIn() && !isLedByItsNamespace(address, translation, there),
                sets);
        return new Sets(sets.wanted(), sets.present(), sets.needs(), isKeptIn);
    }

    /** What keeps it in has a higher priority than what leads its namespace away, by which it still leaves. */
    private boolean isLedByItsNamespace(IpAddress address, PodTranslation translation, List<Row> there) {
        return routers.areUsed()
                && there.stream().noneMatch(row -> row.table() == LogicalRouterPolicy.TABLE)
                && translation
                        .pod()
                        .map(pod -> new EgressIpOwner.Namespace(pod.name().namespace()))
                        .filter(namespace ->
                                routerWants.there(namespace, address.family()).isPresent())
                        .isPresent();
    }

    /** Whoever is in the set of those who are led wherever they send may leave that by destination when that is so everywhere. */
    private Optional<Wanted.Step> beforeItLeaves(PodTranslation translation, Optional<Destined> stillLeading) {
        boolean isByItsSet = translation
                .way()
                .filter(way -> way.isReady() && way.set().isPresent())
                .isPresent();
        return isByItsSet && stillLeading.isPresent()
                ? Optional.of(new Wanted.Step(AddressSet.TABLE, Reach.EVERYWHERE, true))
                : Optional.empty();
    }

    private PodSteps.Routing routing(
            IpAddress address, PodTranslation translation, List<Row> there, Optional<Destined> stillLeading) {
        if (!routers.areUsed()) {
            return PodSteps.Routing.NONE;
        }
        boolean isInSet = false;
        var egressIps = new HashSet<String>();
        var former = new HashSet<String>();
        there.forEach(row -> RowLabels.egressIpOf(row).ifPresent(former::add));
        stillLeading.ifPresent(key -> routers.addEgressIps(key, egressIps));
        var target = translation.way().flatMap(RouterWays.Way::set);
        for (var set : knownRouters.sets(address.family()).entrySet()) {
            if (view.addresses(set.getKey()).contains(address.text())) {
                isInSet |= target.filter(idOf(set.getKey())::equals).isEmpty();
                routers.addEgressIps(set.getValue(), egressIps);
                former.add(set.getValue().egressIp());
            }
        }
        translation
                .pod()
                .ifPresent(pod -> routers.addEgressIps(
                        new EgressIpOwner.Namespace(pod.name().namespace()), egressIps));
        var awaited = translation
                .pod()
                .map(pod -> handOver.awaited(pod, address, former))
                .orElse(DestinedHandOver.Awaited.NOTHING);
        return new PodSteps.Routing(isInSet, egressIps, awaited);
    }

    /** The sets that lead pods to routers: it is in one at most, and leaves that when it takes another way. */
    private void addRoutedSets(IpAddress address, PodTranslation translation, boolean isSwitched, Sets sets) {
        if (!routers.areUsed()) {
            return;
        }
        var target = translation.way().flatMap(RouterWays.Way::set).filter(set -> isSwitched);
        var names = new TreeMap<String, EgressIpOwner>();
        knownRouters.sets(address.family()).forEach((set, routed) -> {
            if (view.addresses(set).contains(address.text())) {
                names.put(set, routed);
            }
        });
        if (target.isPresent()) {
            var routed = new EgressIpOwner.Routed(translation.way().get().egressIp());
            names.put(RouterNames.set(routed, address.family()), routed);
        }
        names.forEach((set, owner) -> add(
                set,
                owner,
                address,
                !isSwitched || target.filter(idOf(set)::equals).isPresent(),
                sets));
    }

    /**
     * The sets that lead pods to routers for some destinations, whatever way the address takes besides.
     *
     * @return in which it is to be
     */
    private List<Member<?>> addDestinedSets(
            IpAddress address, PodTranslation translation, Optional<Destined> stillLeading, Sets sets) {
        int before = sets.wanted().size();
        destinedWants
                .setsOf(translation.pod(), address, stillLeading)
                .forEach((owner, belongs) ->
                        add(DestinedRows.podsSet(owner, address.family()), owner, address, belongs, sets));
        return List.copyOf(sets.wanted().subList(before, sets.wanted().size()));
    }

    /** Whether it is in there. */
    private boolean add(String set, Owner owner, IpAddress address, boolean belongs, Sets sets) {
        boolean isThere = view.addresses(set).contains(address.text());
        if (belongs || isThere) {
            var id = idOf(set);
            var member = member(id, address.text());
            if (belongs) {
                sets.wanted().add(member);
                sets.needs().add(new Wanted.Need(owner, AddressSet.TABLE, id));
            }
            if (isThere) {
                sets.present().add(member);
            }
        }
        return isThere;
    }

    /** Even if the SNATs are right: a policy must not lead to a router that has gone meanwhile. */
    private static List<Attachment> routersOf(PodTranslation translation) {
        var routers = new ArrayList<Attachment>(1);
        for (var row : translation.rows()) {
            if (row.table() == Nat.TABLE) {
                routers.add(row.attachment());
            }
        }
        return routers;
    }

    /** All addresses of the pod, its former ones included. */
    private Set<Owner> siblings(EgressIpOwner.PodIp key, PodTranslation translation) {
        Set<Owner> siblings = Set.of();
        if (translation.pod().filter(pod -> pod.ips().size() > 1).isPresent()) {
            siblings = add(siblings, translation.pod().get());
        }
        // After a restart nobody remembers former addresses, but the rows name their pod.
        var rows = view.rowsOf(key);
        if (!rows.isEmpty()) {
            var holder = translation.pod().map(pod -> pod.name().toString()).orElse("");
            for (var row : rows) {
                var podName = RowLabels.podOf(row);
                if (!podName.equals(holder)) {
                    var former = PodName.parse(podName).flatMap(cluster::pod);
                    if (former.isPresent()) {
                        siblings = add(siblings, former.get());
                    }
                }
            }
        }
        return siblings;
    }

    private static Set<Owner> add(Set<Owner> some, PodInput pod) {
        var all = new LinkedHashSet<>(some);
        pod.ips().forEach(ip -> all.add(new EgressIpOwner.PodIp(ip)));
        return all;
    }

    /** The pod that the owner's rows name. */
    public Optional<PodName> podOfRows(EgressIpOwner.PodIp key) {
        for (var row : view.rowsOf(key)) {
            var pod = PodName.parse(RowLabels.podOf(row));
            if (pod.isPresent()) {
                return pod;
            }
        }
        return Optional.empty();
    }

    /** What ovn-kubernetes left is ours on the cluster router and on gateway routers only. */
    private boolean isInOurPlace(Row row, IpAddress pod) {
        if (row.table() != LogicalRouterPolicy.TABLE
                || row.get(LogicalRouterPolicy.EXTERNAL_IDS).containsKey(EgressIpRows.ID_KEY)
                || EgressIpClaims.hasOurId(row, pod)) {
            return true;
        }
        var clusterRouter = view.router(TopologyNames.CLUSTER_ROUTER);
        return view.parentsOf(row.id()).stream()
                .anyMatch(
                        parent -> clusterRouter.filter(parent.parent()::equals).isPresent());
    }

    private UUID idOf(String set) {
        return view.addressSet(set).map(Row::id).orElseGet(() -> EgressIpRows.addressSetId(set));
    }

    /**
     * The pod's node SNAT on its own gateway router: in the way of ours where that is there or comes with the same change; given back
     * with the change that takes ours from there; none of our business otherwise, unless it is there twice.
     */
    private void addNodeSnat(
            IpAddress address,
            PodTranslation translation,
            List<Row> nodeSnatsThere,
            List<Row> kept,
            List<DesiredRow> rows,
            List<Row> present) {
        var pod = translation.pod();
        var node = pod.map(PodInput::node).flatMap(cluster::node);
        var router = node.map(NodeInput::name).flatMap(gateways::of).map(EgressGateways.Gateway::router);
        if (node.isEmpty() || router.isEmpty()) {
            return;
        }
        List<Row> there = new ArrayList<>(1);
        for (var row : nodeSnatsThere) {
            if (isOn(row, router.get()) && isGatewayAddress(node.get(), row.get(Nat.EXTERNAL_IP))) {
                there.add(row);
            }
        }
        var place = new Attachment(LogicalRouter.NAT, router.get());
        boolean oursStays = kept.stream().anyMatch(row -> row.table() == Nat.TABLE && isOn(row, router.get()));
        boolean oursComes = rows.stream().anyMatch(row -> row.attachments().contains(place));
        if (oursStays || oursComes) {
            present.addAll(there);
            return;
        }
        boolean oursIsLeaving = present.stream().anyMatch(row -> row.table() == Nat.TABLE && isOn(row, router.get()));
        if (!oursIsLeaving) {
            present.addAll(repetitions(there));
            return;
        }
        for (var gatewayAddress : node.get().gatewayAddresses()) {
            if (gatewayAddress.family() == address.family()) {
                rows.add(EgressIpRows.nodeSnat(router.get(), address, gatewayAddress, portRange.text()));
            }
        }
        present.addAll(there);
    }

    /** What ovnkube and we have both written, each before it saw the other's. */
    private static List<Row> repetitions(List<Row> nodeSnats) {
        var seen = new HashSet<String>();
        return nodeSnats.stream()
                .sorted(Comparator.comparing(Row::id))
                .filter(row -> !seen.add(row.get(Nat.EXTERNAL_IP)))
                .toList();
    }

    private boolean isOn(Row row, UUID router) {
        return view.parentsOf(row.id()).stream()
                .anyMatch(parent ->
                        parent.column() == LogicalRouter.NAT && parent.parent().equals(router));
    }

    private static boolean isGatewayAddress(NodeInput node, String externalIp) {
        return IpAddress.parse(externalIp)
                .filter(node.gatewayAddresses()::contains)
                .isPresent();
    }

    private Wanted baseline() {
        var rows = new ArrayList<>(translator.baseline());
        if (subnets.findings().contradictions().isEmpty()) {
            rows.addAll(translator.missingExemptions());
        }
        var members = new ArrayList<Member<?>>();
        var present = new ArrayList<Member<?>>();
        for (var family : IpFamily.values()) {
            if (translator.families().contains(family)) {
                addNodeAddresses(family, members, present);
            }
            addStrangers(EgressIpRows.servedPodsSet(family), present);
        }
        return new Wanted(
                rows,
                members,
                new Wanted.Present(view.rowsOf(EgressIpClaims.BASELINE), present),
                List.of(),
                List.of(),
                Map.of(),
                Set.of(),
                List.of(rows, members),
                Optional.empty(),
                EgressIpWhy.Shared.INSTANCE);
    }

    private void addNodeAddresses(IpFamily family, List<Member<?>> members, List<Member<?>> present) {
        var set = EgressIpRows.nodeAddressesSet(family);
        var id = idOf(set);
        translator.nodeAddresses(family).forEach(address -> members.add(member(id, address)));
        view.addresses(set).forEach(address -> present.add(member(id, address)));
    }

    private static Member<String> member(UUID set, String address) {
        return new Member<>(AddressSet.ADDRESSES, set, address);
    }

    /** Members of a set of pods that are no addresses of its family, and so have no owner of their own. */
    private void addStrangers(String set, List<Member<?>> present) {
        view.ownAddresses(set).forEach(address -> present.add(member(idOf(set), address)));
    }

    private Wanted cutOff() {
        var rows = translator.cutOff();
        var present = new ArrayList<Member<?>>();
        for (var family : IpFamily.values()) {
            addStrangers(CutOffRows.podsSet(family), present);
        }
        return new Wanted(
                rows,
                List.of(),
                new Wanted.Present(view.rowsOf(EgressIpClaims.CUT_OFF), present),
                List.of(),
                List.of(),
                Map.of(),
                Set.of(),
                rows,
                Optional.empty(),
                EgressIpWhy.Shared.INSTANCE);
    }

    /** None as long as ovnkube has no group for the namespace. */
    private Wanted namespace(EgressIpOwner.Namespace key) {
        var rows = groups.of(key.name())
                .map(NamespaceGroups.Group::name)
                .map(group -> namespaceRows(key, group))
                .orElse(List.of());
        var needs = new ArrayList<Wanted.Need>(2);
        if (!rows.isEmpty()) {
            for (var family : translator.families()) {
                var set = idOf(EgressIpRows.nodeAddressesSet(family));
                needs.add(new Wanted.Need(EgressIpClaims.BASELINE, AddressSet.TABLE, set));
                routers.carrierOf(key.name()).ifPresent(egressIp -> routerWants.addNeeds(egressIp, family, needs));
            }
        }
        return new Wanted(
                rows,
                List.of(),
                new Wanted.Present(view.rowsOf(key), List.of()),
                List.of(),
                needs,
                Map.of(),
                Set.of(),
                rows,
                routerWants.installedWay(
                        key,
                        rows.stream()
                                .filter(row -> row.name().startsWith(RouterNames.CARRIED_ID_PREFIX))
                                .toList()),
                new EgressIpWhy.Namespace(
                        rows.stream().findFirst().flatMap(row -> EgressIpRows.egressIpOf(row.externalIds()))));
    }

    private List<DesiredRow> namespaceRows(EgressIpOwner.Namespace key, String group) {
        var carried = routers.areUsed()
                ? routerWants.carried(
                        key, group, family -> reliesOnItsWay(key.name(), family) || handOver.areAwaited(key, family))
                : List.<DesiredRow>of();
        var ledAway = new EnumMap<IpFamily, String>(IpFamily.class);
        for (var row : carried) {
            for (var family : IpFamily.values()) {
                if (row.name().equals(RouterNames.carriedId(key.name(), family))) {
                    ledAway.put(
                            family, EgressIpRows.egressIpOf(row.externalIds()).orElseThrow());
                }
            }
        }
        var rows = new ArrayList<>(carried);
        rows.addAll(translator.namespace(key.name(), group, ledAway));
        return rows;
    }

    /** Whether a pod of the namespace is to leave by rows of its own, or by a set, and does not yet. */
    private boolean reliesOnItsWay(String namespace, IpFamily family) {
        var relies = new AtomicBoolean();
        cluster.forEachPod(
                namespace,
                LabelSelector.EVERYTHING,
                pod -> pod.ips().stream()
                        .filter(ip -> ip.family() == family && !relies.get())
                        .forEach(ip -> relies.set(reliesOnItsNamespace(ip))));
        return relies.get();
    }

    private boolean reliesOnItsNamespace(IpAddress ip) {
        var translation = translator.translate(ip);
        if (translation.way().isPresent()) {
            var way = translation.way().get();
            return way.set()
                    .filter(set -> !way.isReady()
                            || !view.elements(AddressSet.ADDRESSES, set).contains(ip.text()))
                    .isPresent();
        }
        return !translation.egressNodes().isEmpty() && !steps.hasItsWay(new EgressIpOwner.PodIp(ip));
    }

    /** Rows on a node's switch; none where the server's schema does not know the action (before OVN 23.09). */
    private Wanted nodeSwitch(EgressIpOwner.NodeSwitch key) {
        boolean canMark = view.schema()
                .filter(schema -> schema.has(Qos.TABLE) && schema.accepts(Qos.ACTION, "mark"))
                .isPresent();
        var rows = canMark ? translator.nodeSwitch(key.node()) : List.<DesiredRow>of();
        return Wanted.rows(rows, view.rowsOf(key), EgressIpWhy.Shared.INSTANCE);
    }
}
