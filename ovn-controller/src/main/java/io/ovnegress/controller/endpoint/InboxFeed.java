package io.ovnegress.controller.endpoint;

import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.time.Duration;

/** Hands a session's events on to the loop. Called by the session's reader. */
public class InboxFeed implements NbSession.Listener {
    private final LoopInbox inbox;
    private final MonitorSpec spec;

    /** @param spec what to monitor; what the server lacks of it is left out */
    public InboxFeed(LoopInbox inbox, MonitorSpec spec) {
        this.inbox = inbox;
        this.spec = spec;
    }

    @Override
    public MonitorSpec connected(ServerSchema schema) {
        inbox.connected(schema);
        return spec;
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
