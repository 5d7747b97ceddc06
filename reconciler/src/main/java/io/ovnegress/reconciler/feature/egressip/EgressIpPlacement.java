package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.PlacementProblem.InUseByAnotherObject;
import io.ovnegress.reconciler.feature.egressip.PlacementProblem.InvalidEgressIp;
import io.ovnegress.reconciler.feature.egressip.PlacementProblem.InvalidSelector;
import io.ovnegress.reconciler.feature.egressip.PlacementProblem.NoEgressIp;
import io.ovnegress.reconciler.feature.egressip.PlacementProblem.NoEgressNode;
import io.ovnegress.reconciler.feature.egressip.PlacementProblem.NoMatchingNode;
import io.ovnegress.reconciler.feature.egressip.PlacementProblem.NodeAddressConflict;
import io.ovnegress.reconciler.input.EgressIpInput;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Decides which node serves which egress IP, looking at all objects at once. A pure and total function; the order of its
 * inputs does not matter.
 *
 * <p>Always: an IP is on one node at most; two IPs of one object are never on one node; an IP is never an address of a node;
 * an IP belongs to one object at most; a node that serves an IP is a candidate and has it in one of its networks.
 *
 * <p>Then, in this order: a valid previous assignment stays where it is; each object, the oldest first, gets as many of its
 * IPs placed as can be (a maximum matching); on nodes that have a router, that serve the fewest IPs (of all objects), that
 * come first by name.
 *
 * <p>An IP that several objects list is claimed by one of them: the one whose previous assignment is still valid, else the
 * oldest. The claim stands even while the IP cannot be placed: the others do not get it meanwhile, or it would change hands
 * whenever nodes come and go. Objects that are refused claim nothing. A lost assignment is no claim: it is forgotten with the
 * first answer without it, and asking again must give the same answer.
 */
public final class EgressIpPlacement {
    private static final Comparator<EgressIpInput> OLDEST_FIRST =
            Comparator.comparing(EgressIpInput::created).thenComparing(EgressIpInput::name);
    private static final int NODES_NAMED = 3;

    private final NodeIndex nodes;
    private final Map<String, List<Assignment>> previous;
    private final Map<String, Placement> placements = new TreeMap<>();
    private final List<Request> requests = new ArrayList<>();
    private final Map<IpAddress, String> claims = new HashMap<>();
    private final int[] load;
    private final NavigableSet<Integer> preferred;

    /** An object that was not refused, and what it has got so far. */
    private record Request(String object, Set<IpAddress> ips, Map<IpAddress, Integer> assigned) {
        boolean uses(int node) {
            return assigned.containsValue(node);
        }
    }

    private EgressIpPlacement(NodeIndex nodes, Map<String, List<Assignment>> previous) {
        this.nodes = nodes;
        this.previous = previous;
        load = new int[nodes.size()];
        preferred = new TreeSet<>(Comparator.<Integer, Boolean>comparing(
                        number -> !nodes.node(number).hasRouter())
                .thenComparingInt(number -> load[number])
                .thenComparing(Comparator.naturalOrder()));
        nodes.numbers().filter(number -> nodes.node(number).isCandidate()).forEach(preferred::add);
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
        var placement = new EgressIpPlacement(new NodeIndex(nodes), previous);
        objects.stream().sorted(OLDEST_FIRST).forEach(placement::admitOrRefuse);
        placement.requests.forEach(placement::keepValid);
        placement.requests.forEach(placement::claimTheRest);
        placement.requests.forEach(placement::assignOpen);
        placement.requests.forEach(placement::conclude);
        return placement.placements;
    }

    private void admitOrRefuse(EgressIpInput object) {
        var ips = new LinkedHashSet<IpAddress>();
        var reasons = new LinkedHashSet<PlacementProblem>();
        for (var text : object.egressIps()) {
            IpAddress.parse(text).ifPresentOrElse(ips::add, () -> reasons.add(new InvalidEgressIp(text)));
        }
        if (object.namespaceSelector().isEmpty() || object.podSelector().isEmpty()) {
            reasons.add(new InvalidSelector(object.selectorError()));
        }
        if (object.egressIps().isEmpty()) {
            reasons.add(new NoEgressIp());
        }
        if (reasons.isEmpty()) {
            requests.add(new Request(object.name(), ips, new HashMap<>()));
        } else {
            placements.put(object.name(), new Placement(List.of(), List.copyOf(reasons)));
        }
    }

