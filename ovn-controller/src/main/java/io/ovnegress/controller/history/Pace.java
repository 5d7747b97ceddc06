package io.ovnegress.controller.history;

import io.ovnegress.reconciler.machine.CommitOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** How much was written lately and how soon, in slices of time of which none is kept in which nothing was. Thread safe. */
public final class Pace {
    public static final Duration SLICE = Duration.ofSeconds(10);
    /** Six hours of it, if something was written in all of them. */
    private static final int MOST_SLICES = 2160;

    private final Deque<Slice> slices = new ArrayDeque<>();

    /**
     * What was written in a slice of time.
     *
     * @param commits transactions that were committed, and {@code failed} those that were not
     * @param rows that were changed
     * @param longest from when a change was heard of to the commit that answers it; zero if none was
     */
    public record Slice(Instant begin, int commits, int failed, int rows, Duration longest) {
        private Slice and(boolean committed, int moreRows, Duration after) {
            return new Slice(
                    begin,
                    commits + (committed ? 1 : 0),
                    failed + (committed ? 0 : 1),
                    rows + (committed ? moreRows : 0),
                    after.compareTo(longest) > 0 ? after : longest);
        }
    }

    /** @param afterEvent since the oldest change was heard of that the transaction answers; empty if it answers none */
    synchronized void ended(CommitOutcome outcome, int rows, Optional<Duration> afterEvent, Instant now) {
        long seconds = SLICE.toSeconds();
        var begin = Instant.ofEpochSecond(Math.floorDiv(now.getEpochSecond(), seconds) * seconds);
        var last = Optional.ofNullable(slices.peekLast())
                .filter(slice -> slice.begin().equals(begin));
        boolean committed = outcome instanceof CommitOutcome.Committed;
        if (last.isPresent()) {
            slices.removeLast();
        }
        slices.addLast(last.orElseGet(() -> new Slice(begin, 0, 0, 0, Duration.ZERO))
                .and(committed, rows, committed ? afterEvent.orElse(Duration.ZERO) : Duration.ZERO));
        if (slices.size() > MOST_SLICES) {
            slices.removeFirst();
        }
    }

    /** Those that ended after that, in their order. */
    public synchronized List<Slice> since(Instant time) {
        return slices.stream()
                .filter(slice -> slice.begin().plus(SLICE).isAfter(time))
                .toList();
    }
}
