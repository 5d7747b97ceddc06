package io.ovnegress.reconciler.northbound;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/**
 * Rows that are in the database and that we are not told of, since somebody has changed what our monitor finds them by
 * ({@code monitor_cond}, ovsdb-server(7)). The server says so when a new one is to be made under the UUID of such a row. Not thread
 * safe.
 */
public final class HiddenRows {
    private final Set<UUID> ids = new HashSet<>();

    /**
     * The server has refused to insert a row under this UUID.
     *
     * @return whether that is news
     */
    public boolean found(UUID id) {
        return ids.add(id);
    }

    /**
     * The row was not there any more when it was to be changed.
     *
     * @return whether that is news
     */
    public boolean isGone(UUID id) {
        return ids.remove(id);
    }

    /** Whether the row is there, unless we are told of it: it is to be made what it should be, and is told again then. */
    boolean has(UUID id) {
        return ids.contains(id);
    }
}
