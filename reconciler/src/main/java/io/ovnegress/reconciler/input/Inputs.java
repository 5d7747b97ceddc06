package io.ovnegress.reconciler.input;

import com.google.common.collect.Iterators;
import com.google.common.collect.Maps;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * All inputs: of each kind the objects by their keys, whichever feature reads them. Pods have the addresses that they hold, whatever
 * their objects say, and are found by address, and by namespace and labels, at the same cost however many there are. What features
 * derive from inputs is their own: they are told of every change. Not thread safe.
 */
public final class Inputs {

    /** Is told what has changed, after it has. */
    public interface Listener {
        /** An object of any kind but pods appeared, changed or went away. */
        default void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {}

        /** A pod appeared, changed or went away: it, its labels, or the addresses that it holds. */
        default void podChanged(Optional<PodInput> before, Optional<PodInput> after) {}

        /** What the pod's object says of its addresses, or whether it is believed, may be different. */
        default void podClaimChanged(PodName name) {}
    }

    /** What the database says of pods. */
    public interface PodsInDatabase {
        /** The addresses of the pod's logical switch port; empty if it has none. */
        Optional<List<IpAddress>> port(PodName pod);

        /** The pod for which rows of ours were written last at this address. */
        Optional<PodName> servedAt(IpAddress ip);
    }

    private final Listener listener;
    private final Map<InputKind, SortedMap<String, InputObject>> objects = new HashMap<>();
    private final KnownPods pods;
    private final PodsByLabels podsByLabels = new PodsByLabels();
    private final Set<InputKind> missing = new HashSet<>(InputKind.core());

    public Inputs(Listener listener, PodsInDatabase database) {
        this.listener = listener;
        this.pods = new KnownPods(database::port, database::servedAt, this::podChanged);
    }

    /** Nothing is complete before this kind was listed too. */
    public void expect(InputKind kind) {
        missing.add(kind);
    }

    /** The kinds that have not been listed once. */
    public Set<InputKind> missing() {
        return Collections.unmodifiableSet(missing);
    }

    public void apply(InputChange change) {
        switch (change) {
            case InputChange.Put(InputObject object, String version) -> put(object);
            case InputChange.Removed(InputKind kind, String key) -> remove(kind, key);
            case InputChange.Listed(InputKind kind, List<InputObject> list) -> {
                replaceAll(kind, list);
                missing.remove(kind);
            }
        }
    }

    /** Changes after which others know the same: values are shared, since they are immutable. */
    public List<InputChange> copy() {
        var changes = new ArrayList<InputChange>();
        objects.forEach((kind, table) -> changes.add(new InputChange.Listed(kind, List.copyOf(table.values()))));
        changes.add(new InputChange.Listed(InputKind.POD, pods.copy()));
        InputKind.core().stream()
                .filter(kind -> !kind.equals(InputKind.POD) && !objects.containsKey(kind))
                .forEach(kind -> changes.add(new InputChange.Listed(kind, List.of())));
        return changes;
    }

    private void replaceAll(InputKind kind, List<InputObject> list) {
        var gone = keysOf(kind);
        list.forEach(object -> gone.remove(object.key()));
        // Those gone first: their addresses may belong to others by now.
        gone.forEach(key -> remove(kind, key));
        pods.beginningOfList();
        list.forEach(this::put);
        pods.endOfList();
    }

    private Set<String> keysOf(InputKind kind) {
        if (!kind.equals(InputKind.POD)) {
            return new HashSet<>(table(kind).keySet());
        }
        var keys = new HashSet<String>();
        pods.names().forEach(name -> keys.add(name.toString()));
        return keys;
    }

    private SortedMap<String, InputObject> table(InputKind kind) {
        return objects.computeIfAbsent(kind, unused -> new TreeMap<>());
    }

    private void put(InputObject object) {
        if (object instanceof PodInput pod) {
            pods.put(pod);
            return;
        }
        var before = Optional.ofNullable(table(object.kind()).put(object.key(), object));
        if (!before.equals(Optional.of(object))) {
            listener.objectChanged(before, Optional.of(object));
        }
    }

    private void remove(InputKind kind, String key) {
        if (kind.equals(InputKind.POD)) {
            PodName.parse(key).ifPresent(pods::remove);
            return;
        }
        var before = Optional.ofNullable(table(kind).remove(key));
        if (before.isPresent()) {
            listener.objectChanged(before, Optional.empty());
        }
    }

    private void podChanged(Optional<PodInput> before, Optional<PodInput> after) {
        podsByLabels.change(before, after);
        if (!before.equals(after)) {
            listener.podChanged(before, after);
        }
        listener.podClaimChanged(after.or(() -> before).orElseThrow().name());
    }

