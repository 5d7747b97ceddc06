package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Our EgressAdminPolicy, cluster scoped. */
@Group("ovn-egress.io")
@Version("v1alpha1")
@Kind("EgressAdminPolicy")
@Plural("egressadminpolicies")
@Singular("egressadminpolicy")
public final class EgressAdminPolicy extends JsonResource {}
