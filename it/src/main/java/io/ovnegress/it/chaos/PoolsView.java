package io.ovnegress.it.chaos;

import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.feature.pool.PoolReason;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What the objects of a moment mean for pools, worked out in another way than the controller does: address by address, since pools of
 * chaos are small. Immutable.
 *
 * @param pools the oldest first
 * @param made what pools have made, and nobody has taken from them, by name
 * @param used addresses that egress routers use
 */
record PoolsView(
        List<PoolInput> pools,
        Map<String, NamespaceInput> namespaces,
        Map<String, EgressIpInput> egressIps,
        Map<String, PooledEgressIp> made,
        Collection<NodeInput> nodes,
        Set<IpAddress> used) {
    /** Another one of that name may have been made since. */
    static final Comparator<PoolInput> SENIORITY =
            Comparator.comparing(PoolInput::created).thenComparing(PoolInput::name);

    PoolsView {
        pools = pools.stream().sorted(SENIORITY).toList();
        namespaces = Map.copyOf(namespaces);
        egressIps = Map.copyOf(egressIps);
        made = new TreeMap<>(made);
        nodes = List.copyOf(nodes);
        used = Set.copyOf(used);
    }

    /** Those of which everything stays as it is. */
    Map<String, PoolReason> frozen() {
        var frozen = new TreeMap<String, PoolReason>();
        var others = new HashSet<IpAddress>();
        for (var pool : pools) {
            var space = space(pool);
            if (!pool.errors().isEmpty()) {
                frozen.put(pool.name(), PoolReason.InvalidPool);
            } else if (space.stream().anyMatch(others::contains)) {
                frozen.put(pool.name(), PoolReason.Overlaps);
            } else {
                others.addAll(space);
            }
        }
        return frozen;
    }

    Optional<PoolInput> pool(String name) {
        return pools.stream().filter(pool -> pool.name().equals(name)).findFirst();
    }

    private static Set<IpAddress> all(List<AddressRange> ranges) {
        var all = new HashSet<IpAddress>();
        for (var range : ranges) {
            for (var number = range.first(); number.compareTo(range.last()) <= 0; number = number.add(BigInteger.ONE)) {
                all.add(range.address(number));
            }
        }
        return all;
    }

    private static Set<IpAddress> space(PoolInput pool) {
        var space = all(pool.ranges());
        space.removeAll(all(pool.exclusions()));
        return space;
    }

    /** What the pool may give. */
    Set<IpAddress> addresses(PoolInput pool) {
        var addresses = space(pool);
        pool.ranges().stream().flatMap(range -> range.network().stream()).forEach(network -> {
            network.networkAddress().ifPresent(addresses::remove);
            network.broadcastAddress().ifPresent(addresses::remove);
        });
        for (var node : nodes) {
            Stream.of(node.addresses(), node.publicAddresses(), node.nextHops()).forEach(addresses::removeAll);
            node.egressNetworks().forEach(network -> {
                network.networkAddress().ifPresent(addresses::remove);
                network.broadcastAddress().ifPresent(addresses::remove);
            });
        }
        return addresses;
    }

    /** Of which families a namespace gets some. */
    static boolean has(PoolInput pool, IpFamily family) {
        return pool.ranges().stream().anyMatch(range -> range.family() == family);
    }

    /** Where the namespace wants addresses. */
    Optional<PoolInput> claimed(String name) {
        var namespace = namespaces.get(name);
        if (namespace == null) {
            return Optional.empty();
        }
        var named = namespace.annotations().get(PooledEgressIp.POOL);
        return named != null
                ? pool(named)
                : pools.stream()
                        .filter(pool -> pool.namespaces()
                                .filter(selector -> selector.matches(namespace.labels()))
                                .isPresent())
                        .findFirst();
    }

    /** How many addresses of each family it is to have. */
    int wanted(String namespace, PoolInput pool) {
        var asked = namespaces.get(namespace).annotations().getOrDefault(PooledEgressIp.HOW_MANY, "");
        return asked.matches("[1-9]") ? Math.min(Integer.parseInt(asked), pool.most()) : pool.each();
    }

    static List<IpAddress> addresses(EgressIpInput egressIp) {
        return egressIp.egressIps().stream()
                .flatMap(text -> IpAddress.parse(text).stream())
                .toList();
    }

    /** The names of those that have it, the oldest first. */
    List<String> holders(IpAddress address) {
        return egressIps.values().stream()
                .filter(egressIp -> addresses(egressIp).contains(address))
                .sorted(Expectation.SENIORITY)
                .map(EgressIpInput::name)
                .toList();
    }
}
