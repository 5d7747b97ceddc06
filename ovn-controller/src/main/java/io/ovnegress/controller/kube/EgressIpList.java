package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A page of a list of EgressIPs. */
public final class EgressIpList extends DefaultKubernetesResourceList<EgressIp> {}
