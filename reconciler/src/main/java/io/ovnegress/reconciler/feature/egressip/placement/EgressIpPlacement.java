package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressip.placement.NodeMatching.Cost;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InUseByAnotherObject;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidSelector;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoMatchingNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NodeAddressConflict;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.ReservedAddress;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.UnsupportedForm;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Decides which node serves which egress IP, looking at all objects at once. A pure and total function; the order of its
 * inputs does not matter.
 *
 * <p>Always: an IP is on one node at most; two IPs of one object are never on one node, but for two of different families that
 * share a router, and where OVN has taken one with its router to the node of another; an IP is never an address of a node
 * nor one that is reserved; an IP belongs to one object at most; a node that serves an IP is a candidate and has it in one of its networks.
 *
 * <p>Then, in this order: a valid previous assignment stays where it is; each object, the oldest first, gets as many of its
 * IPs placed as can be (a maximum matching), those first that nodes claim for themselves; on nodes that the object prefers, in
 * zones where it has the fewest IPs, that serve the fewest IPs (of all objects), that come first by name. Preferences are for IPs
 * that have no node; one that OVN has taken to the node of another goes to a node of its own, and those of an object that asks for it go back to preferred nodes, but one object at a time and only if
 * that is asked for ({@link #goingBack}).
 *
 * <p>What has a router of its own goes to a node without a default gateway for it only where there is none with one.
 *
 * <p>A node to which pods cannot be sent, since the database lacks its router, is taken only for what no other node can serve,
 * and keeps only that: routers that come later than their nodes are waited for, and one that is lost loses its IPs.
 *
 * <p>An IP that several objects list is claimed by one of them: the one whose previous assignment is still valid, else the
 * oldest. The claim stands even while the IP cannot be placed: the others do not get it meanwhile, or it would change hands
 * whenever nodes come and go. Objects that are refused claim nothing. A lost assignment is no claim: it is forgotten with the
 * first answer without it, and asking again must give the same answer.
 */
public final class EgressIpPlacement {
    private static final Comparator<EgressIpInput> OLDEST_FIRST =
            Comparator.comparing(EgressIpInput::created).thenComparing(EgressIpInput::name);

    private final NodeIndex nodes;
    private final NodeLoads loads;
    private final boolean hasZones;
    private final Predicate<String> sharing;
    private final List<IpAddress> guests;
    private final Map<String, Placement> placements = new TreeMap<>();
    private final List<Request> requests = new ArrayList<>();
    private final Map<IpAddress, String> claims = new HashMap<>();
    /** What several objects list follows nobody: it may be another one's. */
    private final Set<IpAddress> contested = new HashSet<>();
    /** Knows where IPs were. */
    private final FamilyPairs pairs;
    /** Whether an object may go back to nodes that it prefers. */
    private final boolean goesBack;
    /** The one that does. */
    private Optional<String> wentBack = Optional.empty();

    /**
     * An object that was not refused, and what it has got so far.
     *
     * @param ips without those that follow others, when these are known
     * @param followers the IPs that are on the nodes of others, by these
     * @param isRouted whether its IPs have routers of their own
     * @param floats whether OVN moves these by itself
     */
    record Request(
            String object,
            NodeChoice choice,
            LabelSelector selector,
            Set<IpAddress> ips,
            Map<IpAddress, IpAddress> followers,
            boolean isRouted,
            boolean floats,
            Map<IpAddress, Integer> assigned) {
        boolean uses(int node) {
            return assigned.containsValue(node);
        }
    }

    private EgressIpPlacement(
            NodeIndex nodes,
            Map<String, List<Assignment>> previous,
            Predicate<String> sharing,
            List<IpAddress> guests,
            boolean goesBack) {
        this.guests = guests;
        this.sharing = sharing;
        this.nodes = nodes;
        this.loads = new NodeLoads(nodes);
        this.hasZones = nodes.hasZones();
        this.pairs = new FamilyPairs(nodes, previous, contested);
        this.goesBack = goesBack;
    }

    /**
     * A placement for each object, in the order of their names.
     *
     * @param objects with different names
     * @param nodes all nodes of the cluster, candidates or not, with different names
     * @param previous the assignments so far by object name, from the status or from the last answer
     */
    public static Map<String, Placement> place(
            Collection<EgressIpInput> objects, Collection<EgressNode> nodes, Map<String, List<Assignment>> previous) {
        return place(objects, new NodeIndex(nodes, objects, List.of()), previous);
    }

    public static Map<String, Placement> place(
            Collection<EgressIpInput> objects, NodeIndex nodes, Map<String, List<Assignment>> previous) {
        return place(objects, nodes, previous, sharing(objects));
    }

    /** Those that say so themselves. */
    private static Predicate<String> sharing(Collection<EgressIpInput> objects) {
        return objects.stream()
                .filter(object -> object.form().kind().equals(Optional.of(EgressForm.Kind.ROUTER)))
                .map(EgressIpInput::name)
                .collect(Collectors.toSet())::contains;
    }

    /** @param sharing the objects that have routers of their own, which an IPv4 and an IPv6 address share: they are on one node */
    public static Map<String, Placement> place(
            Collection<EgressIpInput> objects,
            NodeIndex nodes,
            Map<String, List<Assignment>> previous,
            Predicate<String> sharing) {
        return new EgressIpPlacement(nodes, previous, sharing, List.of(), false).of(objects);
    }

    /** As {@link #goingBack(Collection, NodeIndex, Map, Predicate, List)}, where objects say themselves whether two share a node. */
    public static Optional<Map<String, Placement>> goingBack(
            Collection<EgressIpInput> objects, NodeIndex nodes, Map<String, List<Assignment>> previous) {
        return goingBack(objects, nodes, previous, sharing(objects), List.of());
    }

    /**
     * The same where the first object that can has gone back to nodes that it prefers: as many of its IPs as better nodes take,
     * moving as few as possible; or two of its IPs that could share a router, and do not, to a node for both. If none can, the first
     * guest that can has gone to a node of its own. Asked again with its own answer it lets the next one go, and there is a last one.
     *
     * @param guests that are on the node of another IP of their object, in the order in which they leave it
     * @return empty if none can
     */
    public static Optional<Map<String, Placement>> goingBack(
            Collection<EgressIpInput> objects,
            NodeIndex nodes,
            Map<String, List<Assignment>> previous,
            Predicate<String> sharing,
            List<IpAddress> guests) {
        if (guests.isEmpty()
                && objects.stream()
                        .noneMatch(object -> object.nodes().movesBack()
                                || (sharing.test(object.name()) && isOfBothFamilies(object)))) {
            return Optional.empty();
        }
        var placement = new EgressIpPlacement(nodes, previous, sharing, guests, true);
        var placements = placement.of(objects);
        return placement.wentBack.map(object -> placements);
    }

    private static boolean isOfBothFamilies(EgressIpInput object) {
        return object.egressIps().stream()
                        .map(text -> text.indexOf(':') < 0)
                        .distinct()
                        .count()
                > 1;
    }

    private Map<String, Placement> of(Collection<EgressIpInput> objects) {
        var seen = new HashSet<IpAddress>();
        objects.forEach(object -> object.egressIps().stream()
                .flatMap(text -> IpAddress.parse(text).stream())
                .distinct()
                .filter(ip -> !seen.add(ip))
                .forEach(contested::add));
        objects.stream().sorted(OLDEST_FIRST).forEach(this::admitOrRefuse);
        pair();
        requests.forEach(this::keepValid);
        requests.forEach(this::claimTheRest);
        assignTheRest();
        boolean parted = false;
        for (var request : requests) {
            parted |= FamilyPairs.part(request);
        }
        if (parted) {
            assignTheRest();
        }
        guests.forEach(this::separate);
        requests.forEach(this::conclude);
        return placements;
    }

    private void admitOrRefuse(EgressIpInput object) {
        var ips = new LinkedHashSet<IpAddress>();
        var reasons = new LinkedHashSet<PlacementProblem>();
        for (var text : object.egressIps()) {
            IpAddress.parse(text).ifPresentOrElse(ips::add, () -> reasons.add(new InvalidEgressIp(text)));
        }
        var selector = object.nodes().selector();
        if (object.namespaceSelector().isEmpty()
                || object.podSelector().isEmpty()
                || selector.isEmpty()
                || object.destinations().isMisunderstood()) {
            reasons.add(new InvalidSelector(object.selectorError()));
        }
        if (object.isForSome() && !sharing.test(object.name())) {
            reasons.add(new UnsupportedForm());
        }
        if (object.egressIps().isEmpty()) {
            reasons.add(new NoEgressIp());
        }
        if (reasons.isEmpty()) {
            requests.add(new Request(
                    object.name(),
                    object.nodes(),
                    selector.orElseThrow(),
                    ips,
                    new LinkedHashMap<>(),
                    sharing.test(object.name()),
                    sharing.test(object.name()) && !object.form().isPinned(),
                    new HashMap<>()));
        } else {
            placements.put(object.name(), new Placement(List.of(), List.copyOf(reasons)));
        }
    }

    /** Two of one object that leave their nodes to share one go back, one object at a time. */
    private void pair() {
        var pairing = requests.stream()
                .filter(request -> sharing.test(request.object()))
                .toList();
        if (pairing.isEmpty()) {
            return;
        }
        requests.forEach(pairs::keep);
        for (var request : pairing) {
            if (pairs.pair(request, goesBack && wentBack.isEmpty())) {
                wentBack = Optional.of(request.object());
            }
        }
    }

    /** The nodes that meet every term for the IP, and for the one that follows it. */
    private BitSet hostsOf(Request request, IpAddress ip) {
        var hosts = nodes.hostsOf(request.selector(), ip);
        var follower = request.followers().get(ip);
        if (follower != null) {
            hosts.and(nodes.hostsOf(request.selector(), follower));
        }
        return hosts;
    }

    private void keepValid(Request request) {
        var before = previousOf(request);
        for (var ip : request.ips()) {
            var there = new ArrayList<>(before.getOrDefault(ip, List.of()));
            Optional.ofNullable(request.followers().get(ip))
                    .ifPresent(other -> there.addAll(before.getOrDefault(other, List.of())));
            if (!nodes.isFree(ip) || claims.containsKey(ip) || there.isEmpty()) {
                continue;
            }
            var hosts = hostsOf(request, ip);
            there.stream()
                    .flatMap(name -> nodes.number(name).stream())
                    .filter(node -> hosts.get(node) && (request.floats() || !request.uses(node)))
                    .findFirst()
                    .ifPresent(node -> {
                        claims.put(ip, request.object());
                        claimFollower(request, ip);
                        assign(request, ip, node);
                    });
        }
    }

    private Map<IpAddress, List<String>> previousOf(Request request) {
        return pairs.previousOf(request.object()).stream()
                .collect(Collectors.groupingBy(
                        Assignment::egressIp, Collectors.mapping(Assignment::node, Collectors.toList())));
    }

    private void claimTheRest(Request request) {
        for (var ip : request.ips()) {
            claims.putIfAbsent(ip, request.object());
            claimFollower(request, ip);
        }
    }

    private void claimFollower(Request request, IpAddress ip) {
        var follower = request.followers().get(ip);
        if (follower != null) {
            claims.putIfAbsent(follower, request.object());
        }
    }

    /** What is given up for something better makes room for others. Nothing is turned round, so there is a last time. */
    private void assignTheRest() {
        var turns = requests.stream()
                .sorted(Comparator.comparing(request -> request.ips().stream().noneMatch(nodes::isPinned)))
                .toList();
        boolean gaveUp;
        do {
            gaveUp = false;
            for (var request : turns) {
                gaveUp |= assignTheRest(request);
            }
        } while (gaveUp);
    }

    /**
     * Places what has no node, and what is only kept as long as there is no better one.
     *
     * @return whether something has left its node
     */
    private boolean assignTheRest(Request request) {
        var kept = new LinkedHashMap<IpAddress, Integer>();
        var open = new LinkedHashSet<IpAddress>();
        for (var ip : request.ips()) {
            var node = request.assigned().get(ip);
            if (node == null) {
                if (mayHave(request, ip)) {
                    open.add(ip);
                }
            } else if (mayLeave(request, ip, node) && !kept.containsValue(node)) {
                kept.put(ip, node);
            }
        }
        if (kept.isEmpty() && open.isEmpty()) {
            return false;
        }
        kept.forEach((ip, node) -> unassign(request, ip, node));
        var best = new Best(request, kept);
        kept.forEach((ip, node) -> { // none of them stays without a node
            var hosts = betterThan(node, request, ip);
            hosts.set(node);
            best.add(ip, hosts);
        });
        open.forEach(ip -> best.add(ip, worthTaking(request, ip)));
        var serving = best.matching.serving();
        serving.forEach((ip, node) -> assign(request, ip, node));
        kept.forEach((ip, node) -> {
            if (nodes.hasRouter(node, ip.family()) && !serving.get(ip).equals(node)) {
                wentBack = Optional.of(request.object());
            }
        });
        return !serving.entrySet().containsAll(kept.entrySet());
    }

    /** What OVN has taken to the node of another one goes to a node of its own, if there is one. */
    private void separate(IpAddress guest) {
        var claimant = requests.stream()
                .filter(request -> request.assigned().containsKey(guest))
                .findFirst();
        if (wentBack.isPresent() || claimant.isEmpty()) {
            return;
        }
        var request = claimant.get();
        var best = new Best(request, Map.of());
        var from = request.assigned().get(guest);
        best.add(guest, nodes.routed(betterThan(from, request, guest), guest.family()));
        var node = best.matching.serving().get(guest);
        if (node != null) {
            unassign(request, guest, from);
            assign(request, guest, node);
            wentBack = Optional.of(request.object());
        }
    }

    private boolean mayLeave(Request request, IpAddress ip, int node) {
        return !nodes.hasRouter(node, ip.family()) || (mayGoBack(request) && nodes.rank(request.choice(), node) > 0);
    }

    private boolean mayGoBack(Request request) {
        return goesBack
                && request.choice().movesBack()
                && wentBack.filter(object -> !object.equals(request.object())).isEmpty();
    }

    /** The nodes that would take the IP besides what they have. */
    private BitSet withRoom(Request request, IpAddress ip) {
        var hosts = hostsOf(request, ip);
        if (request.followers().containsKey(ip)) {
            hosts.and(loads.withRoomForBoth(hosts));
        } else {
            hosts.andNot(loads.full(ip.family()));
        }
        request.assigned().values().forEach(hosts::clear);
        return hosts;
    }

    /** The same for one that has no node; two that could part for the sake of their ways out do so instead of taking any. */
    private BitSet worthTaking(Request request, IpAddress ip) {
        var hosts = withRoom(request, ip);
        var follower = request.followers().get(ip);
        return follower == null ? hosts : pairs.worthSharing(request, ip, follower, hosts);
    }

    /** The same without those to which a router does not go without need: its node leads out what it serves, and they do not. */
    private BitSet betterThan(int from, Request request, IpAddress ip) {
        var hosts = withRoom(request, ip);
        if (goesBack && request.isRouted()) {
            for (var family : familiesOf(request, ip)) {
                if (nodes.node(from).leadsOut(family)) {
                    hosts = nodes.leadingOut(hosts, family);
                }
            }
        }
        return hosts;
    }

    /** Those of the IP and of the one that follows it. */
    private static Set<IpFamily> familiesOf(Request request, IpAddress ip) {
        return request.followers().containsKey(ip) ? EnumSet.allOf(IpFamily.class) : EnumSet.of(ip.family());
    }

    private boolean mayHave(Request request, IpAddress ip) {
        var follower = request.followers().get(ip);
        return request.object().equals(claims.get(ip))
                && nodes.isFree(ip)
                && (follower == null || request.object().equals(claims.get(follower)));
    }

    /**
     * A node with a router, then one with a way out for a router of its own, then one that is preferred, then the one where the IP is, then one in a zone with the fewest IPs of the
     * object, then the one that serves the fewest, then the first by name.
     */
    private final class Best implements NodeMatching.Preference {
        private final Request request;
        private final Map<IpAddress, Integer> former;
        private final NodeMatching matching = new NodeMatching(this);
        private final Map<String, Integer> inZone = new HashMap<>();

        private Best(Request request, Map<IpAddress, Integer> former) {
            this.request = request;
            this.former = former;
        }

        private void add(IpAddress ip, BitSet hosts) {
            if (hasZones) {
                inZone.clear();
                request.assigned().values().forEach(this::count);
                matching.serving().values().forEach(this::count);
            }
            matching.add(ip, hosts);
        }

        private void count(int node) {
            inZone.merge(nodes.node(node).zone(), 1, Integer::sum);
        }

        @Override
        public Cost cost(IpAddress ip, int node) {
            return new Cost(
                    nodes.hasRouter(node, ip.family()) ? 0 : 1,
                    request.isRouted() ? shut(ip, node) : 0,
                    nodes.rank(request.choice(), node),
                    former.getOrDefault(ip, node) == node ? 0 : 1);
        }

        private int shut(IpAddress ip, int node) {
            return (int) familiesOf(request, ip).stream()
                    .filter(family -> !nodes.node(node).leadsOut(family))
                    .count();
        }

        @Override
        public Iterable<Integer> cheapestFirst() {
            return former.isEmpty()
                            && inZone.isEmpty()
                            && request.choice().preferred().isEmpty()
                    ? loads.leastFirst()
                    : List.of();
        }

        @Override
        public int compare(int node, int other) {
            int byZone = Integer.compare(
                    inZone.getOrDefault(nodes.node(node).zone(), 0),
                    inZone.getOrDefault(nodes.node(other).zone(), 0));
            return byZone != 0 ? byZone : loads.leastFirst(node, other);
        }
    }

    private void assign(Request request, IpAddress ip, int node) {
        request.assigned().put(ip, node);
        loads.add(node, ip.family());
        Optional.ofNullable(request.followers().get(ip)).ifPresent(other -> loads.add(node, other.family()));
    }

    private void unassign(Request request, IpAddress ip, int node) {
        request.assigned().remove(ip);
        loads.remove(node, ip.family());
        Optional.ofNullable(request.followers().get(ip)).ifPresent(other -> loads.remove(node, other.family()));
    }

    private void conclude(Request request) {
        var assignments = new ArrayList<Assignment>();
        var problems = new ArrayList<PlacementProblem>();
        for (var ip : request.ips()) {
            var node = request.assigned().get(ip);
            var follower = Optional.ofNullable(request.followers().get(ip));
            if (node != null) {
                assignments.add(new Assignment(ip, nodes.node(node).name()));
                follower.ifPresent(other ->
                        assignments.add(new Assignment(other, nodes.node(node).name())));
            } else {
                problems.add(problemOf(request, ip));
                follower.ifPresent(other -> problems.add(problemOf(request, other)));
            }
        }
        var unknown = request.choice().preferred().stream()
                .filter(name -> nodes.number(name).isEmpty())
                .distinct()
                .toList();
        placements.put(
                request.object(),
                new Placement(
                        assignments,
                        problems,
                        unknown,
                        Set.copyOf(request.followers().values())));
    }

    private PlacementProblem problemOf(Request request, IpAddress ip) {
        var owner = nodes.ownerOf(ip);
        if (owner.isPresent()) {
            return new NodeAddressConflict(ip, owner.get());
        }
        var reservation = nodes.reservation(ip);
        if (reservation.isPresent()) {
            return new ReservedAddress(ip, reservation.get());
        }
        var claimant = Optional.ofNullable(claims.get(ip)).filter(object -> !object.equals(request.object()));
        if (claimant.isPresent()) {
            return new InUseByAnotherObject(ip, claimant.get());
        }
        var selector = request.selector();
        var why = new NodeExclusions(nodes, loads)
                .of(selector, ip, request.assigned().values());
        return nodes.candidatesOf(selector).isEmpty()
                ? new NoEgressNode(ip, !selector.equals(NodeChoice.LABELLED), why)
                : new NoMatchingNode(ip, why);
    }
}
