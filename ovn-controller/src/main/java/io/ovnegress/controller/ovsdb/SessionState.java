package io.ovnegress.controller.ovsdb;

import java.time.Instant;
import java.util.Optional;

/**
 * What an operator wants to know about a {@link NbSession}. Immutable.
 *
 * @param remote the server connected to, after its rows were handed to the listener; empty while there is none
 * @param since when it became connected, or stopped to be
 * @param attempts connection attempts since then that failed
 * @param lastError why the last connection and the attempts since then failed, for every remote tried; empty if none did
 * @param hasLock whether the configured lock is held
 * @param server what is known of that server; empty while there is none
 */
public record SessionState(
        Optional<NbRemote> remote,
        Instant since,
        int attempts,
        String lastError,
        boolean hasLock,
        Optional<Server> server) {

    /**
     * @param schema name and version
     * @param role what it says of itself: {@code standalone}, {@code leader of its cluster}
     */
    public record Server(String schema, String role) {}

    SessionState with(boolean held, Optional<Server> now) {
        return new SessionState(remote, since, attempts, lastError, held, now);
    }

    public boolean isConnected() {
        return remote.isPresent();
    }
}
