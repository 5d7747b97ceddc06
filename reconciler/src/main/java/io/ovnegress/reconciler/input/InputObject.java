package io.ovnegress.reconciler.input;

import java.util.Optional;
import java.util.Set;

/** An observed object of the Kubernetes API, cut to what we read. A value: equal objects say the same. */
public interface InputObject {
    InputKind kind();

    /** What it is called among objects of its kind; {@code namespace/name} where they are namespaced. */
    String key();

    /** What it keeps for itself of the addresses outside, used or not; no other object leaves as one of these. */
    default Set<IpAddress> reserves() {
        return Set.of();
    }

    /** The addresses outside as which it leaves, if nobody reserves them: nobody else is to be given one of these. */
    default Set<IpAddress> uses() {
        return Set.of();
    }

    /** What it wants of address pools; empty if it wants nothing. */
    default Optional<PoolClaim> poolClaim() {
        return Optional.empty();
    }
}
