package io.ovnegress.reconciler.feature.egressip;

import com.google.common.collect.HashMultimap;
import com.google.common.collect.HashMultiset;
import com.google.common.collect.Iterators;
import com.google.common.collect.Multiset;
import com.google.common.collect.SetMultimap;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.SelectorIndex;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Which EgressIPs select which pods, found by labels, so that the event of a pod costs the same however many pods and EgressIPs there
 * are. Whether an object selects any is counted as pods come and go; those that no EgressIP can serve (not scheduled, finished, in the
 * host's network) do not count. Not thread safe.
 */
public final class EgressIpSelection {
    /** The older object wins, then the name: who serves a pod, who gets an address. */
    public static final Comparator<EgressIpInput> SENIORITY =
            Comparator.comparing(EgressIpInput::created).thenComparing(EgressIpInput::name);

    /** Is told what is selected otherwise. */
    public interface Listener {
        /** Other EgressIPs select the pod, or one that selects it treats it otherwise. */
        void podAffected(PodInput pod);

        /** Other EgressIPs select the namespace, or one that selects it treats its pods otherwise. */
        void namespaceAffected(String namespace);

        /** The object, which was there before, selects otherwise, or treats those it selects otherwise. */
        void reselected(String egressIp);

        /** The object selects no namespace or no pod, or no longer none, at least for the moment. */
        void usageChanged(String egressIp);
    }

    private final Inputs inputs;
    private final Map<String, EgressIpInput> egressIps;
    private final SelectorIndex<String> namespaceSelectors = new SelectorIndex<>();
    /** By namespace the pod selectors of the EgressIPs that select it. */
    private final Map<String, SelectorIndex<String>> podSelectors = new HashMap<>();

    private final SetMultimap<String, String> namespacesOf = HashMultimap.create();
    private final Multiset<String> pods = HashMultiset.create();

    /** By name the selectors by which objects select at present. */
    private final Map<String, Selectors> inForce = new HashMap<>();

    /** Those that say Drop and of which nothing can be read, nor was before: only rows of theirs say which pods they had. */
    private final Set<String> unknown = new TreeSet<>();

    /**
     * By what an object selects: by what it says, or if it says Drop and cannot be read any more, by what it said last. Its pods must not
     * leave as their nodes because of a slip, and nobody else is to be kept in because of it.
     *
     * @param uid of the object that said it
     */
    record Selectors(String uid, LabelSelector namespaces, LabelSelector pods) {}

    public EgressIpSelection(Inputs inputs) {
        this.inputs = inputs;
        this.egressIps = inputs.objects(EgressIpInput.KIND, EgressIpInput.class);
    }

    /** An object of any kind but pods is another. */
    public void objectChanged(Optional<InputObject> before, Optional<InputObject> after, Listener listener) {
        switch (after.or(() -> before).orElseThrow()) {
            case EgressIpInput object ->
                egressIpChanged(before.map(EgressIpInput.class::cast), after.map(EgressIpInput.class::cast), listener);
            case NamespaceInput object ->
                namespaceChanged(object.name(), after.map(NamespaceInput.class::cast), listener);
            default -> {}
        }
    }

    private void egressIpChanged(Optional<EgressIpInput> before, Optional<EgressIpInput> after, Listener listener) {
        if (after.isEmpty()) {
            before.ifPresent(gone -> {
                deselectEverywhere(gone.name(), listener);
                inForce.remove(gone.name());
                unknown.remove(gone.name());
            });
            return;
        }
        var object = after.get();
        var former = Optional.ofNullable(inForce.get(object.name()));
        var now = selectors(object, former);
        unknown.remove(object.name());
        if (now.isEmpty() && object.onUnassigned() == OnUnassigned.DROP) {
            unknown.add(object.name());
        }
        if (before.isEmpty() || !former.equals(now) || !before.get().created().equals(object.created())) {
            before.ifPresent(changed -> {
                deselectEverywhere(changed.name(), listener);
                listener.reselected(changed.name());
            });
            inForce.remove(object.name());
            now.ifPresent(selectors -> selectEverywhere(object.name(), selectors, listener));
        } else if (treatsOtherwise(before.get(), object)) {
            namespacesOf.get(object.name()).forEach(listener::namespaceAffected);
            forEachPodOf(object.name(), listener::podAffected);
            listener.reselected(object.name());
        }
    }

    private static Optional<Selectors> selectors(EgressIpInput object, Optional<Selectors> former) {
        if (object.hasSelectors()) {
            return Optional.of(new Selectors(
                    object.uid(),
                    object.namespaceSelector().orElseThrow(),
                    object.podSelector().orElseThrow()));
        }
        return former.filter(selectors ->
                object.onUnassigned() == OnUnassigned.DROP && selectors.uid().equals(object.uid()));
    }

    /** Whether the object selects by what it said before: what it says now cannot be read, and it says Drop. */
    public boolean keepsItsSelectors(String egressIp) {
        return inForce.containsKey(egressIp)
                && egressIp(egressIp).filter(object -> !object.hasSelectors()).isPresent();
    }

    /** Whether the object says Drop and nothing says which pods it selects, or did. */
    public boolean isUnknown(String egressIp) {
        return unknown.contains(egressIp);
    }

    /** Whether there is such an object. */
    public boolean areSomeUnknown() {
        return !unknown.isEmpty();
    }

    /** The selectors of which only this one knows. */
    Map<String, Selectors> kept() {
        var kept = new HashMap<>(inForce);
        kept.keySet().removeIf(name -> !keepsItsSelectors(name));
        return kept;
    }

    /** For whom this one is a copy of has kept these. */
    void recall(Map<String, Selectors> kept, Listener listener) {
        kept.forEach((name, selectors) -> egressIp(name)
                .filter(object -> !inForce.containsKey(name))
                .flatMap(object -> selectors(object, Optional.of(selectors)))
                .ifPresent(same -> {
                    unknown.remove(name);
                    selectEverywhere(name, same, listener);
                }));
    }

    private static boolean treatsOtherwise(EgressIpInput before, EgressIpInput after) {
        return before.onUnassigned() != after.onUnassigned()
                || before.beforeServed() != after.beforeServed()
                || before.isForSome() != after.isForSome()
                || !before.form().equals(after.form());
    }

    private void selectEverywhere(String egressIp, Selectors selectors, Listener listener) {
        inForce.put(egressIp, selectors);
        namespaceSelectors.put(egressIp, selectors.namespaces());
        for (var namespace : inputs.namespaces()) {
            if (selectors.namespaces().matches(namespace.labels())) {
                select(namespace.name(), egressIp, listener);
            }
        }
    }

    private void deselectEverywhere(String egressIp, Listener listener) {
        namespaceSelectors.remove(egressIp);
        List.copyOf(namespacesOf.get(egressIp)).forEach(namespace -> deselect(namespace, egressIp, listener));
    }

    private void namespaceChanged(String name, Optional<NamespaceInput> after, Listener listener) {
        var before = Optional.ofNullable(podSelectors.get(name))
                .map(SelectorIndex::keys)
                .orElse(Set.of());
        var now = after.map(namespace -> namespaceSelectors.matching(namespace.labels()))
                .orElse(Set.of());
        for (var egressIp : List.copyOf(before)) {
            if (!now.contains(egressIp)) {
                deselect(name, egressIp, listener);
            }
        }
        for (var egressIp : now) {
            if (!namespacesOf.containsEntry(egressIp, name)) {
                select(name, egressIp, listener);
            }
        }
    }

    private void select(String namespace, String egressIp, Listener listener) {
        var selector = inForce.get(egressIp).pods();
        podSelectors.computeIfAbsent(namespace, unused -> new SelectorIndex<>()).put(egressIp, selector);
        boolean isFirst = !namespacesOf.containsKey(egressIp);
        namespacesOf.put(egressIp, namespace);
        if (isFirst) {
            listener.usageChanged(egressIp);
        }
        listener.namespaceAffected(namespace);
        inputs.forEachPod(namespace, selector, pod -> {
            count(pod, egressIp, listener);
            listener.podAffected(pod);
        });
    }

    private void deselect(String namespace, String egressIp, Listener listener) {
        var selectors = podSelectors.get(namespace);
        var selector = selectors.selector(egressIp).orElseThrow();
        selectors.remove(egressIp);
        if (selectors.keys().isEmpty()) {
            podSelectors.remove(namespace);
        }
        namespacesOf.remove(egressIp, namespace);
        if (!namespacesOf.containsKey(egressIp)) {
            listener.usageChanged(egressIp);
        }
        listener.namespaceAffected(namespace);
        inputs.forEachPod(namespace, selector, pod -> {
            discount(pod, egressIp, listener);
            listener.podAffected(pod);
        });
    }

    /** Only counts: that the pod is another is told by the inputs. */
    public void podChanged(Optional<PodInput> before, Optional<PodInput> after, Listener listener) {
        boolean countsAlike = before.map(PodInput::isOnNetwork).equals(after.map(PodInput::isOnNetwork));
        if (!countsAlike || !before.map(PodInput::labels).equals(after.map(PodInput::labels))) {
            before.ifPresent(pod -> namesOf(pod).forEach(egressIp -> discount(pod, egressIp, listener)));
            after.ifPresent(pod -> namesOf(pod).forEach(egressIp -> count(pod, egressIp, listener)));
        }
    }

    private void count(PodInput pod, String egressIp, Listener listener) {
        if (pod.isOnNetwork() && pods.add(egressIp, 1) == 0) {
            listener.usageChanged(egressIp);
        }
    }

    private void discount(PodInput pod, String egressIp, Listener listener) {
        if (pod.isOnNetwork() && pods.remove(egressIp, 1) == 1) {
            listener.usageChanged(egressIp);
        }
    }

    private Set<String> namesOf(PodInput pod) {
        var selectors = podSelectors.get(pod.name().namespace());
        return selectors == null ? Set.of() : selectors.matching(pod.labels());
    }

    public Optional<EgressIpInput> egressIp(String name) {
        return Optional.ofNullable(egressIps.get(name));
    }

    /** All objects, in the order of their names. */
    public Collection<EgressIpInput> egressIps() {
        return egressIps.values();
    }

    /** The EgressIPs that select the pod for whatever it sends, the most senior first. */
    public List<EgressIpInput> selecting(PodInput pod) {
        return selecting(pod, false);
    }

    /** The EgressIPs that select the pod for some destinations, the most senior first. */
    public List<EgressIpInput> selectingForSome(PodInput pod) {
        return selecting(pod, true);
    }

    private List<EgressIpInput> selecting(PodInput pod, boolean forSome) {
        var names = namesOf(pod);
        if (names.isEmpty()) {
            return List.of();
        }
        var selecting = new ArrayList<EgressIpInput>(names.size());
        for (var name : names) {
            var object = egressIps.get(name);
            if (object.isForSome() == forSome) {
                selecting.add(object);
            }
        }
        if (selecting.size() > 1) {
            selecting.sort(SENIORITY);
        }
        return selecting;
    }

    /** The namespaces that the EgressIP selects. */
    public Set<String> namespacesOf(String egressIp) {
        return namespacesOf.get(egressIp);
    }

    /** The EgressIPs that select the namespace with all its pods for whatever they send, the most senior first. */
    public List<EgressIpInput> selectingAllOf(String namespace) {
        return selectingSomeOf(namespace).stream()
                .filter(object -> selectsAllOf(namespace, object.name()))
                .toList();
    }

    /** The EgressIPs that select the namespace, with all its pods or some, for whatever they send, the most senior first. */
    public List<EgressIpInput> selectingSomeOf(String namespace) {
        return selectingIn(namespace, false);
    }

    /** Those that select the namespace, with all its pods or some, for some destinations, the most senior first. */
    public List<EgressIpInput> selectingForSomeIn(String namespace) {
        return selectingIn(namespace, true);
    }

    /** Whether the EgressIP selects the namespace with all its pods. */
    public boolean selectsAllOf(String namespace, String egressIp) {
        return Optional.ofNullable(podSelectors.get(namespace))
                .flatMap(selectors -> selectors.selector(egressIp))
                .filter(LabelSelector::isEverything)
                .isPresent();
    }

    private List<EgressIpInput> selectingIn(String namespace, boolean forSome) {
        var selectors = podSelectors.get(namespace);
        return selectors == null
                ? List.of()
                : selectors.keys().stream()
                        .map(egressIps::get)
                        .filter(object -> object.isForSome() == forSome)
                        .sorted(SENIORITY)
                        .toList();
    }

    public boolean hasNamespaces(String egressIp) {
        return namespacesOf.containsKey(egressIp);
    }

    /** Whether it selects a pod that it could serve. */
    public boolean hasPods(String egressIp) {
        return pods.contains(egressIp);
    }

    /** How many pods it selects that it could serve. */
    public int pods(String egressIp) {
        return pods.count(egressIp);
    }

    /** Every pod that the EgressIP selects, servable or not, found as it is gone through, whatever changes meanwhile. */
    public Iterator<PodInput> podsOf(String egressIp) {
        var namespaces = List.copyOf(namespacesOf.get(egressIp)).iterator();
        return Iterators.concat(Iterators.transform(
                namespaces,
                namespace -> Optional.ofNullable(podSelectors.get(namespace))
                        .flatMap(selectors -> selectors.selector(egressIp))
                        .map(selector -> inputs.pods(namespace, selector))
                        .orElse(Collections.emptyIterator())));
    }

    /** Calls the action for every pod that the EgressIP selects, servable or not. */
    public void forEachPodOf(String egressIp, Consumer<PodInput> action) {
        for (var namespace : namespacesOf.get(egressIp)) {
            podSelectors
                    .get(namespace)
                    .selector(egressIp)
                    .ifPresent(selector -> inputs.forEachPod(namespace, selector, action));
        }
    }
}
