package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Installed;
import io.ovnegress.reconciler.feature.Installed.Reach;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.NodeIndex;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.placement.Standbys;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Destined;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Routed;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.NodeUplinks;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which routers of their own egress IPs are to have, who is led to them, and how far they are. Brought up to date when egress IPs are
 * placed; not thread safe.
 */
public final class OwnRouters implements RouterWays {
    /** How many namespaces are named in a row. */
    private static final int MOST_NAMESPACES = 20;

    private final ReconcilerConfig config;
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final NorthboundView view;
    private final NamespaceGroups groups;
    private final Installed installed;
    private final EgressGateways gateways;
    private final NodeUplinks uplinks;
    private final KnownRouters known;
    private final Destinations destinations;

    private Map<Router, RouterPlan> plans = Map.of();
    private Map<String, List<RouterPlan>> byObject = Map.of();
    private Map<String, Placement> placements = Map.of();
    /** By namespace the object to whose routers all its pods are led. */
    private Map<String, String> carriers = Map.of();

    /** By object what its rows say of namespaces. */
    private final Map<String, String> namespacesTold = new HashMap<>();

    private boolean carriersAreStale = true;
    private final Retiring retiring;
    private final Map<Router, Level> levels = new HashMap<>();
    private final Set<EgressIpOwner> installedWays = new HashSet<>();

    /** How far a router has come. */
    private enum Level {
        /** Something of a node's that it takes is not there: it is not waited for. */
        CANNOT_BE,
        NOT_THERE,
        INSTALLED,
        ANNOUNCED
    }

    public OwnRouters(
            ReconcilerConfig config,
            Inputs cluster,
            EgressIpSelection selection,
            NorthboundView view,
            NamespaceGroups groups,
            Installed installed,
            EgressGateways gateways,
            NodeUplinks uplinks,
            KnownRouters known,
            Destinations destinations) {
        this.config = config;
        this.cluster = cluster;
        this.selection = selection;
        this.view = view;
        this.groups = groups;
        this.installed = installed;
        this.gateways = gateways;
        this.uplinks = uplinks;
        this.known = known;
        this.destinations = destinations;
        this.retiring = new Retiring(known, this::findRetiring);
    }

    @Override
    public boolean areByDestination() {
        return destinations.areUsed() || known.hasDestined();
    }

    @Override
    public boolean isRouted(String egressIp) {
        return selection.egressIp(egressIp).filter(this::isRouted).isPresent();
    }

    private boolean isRouted(EgressIpInput object) {
        return object.form().kind().orElse(config.form()) == EgressForm.Kind.ROUTER;
    }

    /** Whether there are any, or are to be. */
    public boolean areUsed() {
        return !plans.isEmpty() || !known.isEmpty() || known.hasSets();
    }

    /** Somebody else may have decided since: nothing is known of where routers are to be, and how far they are. */
    public void follow() {
        plans = Map.of();
        byObject = Map.of();
        placements = Map.of();
        carriers = Map.of();
        forgetDatabase();
    }

    /** The database is read anew. */
    public void forgetDatabase() {
        levels.clear();
        installedWays.clear();
        selectionChanged();
    }

    /** Selectors, objects or groups have changed. */
    public void selectionChanged() {
        carriersAreStale = true;
        retiring.forget();
    }

    /** Those that have routers, or are to have some. */
    public Set<String> objects() {
        return byObject.keySet();
    }

    /** The routers of objects, by their names. */
    public List<RouterPlan> plansOf(String egressIp) {
        return byObject.getOrDefault(egressIp, List.of());
    }

    /** Whether the object is to have a router for this family, though it may not be possible at present. */
    boolean areToServe(String egressIp, IpFamily family) {
        return plansOf(egressIp).stream().anyMatch(plan -> plan.serves(family));
    }

    /** Those that are to be. */
    public Set<Router> routers() {
        return Collections.unmodifiableSet(plans.keySet());
    }

    /** What the router is to be, if it is to be. */
    public Optional<RouterPlan> plan(Router key) {
        return Optional.ofNullable(plans.get(key));
    }

