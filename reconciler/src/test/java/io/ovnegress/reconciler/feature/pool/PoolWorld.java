package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.PoolClaim;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
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
    /** EgressRouters. */
    final Map<String, PoolClaim> claims = new TreeMap<>();

    final Set<IpAddress> named = new HashSet<>();
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
                Optional.of(LabelSelector.EVERYTHING),
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

    /** With the label that Kubernetes gives them, and no wish of their own. */
    PoolWorld labelled(String... names) {
        for (var name : names) {
            namespaces.put(name, new NamespaceInput(name, Map.of("kubernetes.io/metadata.name", name)));
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

    /** An EgressRouter, NAMESPACE/NAME, that wants so many addresses of any pool. */
    PoolWorld router(String key, int addresses) {
        return router(key, addresses, Optional.empty());
    }

    PoolWorld router(String key, int addresses, Optional<String> pool) {
        var given = Optional.ofNullable(claims.get(key)).map(PoolClaim::given).orElse(List.of());
        var namespace = key.substring(0, key.indexOf('/'));
        claims.put(key, new PoolClaim(namespace, "uid-" + key, now, pool, addresses, Set.of(), given));
        return this;
    }

    /** One that wants so many of each of these families. */
    PoolWorld router(String key, int addresses, Set<IpFamily> families) {
        router(key, addresses);
        var claim = claims.get(key);
        claims.put(
                key,
                new PoolClaim(
                        claim.namespace(),
                        claim.uid(),
                        claim.created(),
                        claim.pool(),
                        addresses,
                        families,
                        claim.given()));
        return this;
    }

    /** What routers have. */
    Map<String, String> granted() {
        var granted = new TreeMap<String, String>();
        claims.forEach((key, claim) -> granted.put(key, texts(claim.given())));
        return granted;
    }

    private static String texts(List<IpAddress> addresses) {
        return String.join(" ", addresses.stream().map(IpAddress::text).toList());
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
                new PoolAllocation.World(
                        pools.values(), namespaces.values(), objects.values(), claims, Set.of(), named, taken),
                now);
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
            case Change.Grant grant -> claims.computeIfPresent(name, (key, claim) -> claim.with(grant.addresses()));
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
        objects.forEach((name, object) -> given.put(name, texts(object.addresses())));
        return given;
    }

    PoolState state(String pool) {
        return allocation().states().get(pool);
    }
}
