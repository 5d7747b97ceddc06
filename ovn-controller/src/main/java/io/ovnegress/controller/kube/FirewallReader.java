package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.EgressIpReader.isAbsent;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Destination;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Port;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Protocol;
import io.ovnegress.reconciler.feature.firewall.NetNamespaceInput;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Reads policies for what may leave a namespace, whatever they hold. A rule that is malformed is one to a destination that is not
 * understood, with the reason; a policy without rules has none.
 */
final class FirewallReader {
    private static final Pattern NAME = Pattern.compile("([A-Za-z0-9-]{1,63}\\.)*[A-Za-z0-9-]{1,63}\\.?");
    private static final int LONGEST_NAME = 254;
    private static final int LAST_PORT = 65_535;

    private FirewallReader() {}

    static FirewallInput read(InputKind kind, JsonResource policy) {
        var metadata = InputMappers.metadata(policy);
        var spec = policy.specOrMissing();
        return new FirewallInput(
                kind,
                InputMappers.text(metadata.getNamespace()),
                InputMappers.text(metadata.getName()),
                InputMappers.text(metadata.getUid()),
                metadata.getGeneration() == null ? 0 : metadata.getGeneration(),
                rules(spec.path("egress")));
    }

    static NetNamespaceInput read(NetNamespace netNamespace) {
        var id = netNamespace.getNetid();
        // Without one a project is by itself.
        return new NetNamespaceInput(
                InputMappers.nameOf(netNamespace), id == null || !id.canConvertToLong() ? -1 : id.longValue());
    }

    private static List<FirewallRule> rules(JsonNode egress) {
        if (isAbsent(egress)) {
            return List.of();
        }
        if (!egress.isArray()) {
            return List.of(new FirewallRule(false, new Destination.Unknown("spec.egress is not a list"), List.of()));
        }
        var rules = new ArrayList<FirewallRule>();
        egress.forEach(rule -> rules.add(rule(rule)));
        return rules;
    }

    /** What is neither of the two types denies. */
    private static FirewallRule rule(JsonNode rule) {
        var type = rule.path("type").asText("");
        boolean allows = type.equals("Allow");
        if (!allows && !type.equals("Deny")) {
            return new FirewallRule(
                    false, new Destination.Unknown("type is \"" + type + "\", neither Allow nor Deny"), List.of());
        }
        var ports = new ArrayList<Port>();
        var error = ports(rule.path("ports"), ports);
        return error.map(why -> new FirewallRule(allows, new Destination.Unknown(why), List.of()))
                .orElseGet(() -> new FirewallRule(allows, destination(rule.path("to")), ports));
    }

    private static Destination destination(JsonNode to) {
        var cidr = to.path("cidrSelector");
        var name = to.path("dnsName");
        var nodes = to.path("nodeSelector");
        int said = (isAbsent(cidr) ? 0 : 1) + (isAbsent(name) ? 0 : 1) + (isAbsent(nodes) ? 0 : 1);
        if (said != 1) {
            return new Destination.Unknown("to must have exactly one of cidrSelector, dnsName and nodeSelector");
        }
        if (!isAbsent(cidr)) {
            return network(cidr);
        }
        return isAbsent(name) ? nodes(nodes) : name(name);
    }

    private static Destination network(JsonNode cidr) {
        var text = cidr.asText("");
        return IpNetwork.parse(text)
                .or(() -> IpAddress.parse(text)
                        .flatMap(address ->
                                IpNetwork.parse(address + "/" + address.family().bits())))
                .<Destination>map(Destination.Network::new)
                .orElseGet(() -> new Destination.Unknown(
                        "cidrSelector " + cidr + " is no network: write ADDRESS/LENGTH, such as 1.2.3.0/24"));
    }

    private static Destination name(JsonNode dnsName) {
        var text = dnsName.isTextual() ? dnsName.textValue() : "";
        if (text.startsWith("*")) {
            return new Destination.Unknown(
                    "dnsName " + dnsName + " is a wildcard, whose names nobody can list: write the names, or networks");
        }
        if (!NAME.matcher(text).matches() || text.length() > LONGEST_NAME) {
            return new Destination.Unknown("dnsName " + dnsName + " is no host name");
        }
        var name = text.toLowerCase(Locale.ROOT);
        return new Destination.Name(name.endsWith(".") ? name.substring(0, name.length() - 1) : name);
    }

    private static Destination nodes(JsonNode selector) {
        var reader = new SelectorReader("nodeSelector");
        return reader.read(selector)
                .<Destination>map(Destination.Nodes::new)
                .orElseGet(() -> new Destination.Unknown(String.join(", ", reader.errors())));
    }

    /** @return what is wrong with them */
    static Optional<String> ports(JsonNode ports, List<Port> read) {
        if (!isAbsent(ports) && !ports.isArray()) {
            return Optional.of("ports is not a list");
        }
        for (var port : ports) {
            var word = port.path("protocol").asText("").toLowerCase(Locale.ROOT);
            var protocol = switch (word) {
                case "tcp" -> Optional.of(Protocol.tcp);
                case "udp" -> Optional.of(Protocol.udp);
                case "sctp" -> Optional.of(Protocol.sctp);
                default -> Optional.<Protocol>empty();
            };
            var number = port.path("port");
            boolean isPort = isAbsent(number)
                    || (number.isIntegralNumber()
                            && number.canConvertToInt()
                            && number.intValue() >= 0
                            && number.intValue() <= LAST_PORT);
            if (protocol.isEmpty() || !isPort) {
                return Optional.of("ports has " + port + ": write protocol TCP, UDP or SCTP, and a port up to 65535");
            }
            // As in ovn-kubernetes, where the field cannot be absent.
            read.add(new Port(
                    protocol.get(), number.asInt(0) == 0 ? OptionalInt.empty() : OptionalInt.of(number.intValue())));
        }
        return Optional.empty();
    }
}