    private void keepValid(Request request) {
        var before = previousOf(request);
        for (var ip : request.ips()) {
            if (nodes.ownerOf(ip).isPresent() || claims.containsKey(ip) || !before.containsKey(ip)) {
                continue;
            }
            var hosts = nodes.candidatesFor(ip);
            before.get(ip).stream()
                    .flatMap(name -> nodes.number(name).stream())
                    .filter(node -> hosts.get(node) && !request.uses(node))
                    .findFirst()
                    .ifPresent(node -> {
                        claims.put(ip, request.object());
                        assign(request, ip, node);
                    });
        }
    }

    private Map<IpAddress, List<String>> previousOf(Request request) {
        return previous.getOrDefault(request.object(), List.of()).stream()
                .collect(Collectors.groupingBy(
                        Assignment::egressIp, Collectors.mapping(Assignment::node, Collectors.toList())));
    }

    private void claimTheRest(Request request) {
        request.ips().forEach(ip -> claims.putIfAbsent(ip, request.object()));
    }

    private void assignOpen(Request request) {
        var open = new LinkedHashMap<IpAddress, BitSet>();
        for (var ip : request.ips()) {
            if (request.object().equals(claims.get(ip))
                    && !request.assigned().containsKey(ip)
                    && nodes.ownerOf(ip).isEmpty()) {
                open.put(ip, nodes.candidatesFor(ip));
            }
        }
        var matching = new NodeMatching(open);
        for (int node : preferred) {
            if (matching.isComplete()) {
                break;
            }
            if (!request.uses(node)) {
                matching.offer(node);
            }
        }
        matching.serving().forEach((ip, node) -> assign(request, ip, node));
    }

    private void assign(Request request, IpAddress ip, int node) {
        request.assigned().put(ip, node);
        preferred.remove(node);
        load[node]++;
        preferred.add(node);
    }

    private void conclude(Request request) {
        var assignments = new ArrayList<Assignment>();
        var problems = new ArrayList<PlacementProblem>();
        for (var ip : request.ips()) {
            var node = request.assigned().get(ip);
            if (node != null) {
                assignments.add(new Assignment(ip, nodes.node(node).name()));
            } else {
                problems.add(problemOf(request, ip));
            }
        }
        placements.put(request.object(), new Placement(assignments, problems));
    }

    private PlacementProblem problemOf(Request request, IpAddress ip) {
        var owner = nodes.ownerOf(ip);
        if (owner.isPresent()) {
            return new NodeAddressConflict(ip, owner.get());
        }
        var claimant = Optional.ofNullable(claims.get(ip)).filter(object -> !object.equals(request.object()));
        if (claimant.isPresent()) {
            return new InUseByAnotherObject(ip, claimant.get());
        }
        if (!nodes.hasCandidates()) {
            return new NoEgressNode(ip);
        }
        return new NoMatchingNode(ip, whyNone(ip));
    }

    private String whyNone(IpAddress ip) {
        var candidates = nodes.candidatesFor(ip);
        if (!candidates.isEmpty()) {
            return "every egress node with this network serves another IP of this object (" + names(candidates) + ")";
        }
        var others = nodes.nodesFor(ip);
        if (!others.isEmpty()) {
            return "no egress node has it in its network; these nodes would, but are not labelled, ready and"
                    + " reachable, or are being drained: "
                    + names(others);
        }
        return nodes.hasNetworksOf(ip.family())
                ? "no node has it in its network"
                : "no node has a network of its family, or --cluster-subnets names none";
    }

    private String names(BitSet numbers) {
        var named = numbers.stream()
                .limit(NODES_NAMED)
                .mapToObj(number -> nodes.node(number).name())
                .collect(Collectors.joining(", "));
        int more = numbers.cardinality() - NODES_NAMED;
        return more > 0 ? named + " and " + more + " more" : named;
    }
}
