package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Our EgressProxy, namespaced. */
@Group("ovn-egress.io")
@Version("v1alpha1")
@Kind("EgressProxy")
@Plural("egressproxies")
@Singular("egressproxy")
public final class EgressProxy extends JsonResource implements Namespaced {}
