package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.feature.egressip.EgressIpDecision.Why;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
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
public final class NodeIndex {
    private final List<EgressNode> nodes;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<IpAddress, String> owners = new HashMap<>();
    private final Map<IpAddress, String> gateways = new HashMap<>();
    private final PrefixIndex<ReservedSubnet> reserved = new PrefixIndex<>();
    private final PrefixIndex<BitSet> hosts = new PrefixIndex<>();
    /** The nodes in whose network the address is that of the network itself, or of all hosts. */
    private final Map<IpAddress, NoHost> noHosts = new HashMap<>();

    private final Map<IpFamily, BitSet> routed = new EnumMap<>(IpFamily.class);
    private final Map<IpFamily, BitSet> leadingOut = new EnumMap<>(IpFamily.class);
    private final BitSet usable;
    private final Map<LabelSelector, BitSet> selected = new HashMap<>();
    /** The nodes that take only what lies in ranges, and those ranges. */
    private final BitSet limited;

    private final PrefixIndex<BitSet> ranges = new PrefixIndex<>();
    private final Map<IpAddress, BitSet> pinned = new HashMap<>();

    /** A term, and the nodes that meet it. */
    record Term(Why unmet, BitSet metBy) {}

    private record NoHost(String what, BitSet nodes) {}

    /** @param objects that select nodes */
    public NodeIndex(
            Collection<EgressNode> unordered, Collection<EgressIpInput> objects, Collection<ReservedSubnet> subnets) {
        nodes = unordered.stream()
                .sorted(Comparator.comparing(EgressNode::name))
                .toList();
        for (int number = 0; number < nodes.size(); number++) {
            var node = nodes.get(number);
            numbers.put(node.name(), number);
            for (var address : node.addresses()) {
                owners.putIfAbsent(address, node.name());
            }
            for (var address : node.nextHops()) {
                gateways.putIfAbsent(address, node.name());
            }
            for (var network : node.networks()) {
                hosts.at(network, BitSet::new).set(number);
                addNoHost(network.networkAddress(), "network", network, number);
                addNoHost(network.broadcastAddress(), "broadcast", network, number);
            }
            for (var address : node.limits().pinned()) {
                pinned.computeIfAbsent(address, unused -> new BitSet()).set(number);
            }
            for (var range : node.limits().ranges().orElse(List.of())) {
                ranges.at(range, BitSet::new).set(number);
            }
        }
        for (var family : IpFamily.values()) {
            routed.put(family, nodesThat(node -> node.hasRouter(family)));
            leadingOut.put(family, nodesThat(node -> node.leadsOut(family)));
        }
        usable = nodesThat(EgressNode::isUsable);
        limited = nodesThat(node -> node.limits().ranges().isPresent());
        selected.put(NodeChoice.LABELLED, selectedBy(NodeChoice.LABELLED));
        objects.forEach(object ->
                object.nodes().selector().ifPresent(selector -> selected.computeIfAbsent(selector, this::selectedBy)));
        subnets.stream().filter(this::isBelievable).forEach(subnet -> reserved.at(subnet.network(), () -> subnet));
    }

    private void addNoHost(Optional<IpAddress> address, String word, IpNetwork network, int number) {
        address.ifPresent(ip -> noHosts.computeIfAbsent(
                        ip, unused -> new NoHost(word + " address of " + network.masked(), new BitSet()))
                .nodes()
                .set(number));
    }

    /** A subnet in which a node itself is in its network is not what a flag, or its default, says it is. */
    private boolean isBelievable(ReservedSubnet subnet) {
        return nodes.stream()
                .flatMap(node -> node.networks().stream())
                .noneMatch(network -> subnet.network().contains(network.address()));
    }

    BitSet nodesThat(Predicate<EgressNode> claim) {
        var those = new BitSet(nodes.size());
        for (int number = 0; number < nodes.size(); number++) {
            those.set(number, claim.test(nodes.get(number)));
        }
        return those;
    }

    /** All nodes, in the order of their names. */
    public List<EgressNode> nodes() {
        return nodes;
    }

    public EgressNode node(int number) {
        return nodes.get(number);
    }

    /** The number of a node by its name, if there is one. */
    public Optional<Integer> number(String name) {
        return Optional.ofNullable(numbers.get(name));
    }

    public int size() {
        return nodes.size();
    }

    /** The node that has the address itself, the first by name. */
    public Optional<String> ownerOf(IpAddress address) {
        return Optional.ofNullable(owners.get(address));
    }

