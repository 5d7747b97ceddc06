package io.ovnegress.reconciler.feature.firewall;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Which projects share their network in OpenShift SDN, as its NetNamespaces say. Not thread safe. */
final class Projects {
    private static final String DEFAULT = "default";

    private final Map<String, Long> netIds = new HashMap<>();
    private final Map<Long, SortedSet<String>> projects = new HashMap<>();

    /** @return the projects whose company has changed */
    SortedSet<String> changed(Optional<NetNamespaceInput> before, Optional<NetNamespaceInput> after) {
        var concerned = new TreeSet<String>();
        before.ifPresent(object -> {
            concerned.addAll(together(object.name()));
            netIds.remove(object.name());
            projects.computeIfPresent(object.netId(), (id, names) -> {
                names.remove(object.name());
                return names.isEmpty() ? null : names;
            });
        });
        // One whose number cannot be read is by itself.
        after.filter(object -> object.netId() >= NetNamespaceInput.GLOBAL).ifPresent(object -> {
            netIds.put(object.name(), object.netId());
            projects.computeIfAbsent(object.netId(), unused -> new TreeSet<>()).add(object.name());
        });
        after.ifPresent(object -> concerned.addAll(together(object.name())));
        return concerned;
    }

    /** Its network is everybody's. */
    boolean isGlobal(String project) {
        return project.equals(DEFAULT) || Long.valueOf(NetNamespaceInput.GLOBAL).equals(netIds.get(project));
    }

    /** The project and those that are joined with it. */
    SortedSet<String> together(String project) {
        var id = netIds.get(project);
        var all = new TreeSet<String>();
        all.add(project);
        if (id != null && id != NetNamespaceInput.GLOBAL) {
            all.addAll(projects.get(id));
        }
        return all;
    }
}
