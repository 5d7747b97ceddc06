package io.ovnegress.it.chaos;

import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.feature.PoolWrites.Decided;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What becomes of that which controllers want of pools' EgressIPs: what {@code PoolWriting} and {@code PoolObjects} make of it beside an
 * API server, each change once, and none of an object that is not what was thought. Not thread safe.
 */
final class PoolWriters {
    static final String NAME_LABEL = "kubernetes.io/metadata.name";
    private static final String ON_UNASSIGNED = "ovn-egress.io/on-unassigned";

    private final ChaosInputs inputs;
    /** What pools see of those that they have made, by name. */
    private final Map<String, PooledEgressIp> made = new TreeMap<>();
    /** By controller. */
    private final Map<String, Writer> writers = new TreeMap<>();

    private final List<String> complaints = new ArrayList<>();
    private long count;

    /** Of one controller. */
    private static final class Writer {
        private Map<String, Decided> wanted = Map.of();
        private final Map<String, Decided> done = new HashMap<>();
    }

    PoolWriters(ChaosInputs inputs) {
        this.inputs = inputs;
    }

    /** Those that are a pool's still. */
    Map<String, PooledEgressIp> made() {
        var labelled = new TreeMap<>(made);
        labelled.values().removeIf(object -> object.label().isEmpty());
        return labelled;
    }

    /** What pools see of an EgressIP. */
    PooledEgressIp seen(EgressIpInput egressIp) {
        var of = Optional.ofNullable(made.get(egressIp.name()));
        return new PooledEgressIp(
                egressIp.name(),
                egressIp.uid(),
                egressIp.created(),
                of.flatMap(PooledEgressIp::label),
                of.map(PooledEgressIp::owners).orElse(Set.of()),
                PoolsView.addresses(egressIp),
                egressIp.namespaceSelector(),
                of.map(PooledEgressIp::annotations).orElse(Map.of()));
    }

    /** What was written that should not have been. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    void want(String controller, PoolWrites writes) {
        var writer = writers.computeIfAbsent(controller, name -> new Writer());
        writer.wanted = writes.changes();
        writer.done.entrySet().removeIf(done -> !done.getValue().equals(writer.wanted.get(done.getKey())));
    }

    /** The controller has ended. */
    void forget(String controller) {
        writers.remove(controller);
    }

    /** Writes what is wanted now and the server takes; whether anything was. */
    boolean write(Predicate<String> takes) {
        boolean any = false;
        for (var writer : writers.values()) {
            for (var name : List.copyOf(new TreeMap<>(writer.wanted).keySet())) {
                var decided = writer.wanted.get(name);
                if (!writer.done.containsKey(name) && takes.test(name)) {
                    any = true;
                    writer.done.put(name, decided);
                    apply(name, decided.change());
                }
            }
        }
        return any;
    }

    private void apply(String name, Change change) {
        var live = inputs.egressIp(name);
        switch (change) {
            case Change.Put put
            when put.uid().isEmpty() -> {
                if (live.isEmpty()) {
                    write(
                            put,
                            EgressIpInput.named(name)
                                    .uid("made" + ++count)
                                    .created(Instant.ofEpochSecond(inputs.created()))
                                    .build());
                }
            }
            case Change.Put put ->
                live.filter(object -> isOf(object, put.uid(), put.pool())).ifPresent(object -> write(put, object));
            case Change.Delete(var uid, var pool) ->
                live.filter(object -> isOf(object, uid, pool)).ifPresent(object -> delete(name));
            case Change.Grant grant -> complaints.add(name + " has asked for nothing, and gets " + grant);
        }
    }

    private boolean isOf(EgressIpInput object, String uid, String pool) {
        return object.uid().equals(uid)
                && Optional.ofNullable(made.get(object.name()))
                        .flatMap(PooledEgressIp::label)
                        .equals(Optional.of(pool));
    }

    private void write(Change.Put put, EgressIpInput before) {
        var name = before.name();
        put.addresses().forEach(address -> complainOfTwo(name, address));
        made.put(
                name,
                new PooledEgressIp(
                        name,
                        before.uid(),
                        before.created(),
                        Optional.of(put.pool()),
                        Set.of(put.poolUid()),
                        List.of(),
                        Optional.empty(),
                        put.annotations()));
        inputs.putEgressIp(before.edit()
                .generation(before.generation() + 1)
                .egressIps(put.addresses().stream().map(IpAddress::text).toList())
                .namespaceSelector(Optional.of(selector(put.namespace(), put.selects())))
                .onUnassigned(
                        "Drop".equals(put.annotations().get(ON_UNASSIGNED))
                                ? OnUnassigned.DROP
                                : OnUnassigned.NODE_ADDRESS)
                .build());
    }

    private void complainOfTwo(String name, IpAddress address) {
        made().keySet().stream()
                .filter(other -> !other.equals(name))
                .filter(other -> inputs.egressIp(other)
                        .filter(object -> PoolsView.addresses(object).contains(address))
                        .isPresent())
                .forEach(other -> complaints.add(name + " gets " + address + ", which " + other + " has"));
    }

    private static LabelSelector selector(String namespace, boolean selects) {
        var named = new Requirement(NAME_LABEL, Operator.IN, Set.of(namespace));
        return new LabelSelector(
                selects
                        ? List.of(named)
                        : List.of(named, new Requirement(NAME_LABEL, Operator.DOES_NOT_EXIST, Set.of())));
    }

    /** By whomever. */
    void delete(String name) {
        made.remove(name);
        inputs.removeEgressIp(name);
    }

    /** From now on it is its user's. */
    void unlabel(String name) {
        var object = made.get(name);
        made.put(
                name,
                new PooledEgressIp(
                        name,
                        object.uid(),
                        object.created(),
                        Optional.empty(),
                        Set.of(),
                        List.of(),
                        Optional.empty(),
                        object.annotations()));
        inputs.egressIp(name).ifPresent(inputs::putEgressIp);
    }

    /** Takes away what goes with pools that are no more, as Kubernetes does; the names. */
    List<String> collect(Set<String> uids) {
        var orphans = made.values().stream()
                .filter(object ->
                        !object.owners().isEmpty() && object.owners().stream().noneMatch(uids::contains))
                .map(PooledEgressIp::name)
                .toList();
        orphans.forEach(this::delete);
        return orphans;
    }
}
