package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of EgressProxies. */
public final class EgressProxyList extends DefaultKubernetesResourceList<EgressProxy> {}
