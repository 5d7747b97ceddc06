package io.ovnegress.controller.loop;

import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.List;
import java.util.function.Consumer;

/** The database as the loop needs it: the session's, or one in memory. Thread safe. */
public interface Database {

    /**
     * Sends a transaction. Never blocks.
     *
     * @param ended told once how it ended, a lost connection included, and after every update that the server sent before
     *     that; by any thread, and perhaps before this returns. Must not block
     * @return the length of the request on the wire; 0 if it was not sent
     */
    int submit(List<Operation> operations, Consumer<CommitOutcome> ended);

    /** Gives the session up and starts a new one, which reads everything again. */
    void resync(String reason);
}
