package io.ovnegress.controller.endpoint;

import io.ovnegress.controller.ovsdb.NbSession;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * What this controller wants with the database's lock. As leader: to write. Standing by: to stand in line behind the leader, since
 * the server passes the lock on at the moment in which the leader's connection ends, long before its lease does.
 *
 * <p>A lock that comes to one that stands by is only a message: the loop is not told of it, and it is given back unless the lease
 * is won soon. It says nothing either if everybody has only just connected. Thread safe; never calls out but to the
 * loop's inbox.
 */
final class Succession implements NbSession.LockListener {
    /** Whoever was before us in line for this long is no passer-by; and how long we stay out of the way after giving the lock back. */
    static final Duration SETTLED = Duration.ofSeconds(1);

    private final Duration patience;
    private final Consumer<Boolean> writes;
    private final Clock clock;
    private boolean leads;
    private boolean wanted = true;
    private boolean held;
    private boolean leaderGone;
    /** When what is wanted or held has changed last. */
    private Instant changed;

    /**
     * @param patience how long to keep the lock of a leader that is gone while its lease is not to be had
     * @param writes told whether the loop may write
     */
    Succession(boolean leads, Duration patience, Consumer<Boolean> writes, Clock clock) {
        this.leads = leads;
        this.patience = patience;
        this.writes = writes;
        this.clock = clock;
        this.changed = clock.instant();
    }

    synchronized void start() {
        if (!leads) {
            writes.accept(false);
        }
    }

    /** The lease was won or lost. Lost, the lock is for others. */
    synchronized void lead(boolean now) {
        leads = now;
        leaderGone = false;
        want(now);
        writes.accept(held);
    }

    /** The server says whether we have the lock. */
    @Override
    public synchronized void lock(boolean has, Duration waited) {
        if (!wanted) {
            return;
        }
        held = has;
        changed = clock.instant();
        if (leads) {
            writes.accept(has);
        } else {
            leaderGone = has && waited.compareTo(SETTLED) >= 0;
        }
    }

    /** The connection has ended, and the lock with it. Of a leader the loop keeps what it knows, until the next one answers. */
    @Override
    public synchronized void unlocked() {
        held = false;
        leaderGone = false;
    }

    /** Whether to ask for the lock, as of now. */
    synchronized boolean wantsLock() {
        if (!leads) {
            var since = Duration.between(changed, clock.instant());
            if (held && (!leaderGone || since.compareTo(patience) >= 0)) {
                leaderGone = false;
                want(false);
            } else if (!wanted && since.compareTo(SETTLED) >= 0) {
                want(true);
            }
        }
        return wanted;
    }

    private void want(boolean now) {
        wanted = now;
        held &= now;
        changed = clock.instant();
    }

    /** Whether we have come into the leader's place in the database, which is no leave to write. */
    synchronized boolean isLeaderGone() {
        return leaderGone;
    }
}
