package io.ovnegress.reconciler.input;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * All inputs, with the indexes that make a pod event cost the same however many pods and EgressIPs there are: pods by address, by
 * namespace and label set; EgressIPs by what their selectors ask for. Pods have the addresses that they hold, whatever their objects
 * say. Not thread safe.
 */
public final class ClusterState {

    /** Is told what a change concerns, as far as it wants to know. */
    public interface Listener {
        /** A pod was put, removed, or is selected differently now; called with the pod as it was and as it is. */
        default void podAffected(PodInput pod) {}

        /** The addresses of a pod have changed: what is written for the one and for the other belongs together. */
        default void podReplaced(PodInput before, PodInput after) {}

        default void podRemoved(PodName name) {}

        /** What the pod's object says of its addresses, or whether it is believed, may be different. */
        default void podClaimChanged(PodName name) {}

        /** The object, which was there before, selects otherwise, or treats those it selects otherwise. */
        default void selectionChanged(String egressIp) {}

        /** @param specChanged false if only the status of the object is different */
        default void egressIpChanged(String name, boolean specChanged) {}

        default void nodeChanged(String name) {}

        /** An object of a kind that only features know appeared, changed or went away. */
        default void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {}

        /** Whether the object selects namespaces, or pods, may be different. */
        default void usageChanged(String egressIp) {}
    }

    /** The older object wins, then the name: who serves a pod, who gets an address. */
    public static final Comparator<EgressIpInput> SENIORITY =
            Comparator.comparing(EgressIpInput::created).thenComparing(EgressIpInput::name);

    /** What the database says of pods. */
    public interface PodsInDatabase {
        /** The addresses of the pod's logical switch port; empty if it has none. */
        Optional<List<IpAddress>> port(PodName pod);

        /** The pod for which rows of ours were written last at this address. */
        Optional<PodName> servedAt(IpAddress ip);
    }

    private final Listener listener;
    private final KnownPods pods;
    private final SelectedPods selected;
    private final Map<String, NamespaceState> namespaces = new HashMap<>();
    private final Map<String, NodeInput> nodes = new TreeMap<>();
    private final Map<String, EgressIpInput> egressIps = new TreeMap<>();
    private final SelectorIndex<String> namespaceSelectors = new SelectorIndex<>();
    /** Objects of the kinds that only features know, by kind and key. */
    private final Map<InputKind, Map<String, InputObject>> others = new HashMap<>();

    private final Set<InputKind> missing = new HashSet<>(InputKind.core());

    public ClusterState(Listener listener, PodsInDatabase database) {
        this.listener = listener;
        this.selected = new SelectedPods(listener::usageChanged);
        this.pods = new KnownPods(database::port, database::servedAt, this::podChanged);
    }

    /** One namespace, known or only mentioned by its pods. */
    private static final class NamespaceState {
        private Optional<NamespaceInput> input = Optional.empty();
        private final Map<Map<String, String>, Set<PodName>> podsByLabels = new HashMap<>();
        /** The EgressIPs that select the namespace, by their pod selectors. */
        private final SelectorIndex<String> podSelectors = new SelectorIndex<>();

        private Set<String> selectedBy = Set.of();

        private boolean isUnused() {
            return input.isEmpty() && podsByLabels.isEmpty();
        }
    }

    public void apply(InputChange change) {
        switch (change) {
            case InputChange.Put(InputObject object) -> put(object);
            case InputChange.Removed(InputKind kind, String name) -> remove(kind, name);
            case InputChange.Listed(InputKind kind, List<InputObject> objects) -> {
                replaceAll(kind, objects);
                missing.remove(kind);
            }
        }
    }

    /** Nothing is complete before this kind was listed too. */
    public void expect(InputKind kind) {
        missing.add(kind);
    }

    /** The objects of a kind that only features know, by their keys, in their order. */
    public Map<String, InputObject> objects(InputKind kind) {
        return Collections.unmodifiableMap(others.getOrDefault(kind, Map.of()));
    }

    /** The kinds that have not been listed once. */
    public Set<InputKind> missing() {
        return Collections.unmodifiableSet(missing);
    }

    private void replaceAll(InputKind kind, List<InputObject> objects) {
        var gone = new HashSet<>(namesOf(kind));
        for (var object : objects) {
            gone.remove(object.key());
        }
        // Those gone first: their addresses may belong to others by now.
        gone.forEach(name -> remove(kind, name));
        pods.beginningOfList();
        objects.forEach(this::put);
        pods.endOfList();
    }

    private Set<String> namesOf(InputKind kind) {
        if (kind.equals(InputKind.EGRESS_IP)) {
            return egressIps.keySet();
        }
        if (kind.equals(InputKind.NODE)) {
            return nodes.keySet();
        }
        var names = new HashSet<String>();
        if (kind.equals(InputKind.POD)) {
            pods.names().forEach(name -> names.add(name.toString()));
        } else if (kind.equals(InputKind.NAMESPACE)) {
            namespaces.forEach((name, state) -> {
                if (state.input.isPresent()) {
                    names.add(name);
                }
            });
        } else {
            names.addAll(others.getOrDefault(kind, Map.of()).keySet());
        }
        return names;
    }

