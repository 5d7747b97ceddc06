package io.ovnegress.controller.kube;

import io.ovnegress.reconciler.input.EgressIpInput;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;

/** The kind and name of input records, as {@code InputChange.Removed} has them. */
final class KnownObjects {
    private KnownObjects() {}

    static InputKind kindOf(InputObject object) {
        return switch (object) {
            case EgressIpInput egressIp -> InputKind.EGRESS_IP;
            case NamespaceInput namespace -> InputKind.NAMESPACE;
            case NodeInput node -> InputKind.NODE;
            case PodInput pod -> InputKind.POD;
        };
    }

    static String nameOf(InputObject object) {
        return switch (object) {
            case EgressIpInput egressIp -> egressIp.name();
            case NamespaceInput namespace -> namespace.name();
            case NodeInput node -> node.name();
            case PodInput pod -> pod.name().toString();
        };
    }
}
