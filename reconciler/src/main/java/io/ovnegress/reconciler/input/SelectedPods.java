package io.ovnegress.reconciler.input;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import java.util.function.Consumer;

/**
 * How many namespaces and pods each EgressIP selects, counted as they come and go, so that nobody has to look for the first one. Pods
 * that no EgressIP can serve (not scheduled, finished, in the host's network) do not count. Not thread safe.
 */
final class SelectedPods {
    private final Multiset<String> namespaces = HashMultiset.create();
    private final Multiset<String> pods = HashMultiset.create();
    private final Consumer<String> changed;

    /** @param changed takes EgressIPs that select none, or no longer none, at least for the moment */
    SelectedPods(Consumer<String> changed) {
        this.changed = changed;
    }

    void namespaceSelected(String egressIp) {
        add(namespaces, egressIp);
    }

    void namespaceDeselected(String egressIp) {
        remove(namespaces, egressIp);
    }

    void podSelected(PodInput pod, String egressIp) {
        if (pod.isOnNetwork()) {
            add(pods, egressIp);
        }
    }

    void podDeselected(PodInput pod, String egressIp) {
        if (pod.isOnNetwork()) {
            remove(pods, egressIp);
        }
    }

    private void add(Multiset<String> counts, String egressIp) {
        if (counts.add(egressIp, 1) == 0) {
            changed.accept(egressIp);
        }
    }

    private void remove(Multiset<String> counts, String egressIp) {
        if (counts.remove(egressIp, 1) == 1) {
            changed.accept(egressIp);
        }
    }

    boolean hasNamespaces(String egressIp) {
        return namespaces.contains(egressIp);
    }

    boolean hasPods(String egressIp) {
        return pods.contains(egressIp);
    }
}
