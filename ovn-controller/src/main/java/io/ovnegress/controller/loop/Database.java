package io.ovnegress.controller.loop;

import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The database as the loop needs it: the session's, or one in memory. Thread safe. */
public interface Database {

    /**
     * Sends a transaction. The outcome always comes, a lost connection included, and after every update that the server
     * sent before it.
     */
    Submission submit(List<Operation> operations);

    /** Gives the session up and starts a new one, which reads everything again. */
    void resync(String reason);

    /**
     * @param bytes the length of the request on the wire
     */
    record Submission(int bytes, CompletionStage<CommitOutcome> outcome) {}
}
