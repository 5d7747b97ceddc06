package io.ovnegress.reconciler.input;

import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the selectors that match a set of labels without evaluating them all.
 *
 * <p>Each selector is anchored on one requirement that labels must meet: on the values of an {@code IN}, else on the key of an
 * {@code EXISTS}; only selectors with neither are evaluated every time. A look-up costs what is anchored on the labels at
 * hand, however many selectors are anchored elsewhere. Not thread safe.
 */
public final class SelectorIndex<K> {
    private record Entry(LabelSelector selector, Optional<Requirement> anchor) {}

    private record Label(String key, String value) {}

    private final Map<K, Entry> entries = new HashMap<>();
    private final Map<Label, Set<K>> byLabel = new HashMap<>();
    private final Map<String, Set<K>> byKey = new HashMap<>();
    private final Set<K> unanchored = new HashSet<>();

    /** Adds the selector, in place of an earlier one with the same key. */
    public void put(K key, LabelSelector selector) {
        remove(key);
        var anchor = anchorOf(selector);
        entries.put(key, new Entry(selector, anchor));
        if (anchor.isEmpty()) {
            unanchored.add(key);
        } else if (anchor.get().operator() == Operator.EXISTS) {
            byKey.computeIfAbsent(anchor.get().key(), k -> new HashSet<>()).add(key);
        } else {
            for (var value : anchor.get().values()) {
                byLabel.computeIfAbsent(new Label(anchor.get().key(), value), k -> new HashSet<>())
                        .add(key);
            }
        }
    }

    public void remove(K key) {
        var entry = entries.remove(key);
        if (entry == null) {
            return;
        }
        if (entry.anchor().isEmpty()) {
            unanchored.remove(key);
            return;
        }
        var anchor = entry.anchor().get();
        if (anchor.operator() == Operator.EXISTS) {
            removeFrom(byKey, anchor.key(), key);
        } else {
            for (var value : anchor.values()) {
                removeFrom(byLabel, new Label(anchor.key(), value), key);
            }
        }
    }

    /** The keys of all selectors that match; a new set. */
    public Set<K> matching(Map<String, String> labels) {
        var found = new HashSet<K>();
        addMatching(unanchored, labels, found);
        labels.forEach((key, value) -> {
            addMatching(byLabel.getOrDefault(new Label(key, value), Set.of()), labels, found);
            addMatching(byKey.getOrDefault(key, Set.of()), labels, found);
        });
        return found;
    }

    /** The keys of all selectors. */
    public Set<K> keys() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    public Optional<LabelSelector> selector(K key) {
        return Optional.ofNullable(entries.get(key)).map(Entry::selector);
    }

    /** The requirement that fewest selectors share: often all carry a common label besides one of their own. */
    private Optional<Requirement> anchorOf(LabelSelector selector) {
        return selector.requirements().stream()
                .filter(requirement ->
                        requirement.operator() == Operator.IN || requirement.operator() == Operator.EXISTS)
                .min(Comparator.<Requirement, Boolean>comparing(requirement -> requirement.operator() != Operator.IN)
                        .thenComparingInt(this::neighbours)
                        .thenComparingInt(requirement -> requirement.values().size()));
    }

    private int neighbours(Requirement requirement) {
        if (requirement.operator() == Operator.EXISTS) {
            return byKey.getOrDefault(requirement.key(), Set.of()).size();
        }
        return requirement.values().stream()
                .mapToInt(value -> byLabel.getOrDefault(new Label(requirement.key(), value), Set.of())
                        .size())
                .max()
                .orElse(0);
    }

    private void addMatching(Set<K> candidates, Map<String, String> labels, Set<K> found) {
        for (var key : candidates) {
            if (entries.get(key).selector().matches(labels)) {
                found.add(key);
            }
        }
    }

    private static <A, K> void removeFrom(Map<A, Set<K>> index, A anchor, K key) {
        var keys = index.get(anchor);
        keys.remove(key);
        if (keys.isEmpty()) {
            index.remove(anchor);
        }
    }
}
