package io.ovnegress.it.bulk;

import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Where a test's random moments come from: another seed each time unless system property {@code ovnegress.seed} names one. */
final class Seed {
    private Seed() {}

    static long next() {
        long seed = Optional.ofNullable(Long.getLong("ovnegress.seed"))
                .orElseGet(() -> ThreadLocalRandom.current().nextLong(1_000_000));
        System.out.println("ovnegress.seed=" + seed);
        return seed;
    }
}