    private void put(InputObject object) {
        switch (object) {
            case EgressIpInput egressIp -> putEgressIp(egressIp);
            case NamespaceInput namespace -> putNamespace(namespace);
            case NodeInput node -> {
                if (!node.equals(nodes.put(node.name(), node))) {
                    listener.nodeChanged(node.name());
                }
            }
            case PodInput pod -> pods.put(pod);
            default -> putOther(object);
        }
    }

    private void remove(InputKind kind, String name) {
        if (kind.equals(InputKind.EGRESS_IP)) {
            removeEgressIp(name);
        } else if (kind.equals(InputKind.NAMESPACE)) {
            removeNamespace(name);
        } else if (kind.equals(InputKind.NODE)) {
            if (nodes.remove(name) != null) {
                listener.nodeChanged(name);
            }
        } else if (kind.equals(InputKind.POD)) {
            int slash = name.indexOf('/');
            pods.remove(new PodName(name.substring(0, slash), name.substring(slash + 1)));
        } else {
            var before = Optional.ofNullable(
                    others.getOrDefault(kind, new HashMap<>()).remove(name));
            before.ifPresent(object -> listener.objectChanged(before, Optional.empty()));
        }
    }

    private void removeNamespace(String name) {
        var state = namespaces.get(name);
        if (state != null) {
            state.input = Optional.empty();
            select(state, Set.of());
            forgetIfUnused(name, state);
        }
    }

    private void putOther(InputObject object) {
        var before = Optional.ofNullable(
                others.computeIfAbsent(object.kind(), unused -> new TreeMap<>()).put(object.key(), object));
        if (!before.equals(Optional.of(object))) {
            listener.objectChanged(before, Optional.of(object));
        }
    }

    private NamespaceState namespace(String name) {
        return namespaces.computeIfAbsent(name, unused -> new NamespaceState());
    }

    private void forgetIfUnused(String name, NamespaceState state) {
        if (state.isUnused()) {
            namespaces.remove(name);
        }
    }

    /** A logical switch port appeared, has other addresses or is gone; the database says so already. */
    public void portChanged(PodName name, Optional<List<IpAddress>> before, Optional<List<IpAddress>> after) {
        pods.portChanged(name, before, after);
    }

    /** Rows tell whose the addresses were that several pods have the same title to. */
    public void settleContests() {
        pods.settleContests();
    }

    private void podChanged(Optional<PodInput> before, Optional<PodInput> after) {
        var name = after.or(() -> before).orElseThrow().name();
        var state = namespace(name.namespace());
        boolean countsAlike = before.map(PodInput::isOnNetwork).equals(after.map(PodInput::isOnNetwork));
        if (!countsAlike || !before.map(PodInput::labels).equals(after.map(PodInput::labels))) {
            before.ifPresent(pod -> state.podSelectors
                    .matching(pod.labels())
                    .forEach(egressIp -> selected.podDeselected(pod, egressIp)));
            after.ifPresent(pod ->
                    state.podSelectors.matching(pod.labels()).forEach(egressIp -> selected.podSelected(pod, egressIp)));
        }
        if (!before.map(PodInput::labels).equals(after.map(PodInput::labels))) {
            before.ifPresent(pod -> unindex(pod, state));
            after.ifPresent(pod -> state.podsByLabels
                    .computeIfAbsent(pod.labels(), unused -> new HashSet<>())
                    .add(name));
            forgetIfUnused(name.namespace(), state);
        }
        if (after.isEmpty()) {
            listener.podRemoved(name);
        }
        if (!before.equals(after)) {
            before.ifPresent(listener::podAffected);
            before.filter(pod -> !pod.ips().isEmpty())
                    .ifPresent(old -> after.filter(
                                    pod -> !pod.ips().isEmpty() && !pod.ips().equals(old.ips()))
                            .ifPresent(pod -> listener.podReplaced(old, pod)));
            after.ifPresent(listener::podAffected);
        }
        listener.podClaimChanged(name);
    }

    private static void unindex(PodInput pod, NamespaceState state) {
        state.podsByLabels.computeIfPresent(pod.labels(), (unused, names) -> {
            names.remove(pod.name());
            return names.isEmpty() ? null : names;
        });
    }

    private void putNamespace(NamespaceInput namespace) {
        var state = namespace(namespace.name());
        if (state.input.filter(namespace::equals).isPresent()) {
            return;
        }
        state.input = Optional.of(namespace);
        select(state, namespaceSelectors.matching(namespace.labels()));
    }

    /** Makes the namespace selected by exactly these EgressIPs. */
    private void select(NamespaceState state, Set<String> selectedBy) {
        var before = state.selectedBy;
        state.selectedBy = Set.copyOf(selectedBy);
        for (var name : before) {
            if (!selectedBy.contains(name)) {
                deselect(state, name);
            }
        }
        for (var name : state.selectedBy) {
            if (!before.contains(name)) {
                select(state, egressIps.get(name));
            }
        }
    }