    /** A logical switch port appeared, has other addresses or is gone; the database says so already. */
    public void portChanged(PodName name, Optional<List<IpAddress>> before, Optional<List<IpAddress>> after) {
        pods.portChanged(name, before, after);
    }

    /** Rows tell whose the addresses were that several pods have the same title to. */
    public void settleContests() {
        pods.settleContests();
    }

    /**
     * The objects of a kind by their keys, in the order of these, as they are at any time.
     *
     * @param type what objects of this kind are
     */
    public <T extends InputObject> Map<String, T> objects(InputKind kind, Class<T> type) {
        return Collections.unmodifiableMap(Maps.transformValues(table(kind), type::cast));
    }

    /** The addresses that objects use and no object reserves. */
    public Set<IpAddress> used() {
        var used = new HashSet<IpAddress>();
        objects.forEach((kind, all) -> {
            if (!InputKind.core().contains(kind)) {
                all.values().forEach(object -> used.addAll(object.uses()));
            }
        });
        used.removeAll(reserved().keySet());
        return used;
    }

    /** What objects want of address pools, by their keys: one kind has claims. */
    public Map<String, PoolClaim> claims() {
        var claims = new TreeMap<String, PoolClaim>();
        objects.forEach((kind, all) -> {
            if (!InputKind.core().contains(kind)) {
                all.forEach((key, object) -> object.poolClaim().ifPresent(claim -> claims.put(key, claim)));
            }
        });
        return claims;
    }

    /** By address, the object that reserves it: one of those that do. */
    public Map<IpAddress, ObjectRef> reserved() {
        var reserved = new HashMap<IpAddress, ObjectRef>();
        objects.forEach((kind, all) -> {
            if (!InputKind.core().contains(kind)) {
                all.forEach((key, object) ->
                        object.reserves().forEach(ip -> reserved.putIfAbsent(ip, new ObjectRef(kind, key))));
            }
        });
        return reserved;
    }

    /** The object of this kind and key; of a pod with the addresses that it holds. */
    public Optional<InputObject> object(InputKind kind, String key) {
        return kind.equals(InputKind.POD)
                ? PodName.parse(key).flatMap(pods::get).map(pod -> pod)
                : Optional.ofNullable(table(kind).get(key));
    }

    /** The keys of a kind among which one that is like this could be; pods: those of its namespace, and those of its name. */
    public Collection<String> keysLike(InputKind kind, String key) {
        if (!kind.equals(InputKind.POD)) {
            return Collections.unmodifiableSet(table(kind).keySet());
        }
        var like = PodName.parse(key);
        return pods.names().stream()
                .filter(name -> like.filter(asked -> asked.namespace().equals(name.namespace())
                                || asked.name().equals(name.name()))
                        .isPresent())
                .map(PodName::toString)
                .toList();
    }

    public Optional<NamespaceInput> namespace(String name) {
        return Optional.ofNullable((NamespaceInput) table(InputKind.NAMESPACE).get(name));
    }

    /** The servable pod that holds the address. */
    public Optional<PodInput> podAt(IpAddress ip) {
        return pods.holderOf(ip);
    }

    public Optional<PodInput> pod(PodName name) {
        return pods.get(name);
    }

    /** The pod as its object is, whatever addresses it holds: for whoever changes that. */
    public Optional<PodInput> podAsTold(PodName name) {
        return pods.asTold(name);
    }

    public Set<PodName> podNames() {
        return pods.names();
    }

    /** Calls the action for every pod of the namespace that has such labels, servable or not. */
    public void forEachPod(String namespace, LabelSelector selector, Consumer<PodInput> action) {
        podsByLabels.forEach(
                namespace, selector, name -> action.accept(pods.get(name).orElseThrow()));
    }

    /** Every pod of the namespace that has such labels, servable or not, found as it is gone through, whatever changes meanwhile. */
    public Iterator<PodInput> pods(String namespace, LabelSelector selector) {
        return Iterators.concat(Iterators.transform(
                podsByLabels.names(namespace, selector),
                name -> pods.get(name).stream().iterator()));
    }

    /** How many pods of the namespace have such labels, servable or not. */
    public int countPods(String namespace, LabelSelector selector) {
        return podsByLabels.count(namespace, selector);
    }

    /** Why what the pod's object says of its addresses is not believed; empty if it is. */
    public Optional<AddressRefusal> refusal(PodName name) {
        return pods.refusal(name);
    }

    public Optional<NodeInput> node(String name) {
        return Optional.ofNullable((NodeInput) table(InputKind.NODE).get(name));
    }

    public Collection<NodeInput> nodes() {
        return objects(InputKind.NODE, NodeInput.class).values();
    }

    public Collection<NamespaceInput> namespaces() {
        return objects(InputKind.NAMESPACE, NamespaceInput.class).values();
    }
}
