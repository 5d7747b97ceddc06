package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * How often rows are put right that somebody else changes again and again: the first time at once, then with a pause that doubles
 * with every repair of the same owner, until it has been left alone for a while. Only what is wanted as it was wanted before can
 * be repaired; as soon as something else is wanted it is an ordinary change, which never waits and puts an end to the count: so
 * there are never more repairs than changes that had to be written anyway, and those that are paced. Not thread safe.
 */
final class RepairPacing {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    /** Who is left alone for so long starts anew. Longer than the longest pause. */
    static final Duration QUIET = Duration.ofMinutes(5);

    /** Who was repaired, the latest last. */
    private final LinkedHashMap<Owner, Entry> entries = new LinkedHashMap<>();

    /** Who was put right after a start of ovnkube, the latest last; and whether that is known to be in the database. */
    private final LinkedHashMap<Owner, Excuse> excuses = new LinkedHashMap<>();

    private record Excuse(Instant last, boolean settled) {}

    private static final class Entry {
        private final int wanted;
        private int repairs;
        private Instant last;
        /** There is no second repair before the first is known to be in the database. */
        private boolean settled;

        private Entry(int wanted, Instant last) {
            this.wanted = wanted;
            this.repairs = 1;
            this.last = last;
        }

        private Duration pause() {
            var pause = FIRST_PAUSE.multipliedBy(1L << Math.min(repairs - 1, 10));
            return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
        }

        private boolean isOver(Instant now) {
            return last.plus(QUIET).isBefore(now);
        }
    }

    /**
     * @param times how often the owner was repaired, this time included
     * @param pause how long the next one will have to wait
     */
    record Count(int times, Duration pause) {}

    /**
     * When the owner, whose rows are not as they should be, may be written; empty: now.
     *
     * @param wanted another number if something else is wanted than before
     */
    Optional<Instant> notBefore(Owner key, IntSupplier wanted, Instant now) {
        var entry = entries.get(key);
        // A clock that was set back must not stretch a pause.
        if (entry == null || !entry.settled || entry.last.isAfter(now) || entry.wanted != wanted.getAsInt()) {
            return Optional.empty();
        }
        return Optional.of(entry.last.plus(entry.pause())).filter(due -> due.isAfter(now));
    }

    /**
     * The owner is going to be written.
     *
     * @param tampered whether nothing but a change in the database, not by us, is why it is looked at
     * @return if it is a repair, how often it was one
     */
    Optional<Count> written(Owner key, IntSupplier wanted, boolean tampered, Instant now) {
        forgetBefore(now);
        var entry = entries.get(key);
        if (entry == null) {
            if (!tampered) {
                return Optional.empty();
            }
            entry = new Entry(wanted.getAsInt(), now);
            entries.put(key, entry);
        } else if (entry.wanted != wanted.getAsInt()) {
            entries.remove(key);
            return Optional.empty();
        } else if (entry.settled) {
            entries.remove(key);
            entries.put(key, entry);
            entry.repairs++;
            entry.last = now;
        }
        entry.settled = false;
        return Optional.of(new Count(entry.repairs, entry.pause()));
    }

    /** The owner is going to be written once more, as a further step: of the same repair, or of an ordinary change. */
    void goesOn(Owner key, IntSupplier wanted) {
        var entry = entries.get(key);
        if (entry != null && entry.wanted != wanted.getAsInt()) {
            entries.remove(key);
        }
    }

    /**
     * Whether what ovnkube's rules explain is put right at once, and is no repair: not if it comes again before the owner has been
     * left alone for a while.
     */
    boolean isExcused(Owner key, Instant now) {
        var excuse = excuses.get(key);
        return excuse == null || !excuse.settled() || excuse.last().plus(QUIET).isBefore(now);
    }

    /** The owner is going to be written, and that is no repair. */
    void excused(Owner key, Instant now) {
        var eldest = excuses.values().iterator();
        while (eldest.hasNext() && eldest.next().last().plus(QUIET).isBefore(now)) {
            eldest.remove();
        }
        excuses.remove(key);
        excuses.put(key, new Excuse(now, false));
    }

    /** The owner's rows are in the database as they should be. */
    void settled(Owner key) {
        excuses.computeIfPresent(key, (unused, excuse) -> excuse.settled() ? excuse : new Excuse(excuse.last(), true));
        var entry = entries.get(key);
        if (entry != null) {
            entry.settled = true;
        }
    }

    private void forgetBefore(Instant now) {
        var eldest = entries.entrySet().iterator();
        while (eldest.hasNext()) {
            Map.Entry<Owner, Entry> next = eldest.next();
            if (!next.getValue().isOver(now)) {
                return;
            }
            eldest.remove();
        }
    }
}
