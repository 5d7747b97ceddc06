package io.ovnegress.controller.history;

import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.LogLine;
import io.ovnegress.reconciler.machine.Changed;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Repair;
import io.ovnegress.reconciler.northbound.RowChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What was programmed lately, and why: references to what transactions were planned from, as many as fit. Words are made of them
 * when somebody asks. Thread safe; adding costs the loop next to nothing.
 */
public final class History {
    /** What a change holds, roughly; estimated, not measured: rows and what is wanted of them stay in memory because of it. */
    private static final int INSERT_BYTES = 900;

    private static final int OTHER_BYTES = 400;
    private static final int MEMBER_BYTES = 64;
    private static final int OWNER_BYTES = 500;
    private static final int LINE_BYTES = 600;
    /** Of each row that an owner had, whether it was changed or not. */
    private static final int REFERENCE_BYTES = 8;
    /** So long a text is counted already with the row that has it; a match of a firewall may be a hundred times as long. */
    private static final int USUAL_TEXT = 200;
    /** Likewise of maps and sets. */
    private static final int USUAL_MEMBERS = 16;

    private final long mostBytes;
    private final Pace pace = new Pace();
    private final Deque<Entry> entries = new ArrayDeque<>();
    private final Deque<Ended> transactions = new ArrayDeque<>();
    private long bytes;
    private Instant complete = Instant.MAX;
    private boolean leads = true;
    /** What others programmed before is not in it. */
    private Instant leadsSince = Instant.MIN;

    /** How many moments there were, of those that people should see. */
    private long moments;

    private Optional<Consumer<List<Entry>>> listener = Optional.empty();

    /** So many of the last transactions are known whatever else is. */
    private static final int LAST_TRANSACTIONS = 10;

    /** A moment of it. */
    public sealed interface Entry {
        Instant time();
    }

    /** How a transaction ended. */
    public record Ended(Instant time, long number, CommitOutcome outcome, Duration took, int owners, int rows) {}

    /** What a transaction changed, or was to change, for one owner. */
    public record Rows(Ended transaction, Changed changed, Optional<Repair> repair) implements Entry {
        @Override
        public Instant time() {
            return transaction.time();
        }

        boolean isRefused() {
            return !(transaction.outcome() instanceof CommitOutcome.Committed);
        }
    }

    /** What was decided, in the words of the log; or what else happened. */
    public record Line(Instant time, LogLine line) implements Entry {}

    /** @param mostBytes how much memory it may keep, roughly */
    public History(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /** Is told of everything from now on, on the loop's thread; must not block. */
    public synchronized void listen(Consumer<List<Entry>> told) {
        listener = Optional.of(told);
    }

    /** Whether it is decided here; if nothing is said, it always was. */
    public synchronized void leads(boolean now, Instant time) {
        if (now != leads || leadsSince.equals(Instant.MIN)) {
            leads = now;
            leadsSince = now ? time : Instant.MAX;
            complete = leadsSince;
        }
    }

    public synchronized boolean leads() {
        return leads;
    }

    /** Since when it is decided here; in the future while it is not. */
    public synchronized Instant leadsSince() {
        return leadsSince;
    }

    /** @param afterEvent since the oldest change was heard of that the transaction answers; empty if it answers none */
    public void ended(
            PlannedTransaction transaction,
            CommitOutcome outcome,
            Duration took,
            Optional<Duration> afterEvent,
            Instant now) {
        pace.ended(outcome, transaction.rows(), afterEvent, now);
        var repairs = new HashMap<Object, Repair>();
        transaction.repairs().forEach(repair -> repairs.put(repair.owner(), repair));
        var ended = new Ended(
                now, transaction.number(), outcome, took, transaction.changes().size(), transaction.rows());
        var more = new ArrayList<Entry>(transaction.changes().size());
        for (var changed : transaction.changes()) {
            more.add(new Rows(ended, changed, Optional.ofNullable(repairs.get(changed.owner()))));
        }
        add(more, Optional.of(ended));
    }

    public void happened(LogLine line, Instant now) {
        add(List.of(new Line(now, line)), Optional.empty());
    }

    private synchronized void add(List<Entry> more, Optional<Ended> transaction) {
        if (complete.equals(Instant.MAX) && leads) {
            complete = Instant.MIN;
            more.stream().findFirst().map(Entry::time).ifPresent(time -> complete = time);
        }
        transaction.ifPresent(ended -> {
            transactions.addLast(ended);
            if (transactions.size() > LAST_TRANSACTIONS) {
                transactions.removeFirst();
            }
        });
        for (var entry : more) {
            entries.addLast(entry);
            bytes += bytes(entry);
            moments += Moments.ALL.has(entry) ? 1 : 0;
        }
        while (bytes > mostBytes) {
            var gone = entries.removeFirst();
            bytes -= bytes(gone);
            complete = gone.time().isAfter(complete) ? gone.time() : complete;
        }
        listener.ifPresent(told -> told.accept(more));
    }

    private static long bytes(Entry entry) {
        return switch (entry) {
            case Line line -> LINE_BYTES;
            case Rows(var transaction, var changed, var repair) -> {
                long sum =
                        OWNER_BYTES + (long) REFERENCE_BYTES * changed.before().size();
                for (var change : changed.changes()) {
                    sum += switch (change) {
                        case RowChange.Insert(var row) -> INSERT_BYTES + text(row.cells());
                        case RowChange.Update(var row, var cells) -> OTHER_BYTES + text(cells) + text(row);
                        case RowChange.Delete(var row) -> OTHER_BYTES + text(row);
                        case RowChange.Members<?> members ->
                            OTHER_BYTES
                                    + (long) MEMBER_BYTES
                                            * (members.add().size()
                                                    + members.remove().size());
                        default -> OTHER_BYTES;
                    };
                }
                yield sum;
            }
        };
    }

    /** What long texts of cells take beyond what is counted with every row. */
    private static long text(Collection<Cell<?>> cells) {
        long sum = 0;
        for (var cell : cells) {
            sum += text(cell.value());
        }
        return sum;
    }

    private static long text(Row row) {
        long sum = 0;
        for (var value : row.copyOfCells()) {
            sum += text(value);
        }
        return sum;
    }

    private static long text(Object value) {
        return switch (value) {
            case String text -> Math.max(0, text.length() - USUAL_TEXT);
            case Map<?, ?> map -> 2L * MEMBER_BYTES * Math.max(0, map.size() - USUAL_MEMBERS);
            case Collection<?> all -> (long) MEMBER_BYTES * Math.max(0, all.size() - USUAL_MEMBERS);
            case null, default -> 0; // the server lacks the column
        };
    }

    /** Everything that is known, in its order. */
    public synchronized List<Entry> entries() {
        return List.copyOf(entries);
    }

    public Pace pace() {
        return pace;
    }

    /** How many decisions, repairs and refusals there were: if it is another number, there is something to be read. */
    public synchronized long moments() {
        return moments;
    }

    /** Since when nothing is missing; in the future if nothing has happened yet. */
    public synchronized Instant completeSince() {
        return complete;
    }

    /** The last transactions, in their order. */
    public synchronized List<Ended> transactions() {
        return List.copyOf(transactions);
    }
}
