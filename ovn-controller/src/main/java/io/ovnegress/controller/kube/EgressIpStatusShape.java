package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code status.items}, as ovn-kubernetes has it, and our conditions. */
final class EgressIpStatusShape implements StatusShape<EgressIp> {
    private static final Set<String> CONDITION_TYPES =
            Arrays.stream(EgressIpConditionType.values()).map(Enum::name).collect(Collectors.toUnmodifiableSet());

    @Override
    public JsonNode read(EgressIp egressIp) {
        return egressIp.statusOrMissing();
    }

    @Override
    public Map<String, JsonNode> fields(StatusChange.Fields fields) {
        var items = JsonNodeFactory.instance.arrayNode();
        ((EgressIpItems) fields)
                .items()
                .forEach(item -> items.addObject().put("node", item.node()).put("egressIP", item.egressIp()));
        return Map.of("items", items);
    }

    @Override
    public Set<String> conditionTypes() {
        return CONDITION_TYPES;
    }
}
