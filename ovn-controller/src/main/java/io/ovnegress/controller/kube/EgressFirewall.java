package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** ovn-kubernetes' EgressFirewall. */
@Group(EgressIp.GROUP)
@Version(EgressIp.VERSION)
@Kind("EgressFirewall")
@Plural("egressfirewalls")
@Singular("egressfirewall")
public final class EgressFirewall extends JsonResource implements Namespaced {}
