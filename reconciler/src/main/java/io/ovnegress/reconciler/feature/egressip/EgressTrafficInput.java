package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.util.List;
import java.util.Map;

/**
 * What we read of an EgressIPTraffic ({@code k8s.ovn.org/v1}, cluster scoped): destinations that EgressIPs select by labels.
 *
 * @param networks {@code spec.destinationNetworks} as written by the user
 */
public record EgressTrafficInput(String name, Map<String, String> labels, List<String> networks)
        implements InputObject {
    public static final InputKind KIND = new InputKind("EGRESS_IP_TRAFFIC");

    public EgressTrafficInput {
        labels = Map.copyOf(labels);
        networks = List.copyOf(networks);
    }

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return name;
    }
}
