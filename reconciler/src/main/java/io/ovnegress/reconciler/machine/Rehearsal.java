package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.explain.AddressChange;
import io.ovnegress.reconciler.explain.PodChange;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.Inputs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Tries out what changes of the inputs would do: a machine of its own over a copy decides and plans as the one does that it is a
 * copy of. Each transaction is taken to be committed at once, and to be installed as soon as the last ones were; between two steps
 * the time of the rehearsal passes, and nobody waits. What pools give is taken to be written. Nothing is sent. To be used by one thread.
 */
public final class Rehearsal {
    /** Pools answer what they have made themselves in a round or two. */
    private static final int MOST_ROUNDS = 16;
    /** What is not done by then is waiting for something that does not happen here. A move takes two seconds. */
    private static final Duration LONGEST = Duration.ofMinutes(2);
    /** More than ten times what the largest cluster needs whose rows were ever counted. */
    private static final int MOST_TRANSACTIONS = 20_000;

    private static final Duration MOMENT = Duration.ofMillis(50);

    private final MachineCopy copy;
    private final Reconciler machine;
    private final RehearsedAnswers answers;
    private final PoolsWritten pools;
    private final int mostTransactions;
    private Instant now;

    /** What the world would say after pools' changes have been written. */
    public interface PoolsWritten {
        List<InputChange> after(Map<String, PoolWrites.Decided> changes, Inputs inputs);
    }

    /** @param features those of the machine that it is a copy of */
    public Rehearsal(List<Feature> features, PoolsWritten pools, MachineCopy copy) {
        this(features, pools, copy, MOST_TRANSACTIONS);
    }

    Rehearsal(List<Feature> features, PoolsWritten pools, MachineCopy copy, int mostTransactions) {
        this.copy = copy;
        this.pools = pools;
        this.mostTransactions = mostTransactions;
        var settings = copy.settings();
        this.machine = new Reconciler(features, settings.maxRows(), settings.inSteps(), settings.options());
        this.answers = new RehearsedAnswers(machine, copy.installation());
        this.now = copy.time();
    }

    /**
     * What is written.
     *
     * @param transactions in their order, those that only ask how far rows have come among them
     * @param rows that are inserted, changed or removed
     * @param waits from the first of them to the last: what is waited for between steps, without the time that committing takes
     * @param ends whether there is nothing more to do after that; if not, what is here is the beginning
     */
    public record Work(List<List<Operation>> transactions, int rows, Duration waits, boolean ends) {
        public Work {
            transactions = List.copyOf(transactions);
        }
    }

    /**
     * What changes would do.
     *
     * @param due what is to be written in any case, without them
     * @param work what is to be written after that
     */
    public record Outcome(Work due, Work work, List<AddressChange> addresses, List<PodChange> pods) {
        public Outcome {
            addresses = List.copyOf(addresses);
            pods = List.copyOf(pods);
        }

        public boolean changesAnything() {
            return !work.transactions().isEmpty() || !addresses.isEmpty() || !pods.isEmpty();
        }
    }

    /** @param changes made of the inputs as they are */
    public Outcome of(Function<Inputs, List<InputChange>> changes) {
        machine.connected(copy.schema());
        machine.apply(copy.replica().updates());
        copy.inputs().forEach(change -> machine.apply(change, now));
        machine.features().remember(copy.memories());
        answers.begin(now);
        var due = work();
        var placed = machine.outlook();
        var leaving = machine.features().departures();
        changes.apply(machine.inputs()).forEach(change -> machine.apply(change, now));
        var work = work();
        return new Outcome(
                due,
                work,
                placed.changesTo(machine.outlook()),
                PodChange.between(leaving, machine.features().departures()));
    }

    /** Works until there is nothing more to do, for pools neither. */
    private Work work() {
        var done = new Done(now);
        for (int round = 0; round < MOST_ROUNDS; round++) {
            while (!done.isTooMuch() && (commitsNext(done) || passes(done.last.plus(LONGEST)))) {}
            var given = machine.pools(now).changes();
            if (given.isEmpty()) {
                return done.work(machine.progress().inSteps() == 0 && !done.isTooMuch());
            }
            pools.after(given, machine.inputs()).forEach(change -> machine.apply(change, now));
        }
        return done.work(false);
    }

    private boolean commitsNext(Done done) {
        var next = machine.nextTransaction(now);
        next.ifPresent(transaction -> {
            done.add(transaction, now);
            machine.apply(RehearsedCommit.of(transaction.operations(), machine.view()));
            machine.complete(transaction, new CommitOutcome.Committed(), now);
        });
        return next.isPresent();
    }

    /** If something waits for its next step, lets time pass until something is answered or due; nothing else is waited for. */
    private boolean passes(Instant end) {
        if (machine.progress().inSteps() == 0 || now.isAfter(end)) {
            return false;
        }
        now = answers.answer(now)
                .or(() -> machine.nextDeadline().filter(due -> due.isAfter(now)))
                .orElse(now.plus(MOMENT));
        return true;
    }

    /** What has been written so far. */
    private final class Done {
        private final List<List<Operation>> transactions = new ArrayList<>();
        private int rows;
        private final Instant begin;
        private Instant last;

        private Done(Instant begin) {
            this.begin = begin;
            this.last = begin;
        }

        private void add(PlannedTransaction transaction, Instant time) {
            transactions.add(transaction.operations());
            rows += transaction.rows();
            last = time;
        }

        private boolean isTooMuch() {
            return transactions.size() >= mostTransactions;
        }

        private Work work(boolean ends) {
            return new Work(transactions, rows, Duration.between(begin, last), ends);
        }
    }
}
