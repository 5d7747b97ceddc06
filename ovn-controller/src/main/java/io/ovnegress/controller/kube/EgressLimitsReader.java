package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import io.fabric8.kubernetes.api.model.Node;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Reads which egress IPs a node may serve, and how many. What cannot be understood is told, and makes the node serve less, never
 * more; what it serves already it keeps as far as the rest allows.
 */
final class EgressLimitsReader {
    /** {@code [{"interface":"eni-0","ifaddr":{...},"capacity":{"ipv4":14,"ipv6":15}}]}, or {@code {"ip":10}}. */
    static final String CLOUD = "cloud.network.openshift.io/egress-ipconfig";

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,6}");

    private final Node node;
    private final List<String> errors = new ArrayList<>();

    private EgressLimitsReader(Node node) {
        this.node = node;
    }

    static EgressLimits read(Node node) {
        var annotations = InputMappers.metadata(node).getAnnotations();
        if (annotations == null
                || annotations.keySet().stream()
                        .noneMatch(
                                Set.of(
                                        Annotations.EGRESS_IPS,
                                        Annotations.EGRESS_CIDRS,
                                        Annotations.EGRESS_CAPACITY,
                                        CLOUD)::contains)) {
            return EgressLimits.NONE;
        }
        var reader = new EgressLimitsReader(node);
        var pinned = reader.entries(Annotations.EGRESS_IPS, IpAddress::parse, "an IP address");
        var ranges = reader.entries(Annotations.EGRESS_CIDRS, IpNetwork::parse, "a network such as 192.168.126.0/25");
        var capacity = reader.capacity().and(reader.cloudCapacity());
        return new EgressLimits(new LinkedHashSet<>(pinned.orElse(List.of())), ranges, capacity, reader.errors);
    }

    private Optional<String> annotation(String key) {
        return Optional.ofNullable(InputMappers.metadata(node).getAnnotations().get(key));
    }

    private <T> Optional<List<T>> entries(String key, Function<String, Optional<T>> parser, String what) {
        return annotation(key).map(text -> {
            var entries = new ArrayList<T>();
            for (var entry : Splitter.on(',').trimResults().omitEmptyStrings().split(text)) {
                parser.apply(entry)
                        .ifPresentOrElse(
                                entries::add,
                                () -> errors.add("annotation " + key + ": \"" + entry + "\" is not " + what
                                        + ", and is left out"));
            }
            return entries;
        });
    }

    private EgressCapacity capacity() {
        return annotation(Annotations.EGRESS_CAPACITY)
                .map(text -> {
                    if (NUMBER.matcher(text.strip()).matches()) {
                        return EgressCapacity.of(Integer.parseInt(text.strip()));
                    }
                    errors.add("annotation " + Annotations.EGRESS_CAPACITY + ": \"" + text
                            + "\" is not a number, and the node takes no more egress IPs");
                    return EgressCapacity.of(0);
                })
                .orElse(EgressCapacity.UNLIMITED);
    }

    /** As ovn-kubernetes reads it: the first interface, and no number is no limit. */
    private EgressCapacity cloudCapacity() {
        if (annotation(CLOUD).isEmpty()) {
            return EgressCapacity.UNLIMITED;
        }
        var capacity = InputMappers.annotation(node, CLOUD).path(0).path("capacity");
        if (!capacity.isObject()) {
            errors.add("annotation " + CLOUD + " has no capacity that can be read, and limits nothing");
            return EgressCapacity.UNLIMITED;
        }
        return new EgressCapacity(
                number(capacity.path("ip")), number(capacity.path("ipv4")), number(capacity.path("ipv6")));
    }

    private static OptionalInt number(JsonNode number) {
        return number.isInt() && number.intValue() >= 0 ? OptionalInt.of(number.intValue()) : OptionalInt.empty();
    }
}
