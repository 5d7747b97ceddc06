package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.PrefixIndex;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The nodes of one placement, numbered in the order of their names, with the terms that each must meet to serve an egress IP
 * whatever else it serves. Immutable.
 */
final class NodeIndex {
    private final List<EgressNode> nodes;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<IpAddress, String> owners = new HashMap<>();
    private final PrefixIndex<BitSet> hosts = new PrefixIndex<>();
    private final Map<IpFamily, BitSet> routed = new EnumMap<>(IpFamily.class);
    private final BitSet candidates;

    /** A term, and the nodes that meet it. */
    record Term(Why unmet, BitSet metBy) {}

    NodeIndex(Collection<EgressNode> unordered) {
        nodes = unordered.stream()
                .sorted(Comparator.comparing(EgressNode::name))
                .toList();
        for (int number = 0; number < nodes.size(); number++) {
            var node = nodes.get(number);
            numbers.put(node.name(), number);
            for (var address : node.addresses()) {
                owners.putIfAbsent(address, node.name());
            }
            for (var network : node.networks()) {
                hosts.at(network, BitSet::new).set(number);
            }
        }
        for (var family : IpFamily.values()) {
            routed.put(family, nodesThat(node -> node.hasRouter(family)));
        }
        candidates = nodesThat(EgressNode::isCandidate);
    }

    private BitSet nodesThat(Predicate<EgressNode> claim) {
        var those = new BitSet(nodes.size());
        for (int number = 0; number < nodes.size(); number++) {
            those.set(number, claim.test(nodes.get(number)));
        }
        return those;
    }

    EgressNode node(int number) {
        return nodes.get(number);
    }

    /** The number of a node by its name, if there is one. */
    Optional<Integer> number(String name) {
        return Optional.ofNullable(numbers.get(name));
    }

    int size() {
        return nodes.size();
    }

    /** The node that has the address itself, the first by name. */
    Optional<String> ownerOf(IpAddress address) {
        return Optional.ofNullable(owners.get(address));
    }

    /** The nodes that may serve egress IPs at the moment. */
    BitSet candidates() {
        return copy(candidates);
    }

    boolean hasNetworksOf(IpFamily family) {
        return hosts.hasNetworksOf(family);
    }

    /** Whether pods can be sent to the node: otherwise it is the last to be asked. */
    boolean hasRouter(int number, IpFamily family) {
        return routed.get(family).get(number);
    }

    /** Those of the nodes that pods can be sent to. */
    BitSet routed(BitSet some, IpFamily family) {
        var those = copy(some);
        those.and(routed.get(family));
        return those;
    }

    /** The nodes that meet every term. */
    BitSet hostsOf(IpAddress address) {
        var found = nodesFor(address);
        found.and(candidates);
        return found;
    }

    /** The terms of an egress IP, those that a user changes most easily last. */
    List<Term> termsOf(IpAddress address) {
        return List.of(
                new Term(Why.NotInNetwork, nodesFor(address)),
                new Term(Why.NotLabelled, nodesThat(EgressNode::assignable)),
                new Term(Why.Draining, nodesThat(node -> !node.draining())),
                new Term(Why.NotReady, nodesThat(EgressNode::ready)),
                new Term(Why.Unreachable, nodesThat(EgressNode::reachable)));
    }

    /** All nodes that have the address in one of their networks, candidates or not. */
    BitSet nodesFor(IpAddress address) {
        var found = new BitSet(nodes.size());
        hosts.holding(address).forEach(found::or);
        return found;
    }

    private static BitSet copy(BitSet bits) {
        return (BitSet) bits.clone();
    }
}
