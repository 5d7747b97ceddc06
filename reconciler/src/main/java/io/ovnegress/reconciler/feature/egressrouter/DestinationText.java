package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.PrintableText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads what OpenShift's egress router takes as {@code EGRESS_DESTINATION}: a line for each destination, {@code PORT PROTOCOL ADDRESS}
 * or {@code PORT PROTOCOL ADDRESS REMOTE_PORT}, and as the last one an address alone, where all other ports go. Blank lines and those
 * that begin with {@code #} say nothing.
 */
public final class DestinationText {
    private static final int HIGHEST_PORT = 65535;
    private static final int LONGEST_QUOTE = 80;

    private final List<Destination> listed = new ArrayList<>();
    private final Map<Integer, Integer> lineOfPort = new HashMap<>();
    private final List<String> errors = new ArrayList<>();
    private Optional<Target> fallback = Optional.empty();
    private int fallbackLine;

    private DestinationText() {}

    /** @param errors each with its line; none if all could be read */
    public record Read(Destinations destinations, List<String> errors) {
        public Read {
            errors = List.copyOf(errors);
        }
    }

    public static Read read(String text) {
        var reader = new DestinationText();
        int number = 0;
        for (var line : text.split("\n", -1)) {
            reader.line(++number, line.strip());
        }
        return new Read(new Destinations(reader.listed, reader.fallback), reader.errors);
    }

    private void line(int number, String line) {
        if (line.isEmpty() || line.startsWith("#")) {
            return;
        }
        if (fallback.isPresent()) {
            error(number, "comes after the fallback of line " + fallbackLine + ", which must be the last line");
            return;
        }
        var words = line.split("[ \t]+");
        switch (words.length) {
            case 1 -> fallback(number, words[0]);
            case 3, 4 -> destination(number, words);
            default ->
                error(
                        number,
                        "\"" + quote(line) + "\" is invalid, write PORT PROTOCOL ADDRESS [REMOTE_PORT], or last an"
                                + " ADDRESS alone");
        }
    }

    private void fallback(int number, String word) {
        address(number, word).ifPresent(address -> {
            fallback = Optional.of(address);
            fallbackLine = number;
        });
    }

    private void destination(int number, String[] words) {
        int before = errors.size();
        var port = port(number, words[0]);
        var protocol = switch (words[1]) {
            case "tcp" -> Protocol.tcp;
            case "udp" -> Protocol.udp;
            default -> {
                error(number, "protocol \"" + quote(words[1]) + "\" is neither tcp nor udp");
                yield Protocol.tcp;
            }
        };
        var address = address(number, words[2]);
        var target = words.length == 4 ? port(number, words[3]) : port;
        port.ifPresent(local -> {
            var earlier = lineOfPort.putIfAbsent(local, number);
            if (earlier != null) {
                error(
                        number,
                        "port " + local + " is already used in line " + earlier
                                + ", it must be unique across protocols");
            }
        });
        if (errors.size() == before) {
            listed.add(new Destination(port.orElseThrow(), protocol, address.orElseThrow(), target.orElseThrow()));
        }
    }

    private OptionalInt port(int number, String word) {
        boolean isNumber = !word.isEmpty() && word.length() <= 5 && word.chars().allMatch(c -> c >= '0' && c <= '9');
        int port = isNumber ? Integer.parseInt(word) : 0;
        if (port < 1 || port > HIGHEST_PORT) {
            error(number, "port \"" + quote(word) + "\" is invalid, write a number from 1 to " + HIGHEST_PORT);
            return OptionalInt.empty();
        }
        return OptionalInt.of(port);
    }

    private Optional<Target> address(int number, String word) {
        var address = IpAddress.parse(word);
        if (address.isEmpty()) {
            error(number, "\"" + quote(word) + "\" is no IP address");
        }
        return address.map(Target.Address::new);
    }

    private void error(int number, String what) {
        errors.add("line " + number + ": " + what);
    }

    private static String quote(String text) {
        return PrintableText.of(text, LONGEST_QUOTE);
    }
}
