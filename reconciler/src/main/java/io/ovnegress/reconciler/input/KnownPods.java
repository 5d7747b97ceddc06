package io.ovnegress.reconciler.input;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The pods, with the addresses that they hold instead of those that their objects name. A pod's addresses are those of its logical
 * switch port, which nobody but ovnkube writes. Only as long as it has had none, what its object names counts, and only if annotation
 * and status name the same and no other pod has it. Not thread safe.
 */
final class KnownPods {

    /** The addresses of a pod's logical switch port; empty if there is no port. */
    interface Ports {
        Optional<List<IpAddress>> of(PodName pod);
    }

    /** Is told after the change; {@code before} is absent for a new pod, {@code after} for one that is gone. */
    interface Listener {
        void podChanged(Optional<PodInput> before, Optional<PodInput> after);
    }

    private final Ports ports;
    private final AddressHolders holders;
    private final Listener listener;
    private final Map<PodName, PodInput> pods = new HashMap<>();
    /** As their objects are, where that is another pod. */
    private final Map<PodName, PodInput> told = new HashMap<>();
    /** Those that had a port and have none any more: their addresses may be others' before their objects are gone. */
    private final Set<PodName> unplugged = new HashSet<>();

    KnownPods(Ports ports, Function<IpAddress, Optional<PodName>> writtenDown, Listener listener) {
        this.ports = ports;
        this.holders = new AddressHolders(writtenDown);
        this.listener = listener;
    }

    Optional<PodInput> get(PodName name) {
        return Optional.ofNullable(pods.get(name));
    }

    /** All of them as their objects are; of those that have lost their port what is believed, which is nothing. */
    List<InputObject> copy() {
        if (told.isEmpty() && unplugged.isEmpty()) {
            return List.copyOf(pods.values());
        }
        var copy = new ArrayList<InputObject>(pods.size());
        pods.forEach((name, pod) -> {
            var asTold = told.getOrDefault(name, pod);
            copy.add(unplugged.contains(name) ? asTold.withIps(List.of()).withClaim(AddressClaim.Kind.NONE) : asTold);
        });
        return copy;
    }

    Set<PodName> names() {
        return Collections.unmodifiableSet(pods.keySet());
    }

    /** The servable pod that holds the address. */
    Optional<PodInput> holderOf(IpAddress ip) {
        return holders.holder(ip).map(pods::get).filter(PodInput::isServable);
    }

    /** As its object is. */
    Optional<PodInput> asTold(PodName name) {
        return Optional.ofNullable(told.get(name)).or(() -> get(name));
    }

    void put(PodInput pod) {
        var name = pod.name();
        var before = asTold(name);
        if (before.filter(pod::equals).isPresent()) {
            return;
        }
        var port = ports.of(name);
        var titlesBefore = titles(name, before, port);
        if (before.filter(known -> known.created().equals(pod.created())).isEmpty()) {
            unplugged.remove(name); // another pod of this name, which has had no port yet
        }
        told.put(name, pod);
        var changed = new HashSet<PodName>();
        holders.change(name, titlesBefore, titles(name, Optional.of(pod), port), changed);
        changed.add(name);
        changed.forEach(this::refresh);
    }

    void remove(PodName name) {
        var before = asTold(name);
        var pod = pods.remove(name);
        told.remove(name);
        if (pod == null) {
            return;
        }
        var port = ports.of(name);
        var changed = new HashSet<PodName>();
        var titlesBefore = titles(name, before, port);
        unplugged.remove(name);
        holders.change(name, titlesBefore, titles(name, Optional.empty(), port), changed);
        listener.podChanged(Optional.of(pod), Optional.empty());
        changed.forEach(this::refresh);
    }

    /** A port appeared, has other addresses or is gone; known by that name already. */
    void portChanged(PodName name, Optional<List<IpAddress>> before, Optional<List<IpAddress>> after) {
        var pod = asTold(name);
        var changed = new HashSet<PodName>();
        var titlesBefore = titles(name, pod, before);
        if (after.isPresent()) {
            unplugged.remove(name);
        } else if (pod.isPresent()) {
            unplugged.add(name);
        }
        holders.change(name, titlesBefore, titles(name, pod, after), changed);
        changed.add(name);
        changed.forEach(this::refresh);
    }

    /** What comes until {@link #endOfList} has come at the same time. */
    void beginningOfList() {
        holders.beginningOfList();
    }

