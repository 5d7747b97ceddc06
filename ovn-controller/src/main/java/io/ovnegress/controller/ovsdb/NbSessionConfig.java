package io.ovnegress.controller.ovsdb;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a {@link NbSession} reaches its database.
 *
 * @param remotes tried in this order, over and over
 * @param tls for the {@code ssl:} remotes; an {@code ssl:} remote without it is refused, never connected in plain text
 * @param lock the OVSDB lock (RFC 7047 section 4.1.8) that fences every transaction: it is asked for on each connection, and
 *     each transaction begins with {@code assert}, so that the server itself refuses what is written without it
 * @param leaderOnly whether to stay with the leader of a clustered database
 */
public record NbSessionConfig(
        List<NbRemote> remotes,
        Optional<TlsFiles> tls,
        String database,
        Times times,
        Optional<String> lock,
        boolean leaderOnly) {
    public NbSessionConfig {
        remotes = List.copyOf(remotes);
        if (remotes.isEmpty()) {
            throw new IllegalArgumentException("no remote; allowed are " + NbRemote.ALLOWED);
        }
        for (var remote : remotes) {
            if (remote instanceof NbRemote.Ssl && tls.isEmpty()) {
                throw new IllegalArgumentException(
                        remote + " needs a private key, a certificate and the certificates of the CA");
            }
        }
    }

    /** The leader of OVN_Northbound, with the usual times and no lock. */
    public static NbSessionConfig of(List<NbRemote> remotes, Optional<TlsFiles> tls) {
        return new NbSessionConfig(remotes, tls, "OVN_Northbound", Times.USUAL, Optional.empty(), true);
    }

    /**
     * How long what may take.
     *
     * @param probe silence after which the server is sent an {@code echo}; as long again without a byte and the connection
     *     is given up. Zero switches probing off.
     * @param request for a reply; the monitor's first answer may take longer, as long as the server shows life
     * @param connect for the TCP connection, and again for the TLS handshake
     * @param shortestBackoff pause after the first round in which no remote would do; doubles from round to round, with
     *     jitter, up to the longest
     */
    public record Times(
            Duration probe, Duration request, Duration connect, Duration shortestBackoff, Duration longestBackoff) {
        public static final Times USUAL = new Times(
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                Duration.ofMillis(100),
                Duration.ofSeconds(10));
    }
}
