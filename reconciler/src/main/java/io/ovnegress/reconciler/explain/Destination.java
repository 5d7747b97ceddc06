package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where a packet is sent.
 *
 * @param protocol {@code tcp}, {@code udp}, {@code sctp} or {@code icmp}; empty if it may be any
 */
public record Destination(IpAddress address, Optional<Integer> port, Optional<String> protocol) {
    private static final Pattern FORM =
            Pattern.compile("(?:\\[([^]]+)]|([^/\\[\\]]+?))(?::(\\d{1,5}))?(?:/([A-Za-z]+))?");
    private static final Set<String> PROTOCOLS = Set.of("tcp", "udp", "sctp", "icmp");
    private static final int HIGHEST_PORT = 65_535;

    /** Of {@code IP[:PORT][/PROTOCOL]}, with brackets around an IPv6 address before a port; empty if it is none. */
    public static Optional<Destination> parse(String text) {
        var whole = IpAddress.parse(text.replaceFirst("/[A-Za-z]+$", ""));
        var form = FORM.matcher(text);
        if (!form.matches()) {
            return Optional.empty();
        }
        var address = whole.or(
                () -> IpAddress.parse(Optional.ofNullable(form.group(1)).orElse(String.valueOf(form.group(2)))));
        var port = whole.isPresent()
                ? Optional.<Integer>empty()
                : Optional.ofNullable(form.group(3)).map(Integer::valueOf);
        var protocol = Optional.ofNullable(form.group(4)).map(word -> word.toLowerCase(Locale.ROOT));
        return address.filter(ip -> port.orElse(1) <= HIGHEST_PORT && port.orElse(1) > 0)
                .filter(ip -> protocol.map(PROTOCOLS::contains).orElse(true))
                .map(ip -> new Destination(ip, port, protocol));
    }

    @Override
    public String toString() {
        var text = address.text();
        return (port.isPresent() && text.contains(":") ? "[" + text + "]" : text)
                + port.map(number -> ":" + number).orElse("")
                + protocol.map(word -> "/" + word).orElse("");
    }
}
