package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.EgressIpReader.isAbsent;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads what an EgressIP says of its nodes: the fields of our CRD, or where they are absent (always with ovn-kubernetes' CRD, which
 * prunes them) the annotations.
 */
final class NodeChoiceReader {
    private final EgressIp egressIp;
    private final List<String> errors = new ArrayList<>();

    private NodeChoiceReader(EgressIp egressIp) {
        this.egressIp = egressIp;
    }

    /** @param selectorErrors is told why the selector cannot be understood */
    static NodeChoice read(EgressIp egressIp, List<String> selectorErrors) {
        var reader = new NodeChoiceReader(egressIp);
        var preferred = reader.preferredNodes();
        boolean movesBack = reader.movesBack();
        return new NodeChoice(reader.selector(selectorErrors), preferred, movesBack, reader.errors);
    }

    private JsonNode field(String name) {
        return egressIp.specOrMissing().path(name);
    }

    /** Our CRD's default does not hide an annotation: what said something under ovn-kubernetes' CRD goes on saying it. */
    private Optional<LabelSelector> selector(List<String> selectorErrors) {
        var field = field("egressNodeSelector");
        var said = isAbsent(field)
                ? Optional.of(NodeChoice.LABELLED)
                : EgressIpReader.selector(field, "spec.egressNodeSelector", selectorErrors);
        if (said.filter(NodeChoice.LABELLED::equals).isEmpty()
                || EgressIpReader.annotation(egressIp, Annotations.EGRESS_NODE_SELECTOR)
                        .isEmpty()) {
            return said;
        }
        return EgressIpReader.selector(
                InputMappers.annotation(egressIp, Annotations.EGRESS_NODE_SELECTOR),
                "annotation " + Annotations.EGRESS_NODE_SELECTOR,
                selectorErrors);
    }

    private List<String> preferredNodes() {
        var field = field("preferredNodes");
        if (isAbsent(field)) {
            return Splitter.on(',')
                    .trimResults()
                    .omitEmptyStrings()
                    .splitToList(EgressIpReader.annotation(egressIp, Annotations.PREFERRED_NODES)
                            .orElse(""));
        }
        var names = InputMappers.textsOf(field);
        if (!field.isArray() || names.size() != field.size()) {
            errors.add("spec.preferredNodes is not a list of node names: what is none is left out, correct it");
        }
        return names;
    }

    private boolean movesBack() {
        var field = field("onPreferredNodeReturn");
        var value = isAbsent(field)
                ? EgressIpReader.annotation(egressIp, Annotations.ON_PREFERRED_NODE_RETURN)
                : Optional.of(field.isTextual() ? field.textValue() : field.toString());
        if (value.isEmpty() || value.get().equalsIgnoreCase("Stay")) {
            return false;
        }
        if (value.get().equalsIgnoreCase("MoveBack")) {
            return true;
        }
        errors.add("onPreferredNodeReturn (or annotation " + Annotations.ON_PREFERRED_NODE_RETURN + ") is \""
                + value.get() + "\", which is neither Stay nor MoveBack: it counts as Stay, correct it");
        return false;
    }
}
