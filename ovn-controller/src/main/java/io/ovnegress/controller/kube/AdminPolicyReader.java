package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.EgressIpReader.isAbsent;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Action;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Bandwidth;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Rule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Port;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads an EgressAdminPolicy, whatever it holds. What is malformed, or what OVN cannot do, becomes an error that names its field. */
final class AdminPolicyReader {
    private static final Set<String> SEVERITIES = Set.of("alert", "warning", "notice", "info", "debug");
    private static final long MOST = 4_294_967_295L;

    private final List<String> errors = new ArrayList<>();

    private AdminPolicyReader() {}

    static AdminPolicyInput read(EgressAdminPolicy policy) {
        var metadata = InputMappers.metadata(policy);
        var spec = policy.specOrMissing();
        var reader = new AdminPolicyReader();
        var namespaces = reader.namespaces(spec.path("namespaceSelector"));
        var rules = reader.rules(spec.path("rules"));
        var bandwidth = reader.bandwidth(spec.path("bandwidth"));
        reader.refuseConnectionLimit(spec, "spec");
        return new AdminPolicyInput(
                InputMappers.nameOf(policy),
                InputMappers.text(metadata.getUid()),
                metadata.getGeneration() == null ? 0 : metadata.getGeneration(),
                namespaces,
                rules,
                bandwidth,
                reader.errors);
    }

    private LabelSelector namespaces(JsonNode selector) {
        if (isAbsent(selector)) {
            errors.add("spec.namespaceSelector is missing ({} selects every namespace)");
            return LabelSelector.EVERYTHING;
        }
        var reader = new SelectorReader("spec.namespaceSelector");
        var read = reader.read(selector);
        errors.addAll(reader.errors());
        return read.orElse(LabelSelector.EVERYTHING);
    }

    private List<Rule> rules(JsonNode rules) {
        if (!isAbsent(rules) && !rules.isArray()) {
            errors.add("spec.rules is not a list");
            return List.of();
        }
        var read = new ArrayList<Rule>();
        for (int i = 0; i < rules.size(); i++) {
            read.add(rule(rules.get(i), "spec.rules[" + i + "]"));
        }
        return read;
    }

    private Rule rule(JsonNode rule, String where) {
        refuseConnectionLimit(rule, where);
        var action = switch (rule.path("action").asText("")) {
            case "Drop" -> Action.DROP;
            case "Log" -> Action.LOG;
            default -> {
                errors.add(where + ".action is " + rule.path("action") + ": write Drop or Log");
                yield Action.LOG;
            }
        };
        var ports = new ArrayList<Port>();
        FirewallReader.ports(rule.path("ports"), ports).ifPresent(error -> errors.add(where + "." + error));
        var log = rule.path("log");
        if (!isAbsent(log) && !log.isObject()) {
            errors.add(where + ".log is " + log + ": write {} or a severity in it");
        }
        var severity = log.path("severity").asText("info");
        if (!SEVERITIES.contains(severity)) {
            errors.add(where + ".log.severity is \"" + severity + "\": write alert, warning, notice, info or debug");
        }
        return new Rule(action, network(rule.path("to"), where), ports, !isAbsent(log), severity);
    }

    private Optional<IpNetwork> network(JsonNode to, String where) {
        var cidr = to.path("cidrSelector");
        if (isAbsent(cidr)) {
            if (!isAbsent(to) && !(to.isObject() && to.isEmpty())) {
                errors.add(where + ".to has no cidrSelector: write one, or leave it out for everywhere");
            }
            return Optional.empty();
        }
        var network = IpNetwork.parse(cidr.asText(""));
        if (network.isEmpty()) {
            errors.add(where + ".to.cidrSelector " + cidr + " is no network: write ADDRESS/LENGTH");
        }
        return network;
    }

    private Optional<Bandwidth> bandwidth(JsonNode bandwidth) {
        if (isAbsent(bandwidth)) {
            return Optional.empty();
        }
        var rate = number(bandwidth.path("rateKbps"), "spec.bandwidth.rateKbps");
        var burst = isAbsent(bandwidth.path("burstKb"))
                ? Optional.<Long>empty()
                : number(bandwidth.path("burstKb"), "spec.bandwidth.burstKb");
        return rate.map(kbps -> new Bandwidth(kbps, burst));
    }

    private Optional<Long> number(JsonNode number, String where) {
        if (number.canConvertToLong() && number.isIntegralNumber() && number.asLong() > 0 && number.asLong() <= MOST) {
            return Optional.of(number.asLong());
        }
        errors.add(
                where + " is " + (number.isMissingNode() ? "missing" : number) + ": write a number from 1 to " + MOST);
        return Optional.empty();
    }

    private void refuseConnectionLimit(JsonNode node, String where) {
        if (!isAbsent(node.path("connectionsPerSecond"))) {
            errors.add(where + ".connectionsPerSecond: OVN cannot limit new connections per second, use bandwidth");
        }
    }
}
