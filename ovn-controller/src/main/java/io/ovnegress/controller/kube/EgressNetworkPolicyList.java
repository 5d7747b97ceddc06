package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of EgressNetworkPolicies. */
public final class EgressNetworkPolicyList extends DefaultKubernetesResourceList<EgressNetworkPolicy> {}
