package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import io.ovnegress.reconciler.feature.PoolWrites.Usage;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.pool.PoolReason;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** How many addresses of a pool are where, and our condition. */
final class PoolStatusShape implements StatusShape<EgressIpPool> {
    private static final Set<String> CONDITION_TYPES =
            Arrays.stream(PoolReason.Type.values()).map(Enum::name).collect(Collectors.toUnmodifiableSet());

    @Override
    public JsonNode read(EgressIpPool pool) {
        return pool.statusOrMissing();
    }

    @Override
    public Map<String, JsonNode> fields(StatusChange.Fields fields) {
        return fields instanceof Usage usage
                ? Map.of(
                        "total", LongNode.valueOf(usage.total()),
                        "used", LongNode.valueOf(usage.used()),
                        "reserved", LongNode.valueOf(usage.reserved()),
                        "free", LongNode.valueOf(usage.free()))
                : Map.of();
    }

    @Override
    public Set<String> conditionTypes() {
        return CONDITION_TYPES;
    }
}
