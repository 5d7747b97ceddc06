package io.ovnegress.reconciler.input;

import com.google.common.collect.Maps;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What has been found out about the loss of nodes, from what was decided a moment before. It is told when it changes, and never
 * listed.
 *
 * @param nodes by the objects that have addresses with a node: those whose loss alone would leave one of these without; none if
 *     another node would have each
 */
public record FailoverGaps(Map<ObjectRef, Set<String>> nodes) implements InputObject {
    public static final InputKind KIND = new InputKind("FAILOVER_GAPS");

    public FailoverGaps {
        nodes = Map.copyOf(Maps.transformValues(nodes, Set::copyOf));
    }

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return "";
    }

    /** What was found out about the object's; empty if nothing was. */
    public Optional<Set<String>> of(ObjectRef object) {
        return Optional.ofNullable(nodes.get(object));
    }
}
