package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.input.NamespaceInput;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Which namespaces want addresses of which pool: the one that the namespace's annotation names, else the oldest that selects it. An
 * annotation that names none keeps it out of all.
 */
final class PoolClaims {
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,5}");

    /** @param note what it asks for in vain */
    record Claim(int addresses, Optional<String> note) {}

    private final Map<String, SortedMap<String, Claim>> claims = new HashMap<>();

    /** @param pools the oldest first */
    PoolClaims(List<PoolInput> pools, Collection<NamespaceInput> namespaces) {
        pools.forEach(pool -> claims.put(pool.name(), new TreeMap<>()));
        for (var namespace : namespaces) {
            pools.stream()
                    .filter(pool -> claims(pool, namespace))
                    .findFirst()
                    .ifPresent(pool -> claims.get(pool.name()).put(namespace.name(), claim(pool, namespace)));
        }
    }

    private static boolean claims(PoolInput pool, NamespaceInput namespace) {
        var named = Optional.ofNullable(namespace.annotations().get(PooledEgressIp.POOL));
        return named.map(pool.name()::equals)
                .orElseGet(() -> pool.namespaces()
                        .filter(selector -> selector.matches(namespace.labels()))
                        .isPresent());
    }

    private static Claim claim(PoolInput pool, NamespaceInput namespace) {
        var asked = namespace.annotations().get(PooledEgressIp.HOW_MANY);
        if (asked == null) {
            return new Claim(pool.each(), Optional.empty());
        }
        if (!NUMBER.matcher(asked).matches()) {
            return new Claim(
                    pool.each(),
                    Optional.of("namespace " + namespace.name() + " has annotation " + PooledEgressIp.HOW_MANY + ": "
                            + asked + ", which is no number and counts as " + pool.each()));
        }
        int number = Integer.parseInt(asked);
        return number <= pool.most()
                ? new Claim(number, Optional.empty())
                : new Claim(
                        pool.most(),
                        Optional.of("namespace " + namespace.name() + " asks for " + number + " addresses and gets "
                                + pool.most() + " (spec.maxAddressesPerNamespace)"));
    }

    /** By namespace. */
    SortedMap<String, Claim> of(PoolInput pool) {
        return claims.get(pool.name());
    }
}
