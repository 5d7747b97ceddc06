package io.ovnegress.reconciler;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.BeforeServed;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A scenario file as it is written; {@code scenarios/README.md} says what each part means. What a file leaves out is empty here,
 * never null.
 *
 * @param why what the scenario is about, in the words of an operator
 * @param except the orders that the scenario does not hold under, each with the reason
 * @param topology the routers and nodes that ovnkube-master has written before the controller starts
 * @param database rows that are there before the controller starts
 */
record Scenario(
        String why,
        Settings settings,
        Map<ScenarioOrder, String> except,
        List<String> topology,
        List<DatabaseChange> database,
        List<Step> steps) {
    Scenario {
        Objects.requireNonNull(why, "why");
        settings = settings == null ? new Settings(false, false) : settings;
        except = except == null ? Map.of() : Map.copyOf(except);
        topology = topology == null ? List.of("ovn_cluster_router", "node1", "node2", "node3") : List.copyOf(topology);
        database = listOf(database);
        steps = withThens(steps);
    }

    /** A step without {@code then} ends as the one before it, without events. */
    private static List<Step> withThens(List<Step> steps) {
        var result = new ArrayList<Step>();
        for (var step : steps) {
            result.add(
                    step.then() != null ? step : step.endingAs(result.getLast().then()));
        }
        return List.copyOf(result);
    }

    /** @param uplinks whether ovnkube-master has written what own routers of egress IPs are connected to */
    record Settings(boolean disableSnatMultipleGws, boolean uplinks) {}

    record Step(String step, Given given, Then then) {
        Step {
            given = given == null ? new Given(null, null, null, null, null, null, null) : given;
        }

        private Step endingAs(Then before) {
            return new Step(
                    step,
                    given,
                    new Then(
                            before.served(),
                            before.dropped(),
                            before.keptIn(),
                            before.nodeSnats(),
                            before.routers(),
                            before.status(),
                            Map.of(),
                            before.kept(),
                            before.gone()));
        }
    }

    /**
     * What happens, in this order.
     *
     * @param removed {@code KIND NAME}
     * @param reachable nodes, and whether probing reaches them
     */
    record Given(
            Map<String, Node> nodes,
            Map<String, Map<String, String>> namespaces,
            Map<String, Pod> pods,
            Map<String, EgressIp> egressIPs,
            List<String> removed,
            Map<String, Boolean> reachable,
            List<DatabaseChange> database) {
        Given {
            nodes = mapOf(nodes);
            namespaces = mapOf(namespaces);
            pods = mapOf(pods);
            egressIPs = mapOf(egressIPs);
            removed = listOf(removed);
            reachable = mapOf(reachable);
            database = listOf(database);
        }
    }

    /** @param capacity none if it is negative */
    record Node(
            Boolean assignable,
            Boolean ready,
            boolean draining,
            List<String> networks,
            List<String> addresses,
            Map<String, String> labels,
            List<String> pinned,
            List<String> ranges,
            Integer capacity) {
        Node {
            assignable = assignable == null || assignable;
            ready = ready == null || ready;
            networks = listOf(networks);
            addresses = listOf(addresses);
            labels = mapOf(labels);
            pinned = listOf(pinned);
            ranges = listOf(ranges);
            capacity = capacity == null ? -1 : capacity;
        }
    }

    record Pod(
            String node,
            List<String> ips,
            Map<String, String> labels,
            long created,
            boolean hostNetwork,
            boolean finished) {
        Pod {
            node = node == null ? "" : node;
            ips = listOf(ips);
            labels = mapOf(labels);
        }
    }

    /** @param status what {@code status.items} holds already */
    record EgressIp(
            List<String> egressIPs,
            Selector namespaceSelector,
            Selector podSelector,
            long created,
            OnUnassigned onUnassigned,
            BeforeServed beforeServed,
            Map<String, String> status,
            Selector egressNodeSelector,
            List<String> preferredNodes,
            boolean movesBack,
            Form form) {
        EgressIp {
            egressIPs = listOf(egressIPs);
            namespaceSelector = namespaceSelector == null ? Selector.MISSING : namespaceSelector;
            podSelector = podSelector == null ? Selector.EVERYTHING : podSelector;
            onUnassigned = onUnassigned == null ? OnUnassigned.NODE_ADDRESS : onUnassigned;
            beforeServed = beforeServed == null ? BeforeServed.NODE_ADDRESS : beforeServed;
            status = mapOf(status);
            egressNodeSelector = egressNodeSelector == null ? Selector.MISSING : egressNodeSelector;
            preferredNodes = listOf(preferredNodes);
        }
    }

    /** As in {@code spec.form} and {@code spec.routerPlacement}. */
    enum Form {
        PER_POD,
        FLOATING,
        PINNED;

        EgressForm form() {
            return switch (this) {
                case PER_POD -> new EgressForm(Optional.of(EgressForm.Kind.PER_POD), false, Optional.empty());
                case FLOATING -> EgressForm.FLOATING;
                case PINNED -> EgressForm.PINNED;
            };
        }
    }

    record Selector(Map<String, String> matchLabels, List<Expression> matchExpressions) {
        static final Selector EVERYTHING = new Selector(Map.of(), List.of());
        static final Selector MISSING = new Selector(Map.of(), List.of(new Expression("", "missing", List.of())));

        Selector {
            matchLabels = mapOf(matchLabels);
            matchExpressions = listOf(matchExpressions);
        }
    }

    record Expression(String key, String operator, List<String> values) {
        Expression {
            values = listOf(values);
        }
    }

    /** What somebody else does to the database. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
    @JsonSubTypes({
        @JsonSubTypes.Type(DatabaseChange.Topology.class),
        @JsonSubTypes.Type(DatabaseChange.Group.class),
        @JsonSubTypes.Type(DatabaseChange.Insert.class),
        @JsonSubTypes.Type(DatabaseChange.Update.class),
        @JsonSubTypes.Type(DatabaseChange.Copy.class),
        @JsonSubTypes.Type(DatabaseChange.Link.class),
        @JsonSubTypes.Type(DatabaseChange.Unlink.class),
        @JsonSubTypes.Type(DatabaseChange.Delete.class)
    })
    sealed interface DatabaseChange {
        /** ovnkube-master adds a node ({@code node1}) or a router. */
        record Topology(String appears) implements DatabaseChange {}

        /** ovnkube-master adds the port group of a namespace; it can be deleted by the namespace's name. */
        record Group(String group) implements DatabaseChange {}

        record Insert(String insert, String table, String into, Map<String, JsonNode> cells)
                implements DatabaseChange {}

        record Update(String set, Map<String, JsonNode> cells) implements DatabaseChange {}

        record Copy(String copy, String into) implements DatabaseChange {}

        record Link(String link, String to) implements DatabaseChange {}

        record Unlink(String unlink, String from) implements DatabaseChange {}

        record Delete(String delete) implements DatabaseChange {}
    }

    /**
     * What holds then.
     *
     * @param served pod address to egress IPs to their nodes: all reroute policies, all SNATs of egress IPs, and the sets of
     *     served pods
     * @param dropped all pod addresses that must not leave
     * @param keptIn all namespaces, with the family, of which nothing leaves that is not rerouted
     * @param nodeSnats all SNATs without a logical port, {@code ROUTER POD-ADDRESS EXTERNAL-ADDRESS}
     * @param routers all own routers of egress IPs, {@code OBJECT/EGRESS-IP}
     * @param events the reasons of all events of the step, by object
     * @param kept rows of the scenario's that are still the same rows
     * @param gone rows of the scenario's that are no more
     */
    record Then(
            Map<String, Map<String, String>> served,
            List<String> dropped,
            List<String> keptIn,
            List<String> nodeSnats,
            Map<String, OwnRouter> routers,
            Map<String, Status> status,
            Map<String, List<EgressIpEventReason>> events,
            List<String> kept,
            List<String> gone) {
        Then {
            served = mapOf(served);
            dropped = listOf(dropped);
            keptIn = listOf(keptIn);
            nodeSnats = listOf(nodeSnats);
            routers = mapOf(routers);
            status = mapOf(status);
            events = mapOf(events);
            kept = listOf(kept);
            gone = listOf(gone);
        }
    }

    /**
     * @param node that has it
     * @param led who is led there: addresses of pods, and {@code NAMESPACE/v4} where all of a namespace are
     */
    record OwnRouter(String node, List<String> led) {
        OwnRouter {
            led = listOf(led);
        }
    }

    /** @param conditions the reason of each condition there is; unless said otherwise everything is assigned and programmed */
    record Status(Map<String, String> items, Map<EgressIpConditionType, EgressIpReason> conditions) {
        Status {
            items = mapOf(items);
            conditions = conditions == null
                    ? Map.of(
                            EgressIpConditionType.Assigned, EgressIpReason.Assigned,
                            EgressIpConditionType.Programmed, EgressIpReason.Programmed)
                    : Map.copyOf(conditions);
        }
    }

    private static <E> List<E> listOf(List<E> list) {
        return list == null ? List.of() : List.copyOf(list);
    }

    /** In the order of the file. */
    private static <K, V> Map<K, V> mapOf(Map<K, V> map) {
        return map == null ? Map.of() : new LinkedHashMap<>(map);
    }
}
