package io.ovnegress.reconciler.northbound;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The UUIDs that we choose for our rows. */
public final class RowIds {
    private static final int NAME_BASED = 3;

    private RowIds() {}

    /** Whether we have inserted the row of this UUID: nobody else chooses name-based ones, and the server's are random. */
    public static boolean isChosen(UUID row) {
        return row.version() == NAME_BASED;
    }

    /**
     * The name-based UUID (RFC 9562, version 3) of a row's name: a repeated insert is refused by the server instead of doubling the
     * row, and well mixed in its first 32 bits, which are what the server hashes.
     */
    public static UUID of(String name) {
        return UUID.nameUUIDFromBytes(("ovn-egress.io/" + name).getBytes(StandardCharsets.UTF_8));
    }
}
