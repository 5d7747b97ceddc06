package io.ovnegress.reconciler.input;

import java.util.Optional;
import java.util.OptionalInt;

/** How many egress IPs a node takes of both families together and of each; where that is absent, any number. */
public record EgressCapacity(OptionalInt together, OptionalInt v4, OptionalInt v6) {
    public static final EgressCapacity UNLIMITED =
            new EgressCapacity(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());

    public static EgressCapacity of(int together) {
        return new EgressCapacity(OptionalInt.of(together), OptionalInt.empty(), OptionalInt.empty());
    }

    /** The stricter of both. */
    public EgressCapacity and(EgressCapacity other) {
        return new EgressCapacity(least(together, other.together), least(v4, other.v4), least(v6, other.v6));
    }

    private static OptionalInt least(OptionalInt one, OptionalInt other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isPresent() ? one : other;
        }
        return OptionalInt.of(Math.min(one.getAsInt(), other.getAsInt()));
    }

    /**
     * Why no more egress IPs of the family fit on a node that serves so many; empty if one more does.
     *
     * @return as in {@code 4 of 4}
     */
    public Optional<String> exhausted(IpFamily family, int servedV4, int servedV6) {
        int served = family == IpFamily.V4 ? servedV4 : servedV6;
        return exhausted(together, servedV4 + servedV6).or(() -> exhausted(family == IpFamily.V4 ? v4 : v6, served));
    }

    private static Optional<String> exhausted(OptionalInt limit, int served) {
        return limit.isPresent() && served >= limit.getAsInt()
                ? Optional.of(served + " of " + limit.getAsInt())
                : Optional.empty();
    }
}