    /**
     * Egress IPs are where this says.
     *
     * @return whose rows are to be looked at
     */
    public Set<Owner> place(Map<String, Placement> placed, NodeIndex nodes) {
        placements = placed;
        selectionChanged();
        var before = plans;
        var now = new LinkedHashMap<Router, RouterPlan>();
        var objects = new TreeMap<String, List<RouterPlan>>();
        var standbys = new Standbys(nodes, placed.values());
        placed.forEach((name, placement) -> selection
                .egressIp(name)
                .filter(this::isRouted)
                .filter(object -> !placement.assignments().isEmpty())
                .ifPresent(object -> {
                    var ofObject = plansFor(object, placement, standbys);
                    ofObject.forEach(plan -> now.put(plan.key(), plan));
                    objects.put(name, ofObject);
                }));
        plans = now;
        byObject = objects;
        var changed = new LinkedHashSet<Owner>();
        var keys = new LinkedHashSet<>(before.keySet());
        keys.addAll(now.keySet());
        for (var key : keys) {
            var planBefore = Optional.ofNullable(before.get(key));
            var planNow = Optional.ofNullable(now.get(key));
            if (!planBefore.equals(planNow)) {
                if (!planBefore
                        .map(RouterPlan::addresses)
                        .orElse(List.of())
                        .containsAll(planNow.map(RouterPlan::addresses).orElse(List.of()))) {
                    levels.remove(key); // what leads there waits for the address that comes
                }
                changed.add(key);
                changed.add(new Routed(key.egressIp()));
                changed.add(new Destined(key.egressIp()));
                changed.addAll(EgressIpOwner.namespacesSelectedBy(key.egressIp(), selection));
            }
        }
        levels.keySet().retainAll(now.keySet());
        return changed;
    }

    private List<RouterPlan> plansFor(EgressIpInput object, Placement placement, Standbys standbys) {
        var found = new ArrayList<RouterPlan>();
        var together = placement.together();
        for (var those : together) {
            var node = those.getFirst().node();
            var addresses = those.stream().map(Placement.Assignment::egressIp).toList();
            var key = new Router(
                    object.name(), addresses.getFirst().text(), object.form().isPinned());
            var taken = together.stream()
                    .filter(others -> !others.equals(those))
                    .map(others -> others.getFirst().node())
                    .collect(Collectors.toSet());
            found.add(new RouterPlan(
                    key,
                    thatCanBe(key, addresses, node),
                    node,
                    key.isPinned() ? List.of() : standbys.of(object, addresses, node, taken, former(key))));
        }
        return found;
    }

    /**
     * Without the address of a family that the node has no way out for, if the other one's has one: that is served alone. What a
     * router has already stays where it is: its pods would leave as their nodes while the node's way out is not there for a moment.
     * It does not keep the other family on a node that is lost.
     */
    private List<IpAddress> thatCanBe(Router key, List<IpAddress> addresses, String node) {
        boolean isThere = known.placedOn(key).equals(uplinks.chassis(node));
        var has = isThere ? view.portNetworks(key.outsidePort()) : Set.<String>of();
        var found = addresses.stream()
                .filter(address -> uplinks.missing(node, address).isEmpty()
                        || has.stream().anyMatch(network -> network.startsWith(address.text() + "/")))
                .toList();
        return found.isEmpty() ? addresses : found;
    }

    /** Whether one lacks an address of its object's that it is to have when there is a way out for it. */
    public boolean areIncomplete() {
        return byObject.entrySet().stream()
                .anyMatch(object -> object.getValue().stream()
                                .mapToInt(plan -> plan.addresses().size())
                                .sum()
                        < placements.get(object.getKey()).assignments().size());
    }

    /** The nodes that may serve it so far, the best first. */
    private List<String> former(Router key) {
        return known.chassisInOrder(key).stream()
                .flatMap(chassis -> uplinks.nodeOf(chassis).stream())
                .toList();
    }

    /**
     * Where egress IPs were, with those of routers on lost nodes where OVN has taken them by itself: as far as it does not say that, to
     * the first candidate that is left.
     */
    public Map<String, List<Placement.Assignment>> followed(
            Map<String, List<Placement.Assignment>> history, NodeIndex nodes) {
        if (known.isEmpty()) {
            return history;
        }
        var followed = new HashMap<>(history);
        followed.replaceAll((object, assignments) -> isRouted(object)
                ? assignments.stream()
                        .map(assignment -> followed(object, assignment, nodes))
                        .toList()
                : assignments);
        return followed;
    }

    private Placement.Assignment followed(String object, Placement.Assignment assignment, NodeIndex nodes) {
        if (isUsable(assignment.node(), nodes)) {
            return assignment;
        }
        return known.of(object, assignment.egressIp()).stream()
                .filter(router -> !router.isPinned())
                .flatMap(router -> Stream.concat(known.serving(router).stream(), known.chassisInOrder(router).stream()))
                .flatMap(chassis -> uplinks.nodeOf(chassis).stream())
                .filter(node -> isUsable(node, nodes))
                .findFirst()
                .map(node -> new Placement.Assignment(assignment.egressIp(), node))
                .orElse(assignment);
    }

