package io.ovnegress.reconciler;

import io.ovnegress.reconciler.desired.OwnerKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The owners that have to be looked at, each once, in the order in which they became dirty (urgent ones first), and those that
 * wait because the database refused their rows. Not thread safe.
 */
final class DirtyKeys {
    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(1);

    private final LinkedHashSet<OwnerKey> urgent = new LinkedHashSet<>();
    private final LinkedHashSet<OwnerKey> normal = new LinkedHashSet<>();
    /** Those that we have just written ourselves: looked at once more, when there is nothing better to do. */
    private final LinkedHashSet<OwnerKey> unverified = new LinkedHashSet<>();

    private final Map<OwnerKey, Integer> refusals = new HashMap<>();
    private final Set<OwnerKey> waiting = new HashSet<>();
    private final PriorityQueue<Retry> retries = new PriorityQueue<>(Comparator.comparing(Retry::due));

    private record Retry(Instant due, OwnerKey key) {}

    void add(OwnerKey key) {
        if (!urgent.contains(key)) {
            normal.add(key);
        }
    }

    void addUrgent(OwnerKey key) {
        normal.remove(key);
        urgent.add(key);
    }

    void addUnverified(OwnerKey key) {
        unverified.add(key);
    }

    void remove(OwnerKey key) {
        normal.remove(key);
        urgent.remove(key);
        unverified.remove(key);
    }

    /** Whether the key has to be looked at for more than to see our own writing. */
    boolean isWanted(OwnerKey key) {
        return urgent.contains(key) || normal.contains(key);
    }

    int size() {
        return urgent.size() + normal.size() + unverified.size();
    }

    boolean isEmpty() {
        return urgent.isEmpty() && normal.isEmpty() && unverified.isEmpty();
    }

    int waiting() {
        return waiting.size();
    }

    /**
     * Takes out the next key; empty if there is none.
     *
     * @param inFlight tells the keys that are on their way to the database: too early to look whether they arrived well
     */
    Optional<OwnerKey> poll(Predicate<OwnerKey> inFlight) {
        if (!urgent.isEmpty()) {
            return Optional.of(urgent.removeFirst());
        }
        if (!normal.isEmpty()) {
            return Optional.of(normal.removeFirst());
        }
        return unverified.isEmpty() || inFlight.test(unverified.getFirst())
                ? Optional.empty()
                : Optional.of(unverified.removeFirst());
    }

    /** Puts a key back that cannot be dealt with yet; it is next again. */
    void putBack(OwnerKey key) {
        normal.remove(key);
        urgent.addFirst(key);
    }

    /** Puts the key aside: it is dirty again after its backoff, which doubles with every refusal. */
    void backOff(OwnerKey key, Instant now) {
        int times = refusals.merge(key, 1, Integer::sum);
        var backoff = FIRST_BACKOFF.multipliedBy(1L << Math.min(times - 1, 10));
        remove(key);
        waiting.add(key);
        retries.add(new Retry(now.plus(backoff.compareTo(LONGEST_BACKOFF) < 0 ? backoff : LONGEST_BACKOFF), key));
    }

    /** The key is as it should be: earlier refusals are forgotten. */
    void settled(OwnerKey key) {
        refusals.remove(key);
    }

    /** Makes dirty what has waited long enough. */
    void wake(Instant now) {
        while (!retries.isEmpty() && !retries.peek().due().isAfter(now)) {
            var key = retries.poll().key();
            if (waiting.remove(key)) {
                add(key);
            }
        }
    }

    /** When the next waiting key is due. */
    Optional<Instant> nextRetry() {
        return Optional.ofNullable(retries.peek()).map(Retry::due);
    }
}
