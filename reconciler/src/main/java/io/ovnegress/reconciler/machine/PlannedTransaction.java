package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.operation.Operation;
import java.util.List;
import java.util.Set;

/**
 * A transaction to submit as it is.
 *
 * @param number increases with every planned transaction; names it in {@link Reconciler#complete}
 * @param owners what the log calls those whose rows it changes
 * @param rows how many rows it inserts, changes or removes
 * @param repairs what of it puts right what somebody else has done
 * @param changes what it changes, owner by owner, and why
 * @param takenBack how many owners it puts right after ovnkube, at a start, has made their rows its own
 */
public record PlannedTransaction(
        long number,
        List<Operation> operations,
        Set<String> owners,
        int rows,
        List<Repair> repairs,
        List<Changed> changes,
        int takenBack) {
    public PlannedTransaction {
        operations = List.copyOf(operations);
        owners = Set.copyOf(owners);
        repairs = List.copyOf(repairs);
        changes = List.copyOf(changes);
    }
}
