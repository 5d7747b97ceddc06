package io.ovnegress.ovsdb.replica;

/**
 * An update does not fit what the replica holds: the two have diverged, whoever is to blame. The session's owner has to ask
 * for all rows again; applying those as a complete {@link TableUpdates} mends the replica and tells only what differs.
 */
public final class ReplicaFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ReplicaFault(String message) {
        super(message);
    }
}
