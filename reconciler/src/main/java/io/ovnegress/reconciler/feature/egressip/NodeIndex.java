package io.ovnegress.reconciler.feature.egressip;

import com.google.common.net.InetAddresses;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.math.BigInteger;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The nodes of one placement, numbered in the order of their names, and found by address and by network without walking
 * them. Not thread safe to build, immutable afterwards.
 */
final class NodeIndex {
    /** The first {@code length} bits that the addresses of a network share. */
    private record Prefix(IpFamily family, int length, BigInteger bits) {
        static Prefix of(IpAddress address, int length) {
            var bits = new BigInteger(1, InetAddresses.forString(address.text()).getAddress());
            return new Prefix(
                    address.family(), length, bits.shiftRight(address.family().bits() - length));
        }
    }

    private record PrefixLength(IpFamily family, int length) {}

    private final List<EgressNode> nodes;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<IpAddress, String> owners = new HashMap<>();
    private final Map<Prefix, BitSet> hosts = new HashMap<>();
    private final Set<PrefixLength> lengths = new HashSet<>();
    private final BitSet candidates = new BitSet();

    NodeIndex(Collection<EgressNode> unordered) {
        nodes = unordered.stream()
                .sorted(Comparator.comparing(EgressNode::name))
                .toList();
        for (int number = 0; number < nodes.size(); number++) {
            var node = nodes.get(number);
            numbers.put(node.name(), number);
            candidates.set(number, node.isCandidate());
            for (var address : node.addresses()) {
                owners.putIfAbsent(address, node.name());
            }
            for (var network : node.networks()) {
                add(network, number);
            }
        }
    }

    private void add(IpNetwork network, int number) {
        lengths.add(new PrefixLength(network.family(), network.prefixLength()));
        hosts.computeIfAbsent(Prefix.of(network.address(), network.prefixLength()), p -> new BitSet())
                .set(number);
    }

    EgressNode node(int number) {
        return nodes.get(number);
    }

    /** The number of a node by its name, if there is one. */
    Optional<Integer> number(String name) {
        return Optional.ofNullable(numbers.get(name));
    }

    IntStream numbers() {
        return IntStream.range(0, nodes.size());
    }

    int size() {
        return nodes.size();
    }

    /** The node that has the address itself, the first by name. */
    Optional<String> ownerOf(IpAddress address) {
        return Optional.ofNullable(owners.get(address));
    }

    boolean hasCandidates() {
        return !candidates.isEmpty();
    }

    boolean hasNetworksOf(IpFamily family) {
        return lengths.stream().anyMatch(length -> length.family() == family);
    }

    /** The egress nodes that have the address in one of their networks. */
    BitSet candidatesFor(IpAddress address) {
        var found = nodesFor(address);
        found.and(candidates);
        return found;
    }

    /** All nodes that have the address in one of their networks, candidates or not. */
    BitSet nodesFor(IpAddress address) {
        var found = new BitSet(nodes.size());
        for (var length : lengths) {
            if (length.family() == address.family()) {
                var hosting = hosts.get(Prefix.of(address, length.length()));
                if (hosting != null) {
                    found.or(hosting);
                }
            }
        }
        return found;
    }
}
