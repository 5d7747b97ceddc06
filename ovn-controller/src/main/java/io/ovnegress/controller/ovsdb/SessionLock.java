package io.ovnegress.controller.ovsdb;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.util.List;
import java.util.function.Consumer;

/**
 * The OVSDB lock of one connection (RFC 7047 sections 4.1.8 to 4.1.10): asked for and given back as often as wanted. It is
 * never stolen: whoever holds it and is alive keeps it, and a server frees it when the holder's connection ends. Thread safe;
 * what it tells is in the order of the server's messages, and nothing is told after the lock was given back.
 */
final class SessionLock {
    private final OvsdbConnection connection;
    private final String name;
    private final Consumer<Boolean> held;
    private boolean wanted;

    /** @param held told whenever the server says whether we hold the lock; must not block */
    SessionLock(OvsdbConnection connection, String name, Consumer<Boolean> held) {
        this.connection = connection;
        this.name = name;
        this.held = held;
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
        var answer = connection.lock(List.of(name));
        Futures.addCallback(answer, new Answer(), MoreExecutors.directExecutor());
        return answer;
    }

    /** The server says that the lock was won, or lost to a thief. */
    synchronized void notified(boolean won) {
        if (wanted) {
            held.accept(won);
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
