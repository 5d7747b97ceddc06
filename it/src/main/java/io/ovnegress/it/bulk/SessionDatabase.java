package io.ovnegress.it.bulk;

import io.ovnegress.controller.endpoint.InboxFeed;
import io.ovnegress.controller.loop.Database;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.controller.ovsdb.NbSessionConfig;
import io.ovnegress.controller.ovsdb.SessionState;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import java.util.List;

/**
 * A real session as the loop's database, its events in the loop's inbox. There is no resync: whoever measures or tests wants to
 * hear of a fault, not to have it mended. Thread safe.
 */
public final class SessionDatabase implements Database, AutoCloseable {
    private final NbSession session;

    public SessionDatabase(NbSessionConfig config, LoopInbox inbox, MonitorSpec spec) {
        session = new NbSession(config, new InboxFeed(inbox, spec));
    }

    public void start() {
        session.start();
    }

    public SessionState state() {
        return session.state();
    }

    @Override
    public Submission submit(List<Operation> operations) {
        var submission = session.submit(operations);
        return new Submission(submission.bytes(), submission.outcome());
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
