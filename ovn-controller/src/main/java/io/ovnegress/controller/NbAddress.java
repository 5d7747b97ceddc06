package io.ovnegress.controller;

import com.google.common.net.HostAndPort;
import java.util.Optional;

/** Where a northbound database server listens, as ovsdb(7) writes it ("Connection Methods", active). */
public sealed interface NbAddress {

    /** The port that IANA gave OVSDB; OVN's northbound database listens on 6641 by default. */
    int DEFAULT_PORT = 6641;

    /** {@code unix:FILE}. */
    record Unix(String path) implements NbAddress {
        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /** {@code tcp:HOST:PORT}: not encrypted. */
    record Tcp(String host, int port) implements NbAddress {
        @Override
        public String toString() {
            return "tcp:" + HostAndPort.fromParts(host, port);
        }
    }

    /** {@code ssl:HOST:PORT}: TLS with a client certificate. */
    record Ssl(String host, int port) implements NbAddress {
        @Override
        public String toString() {
            return "ssl:" + HostAndPort.fromParts(host, port);
        }
    }

    /** The address, or empty if the text is none. IPv6 hosts are in brackets; without a port it is {@link #DEFAULT_PORT}. */
    static Optional<NbAddress> parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0 || colon == text.length() - 1) {
            return Optional.empty();
        }
        var rest = text.substring(colon + 1);
        return switch (text.substring(0, colon)) {
            case "unix" -> Optional.of(new Unix(rest));
            case "tcp" -> hostAndPort(rest).map(to -> new Tcp(to.getHost(), to.getPort()));
            case "ssl" -> hostAndPort(rest).map(to -> new Ssl(to.getHost(), to.getPort()));
            default -> Optional.empty();
        };
    }

    private static Optional<HostAndPort> hostAndPort(String text) {
        try {
            var parsed = HostAndPort.fromString(text).requireBracketsForIPv6().withDefaultPort(DEFAULT_PORT);
            return parsed.getHost().isEmpty() || parsed.getHost().contains("/") || parsed.getPort() == 0
                    ? Optional.empty()
                    : Optional.of(parsed);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