    private static boolean isUsable(String node, NodeIndex nodes) {
        return nodes.number(node)
                .filter(number -> nodes.node(number).isUsable())
                .isPresent();
    }

    /**
     * Who is led where follows from the selection.
     *
     * @return whose rows are to be looked at
     */
    public Set<Owner> settle() {
        if (!carriersAreStale) {
            return Set.of();
        }
        carriersAreStale = false;
        retiring.forget();
        if (byObject.isEmpty() && carriers.isEmpty()) {
            return Set.of();
        }
        var before = carriers;
        var now = new TreeMap<String, String>();
        for (var name : byObject.keySet()) {
            for (var namespace : selection.namespacesOf(name)) {
                carrierNow(namespace).ifPresent(carrier -> now.put(namespace, carrier));
            }
        }
        carriers = now;
        var changed = new LinkedHashSet<Owner>();
        byObject.forEach((name, ofObject) -> {
            var text = namespacesText(name);
            if (!text.equals(namespacesTold.put(name, text))) {
                ofObject.forEach(plan -> changed.add(plan.key()));
            }
        });
        namespacesTold.keySet().retainAll(byObject.keySet());
        var namespaces = new TreeSet<>(before.keySet());
        namespaces.addAll(now.keySet());
        for (var namespace : namespaces) {
            if (!Optional.ofNullable(before.get(namespace)).equals(Optional.ofNullable(now.get(namespace)))) {
                changed.add(new EgressIpOwner.Namespace(namespace));
                selection.selectingSomeOf(namespace).forEach(object -> changed.add(new Routed(object.name())));
                changed.addAll(podIpsIn(namespace));
            }
        }
        return changed;
    }

    /** The namespaces that the object selects, for people: {@code bouvier,simpson}. */
    String namespacesOf(String egressIp) {
        return namespacesTold.computeIfAbsent(egressIp, this::namespacesText);
    }

    private String namespacesText(String egressIp) {
        var names = new TreeSet<>(selection.namespacesOf(egressIp));
        return names.stream().limit(MOST_NAMESPACES).collect(Collectors.joining(","))
                + (names.size() > MOST_NAMESPACES ? ",..." : "");
    }

