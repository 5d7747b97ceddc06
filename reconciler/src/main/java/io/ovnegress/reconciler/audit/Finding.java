package io.ovnegress.reconciler.audit;

import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.explain.RowState;
import java.util.Optional;

/**
 * One row that is not as it is to be.
 *
 * @param row as it is; of a missing one as it is to be
 * @param owner whom it is for, as in the log
 * @param object that it serves, if it is one
 * @param pod that it serves, if it is one
 * @param standing how far its owner's rows are
 * @param message what becomes of it, for people
 */
public record Finding(
        RowClass rowClass,
        RowState row,
        String owner,
        Optional<String> object,
        Optional<String> pod,
        Reason standing,
        String message) {}