    void endOfList() {
        holders.endOfList();
    }

    /** Addresses that several pods have the same title to go to the one for which rows are there. */
    void settleContests() {
        var changed = new HashSet<PodName>();
        holders.settleContests(changed);
        changed.forEach(this::refresh);
    }

    private Map<IpAddress, AddressHolders.Title> titles(
            PodName name, Optional<PodInput> pod, Optional<List<IpAddress>> port) {
        boolean onNetwork = pod.filter(PodInput::isOnNetwork).isPresent();
        if (port.isPresent()) {
            return allTitled(port.get(), onNetwork ? AddressHolders.Title.LIVE_PORT : AddressHolders.Title.PORT);
        }
        return onNetwork && pod.get().claim() == AddressClaim.Kind.AGREED && !unplugged.contains(name)
                ? allTitled(pod.get().ips(), AddressHolders.Title.CLAIM)
                : Map.of();
    }

    private static Map<IpAddress, AddressHolders.Title> allTitled(List<IpAddress> ips, AddressHolders.Title title) {
        if (ips.size() == 1) {
            return Map.of(ips.get(0), title);
        }
        var titles = new HashMap<IpAddress, AddressHolders.Title>();
        ips.forEach(ip -> titles.put(ip, title));
        return titles;
    }

    /** Finds out what the pod holds by now. */
    private void refresh(PodName name) {
        var known = asTold(name);
        if (known.isEmpty()) {
            return; // a port whose pod has not been seen
        }
        var before = get(name);
        var after = withHeldAddresses(known.get());
        if (after.equals(known.get())) {
            told.remove(name);
        } else {
            told.put(name, known.get());
        }
        pods.put(name, after);
        listener.podChanged(before, Optional.of(after));
    }

    private PodInput withHeldAddresses(PodInput pod) {
        var held = new ArrayList<IpAddress>(2);
        if (pod.isOnNetwork()) {
            for (var ip : ports.of(pod.name()).orElse(pod.ips())) {
                if (holders.holder(ip).filter(pod.name()::equals).isPresent()) {
                    held.add(ip);
                }
            }
        }
        boolean isAsTold = held.size() == pod.ips().size() && held.containsAll(pod.ips());
        return isAsTold ? pod : pod.withIps(held);
    }

    /** Why what the pod's object names is not what it holds; empty if it is, or if it is just being set up. */
    Optional<AddressRefusal> refusal(PodName name) {
        return unplugged.contains(name)
                ? Optional.empty()
                : asTold(name)
                        .filter(pod -> pod.isOnNetwork() && !isBelieved(pod))
                        .flatMap(this::refusal);
    }

    private Optional<AddressRefusal> refusal(PodInput pod) {
        var name = pod.name();
        var port = ports.of(name);
        return switch (pod.claim()) {
            case TOO_LONG -> Optional.of(AddressRefusal.TOO_LONG);
            case SEVERAL -> Optional.of(AddressRefusal.SEVERAL);
            case DISAGREED -> Optional.of(AddressRefusal.DISAGREED);
            case NONE -> contested(name, port.orElse(List.of()));
            case ANNOTATION_ONLY -> port.flatMap(ips -> otherThanPort(pod, ips));
            case STATUS_ONLY ->
                port.isEmpty() ? Optional.of(AddressRefusal.UNCONFIRMED) : otherThanPort(pod, port.get());
            case AGREED -> port.isEmpty() ? contested(name, pod.ips()) : otherThanPort(pod, port.get());
        };
    }

    /** The usual case, found out without looking at anything. */
    private boolean isBelieved(PodInput pod) {
        return !told.containsKey(pod.name())
                && (pod.claim() == AddressClaim.Kind.AGREED || pod.claim() == AddressClaim.Kind.ANNOTATION_ONLY);
    }

    private Optional<AddressRefusal> otherThanPort(PodInput pod, List<IpAddress> port) {
        return Set.copyOf(pod.ips()).equals(Set.copyOf(port))
                ? contested(pod.name(), port)
                : Optional.of(AddressRefusal.OTHER_THAN_PORT);
    }

    private Optional<AddressRefusal> contested(PodName name, List<IpAddress> ips) {
        return ips.stream()
                        .allMatch(ip -> holders.holder(ip).filter(name::equals).isPresent())
                ? Optional.empty()
                : Optional.of(AddressRefusal.OF_ANOTHER_POD);
    }
}
