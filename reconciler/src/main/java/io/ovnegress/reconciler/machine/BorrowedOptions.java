package io.ovnegress.reconciler.machine;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Options of {@code NB_Global}, which are the whole cluster's: set if they are asked for and nobody has set them, remembered in the
 * database as ours, and taken back when they are not asked for any more. What somebody else has set stays as it is, also if it was
 * ours before. Not thread safe.
 */
final class BorrowedOptions {
    /** {@code NB_Global.external_ids}: what we have set, as {@code key=value,...}. */
    static final String MEMORY_KEY = "ovn-egress.io/options";

    /** What has not come about is tried again after this. */
    private static final Duration AGAIN_AFTER = Duration.ofSeconds(10);

    private final Map<String, String> asked;
    private Optional<Row> global = Optional.empty();
    private Instant notBefore = Instant.MIN;

    /** @param asked what is to be there; empty: nothing of ours */
    BorrowedOptions(Map<String, String> asked) {
        this.asked = new TreeMap<>(asked);
    }

    Map<String, String> asked() {
        return asked;
    }

    static void addTo(MonitorSpec.Builder spec) {
        spec.table(NbGlobal.TABLE, List.of(NbGlobal.OPTIONS, NbGlobal.EXTERNAL_IDS));
    }

    /** {@code NB_Global} is this now. */
    void globalChanged(Optional<Row> row) {
        boolean isNews = !row.map(BorrowedOptions::basis).equals(global.map(BorrowedOptions::basis));
        global = row;
        if (isNews) {
            notBefore = Instant.MIN;
        }
    }

    private static List<Object> basis(Row row) {
        return List.of(row.id(), row.get(NbGlobal.OPTIONS), row.get(NbGlobal.EXTERNAL_IDS));
    }

    private static Map<String, String> remembered(Row row) {
        var pairs = new TreeMap<String, String>();
        for (var pair : Splitter.on(',')
                .omitEmptyStrings()
                .split(row.get(NbGlobal.EXTERNAL_IDS).getOrDefault(MEMORY_KEY, ""))) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
        return pairs;
    }

    /** What of that is still there as it was set. */
    private static Map<String, String> ours(Row row) {
        var ours = remembered(row);
        ours.entrySet().retainAll(row.get(NbGlobal.OPTIONS).entrySet());
        return ours;
    }

    private Map<String, String> inTheWay(Row row) {
        var others = new TreeMap<>(row.get(NbGlobal.OPTIONS));
        others.keySet().retainAll(asked.keySet());
        others.entrySet().removeAll(asked.entrySet());
        others.entrySet().removeAll(ours(row).entrySet());
        return others;
    }

    OptionsStanding standing() {
        return global.map(row -> new OptionsStanding(ours(row), inTheWay(row))).orElse(OptionsStanding.NONE);
    }

    /** What is to be done now, as one transaction; nothing if all is as it should be, or was only just tried. */
    List<Operation> next(Instant now) {
        if (global.isEmpty() || now.isBefore(notBefore)) {
            return List.of();
        }
        var operations = operations(global.get());
        if (!operations.isEmpty()) {
            notBefore = now.plus(AGAIN_AFTER);
        }
        return operations;
    }

    private List<Operation> operations(Row row) {
        var memory = remembered(row);
        var ours = ours(row);
        boolean isNobodys = memory.isEmpty() && !inTheWay(row).isEmpty();
        var keep = isNobodys ? Map.<String, String>of() : asked;
        var gone = new TreeMap<>(ours);
        gone.entrySet().removeAll(keep.entrySet());
        var set = new TreeMap<>(keep);
        set.keySet().removeIf(key -> row.get(NbGlobal.OPTIONS).containsKey(key) && !gone.containsKey(key));
        var after = new TreeMap<>(ours);
        after.keySet().removeAll(gone.keySet());
        after.putAll(set);
        if (gone.isEmpty() && set.isEmpty() && after.equals(memory)) {
            return List.of();
        }
        // Pairs are deleted as pairs, and what is there is not inserted: others' values cannot be meant.
        var mutations = new ArrayList<Mutation>();
        add(mutations, new Mutation(NbGlobal.OPTIONS, Mutator.DELETE, gone));
        add(mutations, new Mutation(NbGlobal.OPTIONS, Mutator.INSERT, set));
        add(mutations, new Mutation(NbGlobal.EXTERNAL_IDS, Mutator.DELETE, memoryOf(row)));
        add(
                mutations,
                new Mutation(
                        NbGlobal.EXTERNAL_IDS,
                        Mutator.INSERT,
                        after.isEmpty()
                                ? Map.of()
                                : Map.of(
                                        MEMORY_KEY,
                                        Joiner.on(',')
                                                .withKeyValueSeparator('=')
                                                .join(after))));
        return List.of(
                new Operation.Expect(
                        NbGlobal.TABLE,
                        new Where.Id(row.id()),
                        List.of(
                                Cell.of(NbGlobal.OPTIONS, row.get(NbGlobal.OPTIONS)),
                                Cell.of(NbGlobal.EXTERNAL_IDS, row.get(NbGlobal.EXTERNAL_IDS)))),
                new Operation.Mutate(NbGlobal.TABLE, new Where.Id(row.id()), mutations));
    }

    private static Map<String, String> memoryOf(Row row) {
        var text = row.get(NbGlobal.EXTERNAL_IDS).get(MEMORY_KEY);
        return text == null ? Map.of() : Map.of(MEMORY_KEY, text);
    }

    private static void add(List<Mutation> mutations, Mutation mutation) {
        if (!((Map<?, ?>) mutation.value()).isEmpty()) {
            mutations.add(mutation);
        }
    }
}
