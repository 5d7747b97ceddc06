package io.ovnegress.controller.leader;

import com.google.inject.Inject;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.ovsdb.NbSession;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this controller leads: it does if it has both the Lease, where there is an election, and the lock of the database. The
 * lease says who tries to write, the lock who can. It is decided here and nowhere else, and the loop is told.
 *
 * <p>One that stands by stands in line for the lock behind the leader, since the server passes it on at the moment in which the
 * leader's connection ends, long before its lease does. A lock that comes to one that stands by is only that message: it is given
 * back unless the lease is won soon. It says nothing either if everybody has only just connected.
 *
 * <p>Thread safe; never calls out but to the loop's inbox.
 */
public final class Leadership implements NbSession.LockListener {
    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

    /** Whoever was before us in line for this long is no passer-by; and how long we stay out of the way after giving the lock back. */
    static final Duration SETTLED = Duration.ofSeconds(1);

    private final Mandate mandate;
    private final Duration patience;
    private final Consumer<Boolean> loop;
    private final Clock clock;
    private Phase phase;
    private Instant since;

    private enum Phase {
        /** Has the lease and the lock. */
        LEADING,
        /** Has the lease, and waits for the lock. */
        ELECTED,
        /** Stands by, and in line for the lock. */
        IN_LINE,
        /** Stands by, with the lock that was the leader's until it left the database: the lease is worth a look. */
        HEIR,
        /** Stands by, with a lock that says nothing. */
        PASSER_BY,
        /** Stands by, and out of everybody's way: it has given the lock back only just. */
        ASIDE;

        private boolean isElected() {
            return this == LEADING || this == ELECTED;
        }

        private boolean hasLock() {
            return this == LEADING || this == HEIR || this == PASSER_BY;
        }
    }

    @Inject
    public Leadership(ControllerConfig config, Mandate mandate, LoopInbox inbox, Clock clock) {
        this(mandate, config.leaderElection().leaseDuration(), inbox::leads, clock);
        if (config.reportOnly()) {
            phase = Phase.ASIDE; // for ever: nobody looks
        }
    }

    /**
     * @param patience how long to keep the lock of a leader that is gone while its lease is not to be had
     * @param loop told whether this controller leads
     */
    Leadership(Mandate mandate, Duration patience, Consumer<Boolean> loop, Clock clock) {
        this.mandate = mandate;
        this.patience = patience;
        this.loop = loop;
        this.clock = clock;
        this.phase = mandate.isHeld() ? Phase.ELECTED : Phase.IN_LINE;
        this.since = clock.instant();
    }

    /** Before there is a session: without an election the loop leads until the server says that it does not. */
    public synchronized void start() {
        if (!phase.isElected()) {
            tell();
        }
    }

    /** Looks at the lease and at the clock. To be called again and again where there is an election. */
    synchronized void look() {
        var waited = Duration.between(since, clock.instant());
        if (mandate.isHeld() != phase.isElected()) {
            if (phase.isElected()) {
                resign();
            } else {
                LOG.info("elected");
                become(phase.hasLock() ? Phase.LEADING : Phase.ELECTED);
                tell();
            }
        } else if (phase == Phase.PASSER_BY || (phase == Phase.HEIR && waited.compareTo(patience) >= 0)) {
            become(Phase.ASIDE);
        } else if (phase == Phase.ASIDE && waited.compareTo(SETTLED) >= 0) {
            become(Phase.IN_LINE);
        }
    }

    /** Leads no longer, whatever the lease; the lock is for others. */
    synchronized void resign() {
        boolean wasElected = phase.isElected();
        become(Phase.ASIDE);
        if (wasElected) {
            LOG.info("no longer elected");
            tell();
        }
    }

    @Override
    public synchronized void lock(boolean held, Duration waited) {
        if (phase == Phase.ASIDE) {
            return; // said before the server heard that we do not want it
        }
        if (phase.isElected()) {
            become(held ? Phase.LEADING : Phase.ELECTED);
            tell();
        } else if (held) {
            become(waited.compareTo(SETTLED) >= 0 ? Phase.HEIR : Phase.PASSER_BY);
        } else {
            become(Phase.IN_LINE);
        }
    }

    /** Of one that has led the loop keeps what it knows, until the next connection answers. */
    @Override
    public synchronized void unlocked() {
        if (phase.hasLock()) {
            become(phase.isElected() ? Phase.ELECTED : Phase.IN_LINE);
        }
    }

    private void become(Phase next) {
        phase = next;
        since = clock.instant();
    }

    private void tell() {
        loop.accept(phase == Phase.LEADING);
    }

    /** Whether to ask for the lock. */
    public synchronized boolean wantsLock() {
        return phase != Phase.ASIDE;
    }

    /** Whether we have come into the leader's place in the database, which is no leave to write. */
    synchronized boolean isHeir() {
        return phase == Phase.HEIR;
    }

    /** Whether the lease lets this controller write, at this very moment: it may have ended since anybody looked. */
    public boolean hasLease() {
        return mandate.isHeld();
    }
}
