package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of EgressIPPools. */
public final class EgressIpPoolList extends DefaultKubernetesResourceList<EgressIpPool> {}
