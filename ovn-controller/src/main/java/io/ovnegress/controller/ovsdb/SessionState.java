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
 */
public record SessionState(Optional<NbRemote> remote, Instant since, int attempts, String lastError, boolean hasLock) {
    SessionState withLock(boolean held) {
        return new SessionState(remote, since, attempts, lastError, held);
    }

    public boolean isConnected() {
        return remote.isPresent();
    }
}
