package io.ovnegress.reconciler.input;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an object wants of address pools.
 *
 * @param namespace of the object
 * @param uid of the object
 * @param created when the object was
 * @param pool empty: any that serves its namespace
 * @param addresses how many it wants of each family
 * @param families of which it wants some; none: IPv4, or IPv6 of a pool that has nothing else
 * @param given those that it has been given
 */
public record PoolClaim(
        String namespace,
        String uid,
        Instant created,
        Optional<String> pool,
        int addresses,
        Set<IpFamily> families,
        List<IpAddress> given) {
    public PoolClaim {
        families = Set.copyOf(families);
        given = List.copyOf(given);
    }

    /** How many it wants in all. */
    public int wanted() {
        return addresses * Math.max(1, families.size());
    }

    public PoolClaim with(List<IpAddress> others) {
        return new PoolClaim(namespace, uid, created, pool, addresses, families, others);
    }
}
