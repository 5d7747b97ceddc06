package io.ovnegress.ovsdb.operation;

import java.util.Optional;

/**
 * One element of a transact reply (RFC 7047 section 4.1.3).
 *
 * @param count rows concerned, where the operation reports it (update, mutate, delete)
 * @param error the error of this operation; for the element after the last operation, of the commit as a whole
 */
public record OperationResult(Optional<Long> count, Optional<OvsdbError> error) {
    public static final OperationResult EMPTY = new OperationResult(Optional.empty(), Optional.empty());
}
