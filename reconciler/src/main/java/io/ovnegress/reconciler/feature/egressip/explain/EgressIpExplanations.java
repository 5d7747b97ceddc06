package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.Placed;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.feature.egressip.topology.PodAddressRules;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.Optional;

/** What this feature says to questions. */
public final class EgressIpExplanations {
    private final Inputs cluster;
    private final PodExplanation pods;

    public EgressIpExplanations(
            Inputs cluster,
            NorthboundView view,
            EgressIpSelection selection,
            EgressIpTranslator translator,
            EgressGateways gateways,
            PodAddressRules addressRules) {
        this.cluster = cluster;
        this.pods = new PodExplanation(cluster, view, selection, translator, gateways, addressRules);
    }

    /** @param placed where egress IPs belong */
    public Optional<Explanation> of(Question question, Placed placed, OwnerRows rows) {
        return switch (question) {
            case Question.OfObject(ObjectRef(InputKind kind, String key))
            when kind.equals(InputKind.POD) ->
                PodName.parse(key).flatMap(cluster::pod).map(pod -> pods.of(pod, placed, rows));
            case Question.OfObject object -> Optional.empty();
            case Question.OfAddress address -> Optional.empty();
        };
    }
}
