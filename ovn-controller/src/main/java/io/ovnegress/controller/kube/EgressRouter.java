package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Our EgressRouter. */
@Group("ovn-egress.io")
@Version("v1alpha1")
@Kind("EgressRouter")
@Plural("egressrouters")
@Singular("egressrouter")
public final class EgressRouter extends JsonResource implements Namespaced {}
