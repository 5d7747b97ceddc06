package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.firewall.status.FirewallConditionType;
import io.ovnegress.reconciler.feature.firewall.status.FirewallText;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code status.status}, as ovn-kubernetes has it for EgressFirewalls, and our conditions. */
final class FirewallStatusShape<T extends JsonResource> implements StatusShape<T> {
    private static final Set<String> CONDITION_TYPES =
            Arrays.stream(FirewallConditionType.values()).map(Enum::name).collect(Collectors.toUnmodifiableSet());

    @Override
    public JsonNode read(T policy) {
        return policy.statusOrMissing();
    }

    @Override
    public Map<String, JsonNode> fields(StatusChange.Fields fields) {
        return fields instanceof FirewallText text ? Map.of("status", TextNode.valueOf(text.text())) : Map.of();
    }

    @Override
    public Set<String> conditionTypes() {
        return CONDITION_TYPES;
    }
}
