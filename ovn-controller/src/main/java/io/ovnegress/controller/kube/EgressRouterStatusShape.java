package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterConditionType;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterState;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code status} of an EgressRouter: virtual IP, sources, destinations, and our conditions. */
final class EgressRouterStatusShape implements StatusShape<EgressRouter> {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Set<String> CONDITION_TYPES =
            Arrays.stream(EgressRouterConditionType.values()).map(Enum::name).collect(Collectors.toUnmodifiableSet());

    @Override
    public JsonNode read(EgressRouter router) {
        return router.statusOrMissing();
    }

    @Override
    public Map<String, JsonNode> fields(StatusChange.Fields fields) {
        return fields instanceof EgressRouterState state
                ? Map.of(
                        "virtualIP",
                                JSON.textNode(
                                        state.virtualIps().stream().findFirst().orElse("")),
                        "virtualIPs", texts(state.virtualIps()),
                        "sources", sources(state),
                        "destinations", destinations(state))
                : Map.of();
    }

    private static ArrayNode texts(List<String> values) {
        var texts = JSON.arrayNode();
        values.forEach(texts::add);
        return texts;
    }

    private static ArrayNode sources(EgressRouterState state) {
        var sources = JSON.arrayNode();
        state.sources()
                .forEach(source ->
                        sources.addObject().put("address", source.address()).put("node", source.node()));
        return sources;
    }

    private static ArrayNode destinations(EgressRouterState state) {
        var lines = JSON.arrayNode();
        for (var line : state.destinations()) {
            var object = lines.addObject().put("port", line.port()).put("to", line.to());
            if (!line.protocol().isEmpty()) {
                object.put("protocol", line.protocol());
            }
            line.targetPort().ifPresent(port -> object.put("targetPort", port));
            var addresses = object.putArray("addresses");
            line.addresses().forEach(addresses::add);
            line.since().ifPresent(since -> object.put("resolvedAt", since.toString()));
        }
        return lines;
    }

    @Override
    public Set<String> conditionTypes() {
        return CONDITION_TYPES;
    }

    /** After a start, until the loss of nodes has been looked at. */
    @Override
    public boolean stays(String conditionType, StatusChange change) {
        return conditionType.equals(EgressRouterConditionType.FailoverReady.name())
                && change.fields() instanceof EgressRouterState state
                && !state.isLossKnown();
    }

    /** Pools say there which addresses they have given. */
    @Override
    public boolean isShared() {
        return true;
    }
}
