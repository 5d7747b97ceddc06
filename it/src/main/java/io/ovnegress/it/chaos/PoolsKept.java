package io.ovnegress.it.chaos;

import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether namespaces keep the addresses that pools have given them, from one moment at which nothing was left to do to the next: unless
 * there was a reason to take one away in between, however short. Not thread safe.
 */
final class PoolsKept {
    /**
     * @param object as it was
     * @param pool UID of its pool
     */
    private record Kept(EgressIpInput object, String pool, IpAddress address) {
        String poolName() {
            return object.name().substring(0, object.name().indexOf('.'));
        }

        String namespace() {
            return object.name().substring(object.name().indexOf('.') + 1);
        }

        /** How many of its family the object has before it. */
        long before() {
            return PoolsView.addresses(object).stream()
                    .takeWhile(other -> !other.equals(address))
                    .filter(other -> other.family() == address.family())
                    .count();
        }
    }

    private final Set<Kept> kept = new HashSet<>();

    /** This EgressIP was deleted, or taken from its pool. */
    void excuse(String object) {
        kept.removeIf(one -> one.object().name().equals(object));
    }

    /** After each change. */
    void look(PoolsView now) {
        var frozen = now.frozen().keySet();
        kept.removeIf(one -> now.pool(one.poolName())
                .filter(pool -> pool.uid().equals(one.pool()))
                .filter(pool -> frozen.contains(pool.name()) || isWanted(one, pool, now))
                .filter(pool -> !isTaken(one, now)) // which a controller may hear of later
                .isEmpty());
    }

    private static boolean isWanted(Kept one, PoolInput pool, PoolsView now) {
        return now.claimed(one.namespace()).equals(Optional.of(pool))
                && one.before() < now.wanted(one.namespace(), pool)
                && now.addresses(pool).contains(one.address());
    }

    private static boolean isTaken(Kept one, PoolsView now) {
        return now.egressIps().values().stream()
                .filter(other -> PoolsView.addresses(other).contains(one.address()))
                .anyMatch(other -> Expectation.SENIORITY.compare(other, one.object()) < 0);
    }

    /** Nothing is left to do: what is wrong, and what is to be kept from now on. */
    List<String> settled(PoolsView now) {
        var wrong = new ArrayList<String>();
        for (var one : kept) {
            var name = one.object().name();
            if (!now.made().containsKey(name)
                    || !PoolsView.addresses(now.egressIps().get(name)).contains(one.address())) {
                wrong.add(name + " has lost " + one.address() + " without a reason");
            }
        }
        kept.clear();
        for (var name : now.made().keySet()) {
            var object = now.egressIps().get(name);
            now.pool(name.substring(0, name.indexOf('.')))
                    .ifPresent(pool -> PoolsView.addresses(object)
                            .forEach(address -> kept.add(new Kept(object, pool.uid(), address))));
        }
        look(now);
        return wrong;
    }
}
