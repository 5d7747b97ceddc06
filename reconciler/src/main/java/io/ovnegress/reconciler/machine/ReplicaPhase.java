package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.replica.TableUpdates;

/** How what is known of the database stands to what is in it. Planned is only from what is {@link #SYNCHRONISED}. */
enum ReplicaPhase {
    /** There is no session, or it has not told yet what has changed. */
    BEHIND,
    /** It is what the connected server has. */
    SYNCHRONISED,
    /** Updates did not fit what was known. That is forgotten, and nothing but a complete update is taken in. */
    BROKEN;

    boolean takes(TableUpdates updates) {
        return this != BROKEN || updates.complete();
    }

    ReplicaPhase disconnected() {
        return this == SYNCHRONISED ? BEHIND : this;
    }
}
