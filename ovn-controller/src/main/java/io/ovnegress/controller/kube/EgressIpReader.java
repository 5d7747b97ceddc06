package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.BeforeServed;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads an EgressIP whatever it holds. What is malformed in the spec becomes text that the reconciler refuses by name: an
 * address that is none, or a {@code selectorError}. What is malformed in the status is left out: it will be written anew.
 */
final class EgressIpReader {
    private EgressIpReader() {}

    static EgressIpInput read(EgressIp egressIp) {
        var metadata = InputMappers.metadata(egressIp);
        var spec = egressIp.specOrMissing();
        var errors = new ArrayList<String>();
        Optional<LabelSelector> namespaceSelector = Optional.empty();
        if (isAbsent(spec.path("namespaceSelector"))) {
            errors.add("spec.namespaceSelector is missing: it must say which namespaces are served"
                    + " ({} selects every namespace)");
        } else {
            namespaceSelector = selector(spec.path("namespaceSelector"), "spec.namespaceSelector", errors);
        }
        var podSelector = isAbsent(spec.path("podSelector"))
                ? Optional.of(LabelSelector.EVERYTHING)
                : selector(spec.path("podSelector"), "spec.podSelector", errors);
        var nodes = NodeChoiceReader.read(egressIp, errors);
        var destinations = destinations(egressIp, errors);
        var onUnassigned = choice(egressIp, "onUnassigned", Annotations.ON_UNASSIGNED);
        var beforeServed = choice(egressIp, "beforeServed", Annotations.BEFORE_SERVED);
        return EgressIpInput.named(InputMappers.nameOf(egressIp))
                .uid(InputMappers.text(metadata.getUid()))
                .created(InputMappers.created(egressIp))
                .generation(metadata.getGeneration() == null ? 0 : metadata.getGeneration())
                .egressIps(egressIps(spec.path("egressIPs")))
                .namespaceSelector(namespaceSelector)
                .podSelector(podSelector)
                .selectorError(errors.stream().collect(Collectors.joining("; ")))
                .statusItems(statusItems(egressIp.statusOrMissing().path("items")))
                .conditions(conditions(egressIp.statusOrMissing().path("conditions")))
                .onUnassigned(
                        isDrop(onUnassigned) ? OnUnassigned.DROP : OnUnassigned.NODE_ADDRESS,
                        onUnassigned.filter(EgressIpReader::isUnknown))
                .nodes(nodes)
                .beforeServed(
                        isDrop(beforeServed) ? BeforeServed.DROP : BeforeServed.NODE_ADDRESS,
                        beforeServed.filter(EgressIpReader::isUnknown))
                .form(form(egressIp))
                .qos(QosReader.read(egressIp))
                .destinations(destinations)
                .build();
    }

    /** What cannot be understood never makes it an object for all destinations. */
    private static EgressDestinations destinations(EgressIp egressIp, List<String> errors) {
        var selector = egressIp.specOrMissing().path("trafficSelector");
        var listed = annotation(egressIp, Annotations.DESTINATIONS);
        var traffic = isAbsent(selector)
                ? Optional.<LabelSelector>empty()
                : selector(selector, "spec.trafficSelector", errors);
        return new EgressDestinations(
                !isAbsent(selector) || listed.isPresent(),
                traffic,
                !isAbsent(selector) && traffic.isEmpty(),
                texts(listed),
                texts(annotation(egressIp, Annotations.EXCLUDED_DESTINATIONS)));
    }

    private static List<String> texts(Optional<String> withCommas) {
        return Splitter.on(',').trimResults().omitEmptyStrings().splitToList(withCommas.orElse(""));
    }

    /** Of what is not understood nothing is taken. */
    private static EgressForm form(EgressIp egressIp) {
        var form = choice(egressIp, "form", Annotations.FORM);
        var placement = choice(egressIp, "routerPlacement", Annotations.ROUTER_PLACEMENT);
        var kind = form.flatMap(value -> value.equalsIgnoreCase("Router")
                ? Optional.of(EgressForm.Kind.ROUTER)
                : value.equalsIgnoreCase("PerPod") ? Optional.of(EgressForm.Kind.PER_POD) : Optional.empty());
        boolean isPinned = placement.filter("Pinned"::equalsIgnoreCase).isPresent();
        var unknown = form.filter(value -> kind.isEmpty())
                .map(value -> "form " + value + ", which is neither PerPod nor Router")
                .or(() -> placement
                        .filter(value -> !isPinned && !value.equalsIgnoreCase("Floating"))
                        .map(value -> "routerPlacement " + value + ", which is neither Floating nor Pinned"));
        return new EgressForm(kind, isPinned, unknown);
    }

    static Optional<String> annotation(EgressIp egressIp, String key) {
        var annotations = InputMappers.metadata(egressIp).getAnnotations();
        return annotations == null ? Optional.empty() : Optional.ofNullable(annotations.get(key));
    }

    /** The field, or where it is absent (always with ovn-kubernetes' CRD, which prunes it) the annotation. */
    private static Optional<String> choice(EgressIp egressIp, String field, String annotation) {
        var value = egressIp.specOrMissing().path(field);
        if (!isAbsent(value)) {
            return Optional.of(value.isTextual() ? value.textValue() : value.toString());
        }
        return annotation(egressIp, annotation);
    }

    /** What is neither of the two counts as {@code Drop}. */
    private static boolean isDrop(Optional<String> choice) {
        return choice.filter(value -> !value.equalsIgnoreCase("NodeAddress")).isPresent();
    }

    private static boolean isUnknown(String choice) {
        return !choice.equalsIgnoreCase("Drop") && !choice.equalsIgnoreCase("NodeAddress");
    }

    static Optional<LabelSelector> selector(JsonNode selector, String field, List<String> errors) {
        var reader = new SelectorReader(field);
        var read = reader.read(selector);
        errors.addAll(reader.errors());
        return read;
    }

    /** The entries as written; one that is no text, as its JSON, which is no address either. */
    private static List<String> egressIps(JsonNode egressIps) {
        if (isAbsent(egressIps)) {
            return List.of();
        }
        if (!egressIps.isArray()) {
            return List.of(egressIps.toString());
        }
        var texts = new ArrayList<String>();
        egressIps.forEach(ip -> texts.add(ip.isTextual() ? ip.textValue() : ip.toString()));
        return texts;
    }

    /** {@code status.items} as far as they are node and address. */
    static List<StatusItem> statusItems(JsonNode items) {
        var read = new ArrayList<StatusItem>();
        items.forEach(item -> {
            if (item.path("node").isTextual() && item.path("egressIP").isTextual()) {
                read.add(new StatusItem(
                        item.path("node").textValue(), item.path("egressIP").textValue()));
            }
        });
        return read;
    }

    private static List<StatusCondition> conditions(JsonNode conditions) {
        var read = new ArrayList<StatusCondition>();
        conditions.forEach(condition -> {
            var type = constant(EgressIpConditionType.values(), condition.path("type"));
            var reason = constant(EgressIpReason.values(), condition.path("reason"));
            if (type.isPresent() && reason.isPresent()) {
                read.add(new StatusCondition(
                        type.get(),
                        "True".equals(condition.path("status").asText()),
                        reason.get(),
                        condition.path("message").asText(""),
                        condition.path("observedGeneration").asLong(0)));
            }
        });
        return read;
    }

    private static <E extends Enum<E>> Optional<E> constant(E[] values, JsonNode name) {
        return Arrays.stream(values)
                .filter(value -> value.name().equals(name.asText()))
                .findFirst();
    }

    static boolean isAbsent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }
}