    private void select(NamespaceState state, EgressIpInput egressIp) {
        egressIp.podSelector().ifPresent(selector -> {
            state.podSelectors.put(egressIp.name(), selector);
            selected.namespaceSelected(egressIp.name());
            forEachPod(state, selector, pod -> {
                selected.podSelected(pod, egressIp.name());
                listener.podAffected(pod);
            });
        });
    }

    private void deselect(NamespaceState state, String egressIp) {
        state.podSelectors.selector(egressIp).ifPresent(selector -> {
            state.podSelectors.remove(egressIp);
            selected.namespaceDeselected(egressIp);
            forEachPod(state, selector, pod -> {
                selected.podDeselected(pod, egressIp);
                listener.podAffected(pod);
            });
        });
    }

    private void forEachPod(NamespaceState state, LabelSelector selector, Consumer<PodInput> action) {
        state.podsByLabels.forEach((labels, names) -> {
            if (selector.matches(labels)) {
                names.forEach(name -> action.accept(pods.get(name).orElseThrow()));
            }
        });
    }

    private void putEgressIp(EgressIpInput egressIp) {
        var before = egressIps.put(egressIp.name(), egressIp);
        if (egressIp.equals(before)) {
            return;
        }
        if (before == null
                || !before.namespaceSelector().equals(egressIp.namespaceSelector())
                || !before.podSelector().equals(egressIp.podSelector())
                || !before.created().equals(egressIp.created())) {
            if (before != null) {
                deselectEverywhere(egressIp.name());
                listener.selectionChanged(egressIp.name());
            }
            egressIp.namespaceSelector().ifPresent(selector -> {
                namespaceSelectors.put(egressIp.name(), selector);
                for (var state : namespaces.values()) {
                    if (state.input
                            .filter(namespace -> selector.matches(namespace.labels()))
                            .isPresent()) {
                        var selectedBy = new HashSet<>(state.selectedBy);
                        selectedBy.add(egressIp.name());
                        state.selectedBy = Set.copyOf(selectedBy);
                        select(state, egressIp);
                    }
                }
            });
        } else if (before.onUnassigned() != egressIp.onUnassigned()) {
            forEachPodSelectedBy(egressIp.name(), listener::podAffected);
            listener.selectionChanged(egressIp.name());
        }
        listener.egressIpChanged(egressIp.name(), before == null || !before.hasSameSpec(egressIp));
    }

    private void removeEgressIp(String name) {
        if (egressIps.remove(name) != null) {
            deselectEverywhere(name);
            listener.egressIpChanged(name, true);
        }
    }

    private void deselectEverywhere(String egressIp) {
        namespaceSelectors.remove(egressIp);
        for (var state : namespaces.values()) {
            if (state.selectedBy.contains(egressIp)) {
                var selectedBy = new HashSet<>(state.selectedBy);
                selectedBy.remove(egressIp);
                state.selectedBy = Set.copyOf(selectedBy);
                deselect(state, egressIp);
            }
        }
    }

    /** The servable pod that holds the address. */
    public Optional<PodInput> podAt(IpAddress ip) {
        return pods.at(ip);
    }

    public Optional<PodInput> pod(PodName name) {
        return pods.get(name);
    }

    public Set<PodName> podNames() {
        return pods.names();
    }

    /** Why what the pod's object says of its addresses is not believed; empty if it is. */
    public Optional<AddressRefusal> refusal(PodName name) {
        return pods.refusal(name);
    }

    /** The EgressIPs that select the pod, the most senior first. */
    public List<EgressIpInput> egressIpsSelecting(PodInput pod) {
        var state = namespaces.get(pod.name().namespace());
        if (state == null || state.selectedBy.isEmpty()) {
            return List.of();
        }
        var names = state.podSelectors.matching(pod.labels());
        if (names.isEmpty()) {
            return List.of();
        }
        var selecting = new ArrayList<EgressIpInput>(names.size());
        names.forEach(name -> selecting.add(egressIps.get(name)));
        if (selecting.size() > 1) {
            selecting.sort(SENIORITY);
        }
        return selecting;
    }

    /** Whether the EgressIP selects a namespace. */
    public boolean selectsNamespaces(String egressIp) {
        return selected.hasNamespaces(egressIp);
    }

    /** Whether the EgressIP selects a pod that it could serve. */
    public boolean selectsPods(String egressIp) {
        return selected.hasPods(egressIp);
    }

    /** Calls the action for every pod that the EgressIP selects, servable or not. */
    public void forEachPodSelectedBy(String egressIp, Consumer<PodInput> action) {
        for (var state : namespaces.values()) {
            if (state.selectedBy.contains(egressIp)) {
                state.podSelectors.selector(egressIp).ifPresent(selector -> forEachPod(state, selector, action));
            }
        }
    }

    public Optional<EgressIpInput> egressIp(String name) {
        return Optional.ofNullable(egressIps.get(name));
    }

    public Collection<EgressIpInput> egressIps() {
        return Collections.unmodifiableCollection(egressIps.values());
    }

    public Optional<NodeInput> node(String name) {
        return Optional.ofNullable(nodes.get(name));
    }

    public Collection<NodeInput> nodes() {
        return Collections.unmodifiableCollection(nodes.values());
    }
}
