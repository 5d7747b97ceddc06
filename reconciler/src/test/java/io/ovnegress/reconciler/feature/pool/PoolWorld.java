package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Pools, namespaces and EgressIPs, in which what is decided is done at once. */
final class PoolWorld {
    final Map<String, PoolInput> pools = new TreeMap<>();
    final Map<String, NamespaceInput> namespaces = new TreeMap<>();
    final Map<String, PooledEgressIp> objects = new TreeMap<>();
    final List<AddressRange> taken = new ArrayList<>();
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private int made;

    PoolWorld pool(String name, String... ranges) {
        return put(pool(name, now, List.of(), Optional.of(LabelSelector.EVERYTHING), ranges));
    }

    PoolWorld put(PoolInput pool) {
        pools.put(pool.name(), pool);
        return this;
    }

    static PoolInput pool(
            String name, Instant created, List<String> exclusions, Optional<LabelSelector> selector, String... ranges) {
        return new PoolInput(
                name,
                "uid-" + name,
                created,
                1,
                ranges(ranges),
                ranges(exclusions.toArray(String[]::new)),
                selector,
                1,
                4,
                Duration.ofHours(1),
                Map.of(),
                List.of());
    }

    static List<AddressRange> ranges(String... texts) {
        return Arrays.stream(texts)
                .map(text -> AddressRange.parse(text).orElseThrow())
                .toList();
    }

    PoolWorld namespaces(String... names) {
        for (var name : names) {
            namespaces.put(name, new NamespaceInput(name, Map.of()));
        }
        return this;
    }

    PoolWorld claim(String namespace, String... annotations) {
        var map = new TreeMap<String, String>();
        for (int i = 0; i < annotations.length; i += 2) {
            map.put(annotations[i], annotations[i + 1]);
        }
        namespaces.put(namespace, new NamespaceInput(namespace, Map.of(), map));
        return this;
    }

    /** Somebody else's. */
    PoolWorld egressIp(String name, String... addresses) {
        objects.put(
                name,
                new PooledEgressIp(
                        name, "theirs", now, Optional.empty(), Set.of(), ips(addresses), Optional.empty(), Map.of()));
        return this;
    }

    static List<IpAddress> ips(String... texts) {
        return Arrays.stream(texts)
                .map(text -> IpAddress.parse(text).orElseThrow())
                .toList();
    }

    PoolAllocation allocation() {
        return PoolAllocation.of(
                new PoolAllocation.World(pools.values(), namespaces.values(), objects.values(), Set.of(), taken), now);
    }

    /** Does what is decided. */
    PoolAllocation settle() {
        var allocation = allocation();
        allocation.changes().forEach(this::apply);
        return allocation;
    }

    private void apply(String name, Change change) {
        switch (change) {
            case Change.Delete delete -> objects.remove(name);
            case Change.Put put -> {
                var old = Optional.ofNullable(objects.get(name));
                objects.put(
                        name,
                        new PooledEgressIp(
                                name,
                                old.map(PooledEgressIp::uid).orElseGet(() -> "uid" + made++),
                                old.map(PooledEgressIp::created).orElse(now),
                                Optional.of(put.pool()),
                                Set.of(put.poolUid()),
                                put.addresses(),
                                Optional.of(PoolAllocation.selector(put.namespace(), put.selects())),
                                put.annotations()));
            }
        }
    }

    /** Addresses by object. */
    Map<String, String> given() {
        var given = new TreeMap<String, String>();
        objects.forEach((name, object) -> given.put(
                name,
                String.join(
                        " ", object.addresses().stream().map(IpAddress::text).toList())));
        return given;
    }

    PoolState state(String pool) {
        return allocation().states().get(pool);
    }
}
