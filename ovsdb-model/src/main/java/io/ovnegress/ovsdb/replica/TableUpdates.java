package io.ovnegress.ovsdb.replica;

import java.util.List;

/**
 * What one message of the server says about rows.
 *
 * @param complete whether these are all monitored rows there are (a first or full answer); what the replica holds beyond
 *     them is gone then
 * @param transactionId the last transaction the message covers, to resume from with {@code monitor_cond_since}; the zero
 *     UUID if the server keeps no history
 */
public record TableUpdates(boolean complete, String transactionId, List<RowUpdate> rows) {
    public static final String NO_TRANSACTION = "00000000-0000-0000-0000-000000000000";

    public TableUpdates {
        rows = List.copyOf(rows);
    }
}
