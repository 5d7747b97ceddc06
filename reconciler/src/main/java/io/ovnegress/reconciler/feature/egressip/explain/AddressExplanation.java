package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.Placed;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whose an address is: an egress IP of objects, a pod's, a node's, or one that the cluster uses itself. */
final class AddressExplanation {
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final PodExplanation pods;
    private final LeavingPods leaving;

    AddressExplanation(Inputs cluster, EgressIpSelection selection, PodExplanation pods, LeavingPods leaving) {
        this.cluster = cluster;
        this.selection = selection;
        this.pods = pods;
        this.leaving = leaving;
    }

    Optional<Explanation> of(IpAddress address, Placed placed, OwnerRows rows) {
        var reasons = new ArrayList<Reason>();
        var parts = new ArrayList<Explanation>();
        var answers = new ArrayList<String>();
        for (var object : selection.egressIps()) {
            if (asksFor(object, address)) {
                var node = placed.nodeOf(object.name(), address);
                reasons.add(new Reason(
                        EgressIpFinding.EgressAddress,
                        "EgressIP " + object.name() + " asks for it"
                                + node.map(name -> ", and has it on node " + name)
                                        .orElse(", and does not have it: see explain egressip " + object.name())));
                node.ifPresent(name -> answers.add("is an egress IP of " + object.name() + " on node " + name));
            }
        }
        if (!reasons.isEmpty() && answers.isEmpty()) {
            answers.add("is an egress IP without a node");
        }
        var there = leaving.as(address);
        if (!reasons.isEmpty() || !there.isEmpty()) {
            answers.add(leaving.words(
                    address, there.stream().map(LeavingPods.There::node).findFirst()));
        }
        cluster.podAt(address).ifPresent(pod -> {
            var part = pods.address(pod, address, placed, rows);
            answers.add("is the address of pod " + pod.name() + ", and " + part.answer());
            reasons.add(new Reason(EgressIpFinding.PodAddress, "pod " + pod.name() + " holds it"));
            parts.add(part);
        });
        placed.nodes().ownerOf(address).ifPresent(node -> {
            answers.add("is an address of node " + node);
            reasons.add(new Reason(
                    EgressIpFinding.NodeOwnAddress,
                    "it is an address of node " + node + ", and so never an egress IP"));
        });
        placed.nodes().reservation(address).ifPresent(why -> {
            if (answers.isEmpty()) {
                answers.add("cannot be an egress IP");
            }
            reasons.add(new Reason(EgressIpFinding.Reserved, why));
        });
        return answers.isEmpty()
                ? Optional.empty()
                : Optional.of(new Explanation(
                        "ip", address.text(), String.join("; ", answers), Map.of(), reasons, List.copyOf(parts)));
    }

    private static boolean asksFor(EgressIpInput object, IpAddress address) {
        return object.egressIps().stream()
                .anyMatch(text -> IpAddress.parse(text).filter(address::equals).isPresent());
    }
}