    /** The first that serves anybody there, if it serves them all. */
    private Optional<String> carrierNow(String namespace) {
        for (var object : selection.selectingSomeOf(namespace)) {
            var placement = placements.get(object.name());
            if (placement != null && !placement.assignments().isEmpty()) {
                boolean all =
                        object.podSelector().filter(LabelSelector::isEverything).isPresent();
                return all && isRouted(object) && groups.of(namespace).isPresent()
                        ? Optional.of(object.name())
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** The object to whose routers all pods of the namespace are led. */
    Optional<String> carrierOf(String namespace) {
        return Optional.ofNullable(carriers.get(namespace));
    }

    /** Whether there are pods that only a set can lead to the object's routers. */
    boolean needsSet(String egressIp) {
        if (selection.egressIp(egressIp).filter(EgressIpInput::isForSome).isPresent()) {
            return false;
        }
        return selection.namespacesOf(egressIp).stream()
                .anyMatch(namespace -> !egressIp.equals(carriers.get(namespace)));
    }

    /** Whether every router that the object is to have for this family is installed everywhere. */
    boolean areInstalled(String egressIp, IpFamily family) {
        return areAtLeast(egressIp, family, Level.INSTALLED);
    }

    /** As {@link #areInstalled}, and the egress IPs are announced where they were elsewhere before. */
    boolean areAnnounced(String egressIp, IpFamily family) {
        return areAtLeast(egressIp, family, Level.ANNOUNCED);
    }

    /** Whether the router is there, or can be made. */
    boolean canBe(RouterPlan plan) {
        return levels.get(plan.key()) != Level.CANNOT_BE;
    }

    /** What it takes to have the object's egress IP at the node, and is not in the database, or not known of the node. */
    public Set<String> missing(String egressIp, Placement.Assignment assignment) {
        var missing = new TreeSet<>(gateways.missing(assignment));
        if (missing.isEmpty() && isRouted(egressIp)) {
            missing.addAll(uplinks.missing(assignment.node(), assignment.egressIp()));
        }
        return missing;
    }

    private boolean areAtLeast(String egressIp, IpFamily family, Level level) {
        boolean some = false;
        for (var plan : plansOf(egressIp)) {
            if (plan.serves(family) && canBe(plan)) {
                some = true;
                if (levels.getOrDefault(plan.key(), Level.NOT_THERE).compareTo(level) < 0) {
                    return false;
                }
            }
        }
        return some;
    }

    @Override
    public Optional<Way> of(String egressIp, IpFamily family, PodInput pod) {
        if (!areToServe(egressIp, family)) {
            return Optional.empty();
        }
        var namespace = pod.name().namespace();
        boolean isCarried = egressIp.equals(carriers.get(namespace));
        EgressIpOwner owner = isCarried ? new EgressIpOwner.Namespace(namespace) : new Routed(egressIp);
        boolean isThere = leads(owner, egressIp, family);
        boolean isReady = isThere
                && areAtLeast(egressIp, family, Level.ANNOUNCED)
                && installed.has(owner, LogicalRouterPolicy.TABLE, Reach.EVERYWHERE);
        return Optional.of(new Way(
                egressIp,
                isCarried,
                isThere,
                isReady,
                isCarried ? Optional.empty() : Optional.of(RouterRows.setId(new Routed(egressIp), family))));
    }

    /** Whether the owner has a policy that leads to the object's routers. */
    boolean leads(EgressIpOwner owner, String egressIp, IpFamily family) {
        return view.rowsOf(owner).stream()
                .anyMatch(row -> isWay(row, family)
                        && EgressIpRows.egressIpOf(row.get(LogicalRouterPolicy.EXTERNAL_IDS))
                                .filter(egressIp::equals)
                                .isPresent());
    }

    /** Whether the row is a policy that leads to own routers. */
    static boolean isWay(Row row, IpFamily family) {
        return isWay(row) && row.get(LogicalRouterPolicy.MATCH).startsWith(family.matchField());
    }

    static boolean isWay(Row row) {
        return row.table() == LogicalRouterPolicy.TABLE
                && row.get(LogicalRouterPolicy.ACTION).equals("reroute");
    }

    /**
     * A router, or a way, was looked at.
     *
     * @return whose rows are to be looked at since it has come further, or is not there any more
     */
    public Set<Owner> decided(EgressIpOwner owner, Wanted wanted) {
        return switch (owner) {
            case Router key -> {
                var level = levelOf(key, wanted);
                yield levels.put(key, level) == level ? Set.of() : dependents(key.egressIp());
            }
            case Routed key ->
                isNews(key, wanted) ? Set.copyOf(EgressIpOwner.podIpsSelectedBy(key.egressIp(), selection)) : Set.of();
            case Destined key ->
                isNews(key, wanted) ? Set.copyOf(EgressIpOwner.podIpsSelectedBy(key.egressIp(), selection)) : Set.of();
            case EgressIpOwner.Namespace key -> isNews(key, wanted) ? podIpsIn(key.name()) : Set.of();
            default -> Set.of();
        };
    }

    /** Whether the way that leads to routers is installed now and was not before, or the other way round. */
    private boolean isNews(EgressIpOwner owner, Wanted wanted) {
        boolean isInstalled =
                wanted.next().isEmpty() && view.rowsOf(owner).stream().anyMatch(OwnRouters::isWay);
        return isInstalled ? installedWays.add(owner) : installedWays.remove(owner);
    }

    public Set<Owner> podIpsIn(String namespace) {
        var owners = new LinkedHashSet<Owner>();
        cluster.forEachPod(
                namespace,
                LabelSelector.EVERYTHING,
                pod -> pod.ips().forEach(ip -> owners.add(new EgressIpOwner.PodIp(ip))));
        return owners;
    }

    private Level levelOf(Router key, Wanted wanted) {
        if (plans.containsKey(key)
                && wanted.rows().isEmpty()
                && view.rowsOf(key).isEmpty()) {
            return Level.CANNOT_BE;
        }
        if (!plans.containsKey(key)
                || wanted.rows().isEmpty()
                || view.row(LogicalRouter.TABLE, wanted.rows().get(0).id()).isEmpty()) {
            return Level.NOT_THERE;
        }
        return wanted.next()
                .filter(step -> step.table() == LogicalRouter.TABLE)
                .map(step -> step.reach() == Reach.ANNOUNCED ? Level.INSTALLED : Level.NOT_THERE)
                .orElse(Level.ANNOUNCED);
    }

    private Set<Owner> dependents(String egressIp) {
        var dependents = new LinkedHashSet<Owner>();
        plansOf(egressIp)
                .forEach(plan -> dependents.add(plan.key())); // one may wait for what leaves it to be led to another
        dependents.add(new Routed(egressIp));
        dependents.add(new Destined(egressIp));
        dependents.addAll(EgressIpOwner.namespacesSelectedBy(egressIp, selection));
        dependents.addAll(EgressIpOwner.podIpsSelectedBy(egressIp, selection));
        return dependents;
    }

    /** Adds the egress IPs as which those leave that the owner's policies lead to routers. */
    void addEgressIps(EgressIpOwner owner, Set<String> egressIps) {
        for (var row : view.rowsOf(owner)) {
            if (isWay(row)) {
                EgressIpRows.egressIpOf(row.get(LogicalRouterPolicy.EXTERNAL_IDS))
                        .ifPresent(object -> egressIps.addAll(known.egressIpsOf(object)));
            }
        }
    }

    /** Where pods leave by a router of their own, and as what. */
    public record RouterExit(String egressIp, String node) {}

    /** How pods are to leave that the object serves. */
    public List<RouterExit> exitsOf(String egressIp, IpFamily family) {
        return plansOf(egressIp).stream()
                .flatMap(plan -> plan.addresses().stream()
                        .filter(address -> address.family() == family)
                        .map(address -> new RouterExit(address.text(), plan.node())))
                .toList();
    }

    /**
     * Where routers have the egress IP that something leads to.
     *
     * @return with the objects' names in place of egress IPs
     */
    public List<RouterExit> leavingAs(IpAddress egressIp) {
        return known.having(egressIp.text()).stream()
                .filter(router -> view.portNetworks(router.insidePort()).stream()
                        .flatMap(network -> IpNetwork.parse(network).stream())
                        .anyMatch(network -> known.isLedTo(network.address().text())))
                .flatMap(router -> known.chassisOf(router).flatMap(uplinks::nodeOf).stream()
                        .map(node -> new RouterExit(router.egressIp(), node)))
                .toList();
    }

    /** The policies that lead the pod to routers, as the database has them. */
    public List<Row> waysOf(PodInput pod, IpAddress address) {
        var ways = new ArrayList<>(
                view.rowsOf(new EgressIpOwner.Namespace(pod.name().namespace())));
        known.sets(address.family()).forEach((set, routed) -> {
            if (view.addresses(set).contains(address.text())) {
                ways.addAll(view.rowsOf(routed));
            }
        });
        ways.removeIf(row -> !isWay(row, address.family()));
        return ways;
    }

    /**
     * Whose ways are there although nobody is to be led there any more: they go when nobody relies on them. Who that is follows from what
     * is selected and which ways there are, whatever becomes of single pods.
     */
    public Set<Owner> retiring() {
        return retiring.get();
    }

    private Set<Owner> findRetiring() {
        var found = new LinkedHashSet<Owner>();
        for (var family : IpFamily.values()) {
            known.sets(family).values().stream()
                    .filter(routed -> plansOf(routed.egressIp()).stream().noneMatch(plan -> plan.serves(family))
                            || !needsSet(routed.egressIp())
                            || !isRouted(routed.egressIp()))
                    .forEach(found::add);
        }
        known.carriedNamespaces().stream()
                .filter(name -> carrierOf(name).filter(this::isRouted).isEmpty())
                .map(EgressIpOwner.Namespace::new)
                .forEach(found::add);
        return found;
    }

    /** Those that are in the database, or are to be. */
    public Collection<Owner> all() {
        var all = new LinkedHashSet<Owner>(plans.keySet());
        all.addAll(known.all());
        return all;
    }

    /** All for which something may be wanted: routers, and what leads there. */
    public Collection<Owner> owners() {
        var owners = new LinkedHashSet<>(all());
        byObject.keySet().forEach(object -> owners.addAll(ownersOf(object)));
        return owners;
    }

    /** Those that are in the database and are not to be, or not for a family that they have. */
    public Collection<Owner> superfluous() {
        var superfluous = new LinkedHashSet<Owner>();
        for (var router : known.all()) {
            var plan = plans.get(router);
            if (plan == null
                    || view.portNetworks(router.outsidePort()).size()
                            > plan.addresses().size()) {
                superfluous.add(router);
            }
        }
        return superfluous;
    }

    /** What all rows of an object's routers are owned by. */
    public List<Owner> ownersOf(String egressIp) {
        var owners = new ArrayList<Owner>();
        plansOf(egressIp).forEach(plan -> owners.add(plan.key()));
        owners.add(new Routed(egressIp));
        owners.add(new Destined(egressIp));
        owners.addAll(EgressIpOwner.namespacesSelectedBy(egressIp, selection));
        return owners;
    }
}
