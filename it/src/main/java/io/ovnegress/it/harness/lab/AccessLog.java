package io.ovnegress.it.harness.lab;

import com.google.common.net.InetAddresses;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The access log of a {@link WebServer}: what the other side of the wire saw, and so the oracle of every test here. */
public final class AccessLog {
    private AccessLog() {}

    /**
     * One request, or one line on a connection.
     *
     * @param protocol {@code HTTP}, {@code UDP} or {@code TCP}
     * @param source address that the request came from; IPv6 in the short notation
     * @param text what the client sent to say who it is
     */
    public record Entry(Instant time, String protocol, String source, int port, String text) {
        @Override
        public String toString() {
            return line(time, protocol, source, port, text);
        }
    }

    static String line(Instant time, String protocol, String source, int port, String text) {
        return time + " " + protocol + " " + source + " " + port + " " + text;
    }

    /** The entries of a log; a line that is still being written is left out. */
    static List<Entry> parse(String log) {
        var entries = new ArrayList<Entry>();
        int start = 0;
        for (int end = log.indexOf('\n'); end >= 0; end = log.indexOf('\n', start)) {
            var parts = log.substring(start, end).split(" ", 5);
            start = end + 1;
            if (parts.length == 5 && Character.isDigit(parts[0].charAt(0))) {
                entries.add(new Entry(
                        Instant.parse(parts[0]),
                        parts[1],
                        shortNotation(parts[2]),
                        Integer.parseInt(parts[3]),
                        parts[4]));
            }
        }
        return entries;
    }

    static String shortNotation(String address) {
        return InetAddresses.toAddrString(InetAddresses.forString(address));
    }
}
