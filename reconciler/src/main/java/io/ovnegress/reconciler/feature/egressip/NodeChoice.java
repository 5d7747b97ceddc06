package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * On which nodes an EgressIP's addresses may be, and would rather be.
 *
 * @param selector {@code spec.egressNodeSelector}, as ovn-kubernetes' OKEP-6800 has it: a node with matching labels needs no
 *     other; absent if it cannot be understood, and the object is refused then
 * @param preferred names of nodes, the most preferred first
 * @param movesBack whether an egress IP leaves a node for a more preferred one that can serve it again
 * @param errors what cannot be understood of the last two and is left out, each naming where it stands
 */
public record NodeChoice(
        Optional<LabelSelector> selector, List<String> preferred, boolean movesBack, List<String> errors) {
    /** What an object without a selector means. */
    public static final LabelSelector LABELLED =
            new LabelSelector(List.of(new Requirement(NodeInput.EGRESS_ASSIGNABLE, Operator.EXISTS, Set.of())));

    /** Labelled nodes, all alike. */
    public static final NodeChoice USUAL = new NodeChoice(Optional.of(LABELLED), List.of(), false, List.of());

    public NodeChoice {
        preferred = List.copyOf(preferred);
        errors = List.copyOf(errors);
    }
}
