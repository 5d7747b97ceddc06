package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.PodInput;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Of the objects that do not select a pod, the one of which the fewest terms are in the way. */
final class NearestObject {
    private final EgressIpSelection selection;

    NearestObject(EgressIpSelection selection) {
        this.selection = selection;
    }

    private record Candidate(EgressIpInput object, List<Requirement> ofNamespace, List<Requirement> ofPod) {
        /** One whose selectors ask for much else is less likely to be meant. */
        int unmet() {
            return ofNamespace.size() + ofPod.size();
        }

        int met() {
            return object.namespaceSelector().orElseThrow().requirements().size()
                    + object.podSelector().orElseThrow().requirements().size()
                    - unmet();
        }
    }

    /** That no object selects the pod, and what the labels would have to be. */
    Reason reason(PodInput pod, Map<String, String> namespaceLabels) {
        var candidates = new ArrayList<Candidate>();
        for (var object : selection.egressIps()) {
            if (object.hasSelectors()) {
                candidates.add(new Candidate(
                        object,
                        SelectorWords.unmet(object.namespaceSelector().orElseThrow(), namespaceLabels),
                        SelectorWords.unmet(object.podSelector().orElseThrow(), pod.labels())));
            }
        }
        var nearest = candidates.stream()
                .filter(candidate -> candidate.unmet() > 0)
                .min(Comparator.comparingInt(Candidate::unmet)
                        .thenComparing(Comparator.comparingInt(Candidate::met).reversed())
                        .thenComparing(Candidate::object, EgressIpSelection.SENIORITY));
        return new Reason(
                EgressIpFinding.NotSelected,
                nearest.map(found -> "no EgressIP selects it; nearest is "
                                + found.object().name() + ", which asks for " + terms(found, pod, namespaceLabels))
                        .orElse("no EgressIP selects it"
                                + (selection.egressIps().isEmpty() ? ": there are none" : "")));
    }

    private static String terms(Candidate found, PodInput pod, Map<String, String> namespaceLabels) {
        var terms = new ArrayList<String>();
        if (!found.ofNamespace().isEmpty()) {
            terms.add("namespace label " + SelectorWords.asked(found.ofNamespace(), namespaceLabels));
        }
        if (!found.ofPod().isEmpty()) {
            terms.add("pod label " + SelectorWords.asked(found.ofPod(), pod.labels()));
        }
        return String.join(", and for ", terms);
    }
}
