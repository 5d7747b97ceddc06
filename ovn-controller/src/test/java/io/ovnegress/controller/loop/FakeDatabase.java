package io.ovnegress.controller.loop;

import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** Holds every transaction until it is told how it ended. */
final class FakeDatabase implements Database {
    static final int BYTES = 123;

    final List<List<Operation>> submitted = new ArrayList<>();
    final List<String> resyncs = new ArrayList<>();
    private final Deque<Consumer<CommitOutcome>> inFlight = new ArrayDeque<>();
    boolean broken;

    @Override
    public int submit(List<Operation> operations, Consumer<CommitOutcome> ended) {
        if (broken) {
            throw new IllegalStateException("cannot be encoded");
        }
        submitted.add(operations);
        inFlight.addLast(ended);
        return BYTES;
    }

    @Override
    public void resync(String reason) {
        resyncs.add(reason);
    }

    void commit() {
        end(new CommitOutcome.Committed());
    }

    void end(CommitOutcome outcome) {
        inFlight.removeFirst().accept(outcome);
    }
}
