package io.ovnegress.it.harness.bulk;

import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.controller.ovsdb.SessionState;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.List;
import java.util.function.Consumer;

/**
 * A real session as the loop's database, its events in the loop's inbox. There is no resync: whoever measures or tests wants to
 * hear of a fault, not to have it mended. Thread safe.
 */
public final class SessionDatabase implements Database, AutoCloseable {
    private final NbSession session;

    public SessionDatabase(NbSessionConfig config, LoopInbox inbox, MonitorSpec spec) {
        session = new NbSession(config, spec, inbox);
    }

    public void start() {
        session.start();
    }

    public SessionState state() {
        return session.state();
    }

    @Override
    public int submit(List<Operation> operations, Consumer<CommitOutcome> ended) {
        return session.submit(operations, ended);
    }

    /** Ends the loop: a fault is nothing to go on from here. */
    @Override
    public void resync(String reason) {
        throw new IllegalStateException(reason);
    }

    @Override
    public void close() {
        session.close();
    }
}
