package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of NetNamespaces. */
public final class NetNamespaceList extends DefaultKubernetesResourceList<NetNamespace> {}
