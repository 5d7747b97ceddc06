package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ovnegress.controller.history.RecordParts;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.machine.MachineCopy;
import io.ovnegress.reconciler.machine.Rehearsal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which objects a plan was made from, and how they were: those that it changes, all nodes, the namespaces that are selected, and those
 * whose addresses go elsewhere. Of what is read of an object a digest: what decides nothing makes no other version, our own status
 * neither.
 */
final class PlanVersions {
    private static final int DIGITS = 16;
    /** They are read twice, or are no objects of the API. */
    private static final Set<InputKind> OTHERS = Set.of(PooledEgressIp.KIND, NodeReachability.KIND);

    private final Map<ObjectRef, InputObject> live = new HashMap<>();
    private final Set<ObjectRef> named = new TreeSet<>(Comparator.comparing(PlanVersions::word));

    private PlanVersions(MachineCopy copy) {
        for (var change : copy.inputs()) {
            if (change instanceof InputChange.Listed(var kind, var objects)) {
                objects.forEach(object -> live.put(new ObjectRef(kind, object.key()), object));
            }
        }
    }

    /** @param changes that are planned */
    static ArrayNode of(MachineCopy copy, List<InputChange> changes, Rehearsal.Outcome outcome) {
        var versions = new PlanVersions(copy);
        changes.forEach(versions::changed);
        versions.live.keySet().stream()
                .filter(ref -> ref.kind().equals(InputKind.NODE))
                .forEach(versions.named::add);
        outcome.addresses().forEach(change -> versions.named.add(change.object()));
        outcome.pods().forEach(change -> versions.namespaceOf(change.address().pod()));
        return versions.json();
    }

    private void changed(InputChange change) {
        var ref = switch (change) {
            case InputChange.Put(var object, var version) -> new ObjectRef(object.kind(), object.key());
            case InputChange.Removed(var kind, var key) -> new ObjectRef(kind, key);
            case InputChange.Listed listed -> throw new IllegalArgumentException("nobody plans a list");
        };
        if (OTHERS.contains(ref.kind())) {
            return;
        }
        named.add(ref);
        namespaceOf(ref.key());
        selected(live.get(ref));
        if (change instanceof InputChange.Put put) {
            selected(put.object());
        }
    }

    private void namespaceOf(String key) {
        int slash = key.indexOf('/');
        if (slash > 0) {
            named.add(new ObjectRef(InputKind.NAMESPACE, key.substring(0, slash)));
        }
    }

    private void selected(InputObject object) {
        if (object instanceof EgressIpInput egressIp) {
            egressIp.namespaceSelector().ifPresent(this::selected);
        }
    }

    private void selected(LabelSelector selector) {
        live.forEach((ref, object) -> {
            if (object instanceof NamespaceInput namespace && selector.matches(namespace.labels())) {
                named.add(ref);
            }
        });
    }

    private static String word(ObjectRef ref) {
        return ref.kind().word() + "/" + ref.key();
    }

    private ArrayNode json() {
        var versions = JsonNodeFactory.instance.arrayNode();
        for (var ref : named) {
            var object = Optional.ofNullable(live.get(ref));
            var json = versions.addObject()
                    .put("object", word(ref))
                    .put("version", object.map(PlanVersions::version).orElse(""));
            if (object.isPresent() && object.get() instanceof EgressIpInput egressIp) {
                json.put("uid", egressIp.uid()).put("generation", egressIp.generation());
            }
        }
        return versions;
    }

    private static String version(InputObject object) {
        var told = object instanceof EgressIpInput egressIp
                ? egressIp.edit().statusItems(List.of()).conditions(List.of()).build()
                : object;
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text(told).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same of what is equal, in every process: sets have an order of their own in each. */
    private static String text(Object value) {
        return switch (value) {
            case Record object ->
                RecordParts.of(object).entrySet().stream()
                        .map(part -> part.getKey() + "=" + text(part.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            case Optional<?> optional -> optional.map(PlanVersions::text).orElse("none");
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> text(entry.getKey()) + "=" + text(entry.getValue()))
                        .sorted()
                        .collect(Collectors.joining(", ", "{", "}"));
            case Set<?> set ->
                set.stream().map(PlanVersions::text).sorted().collect(Collectors.joining(", ", "(", ")"));
            case Collection<?> list ->
                list.stream().map(PlanVersions::text).collect(Collectors.joining(", ", "[", "]"));
            case Enum<?> word -> word.name();
            default -> value.toString();
        };
    }
}
