package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceList;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputKind;
import java.util.List;

/** What is read of the Kubernetes API, and whose status is written: a line for each kind, and nothing else knows them all. */
public final class Resources {
    private Resources() {}

    public static List<ResourceKind<?, ?>> of(InputMappers mappers) {
        return List.of(
                ResourceKind.of(EgressIpInput.KIND, EgressIp.class, EgressIpList.class, mappers::egressIp)
                        .withStatus(new EgressIpStatusShape()),
                ResourceKind.of(InputKind.NAMESPACE, Namespace.class, NamespaceList.class, mappers::namespace),
                ResourceKind.of(InputKind.NODE, Node.class, NodeList.class, mappers::node),
                ResourceKind.of(InputKind.POD, Pod.class, PodList.class, mappers::pod));
    }
}