    /** Whether the address is neither a node's nor reserved. */
    boolean isFree(IpAddress address) {
        return ownerOf(address).isEmpty() && reservation(address).isEmpty();
    }

    /** Why the address cannot be an egress IP on any node, and the remedy, as in "it is ..."; empty if it can. */
    public Optional<String> reservation(IpAddress address) {
        var gateway = gateways.get(address);
        if (gateway != null) {
            return Optional.of(
                    "it is the default gateway of node " + gateway + ", choose an address that no machine has");
        }
        for (var subnet : reserved.holding(address)) {
            return Optional.of("it lies in " + subnet
                    + ", choose an address of the nodes' network that is in no subnet of the cluster's own");
        }
        var noHost = noHosts.get(address);
        if (noHost == null || !hostsAsHost(address).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of("it is the " + noHost.what() + ", choose an address that a host can have");
    }

    private BitSet selectedBy(LabelSelector selector) {
        return nodesThat(node -> selector.matches(node.labels()));
    }

    /** The nodes that may serve egress IPs of such an object at the moment. */
    BitSet candidatesOf(LabelSelector selector) {
        var those = copy(selected.get(selector));
        those.and(usable);
        return those;
    }

    /** The nodes that may serve egress IPs of some object at the moment. */
    public BitSet candidates() {
        var those = egressNodes();
        those.and(usable);
        return those;
    }

    /** The nodes that are labelled, or that an object selects. */
    public BitSet egressNodes() {
        var those = new BitSet(nodes.size());
        selected.values().forEach(those::or);
        return those;
    }

    /** How many nodes the object would rather have, as far as it has said. */
    public int rank(NodeChoice choice, int number) {
        int rank = choice.preferred().indexOf(nodes.get(number).name());
        return rank < 0 ? choice.preferred().size() : rank;
    }

    /** Whether the nodes are in more than one zone. */
    boolean hasZones() {
        return nodes.stream().map(EgressNode::zone).distinct().count() > 1;
    }

    /** Whether nodes say that the egress IP is theirs. */
    boolean isPinned(IpAddress address) {
        return pinned.containsKey(address);
    }

    boolean hasNetworksOf(IpFamily family) {
        return hosts.hasNetworksOf(family);
    }

    /** Whether pods can be sent to the node: otherwise it is the last to be asked. */
    public boolean hasRouter(int number, IpFamily family) {
        return routed.get(family).get(number);
    }

    /** Those of the nodes that pods can be sent to. */
    BitSet routed(BitSet some, IpFamily family) {
        var those = copy(some);
        those.and(routed.get(family));
        return those;
    }

    /** Those of the nodes where what is sent there finds a way out. */
    BitSet leadingOut(BitSet some, IpFamily family) {
        var those = copy(some);
        those.and(leadingOut.get(family));
        return those;
    }

    /** The nodes that meet every term. */
    BitSet hostsOf(LabelSelector selector, IpAddress address) {
        var found = hostsAsHost(address);
        found.and(selected.get(selector));
        found.and(usable);
        if (!limited.isEmpty()) {
            found.and(inRange(address));
        }
        var owners = pinned.get(address);
        if (owners != null) {
            found.and(owners);
        }
        return found;
    }

    /** What a node is pinned to it may serve wherever that lies. */
    private BitSet inRange(IpAddress address) {
        var those = new BitSet(nodes.size());
        those.set(0, nodes.size());
        those.andNot(limited);
        ranges.holding(address).forEach(those::or);
        those.or(pinned.getOrDefault(address, new BitSet()));
        return those;
    }

    private BitSet hostsAsHost(IpAddress address) {
        var found = nodesFor(address);
        var noHost = noHosts.get(address);
        if (noHost != null) {
            found.andNot(noHost.nodes());
        }
        return found;
    }

    /** The terms of an egress IP, those that a user changes most easily last. */
    List<Term> termsOf(LabelSelector selector, IpAddress address) {
        return List.of(
                new Term(Why.NotInNetwork, nodesFor(address)),
                new Term(Why.NoHostAddress, hostsAsHost(address)),
                new Term(Why.NotInRange, inRange(address)),
                new Term(Why.PinnedElsewhere, pinned.getOrDefault(address, nodesThat(node -> true))),
                new Term(
                        selector.equals(NodeChoice.LABELLED) ? Why.NotLabelled : Why.NotSelected,
                        selected.get(selector)),
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
