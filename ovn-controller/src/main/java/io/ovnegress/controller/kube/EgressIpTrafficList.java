package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of EgressIPTraffic objects. */
public final class EgressIpTrafficList extends DefaultKubernetesResourceList<EgressIpTraffic> {}
