package io.ovnegress.reconciler.input;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What an object wants of address pools.
 *
 * @param namespace of the object
 * @param uid of the object
 * @param created when the object was
 * @param pool empty: any that serves its namespace
 * @param addresses how many it wants
 * @param given those that it has been given
 */
public record PoolClaim(
        String namespace, String uid, Instant created, Optional<String> pool, int addresses, List<IpAddress> given) {
    public PoolClaim {
        given = List.copyOf(given);
    }

    public PoolClaim with(List<IpAddress> others) {
        return new PoolClaim(namespace, uid, created, pool, addresses, others);
    }
}
