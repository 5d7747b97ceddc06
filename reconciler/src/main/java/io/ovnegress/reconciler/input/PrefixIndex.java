package io.ovnegress.reconciler.input;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * One value for each network; those of the networks that hold an address are found without walking the others. Not thread
 * safe.
 */
public final class PrefixIndex<V> {
    /** The first {@code length} bits that the addresses of a network share. */
    private record Prefix(IpFamily family, int length, BigInteger bits) {}

    private final Map<Prefix, V> values = new HashMap<>();
    private final Map<IpFamily, Set<Integer>> lengths = new EnumMap<>(IpFamily.class);

    /** The value of the network, whatever its host bits; made if it has none yet. */
    public V at(IpNetwork network, Supplier<V> made) {
        var family = network.family();
        int length = network.prefixLength();
        lengths.computeIfAbsent(family, unused -> new TreeSet<>()).add(length);
        return values.computeIfAbsent(prefix(family, length, number(network.address())), unused -> made.get());
    }

    /** The values of the networks that the address is in, the largest network first. */
    public List<V> holding(IpAddress address) {
        var found = new ArrayList<V>();
        var family = address.family();
        var number = number(address);
        for (int length : lengths.getOrDefault(family, Set.of())) {
            var value = values.get(prefix(family, length, number));
            if (value != null) {
                found.add(value);
            }
        }
        return found;
    }

    public boolean hasNetworksOf(IpFamily family) {
        return lengths.containsKey(family);
    }

    private static BigInteger number(IpAddress address) {
        return new BigInteger(1, address.bytes());
    }

    private static Prefix prefix(IpFamily family, int length, BigInteger number) {
        return new Prefix(family, length, number.shiftRight(family.bits() - length));
    }
}
