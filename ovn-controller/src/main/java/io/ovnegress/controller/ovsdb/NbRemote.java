package io.ovnegress.controller.ovsdb;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Where an OVSDB server listens, in the forms of ovsdb(7), "Active" connection methods. Printed in the same form. */
public sealed interface NbRemote {
    /** What {@link #parseList} takes, for messages and help texts. */
    String ALLOWED = "tcp:HOST:PORT, tcp:[IPV6]:PORT, ssl:HOST:PORT, ssl:[IPV6]:PORT or unix:PATH, separated by commas";

    /** A plain TCP connection. */
    record Tcp(String host, int port) implements NbRemote {
        @Override
        public String toString() {
            return "tcp:" + address(host, port);
        }
    }

    /** A TLS connection; needs {@link TlsFiles}. */
    record Ssl(String host, int port) implements NbRemote {
        @Override
        public String toString() {
            return "ssl:" + address(host, port);
        }
    }

    /** A Unix domain socket. */
    record Unix(Path path) implements NbRemote {
        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /**
     * Reads a comma separated list.
     *
     * @throws IllegalArgumentException if an entry is none of the forms, naming it and what is allowed
     */
    static List<NbRemote> parseList(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(entry -> parse(entry.strip()))
                .toList();
    }

    private static NbRemote parse(String text) {
        int colon = text.indexOf(':');
        var method = colon < 0 ? "" : text.substring(0, colon);
        var rest = text.substring(colon + 1);
        return switch (method) {
            case "tcp" -> new Tcp(host(text, rest), port(text, rest));
            case "ssl" -> new Ssl(host(text, rest), port(text, rest));
            case "unix" -> {
                if (rest.isEmpty()) {
                    throw notAllowed(text, "the path is missing");
                }
                yield new Unix(Path.of(rest));
            }
            default -> throw notAllowed(text, "unknown connection method");
        };
    }

    private static String host(String text, String rest) {
        int end = endOfHost(text, rest);
        boolean bracketed = rest.startsWith("[");
        var host = bracketed ? rest.substring(1, end - 1) : rest.substring(0, end);
        if (host.isEmpty() || host.indexOf(':') >= 0 != bracketed) {
            throw notAllowed(text, host.isEmpty() ? "the host is missing" : "an IPv6 address is written in brackets");
        }
        return host;
    }

    private static int port(String text, String rest) {
        var digits = rest.substring(endOfHost(text, rest) + 1);
        try {
            int port = Integer.parseInt(digits);
            if (port > 0 && port < 65536) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Not a number is as wrong as a number out of range.
        }
        throw notAllowed(text, "\"" + digits + "\" is not a port");
    }

    /** Index of the colon before the port. */
    private static int endOfHost(String text, String rest) {
        int end = rest.startsWith("[") ? rest.indexOf("]:") + 1 : rest.lastIndexOf(':');
        if (end < (rest.startsWith("[") ? 1 : 0)) {
            throw notAllowed(text, "the port is missing");
        }
        return end;
    }

    private static IllegalArgumentException notAllowed(String text, String why) {
        return new IllegalArgumentException("\"" + text + "\": " + why + "; allowed are " + ALLOWED);
    }

    private static String address(String host, int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
