package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.feature.Installed.Reach;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The owners whose rows are on the way to what is wanted, and wait for what they have to reach before the next step. Which step
 * that is follows from the rows; nothing of it is remembered here. Not thread safe.
 */
final class Steps {
    private final Installation installation;
    /** With the moment up to which changes have to have come so far. */
    private final Map<Reach, LinkedHashMap<Owner, Long>> waiting = new EnumMap<>(Reach.class);

    /** Those that are on the way. */
    private final Map<Owner, Beginning> began = new HashMap<>();
    /** When the eldest of those began that have come to an end lately. */
    private Optional<Instant> eldest = Optional.empty();

    private Instant now = Instant.MIN;

    /** The last of all moments that somebody waits for, or did. */
    private long needed;

    Steps(Installation installation) {
        this.installation = installation;
        for (var reach : Reach.values()) {
            waiting.put(reach, new LinkedHashMap<>());
        }
    }

    /**
     * @param since when it was
     * @param tampered whether nothing but what somebody else has written was the reason, and nothing was written against it yet
     */
    private record Beginning(Instant since, boolean tampered) {}

    /**
     * The owner has another step to go when its rows have come so far.
     *
     * @param tampered whether nothing but what somebody else has written is the reason, and nothing is written against it yet
     */
    void await(Owner owner, Wanted.Step step, boolean tampered) {
        remove(owner);
        began.merge(
                owner,
                new Beginning(now, tampered),
                (before, unused) -> new Beginning(before.since(), before.tampered() && tampered));
        long moment = installation.changeOf(owner, step.table());
        waiting.get(step.reach()).put(owner, moment);
        needed = Math.max(needed, moment);
    }

    /** The owner's rows are what is wanted in the end. */
    void arrived(Owner owner) {
        remove(owner);
        var beginning = began.remove(owner);
        if (beginning != null && eldest.filter(beginning.since()::isAfter).isEmpty()) {
            eldest = Optional.of(beginning.since());
        }
    }

    /** Whether the owner is between its first step and its last. */
    boolean isUnderWay(Owner owner) {
        return began.containsKey(owner);
    }

    /** Whether what the owner is to do next is its first answer to what somebody else has written. */
    boolean isTampered(Owner owner) {
        return began.containsKey(owner) && began.get(owner).tampered();
    }

    private void remove(Owner owner) {
        waiting.values().forEach(owners -> owners.remove(owner));
    }

    /** When the eldest of those began that have arrived since the last call. */
    Optional<Instant> takeEldest() {
        var taken = eldest;
        eldest = Optional.empty();
        return taken;
    }

    /** Somebody else decides. */
    void follow() {
        began.clear();
        eldest = Optional.empty();
    }

    int size() {
        return waiting.values().stream().mapToInt(Map::size).sum();
    }

    /** Tells whose next step is due. */
    void wake(Instant time, Consumer<Owner> woken) {
        now = time;
        installation.settle(now);
        waiting.forEach((reach, owners) -> {
            if (owners.isEmpty()) {
                return;
            }
            long through = installation.through(reach);
            var next = owners.entrySet().iterator();
            while (next.hasNext()) {
                var entry = next.next();
                if (entry.getValue() > through) {
                    return; // those behind it came later
                }
                next.remove();
                woken.accept(entry.getKey());
            }
        });
    }

    /** Nothing is known any more of how far rows have come: everybody is looked at again. */
    void wakeAll(Consumer<Owner> woken) {
        waiting.values().forEach(owners -> {
            owners.keySet().forEach(woken);
            owners.clear();
        });
        needed = 0;
    }

    /** Whether somebody waits for what nobody has asked for. */
    boolean mustAsk() {
        return size() > 0 && mayAsk() && needed > installation.asked();
    }

    /** Whether a question would be answered before another one that is already asked. */
    boolean mayAsk() {
        return !installation.isAsking();
    }

    Silence silence() {
        return installation.silence();
    }

    Optional<Instant> nextDeadline() {
        return size() == 0 ? Optional.empty() : installation.deadlines().min(Instant::compareTo);
    }
}
