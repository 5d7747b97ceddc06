package io.ovnegress.reconciler.input;

import com.google.common.collect.Iterators;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The pods of each namespace by their sets of labels: a selector is held against each set once, not against each pod. */
final class PodsByLabels {
    /** Those of a namespace are to be gone through in parts, between which they change. */
    private final Map<String, Map<Map<String, String>, Set<PodName>>> namespaces = new HashMap<>();

    void change(Optional<PodInput> before, Optional<PodInput> after) {
        if (!before.map(PodInput::labels).equals(after.map(PodInput::labels))) {
            before.ifPresent(this::remove);
            after.ifPresent(this::add);
        }
    }

    private void add(PodInput pod) {
        namespaces
                .computeIfAbsent(pod.name().namespace(), unused -> new ConcurrentHashMap<>())
                .computeIfAbsent(pod.labels(), unused -> ConcurrentHashMap.newKeySet())
                .add(pod.name());
    }

    private void remove(PodInput pod) {
        namespaces.computeIfPresent(pod.name().namespace(), (namespace, byLabels) -> {
            byLabels.computeIfPresent(pod.labels(), (labels, names) -> {
                names.remove(pod.name());
                return names.isEmpty() ? null : names;
            });
            return byLabels.isEmpty() ? null : byLabels;
        });
    }

    int count(String namespace, LabelSelector selector) {
        return namespaces.getOrDefault(namespace, Map.of()).entrySet().stream()
                .filter(alike -> selector.matches(alike.getKey()))
                .mapToInt(alike -> alike.getValue().size())
                .sum();
    }

    /** Found as it is gone through, whatever changes meanwhile. */
    Iterator<PodName> names(String namespace, LabelSelector selector) {
        var alike = namespaces.getOrDefault(namespace, Map.of()).entrySet().iterator();
        return Iterators.concat(Iterators.transform(
                alike,
                pods -> selector.matches(pods.getKey()) ? pods.getValue().iterator() : Collections.emptyIterator()));
    }

    void forEach(String namespace, LabelSelector selector, Consumer<PodName> action) {
        namespaces.getOrDefault(namespace, Map.of()).forEach((labels, names) -> {
            if (selector.matches(labels)) {
                names.forEach(action);
            }
        });
    }
}
