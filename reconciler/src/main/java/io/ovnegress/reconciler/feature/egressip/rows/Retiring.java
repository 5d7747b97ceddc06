package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.reconciler.northbound.Owner;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Owners of ways that are to go when nobody relies on them any more: asked about for every pod that is settled, and found anew only if
 * something else than pods has changed. Not thread safe.
 */
final class Retiring {
    private static final long NEVER = -1;

    private final KnownRouters known;
    private final Supplier<Set<Owner>> search;
    private Set<Owner> found = Set.of();
    /** Of what is known of the database when that was found. */
    private long version = NEVER;

    Retiring(KnownRouters known, Supplier<Set<Owner>> search) {
        this.known = known;
        this.search = search;
    }

    /** Something else than the database has changed. */
    void forget() {
        version = NEVER;
    }

    Set<Owner> get() {
        if (version != known.version()) {
            found = search.get();
            version = known.version();
        }
        return found;
    }
}
