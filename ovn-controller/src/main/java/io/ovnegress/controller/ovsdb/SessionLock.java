package io.ovnegress.controller.ovsdb;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The OVSDB lock of one connection (RFC 7047 sections 4.1.8 to 4.1.10): asked for and given back as often as wanted. It is
 * never stolen: whoever holds it and is alive keeps it, and a server frees it when the holder's connection ends. Thread safe;
 * what it tells is in the order of the server's messages, and nothing is told after the lock was given back.
 */
final class SessionLock {
    private final OvsdbConnection connection;
    private final String name;
    private final Told told;
    private final Clock clock;
    private boolean wanted;
    private Instant asked = Instant.MIN;

    /** What the server says; must not block. */
    interface Told {
        /** @param waited since the lock was asked for */
        void lock(boolean held, Duration waited);
    }

    SessionLock(OvsdbConnection connection, String name, Told told, Clock clock) {
        this.connection = connection;
        this.name = name;
        this.told = told;
        this.clock = clock;
    }

    /** Asks for the lock or gives it back; the future ends with the server's answer. */
    synchronized ListenableFuture<?> want(boolean now) {
        if (now == wanted) {
            return Futures.immediateVoidFuture();
        }
        wanted = now;
        if (!now) {
            return connection.unlock(List.of(name));
        }
        asked = clock.instant();
        var answer = connection.lock(List.of(name));
        Futures.addCallback(answer, new Answer(), MoreExecutors.directExecutor());
        return answer;
    }

    /** The server says that the lock was won, or lost to a thief. */
    synchronized void notified(boolean won) {
        if (wanted) {
            told.lock(won, Duration.between(asked, clock.instant()));
        }
    }

    private final class Answer implements FutureCallback<Object> {
        @Override
        public void onSuccess(Object answer) {
            notified(answer instanceof JsonNode json && json.path("locked").asBoolean());
        }

        @Override
        public void onFailure(Throwable failure) {
            notified(false);
        }
    }
}
