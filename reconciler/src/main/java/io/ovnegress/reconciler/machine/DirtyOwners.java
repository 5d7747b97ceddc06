package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
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
final class DirtyOwners {
    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(1);

    private final LinkedHashSet<Owner> urgent = new LinkedHashSet<>();
    private final LinkedHashSet<Owner> normal = new LinkedHashSet<>();
    /** Those that we have just written ourselves: looked at once more, when there is nothing better to do. */
    private final LinkedHashSet<Owner> unverified = new LinkedHashSet<>();

    /** Those of the above that are only dirty because somebody else has changed their rows. */
    private final Set<Owner> tampered = new HashSet<>();

    private final Map<Owner, Refusal> refusals = new HashMap<>();
    private final Waiting refused = new Waiting();
    private final Waiting paused = new Waiting();

    /**
     * What the database has said to the owner's rows.
     *
     * @param times in a row
     * @param due when they are tried again
     */
    record Refusal(int times, String error, Instant due) {}

    /** Owners that are put aside until their time. */
    private static final class Waiting {
        private final Set<Owner> owners = new HashSet<>();
        private final PriorityQueue<Retry> retries = new PriorityQueue<>(Comparator.comparing(Retry::due));

        private record Retry(Instant due, Owner owner) {}

        void add(Owner owner, Instant due) {
            owners.add(owner);
            retries.add(new Retry(due, owner));
        }

        /** May wake an owner too early that has been put aside again meanwhile. */
        void wake(Instant now, Consumer<Owner> woken) {
            while (!retries.isEmpty() && !retries.peek().due().isAfter(now)) {
                var owner = retries.poll().owner();
                if (owners.remove(owner)) {
                    woken.accept(owner);
                }
            }
        }

        Optional<Instant> next() {
            return Optional.ofNullable(retries.peek()).map(Retry::due);
        }
    }

    void add(Owner owner) {
        tampered.remove(owner);
        if (!urgent.contains(owner)) {
            normal.add(owner);
        }
    }

    void addUrgent(Owner owner) {
        tampered.remove(owner);
        normal.remove(owner);
        urgent.add(owner);
    }

    /** It has the next step to go, and that is its first answer to what somebody else has written. */
    void addUrgentTampered(Owner owner) {
        boolean onlyTampered = !isWanted(owner) || tampered.contains(owner);
        addUrgent(owner);
        if (onlyTampered) {
            tampered.add(owner);
        }
    }

    /** Somebody else has changed its rows; what is dirty for another reason as well, or waits, stays as it is. */
    void addTampered(Owner owner) {
        if (!urgent.contains(owner) && !paused.owners.contains(owner) && normal.add(owner)) {
            tampered.add(owner);
        }
    }

    /** Whether nothing but changes of its rows, by somebody else or by ourselves, would be a reason to look at it. */
    boolean isTampered(Owner owner) {
        return tampered.contains(owner)
                || (unverified.contains(owner) && !normal.contains(owner) && !urgent.contains(owner));
    }

    /** Whether it is to be looked at, now or after a pause. */
    boolean isDue(Owner owner) {
        return urgent.contains(owner)
                || normal.contains(owner)
                || unverified.contains(owner)
                || paused.owners.contains(owner);
    }

    void addUnverified(Owner owner) {
        unverified.add(owner);
    }

    void remove(Owner owner) {
        normal.remove(owner);
        urgent.remove(owner);
        unverified.remove(owner);
        tampered.remove(owner);
    }

    /** Whether the owner has to be looked at for more than to see our own writing. */
    boolean isWanted(Owner owner) {
        return urgent.contains(owner) || normal.contains(owner);
    }

    int size() {
        return urgent.size() + normal.size() + unverified.size();
    }

    boolean isEmpty() {
        return urgent.isEmpty() && normal.isEmpty() && unverified.isEmpty();
    }

    /** How many wait because they were refused. */
    int waiting() {
        return refused.owners.size();
    }

    /** How many wait because they were repaired only just. */
    int paused() {
        return paused.owners.size();
    }

    /** Some of those that wait, because they were refused or repaired only just. */
    List<Owner> someWaiting(int most) {
        return Stream.concat(refused.owners.stream(), paused.owners.stream())
                .limit(most)
                .toList();
    }

    /** @param tampered whether it is dirty only because somebody else, or ourselves, have changed its rows */
    record Taken(Owner owner, boolean tampered) {}

    /**
     * Takes out the next owner; empty if there is none.
     *
     * @param inFlight tells the owners that are on their way to the database: too early to look whether they arrived well
     */
    Optional<Taken> poll(Predicate<Owner> inFlight) {
        var wanted = urgent.isEmpty() ? normal : urgent;
        if (!wanted.isEmpty()) {
            var owner = wanted.removeFirst();
            // The same look tells both; a second one in the same plan would take it for tampered with.
            unverified.remove(owner);
            return Optional.of(new Taken(owner, tampered.remove(owner)));
        }
        return unverified.isEmpty() || inFlight.test(unverified.getFirst())
                ? Optional.empty()
                : Optional.of(new Taken(unverified.removeFirst(), true));
    }

    /** Puts an owner back that cannot be dealt with yet; it is next again. */
    void putBack(Taken taken) {
        normal.remove(taken.owner());
        urgent.addFirst(taken.owner());
        if (taken.tampered()) {
            tampered.add(taken.owner());
        }
    }

    /**
     * Puts the owner aside: it is dirty again after its backoff, which doubles with every refusal.
     *
     * @return the backoff
     */
    Duration backOff(Owner owner, String error, Instant now) {
        int times = refusal(owner).map(Refusal::times).orElse(0) + 1;
        var doubled = FIRST_BACKOFF.multipliedBy(1L << Math.min(times - 1, 10));
        var backoff = doubled.compareTo(LONGEST_BACKOFF) < 0 ? doubled : LONGEST_BACKOFF;
        refusals.put(owner, new Refusal(times, error, now.plus(backoff)));
        remove(owner);
        refused.add(owner, now.plus(backoff));
        return backoff;
    }

    /** What the database said last to the owner's rows; empty if they were never refused, or are as they should be. */
    Optional<Refusal> refusal(Owner owner) {
        return Optional.ofNullable(refusals.get(owner));
    }

    /** Whether it waits because looking at it has failed. */
    boolean isSetAside(Owner owner) {
        return refused.owners.contains(owner) && !refusals.containsKey(owner);
    }

    /** Whether it waits because it was repaired only just. */
    boolean isPaused(Owner owner) {
        return paused.owners.contains(owner);
    }

    /** Puts the owner aside for as long as any refused one waits: looking at it has failed. */
    void setAside(Owner owner, Instant now) {
        remove(owner);
        refused.add(owner, now.plus(LONGEST_BACKOFF));
    }

    /** Puts the owner aside until then, unless something else than its rows makes it dirty. */
    void pause(Owner owner, Instant due) {
        remove(owner);
        paused.add(owner, due);
    }

    /** The owner is written, whatever it was waiting for. */
    void taken(Owner owner) {
        remove(owner);
        paused.owners.remove(owner);
    }

    /** The owner is as it should be: earlier refusals are forgotten. */
    void settled(Owner owner) {
        refusals.remove(owner);
    }

    /** Makes dirty what has waited long enough. */
    void wake(Instant now) {
        refused.wake(now, this::add);
        paused.wake(now, this::addTampered);
    }

    /** When the next waiting owner is due. */
    Optional<Instant> nextRetry() {
        return Stream.of(refused.next(), paused.next())
                .flatMap(Optional::stream)
                .min(Instant::compareTo);
    }
}
