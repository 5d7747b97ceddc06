package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.northbound.Owner;
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
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The owners that have to be looked at, each once, in the order in which they became dirty (urgent ones first), and those that
 * wait: because the database refused their rows, or because they were repaired only just. Not thread safe.
 */
final class DirtyKeys {
    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(1);

    private final LinkedHashSet<Owner> urgent = new LinkedHashSet<>();
    private final LinkedHashSet<Owner> normal = new LinkedHashSet<>();
    /** Those that we have just written ourselves: looked at once more, when there is nothing better to do. */
    private final LinkedHashSet<Owner> unverified = new LinkedHashSet<>();

    /** Those of the above that are only dirty because somebody else has changed their rows. */
    private final Set<Owner> tampered = new HashSet<>();

    private final Map<Owner, Integer> refusals = new HashMap<>();
    private final Waiting refused = new Waiting();
    private final Waiting paused = new Waiting();

    /** Keys that are put aside until their time. */
    private static final class Waiting {
        private final Set<Owner> keys = new HashSet<>();
        private final PriorityQueue<Retry> retries = new PriorityQueue<>(Comparator.comparing(Retry::due));

        private record Retry(Instant due, Owner key) {}

        void add(Owner key, Instant due) {
            keys.add(key);
            retries.add(new Retry(due, key));
        }

        /** May wake a key too early that has been put aside again meanwhile. */
        void wake(Instant now, Consumer<Owner> woken) {
            while (!retries.isEmpty() && !retries.peek().due().isAfter(now)) {
                var key = retries.poll().key();
                if (keys.remove(key)) {
                    woken.accept(key);
                }
            }
        }

        Optional<Instant> next() {
            return Optional.ofNullable(retries.peek()).map(Retry::due);
        }
    }

    void add(Owner key) {
        tampered.remove(key);
        if (!urgent.contains(key)) {
            normal.add(key);
        }
    }

    void addUrgent(Owner key) {
        tampered.remove(key);
        normal.remove(key);
        urgent.add(key);
    }

    /** Somebody else has changed its rows; what is dirty for another reason as well, or waits, stays as it is. */
    void addTampered(Owner key) {
        if (!urgent.contains(key) && !paused.keys.contains(key) && normal.add(key)) {
            tampered.add(key);
        }
    }

    /** Whether nothing but changes of its rows, by somebody else or by ourselves, would be a reason to look at it. */
    boolean isTampered(Owner key) {
        return tampered.contains(key) || (unverified.contains(key) && !normal.contains(key) && !urgent.contains(key));
    }

    /** Whether it is to be looked at, now or after a pause. */
    boolean isDue(Owner key) {
        return urgent.contains(key) || normal.contains(key) || unverified.contains(key) || paused.keys.contains(key);
    }

    void addUnverified(Owner key) {
        unverified.add(key);
    }

    void remove(Owner key) {
        normal.remove(key);
        urgent.remove(key);
        unverified.remove(key);
        tampered.remove(key);
    }

    /** Whether the key has to be looked at for more than to see our own writing. */
    boolean isWanted(Owner key) {
        return urgent.contains(key) || normal.contains(key);
    }

    int size() {
        return urgent.size() + normal.size() + unverified.size();
    }

    boolean isEmpty() {
        return urgent.isEmpty() && normal.isEmpty() && unverified.isEmpty();
    }

    /** How many wait because they were refused. */
    int waiting() {
        return refused.keys.size();
    }

    /** How many wait because they were repaired only just. */
    int paused() {
        return paused.keys.size();
    }

    /** @param tampered whether it is dirty only because somebody else, or ourselves, have changed its rows */
    record Taken(Owner key, boolean tampered) {}

    /**
     * Takes out the next key; empty if there is none.
     *
     * @param inFlight tells the keys that are on their way to the database: too early to look whether they arrived well
     */
    Optional<Taken> poll(Predicate<Owner> inFlight) {
        var wanted = urgent.isEmpty() ? normal : urgent;
        if (!wanted.isEmpty()) {
            var key = wanted.removeFirst();
            // The same look tells both; a second one in the same plan would take it for tampered with.
            unverified.remove(key);
            return Optional.of(new Taken(key, tampered.remove(key)));
        }
        return unverified.isEmpty() || inFlight.test(unverified.getFirst())
                ? Optional.empty()
                : Optional.of(new Taken(unverified.removeFirst(), true));
    }

    /** Puts a key back that cannot be dealt with yet; it is next again. */
    void putBack(Taken taken) {
        normal.remove(taken.key());
        urgent.addFirst(taken.key());
        if (taken.tampered()) {
            tampered.add(taken.key());
        }
    }

    /**
     * Puts the key aside: it is dirty again after its backoff, which doubles with every refusal.
     *
     * @return the backoff
     */
    Duration backOff(Owner key, Instant now) {
        int times = refusals.merge(key, 1, Integer::sum);
        var doubled = FIRST_BACKOFF.multipliedBy(1L << Math.min(times - 1, 10));
        var backoff = doubled.compareTo(LONGEST_BACKOFF) < 0 ? doubled : LONGEST_BACKOFF;
        remove(key);
        refused.add(key, now.plus(backoff));
        return backoff;
    }

    /** Puts the key aside for as long as any refused one waits: looking at it has failed. */
    void setAside(Owner key, Instant now) {
        remove(key);
        refused.add(key, now.plus(LONGEST_BACKOFF));
    }

    /** Puts the key aside until then, unless something else than its rows makes it dirty. */
    void pause(Owner key, Instant due) {
        remove(key);
        paused.add(key, due);
    }

    /** The key is written, whatever it was waiting for. */
    void taken(Owner key) {
        remove(key);
        paused.keys.remove(key);
    }

    /** The key is as it should be: earlier refusals are forgotten. */
    void settled(Owner key) {
        refusals.remove(key);
    }

    /** Makes dirty what has waited long enough. */
    void wake(Instant now) {
        refused.wake(now, this::add);
        paused.wake(now, this::addTampered);
    }

    /** When the next waiting key is due. */
    Optional<Instant> nextRetry() {
        return Stream.of(refused.next(), paused.next())
                .flatMap(Optional::stream)
                .min(Instant::compareTo);
    }
}
