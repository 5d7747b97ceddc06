package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of EgressFirewalls. */
public final class EgressFirewallList extends DefaultKubernetesResourceList<EgressFirewall> {}
