package io.ovnegress.controller.ovsdb;

import io.ovnegress.ovsdb.codec.TransactReply;
import io.ovnegress.ovsdb.operation.OperationResult;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.List;
import java.util.OptionalInt;

/** What the end of a {@code transact} request means. */
final class Outcomes {
    private Outcomes() {}

    /**
     * @param guards how many operations were sent before those that the outcome speaks of
     */
    static CommitOutcome of(List<OperationResult> results, int guards, int operations) {
        return switch (TransactReply.verdict(results, guards + operations)) {
            case TransactReply.Verdict.Committed() -> new CommitOutcome.Committed();
            case TransactReply.Verdict.Failed(OptionalInt operation, OvsdbError error) ->
                failed(
                        error,
                        operation.isPresent() && operation.getAsInt() >= guards
                                ? OptionalInt.of(operation.getAsInt() - guards)
                                : OptionalInt.empty());
        };
    }

    /** @param failure why there are no results */
    static CommitOutcome of(Throwable failure) {
        return failure instanceof OvsdbRpcException answered
                ? failed(answered.error(), OptionalInt.empty())
                : new CommitOutcome.Lost(failure.getMessage());
    }

    /**
     * By the tags of RFC 7047 section 5.2 and ovsdb-server(7). A cluster's errors and {@code canceled} come when the server
     * gives a transaction up half way: it may still be committed.
     */
    private static CommitOutcome failed(OvsdbError error, OptionalInt operation) {
        return switch (error.error()) {
            case "timed out", "referential integrity violation", "duplicate uuid" ->
                new CommitOutcome.Conflict(error, operation);
            case "not owner", "not leader" -> new CommitOutcome.NotLeader(error);
            case "canceled", "cluster error" -> new CommitOutcome.Lost(error.toString());
            case "I/O error" -> new CommitOutcome.Unable(error);
            default -> new CommitOutcome.Refused(error, operation);
        };
    }
}
