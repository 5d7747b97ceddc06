package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of EgressAdminPolicies. */
public final class EgressAdminPolicyList extends DefaultKubernetesResourceList<EgressAdminPolicy> {}
