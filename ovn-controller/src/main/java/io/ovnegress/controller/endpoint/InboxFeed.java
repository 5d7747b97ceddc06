package io.ovnegress.controller.endpoint;

import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Duration;

/** Hands a session's events on to the loop; what is to be monitored follows from the schema alone. Called by the session's reader. */
public class InboxFeed implements NbSession.Listener {
    private final LoopInbox inbox;

    public InboxFeed(LoopInbox inbox) {
        this.inbox = inbox;
    }

    @Override
    public MonitorSpec connected(ServerSchema schema) {
        inbox.connected(schema);
        return Reconciler.monitorSpec();
    }

    @Override
    public void updates(TableUpdates updates) {
        inbox.updates(updates);
    }

    @Override
    public void disconnected(String reason) {
        inbox.disconnected(reason);
    }

    @Override
    public void lock(boolean held, Duration waited) {
        inbox.lock(held);
    }
}
