package io.ovnegress.controller.ovsdb;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

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
     * @param index the last entry of the cluster's log that it has, if that is watched: where a follower will do
     */
    public record Server(String schema, String role, OptionalLong index) {}

    /**
     * Whether the server has not everything that is known to be committed; empty if no server says whether it has. One that is not
     * connected to its cluster, is behind, or does not lead where the leader alone will do, is left at once.
     */
    public Optional<Boolean> isBehind() {
        return isConnected()
                ? server.filter(now -> !now.role().isEmpty()).map(now -> false)
                : Optional.of(true).filter(unused -> ServerWatch.BEHIND.stream().anyMatch(lastError::contains));
    }

    SessionState with(boolean held, Optional<Server> now) {
        return new SessionState(remote, since, attempts, lastError, held, now);
    }

    public boolean isConnected() {
        return remote.isPresent();
    }
}
