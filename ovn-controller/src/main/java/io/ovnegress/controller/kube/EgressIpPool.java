package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Our EgressIPPool, cluster scoped. */
@Group("ovn-egress.io")
@Version("v1alpha1")
@Kind("EgressIPPool")
@Plural("egressippools")
@Singular("egressippool")
@ShortNames("eippool")
public final class EgressIpPool extends JsonResource {}
