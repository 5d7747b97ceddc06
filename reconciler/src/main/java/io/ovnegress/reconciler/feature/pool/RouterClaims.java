package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.PoolClaim;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Which pool each EgressRouter has its addresses of: the one that it names, else the one of which it has some, else the oldest; always
 * one that serves its namespace. Where a pool cannot be understood, what it has given stays.
 */
final class RouterClaims {
    private static final Comparator<Router> BY_AGE =
            Comparator.comparing((Router router) -> router.claim().created()).thenComparing(Router::key);

    static final RouterClaims NONE = new RouterClaims(List.of(), Map.of(), List.of(), Map.of());

    /** An EgressRouter that wants addresses. */
    record Router(String key, PoolClaim claim) {}

    private final Map<String, List<Router>> byPool = new HashMap<>();
    private final List<Router> unserved = new ArrayList<>();

    /**
     * @param pools the oldest first
     * @param spaces by the pools' names
     */
    RouterClaims(
            List<PoolInput> pools,
            Map<String, AddressSpace> spaces,
            Collection<NamespaceInput> namespaces,
            Map<String, PoolClaim> claims) {
        var labels = new HashMap<String, Map<String, String>>();
        namespaces.forEach(namespace -> labels.put(namespace.name(), namespace.labels()));
        byAge(claims).forEach(router -> {
            var given = router.claim().given();
            Predicate<PoolInput> has = pool -> given.stream().anyMatch(spaces.get(pool.name())::contains);
            var serving = pools.stream()
                    .filter(pool -> router.claim()
                            .pool()
                            .filter(named -> !named.equals(pool.name()))
                            .isEmpty())
                    .filter(pool -> isServed(labels.get(router.claim().namespace()), pool))
                    .toList();
            serving.stream()
                    .filter(has)
                    .findFirst()
                    .or(() -> pools.stream()
                            .filter(pool -> !pool.errors().isEmpty() && !given.isEmpty())
                            .filter(unused -> pools.stream()
                                    .filter(pool -> pool.errors().isEmpty())
                                    .noneMatch(has))
                            .findFirst())
                    .or(() -> serving.stream().findFirst())
                    .ifPresentOrElse(
                            pool -> byPool.computeIfAbsent(pool.name(), unused -> new ArrayList<>())
                                    .add(router),
                            () -> unserved.add(router));
        });
    }

    private static boolean isServed(Map<String, String> labels, PoolInput pool) {
        return labels != null
                && pool.routers().filter(selector -> selector.matches(labels)).isPresent();
    }

    static Stream<Router> byAge(Map<String, PoolClaim> claims) {
        return claims.entrySet().stream()
                .map(claim -> new Router(claim.getKey(), claim.getValue()))
                .sorted(BY_AGE);
    }

    /** Of this pool, the oldest first. */
    List<Router> of(PoolInput pool) {
        return byPool.getOrDefault(pool.name(), List.of());
    }

    /** Those that no pool serves. */
    List<Router> unserved() {
        return unserved;
    }
}
