package io.ovnegress.reconciler;

import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The {@code given} of a step as inputs of the reconciler, in the order of the file. */
final class ScenarioInputs {
    private ScenarioInputs() {}

    static List<InputChange> of(Scenario.Given given) {
        var changes = new ArrayList<InputChange>();
        given.nodes().forEach((name, node) -> changes.add(new InputChange.Put(node(name, node))));
        given.namespaces()
                .forEach((name, labels) -> changes.add(new InputChange.Put(new NamespaceInput(name, labels))));
        given.pods().forEach((name, pod) -> changes.add(new InputChange.Put(pod(name, pod))));
        given.egressIPs().forEach((name, egressIp) -> changes.add(new InputChange.Put(egressIp(name, egressIp))));
        for (var removed : given.removed()) {
            var words = removed.split(" ", 2);
            changes.add(new InputChange.Removed(new InputKind(words[0]), words[1]));
        }
        given.reachable()
                .forEach((node, reachable) -> changes.add(new InputChange.Put(new NodeReachability(node, reachable))));
        return changes;
    }

    private static NodeInput node(String name, Scenario.Node node) {
        var usual = TestCluster.nodeWithGateways(Integer.parseInt(name.substring("node".length())));
        var addresses = node.addresses().isEmpty()
                ? usual.addresses()
                : node.addresses().stream().map(TestCluster::ip).collect(Collectors.toSet());
        var networks = node.networks().isEmpty()
                ? usual.egressNetworks()
                : node.networks().stream().map(TestCluster::network).toList();
        var labels = new HashMap<>(node.labels());
        if (node.assignable()) {
            labels.put(NodeInput.EGRESS_ASSIGNABLE, "");
        }
        return NodeInput.named(name)
                .egressAssignable(node.assignable())
                .ready(node.ready())
                .egressNetworks(networks)
                .addresses(addresses)
                .gatewayAddresses(usual.gatewayAddresses())
                .nextHops(usual.nextHops())
                .draining(node.draining())
                .labels(labels)
                .limits(new EgressLimits(
                        node.pinned().stream().map(TestCluster::ip).collect(Collectors.toSet()),
                        node.ranges().isEmpty()
                                ? Optional.empty()
                                : Optional.of(node.ranges().stream()
                                        .map(TestCluster::network)
                                        .toList()),
                        node.capacity() < 0 ? EgressCapacity.UNLIMITED : EgressCapacity.of(node.capacity()),
                        List.of()))
                .build();
    }

    private static PodInput pod(String name, Scenario.Pod pod) {
        int slash = name.indexOf('/');
        return new PodInput(
                new PodName(name.substring(0, slash), name.substring(slash + 1)),
                Instant.ofEpochSecond(pod.created()),
                pod.labels(),
                pod.node(),
                pod.ips().stream().map(TestCluster::ip).toList(),
                pod.hostNetwork(),
                pod.finished());
    }

    private static EgressIpInput egressIp(String name, Scenario.EgressIp egressIp) {
        boolean isMissing = egressIp.namespaceSelector().equals(Scenario.Selector.MISSING);
        var items = new ArrayList<StatusItem>();
        egressIp.status()
                .forEach((ip, node) -> items.add(
                        new StatusItem(node, IpAddress.parse(ip).orElseThrow().text())));
        return EgressIpInput.named(name)
                .uid("")
                .created(Instant.ofEpochSecond(egressIp.created()))
                .generation(0)
                .egressIps(egressIp.egressIPs())
                .namespaceSelector(isMissing ? Optional.empty() : Optional.of(selector(egressIp.namespaceSelector())))
                .podSelector(selector(egressIp.podSelector()))
                .selectorError(isMissing ? "spec.namespaceSelector is missing" : "")
                .statusItems(items)
                .form(
                        egressIp.form() == null
                                ? EgressForm.USUAL
                                : egressIp.form().form())
                .onUnassigned(egressIp.onUnassigned())
                .beforeServed(egressIp.beforeServed())
                .nodes(new NodeChoice(
                        Optional.of(
                                egressIp.egressNodeSelector().equals(Scenario.Selector.MISSING)
                                        ? NodeChoice.LABELLED
                                        : selector(egressIp.egressNodeSelector())),
                        egressIp.preferredNodes(),
                        egressIp.movesBack(),
                        List.of()))
                .build();
    }

    private static LabelSelector selector(Scenario.Selector selector) {
        var requirements = new ArrayList<Requirement>();
        selector.matchLabels()
                .forEach((key, value) -> requirements.add(new Requirement(key, Operator.IN, Set.of(value))));
        for (var expression : selector.matchExpressions()) {
            var operator = switch (expression.operator()) {
                case "In" -> Operator.IN;
                case "NotIn" -> Operator.NOT_IN;
                case "Exists" -> Operator.EXISTS;
                case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
                default -> throw new AssertionError("no operator " + expression.operator());
            };
            requirements.add(new Requirement(expression.key(), operator, Set.copyOf(expression.values())));
        }
        return new LabelSelector(requirements);
    }
}
