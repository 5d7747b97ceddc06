package io.ovnegress.controller.query;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/** A moment as people say it: how long ago, or when. */
final class Moment {
    private static final Pattern AGO = Pattern.compile("(\\d{1,9})(s|m|h|d)");

    private Moment() {}

    /** {@code 90s}, {@code 30m}, {@code 1h} or {@code 2d} before now, or a time of RFC 3339; empty if it is neither. */
    static Optional<Instant> before(String text, Instant now) {
        var ago = AGO.matcher(text);
        if (!ago.matches()) {
            try {
                return Optional.of(Instant.parse(text));
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        }
        long amount = Long.parseLong(ago.group(1));
        return Optional.of(now.minus(
                switch (ago.group(2)) {
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    case "h" -> Duration.ofHours(amount);
                    default -> Duration.ofDays(amount);
                }));
    }
}
