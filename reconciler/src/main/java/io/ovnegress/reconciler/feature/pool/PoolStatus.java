package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Tells users how it is with their pools, each change once. Not thread safe. */
final class PoolStatus {
    /** All that there can be. */
    static final Set<Shortfall.Lack> LACKS = Arrays.stream(PoolReason.values())
            .filter(reason -> reason != PoolReason.Ready)
            .map(Unready::new)
            .collect(Collectors.toUnmodifiableSet());

    private record Unready(PoolReason why) implements Shortfall.Lack {
        private static final Shortfall.Measure POOLS =
                new Shortfall.Measure("unready.pools", "EgressIPPools that do not give every namespace its addresses");

        @Override
        public Shortfall.Measure measure() {
            return POOLS;
        }

        @Override
        public String reason() {
            return why.name();
        }
    }

    private final Map<String, StatusChange> said = new HashMap<>();
    private final Map<String, PoolReason> reasons = new HashMap<>();
    private final List<StatusChange> unsaid = new ArrayList<>();

    void forget() {
        said.clear();
        unsaid.clear();
    }

    /** It is so now with these pools, and there are no others. */
    void now(Map<String, PoolInput> pools, Map<String, PoolState> states) {
        said.keySet().retainAll(pools.keySet());
        reasons.keySet().retainAll(pools.keySet());
        states.forEach((name, state) -> {
            var pool = pools.get(name);
            boolean isReady = state.reason() == PoolReason.Ready;
            var condition = new StatusCondition(
                    PoolReason.Type.Ready, isReady, state.reason(), state.message(), pool.generation());
            var change = new StatusChange(
                    pool.ref(), pool.uid(), pool.generation(), state.usage(), List.of(condition), List.of());
            boolean isNews = state.reason() != reasons.put(name, state.reason());
            if (!change.equals(said.put(name, change))) {
                unsaid.removeIf(older -> older.object().equals(change.object()));
                unsaid.add(
                        isNews && !isReady
                                ? change.with(List.of(new StatusChange.Event(state.reason(), state.message())))
                                : change);
            }
        });
    }

    /** What was told of the pool last. */
    Optional<StatusChange> said(String pool) {
        return Optional.ofNullable(said.get(pool));
    }

    List<StatusChange> take() {
        var taken = List.copyOf(unsaid);
        unsaid.clear();
        return taken;
    }

    Shortfall shortfall() {
        var counts = new HashMap<Shortfall.Lack, Integer>();
        reasons.values().stream()
                .filter(reason -> reason != PoolReason.Ready)
                .forEach(reason -> counts.merge(new Unready(reason), 1, Integer::sum));
        return new Shortfall(counts);
    }
}
