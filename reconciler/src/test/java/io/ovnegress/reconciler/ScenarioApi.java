package io.ovnegress.reconciler;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.PodInput;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The API server as the controller sees it: keeps objects, counts generations, and shows what was written to a status. */
final class ScenarioApi {
    private final List<InputKind> kinds;
    private final boolean prunesConditions;
    private final Map<String, InputObject> objects = new LinkedHashMap<>();
    private int uids;

    /** @param kinds of objects, in the order in which they are listed */
    ScenarioApi(List<InputKind> kinds, boolean prunesConditions) {
        this.kinds = List.copyOf(kinds);
        this.prunesConditions = prunesConditions;
    }

    /** Keeps what a user did; returns what a watch then tells. */
    InputChange apply(InputChange change) {
        switch (change) {
            case InputChange.Put(InputObject object, var version) -> {
                var stored = object instanceof EgressIpInput egressIp ? stored(egressIp) : object;
                objects.put(key(stored), stored);
                return new InputChange.Put(stored);
            }
            case InputChange.Removed(InputKind kind, String name) -> objects.remove(kind + " " + name);
            case InputChange.Listed listed -> throw new AssertionError("lists are made here");
        }
        return change;
    }

    private EgressIpInput stored(EgressIpInput egressIp) {
        var before = objects.get(key(egressIp));
        if (before instanceof EgressIpInput old) {
            var same = with(egressIp, old.uid(), old.generation(), old.statusItems(), old.conditions());
            return same.hasSameSpec(old)
                    ? same
                    : with(egressIp, old.uid(), old.generation() + 1, old.statusItems(), old.conditions());
        }
        return with(egressIp, "uid-" + ++uids, 1, egressIp.statusItems(), List.of());
    }

    private static EgressIpInput with(
            EgressIpInput egressIp,
            String uid,
            long generation,
            List<StatusItem> items,
            List<StatusCondition> conditions) {
        return egressIp.edit()
                .uid(uid)
                .generation(generation)
                .statusItems(items)
                .conditions(conditions)
                .build();
    }

    /** Keeps a status that the controller wrote; returns what a watch then tells, nothing if the object is gone. */
    Optional<InputChange> write(StatusChange change) {
        return egressIp(change.object().key())
                .filter(object -> object.uid().equals(change.uid()))
                .map(object -> {
                    var written = with(
                            object,
                            object.uid(),
                            object.generation(),
                            EgressIpItems.of(change),
                            prunesConditions ? List.of() : change.conditions());
                    objects.put(key(written), written);
                    return new InputChange.Put(written);
                });
    }

    void forgetStatuses() {
        objects.replaceAll((key, object) -> object instanceof EgressIpInput egressIp
                ? with(egressIp, egressIp.uid(), egressIp.generation(), List.of(), List.of())
                : object);
    }

    Optional<EgressIpInput> egressIp(String name) {
        return Optional.ofNullable((EgressIpInput) objects.get(EgressIpInput.KIND + " " + name));
    }

    /** The addresses of this family that pods of the namespace have. */
    List<String> podAddresses(String namespace, IpFamily family) {
        return objects.values().stream()
                .flatMap(object -> object instanceof PodInput pod ? Stream.of(pod) : Stream.empty())
                .filter(pod -> pod.name().namespace().equals(namespace))
                .flatMap(pod -> pod.ips().stream())
                .filter(ip -> ip.family() == family)
                .map(IpAddress::text)
                .toList();
    }

    /** Everything there is, as complete lists, and what probing found. */
    List<InputChange> lists() {
        var lists = new ArrayList<InputChange>();
        for (var kind : kinds) {
            lists.add(new InputChange.Listed(
                    kind,
                    objects.values().stream()
                            .filter(object -> object.kind().equals(kind))
                            .toList()));
        }
        objects.values().stream()
                .filter(object -> object.kind().equals(NodeReachability.KIND))
                .forEach(found -> lists.add(new InputChange.Put(found)));
        return lists;
    }

    private static String key(InputObject object) {
        return object.kind() + " " + object.key();
    }
}
