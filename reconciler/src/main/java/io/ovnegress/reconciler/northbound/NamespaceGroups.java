package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Row;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The port groups that ovnkube keeps for the pods of each namespace on the cluster default network, by what it marks them with: since
 * 2023 owner keys, before that the namespace's name and nothing else. Their ports are not looked at. Not thread safe.
 */
public final class NamespaceGroups {
    private static final String OWNER_TYPE = "k8s.ovn.org/owner-type";
    private static final String OWNER_CONTROLLER = "k8s.ovn.org/owner-controller";
    private static final String NAME = "k8s.ovn.org/name";
    /** What ovnkube knew its rows by before it had owner keys. */
    private static final String FORMER_NAME = "name";

    /** By namespace the names of its groups: there is one, unless somebody has doubled it. */
    private final Map<String, NavigableMap<UUID, String>> groups = new HashMap<>();

    /** A row of Port_Group; match expressions know it by its name. */
    public record Group(UUID id, String name) {}

    /** The namespace's group. */
    public Optional<Group> of(String namespace) {
        return Optional.ofNullable(groups.get(namespace))
                .map(NavigableMap::firstEntry)
                .map(group -> new Group(group.getKey(), group.getValue()));
    }

    /** Tells the namespaces for which there is another group now. */
    public void rowChanged(Optional<Row> before, Optional<Row> after, Consumer<String> changed) {
        var namespace = before.flatMap(NamespaceGroups::namespaceOf);
        var newNamespace = after.flatMap(NamespaceGroups::namespaceOf);
        namespace.ifPresent(name -> groups.computeIfPresent(name, (unused, rows) -> {
            rows.remove(before.orElseThrow().id());
            return rows.isEmpty() ? null : rows;
        }));
        newNamespace.ifPresent(name -> groups.computeIfAbsent(name, unused -> new TreeMap<>())
                .put(after.orElseThrow().id(), after.orElseThrow().get(PortGroup.NAME)));
        namespace.ifPresent(changed);
        newNamespace.filter(name -> !Optional.of(name).equals(namespace)).ifPresent(changed);
    }

    public void forget() {
        groups.clear();
    }

    private static Optional<String> namespaceOf(Row row) {
        var externalIds = row.get(PortGroup.EXTERNAL_IDS);
        if ("Namespace".equals(externalIds.get(OWNER_TYPE))) {
            return "default-network-controller".equals(externalIds.get(OWNER_CONTROLLER))
                    ? Optional.ofNullable(externalIds.get(NAME))
                    : Optional.empty();
        }
        return externalIds.size() == 1 ? Optional.ofNullable(externalIds.get(FORMER_NAME)) : Optional.empty();
    }
}
