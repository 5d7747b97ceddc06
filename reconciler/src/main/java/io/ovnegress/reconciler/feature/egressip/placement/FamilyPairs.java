package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.feature.egressip.placement.EgressIpPlacement.Request;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which IPv4 and IPv6 addresses of one object share a router, and so a node. What is well where it is stays there: they share one at
 * once if that takes neither of them from its node, and else when things may move. Not thread safe.
 */
final class FamilyPairs {
    private final NodeIndex nodes;
    private final Map<String, List<Assignment>> previous;
    private final Set<IpAddress> contested;
    /** What may stay where it was, and what has joined that. */
    private final NodeLoads staying;

    /** @param contested what several objects list */
    FamilyPairs(NodeIndex nodes, Map<String, List<Assignment>> previous, Set<IpAddress> contested) {
        this.nodes = nodes;
        this.previous = new HashMap<>(previous);
        this.contested = contested;
        this.staying = new NodeLoads(nodes);
    }

    /** Where the IPs of the object were, with those that have come together. */
    List<Assignment> previousOf(String object) {
        return previous.getOrDefault(object, List.of());
    }

    /** The IPs of the object that may stay where they were take their room there. */
    void keep(Request request) {
        request.ips().forEach(ip -> validBefore(request, ip).ifPresent(node -> staying.add(node, ip.family())));
    }

    /**
     * The first of one family and the first of the other, the second and the second, where there are nodes that can serve both; not
     * those that are well where they are, each for itself.
     *
     * @param mayMove whether two of these may leave their nodes for one
     * @return whether they do
     */
    boolean pair(Request request, boolean mayMove) {
        boolean moved = false;
        var free = request.ips().stream()
                .filter(ip -> nodes.isFree(ip) && (!contested.contains(ip) || isHeld(request, ip)))
                .collect(Collectors.groupingBy(IpAddress::family));
        var others = new ArrayDeque<>(free.getOrDefault(IpFamily.V6, List.of()));
        for (var ip : free.getOrDefault(IpFamily.V4, List.of())) {
            if (others.isEmpty()) {
                break;
            }
            boolean together = areTogether(request, ip, others.peek());
            if (!together && mayMove && !moved) {
                moved = comeTogether(request, ip, others.peek());
                together = moved;
            }
            if (together) {
                request.followers().put(ip, others.remove());
            }
        }
        request.ips().removeAll(request.followers().values());
        return moved;
    }

    /** Who has an IPv4 address keeps its router, whoever else lists the address. */
    private boolean isHeld(Request request, IpAddress ip) {
        return ip.family() == IpFamily.V4 && validBefore(request, ip).isPresent();
    }

    /** Whether they share a node, or can without taking one of them from its own. */
    private boolean areTogether(Request request, IpAddress ip, IpAddress other) {
        var both = bothOf(request, ip, other);
        var there = validBefore(request, ip);
        var otherThere = validBefore(request, other);
        if (there.isPresent() == otherThere.isPresent()) {
            return there.equals(otherThere)
                    && (there.isPresent()
                            ? !both.isEmpty()
                            : !worthSharing(request, ip, other, both).isEmpty());
        }
        int node = there.or(() -> otherThere).orElseThrow();
        var joining = there.isPresent() ? other : ip;
        if (!both.get(node) || staying.full(joining.family()).get(node) || isBetterElsewhere(request, joining, node)) {
            return false;
        }
        staying.add(node, joining.family());
        return true;
    }

    /** Whether the node has no way out for it, and another one has. */
    private boolean isBetterElsewhere(Request request, IpAddress ip, int node) {
        return !nodes.node(node).leadsOut(ip.family())
                && !leadingOut(request, ip).isEmpty();
    }

    private BitSet leadingOut(Request request, IpAddress ip) {
        return nodes.leadingOut(nodes.hostsOf(request.selector(), ip), ip.family());
    }

    /**
     * Which of the nodes two that have none yet are to share: those that lead out each of them that finds a way out anywhere. Else the
     * pods of one would leave as the node.
     */
    BitSet worthSharing(Request request, IpAddress ip, IpAddress other, BitSet some) {
        var worth = some;
        for (var each : List.of(ip, other)) {
            if (!leadingOut(request, each).isEmpty()) {
                worth = nodes.leadingOut(worth, each.family());
            }
        }
        return worth;
    }

    private BitSet bothOf(Request request, IpAddress ip, IpAddress other) {
        var both = nodes.hostsOf(request.selector(), ip);
        both.and(nodes.hostsOf(request.selector(), other));
        return both;
    }

    private Optional<Integer> validBefore(Request request, IpAddress ip) {
        var before = previousOf(request.object()).stream()
                .filter(assignment -> assignment.egressIp().equals(ip))
                .toList();
        if (before.isEmpty()) {
            return Optional.empty();
        }
        var hosts = nodes.hostsOf(request.selector(), ip);
        return before.stream()
                .flatMap(assignment -> nodes.number(assignment.node()).stream())
                .filter(hosts::get)
                .findFirst();
    }

    /**
     * They leave their nodes to share one, where that is plainly as good: it has room for both, and leads both out. From now on
     * that is where they were.
     */
    private boolean comeTogether(Request request, IpAddress ip, IpAddress other) {
        var there = validBefore(request, ip);
        var otherThere = validBefore(request, other);
        if (there.isEmpty() || otherThere.isEmpty()) {
            return false;
        }
        staying.remove(there.get(), ip.family());
        staying.remove(otherThere.get(), other.family());
        var before = previousOf(request.object());
        var taken = before.stream()
                .filter(assignment -> !isOneOf(assignment, ip, other))
                .map(Assignment::node)
                .collect(Collectors.toSet());
        var shared = staying.withRoomForBoth(bothOf(request, ip, other)).stream()
                .filter(node -> nodes.node(node).leadsOut(ip.family())
                        && nodes.node(node).leadsOut(other.family())
                        && !taken.contains(nodes.node(node).name()))
                .boxed()
                .min(Comparator.<Integer, Boolean>comparing(
                                node -> !node.equals(there.get()) && !node.equals(otherThere.get()))
                        .thenComparingInt(node -> nodes.rank(request.choice(), node))
                        .thenComparing((node, next) -> staying.leastFirst(node, next)));
        staying.add(shared.orElse(there.get()), ip.family());
        staying.add(shared.orElse(otherThere.get()), other.family());
        shared.map(nodes::node)
                .ifPresent(node -> previous.put(
                        request.object(),
                        before.stream()
                                .map(assignment -> isOneOf(assignment, ip, other)
                                        ? new Assignment(assignment.egressIp(), node.name())
                                        : assignment)
                                .toList()));
        return shared.isPresent();
    }

    private static boolean isOneOf(Assignment assignment, IpAddress ip, IpAddress other) {
        return assignment.egressIp().equals(ip) || assignment.egressIp().equals(other);
    }

    /** What finds no node to share is placed each for itself. */
    static boolean part(Request request) {
        var alone = request.followers().keySet().stream()
                .filter(ip -> !request.assigned().containsKey(ip))
                .toList();
        alone.forEach(ip -> request.ips().add(request.followers().remove(ip)));
        return !alone.isEmpty();
    }
}
