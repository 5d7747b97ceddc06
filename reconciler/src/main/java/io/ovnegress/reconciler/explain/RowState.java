package io.ovnegress.reconciler.explain;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A row that takes part in what is explained, and whether it is in the database.
 *
 * @param id its UUID; of a missing one the UUID that it will have
 * @param places what it hangs on, or is to, by name
 * @param columns those that matter, by name, in the order in which they are written
 * @param differences where it is not as it is to be, each as in {@code nexthops: 100.64.0.3 instead of 100.64.0.2}
 * @param command what shows it
 */
public record RowState(
        String table,
        UUID id,
        State state,
        List<String> places,
        Map<String, String> columns,
        List<String> differences,
        String command) {

    /** How what there is stands to what is wanted. */
    public enum State {
        /** It is there as it is to be. */
        Present,
        /** It is to be there and is not. */
        Missing,
        /** It is there, and not as it is to be. */
        Different,
        /** It comes, or becomes what it is to be, in a later step of the change. */
        Later,
        /** It is there until a later step of the change. */
        Kept,
        /** It is there and is to go. */
        Unwanted,
        /** It is somebody else's, and is left as it is. */
        Foreign
    }
}
