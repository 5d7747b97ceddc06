package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.northbound.Owner;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The search for the group that the database refuses, where its error names none: sets of groups that are tried alone, one after
 * the other, and by halves. Not thread safe.
 */
final class Isolation {
    private final Deque<List<List<Owner>>> suspects = new ArrayDeque<>();

    boolean isUnderWay() {
        return !suspects.isEmpty();
    }

    /** The groups to be tried alone now. */
    List<List<Owner>> next() {
        return suspects.element();
    }

    /** What was tried is in the database, or found out, or needs nothing any more. */
    void tried() {
        suspects.poll();
    }

    /** One of these, which are several, is refused. */
    void halve(List<List<Owner>> groups) {
        int half = groups.size() / 2;
        suspects.push(groups.subList(half, groups.size()));
        suspects.push(groups.subList(0, half));
    }
}
