package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusChange.Event;
import io.ovnegress.reconciler.feature.StatusChange.Fields;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.northbound.PrintableText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What nodes say of the egress IPs that they may serve, and cannot be understood: told once on each node. Not thread safe. */
public final class LimitedNodes {
    private final Inputs cluster;
    private Map<String, List<String>> told = Map.of();
    private boolean isStale = true;

    public LimitedNodes(Inputs cluster) {
        this.cluster = cluster;
    }

    public void nodesChanged() {
        isStale = true;
    }

    /** The events since the last call; a node has no status of ours. */
    public List<StatusChange> take() {
        if (!isStale) {
            return List.of();
        }
        isStale = false;
        var now = new HashMap<String, List<String>>();
        var changes = new ArrayList<StatusChange>();
        for (var node : cluster.nodes()) {
            var errors = node.limits().errors();
            if (!errors.isEmpty()) {
                now.put(node.name(), errors);
                if (!errors.equals(told.get(node.name()))) {
                    changes.add(change(node.name(), errors));
                }
            }
        }
        told = now;
        return changes;
    }

    /** As the kubelet's events on nodes, which kubectl looks for, it has the node's name for its uid. */
    private static StatusChange change(String node, List<String> errors) {
        var message = PrintableText.of(String.join("; ", errors), EgressIpConditions.MESSAGE_LIMIT);
        return new StatusChange(
                new ObjectRef(InputKind.NODE, node),
                node,
                0,
                Fields.NONE,
                List.of(),
                List.of(new Event(EgressIpEventReason.InvalidAnnotation, message)));
    }
}
