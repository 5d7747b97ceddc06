package io.ovnegress.controller.convert;

import io.ovnegress.controller.convert.Choices.Isolation;
import java.util.Collection;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * OpenShift SDN's projects and who of them reaches whom: those of one network ID are joined, those of ID 0 are global, reach all
 * and are reached by all.
 *
 * @param ids the network ID of each project
 * @param isolated whether that kept them apart
 */
record SdnProjects(NavigableMap<String, Long> ids, boolean isolated) {
    static final String[] GROUPS = {"network.openshift.io", ""};
    /** What {@code oc adm pod-network} has asked for and the SDN has not done yet. */
    private static final String CHANGE = "pod.network.openshift.io/multitenant.change-network";

    private static final long GLOBAL = 0;

    static SdnProjects of(Input input) {
        var ids = new TreeMap<String, Long>();
        input.of("NetNamespace", GROUPS)
                .filter(project -> project.json().path("netid").canConvertToLong())
                .forEach(project ->
                        ids.put(project.name(), project.json().path("netid").longValue()));
        input.of("NetNamespace", GROUPS)
                .forEach(
                        project -> project.annotation(CHANGE).ifPresent(change -> change(project.name(), change, ids)));
        return new SdnProjects(ids, isolated(input, ids));
    }

    private static void change(String project, String change, NavigableMap<String, Long> ids) {
        var words = change.split(":", 2);
        switch (words[0]) {
            case "global" -> ids.put(project, GLOBAL);
            case "isolate" ->
                ids.put(project, ids.values().stream().mapToLong(id -> id).max().orElse(GLOBAL) + 1);
            case "join" ->
                Optional.ofNullable(words.length > 1 ? ids.get(words[1]) : null).ifPresent(id -> ids.put(project, id));
            default -> {}
        }
    }

    private static boolean isolated(Input input, NavigableMap<String, Long> ids) {
        if (input.choices().isolation() != Isolation.auto) {
            return input.choices().isolation() == Isolation.yes;
        }
        var plugin = input.of("ClusterNetwork", GROUPS)
                .map(network -> network.json().path("pluginName").asText())
                .findFirst();
        return plugin.map(name -> name.contains("multitenant")).orElseGet(() -> hasJoined(ids.values()));
    }

    private static boolean hasJoined(Collection<Long> ids) {
        var seen = new HashSet<Long>();
        return ids.stream().anyMatch(id -> id != GLOBAL && !seen.add(id));
    }

    boolean isGlobal(String project) {
        return Long.valueOf(GLOBAL).equals(ids.get(project));
    }

    /** The projects of its network, itself among them. */
    NavigableSet<String> joined(String project) {
        return ids.keySet().stream()
                .filter(other -> ids.get(other).equals(ids.get(project)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The projects whose pods reached its own, itself among them; empty if these were all. */
    Optional<NavigableSet<String>> thatReach(String project) {
        if (!isolated || !ids.containsKey(project) || isGlobal(project)) {
            return Optional.empty();
        }
        var reach = joined(project);
        ids.keySet().stream().filter(this::isGlobal).forEach(reach::add);
        return Optional.of(reach);
    }
}
