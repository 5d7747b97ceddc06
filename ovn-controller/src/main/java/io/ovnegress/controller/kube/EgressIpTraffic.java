package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** The EgressIPTraffic of ovn-kubernetes' proposal, cluster scoped. */
@Group(EgressIp.GROUP)
@Version(EgressIp.VERSION)
@Kind("EgressIPTraffic")
@Plural("egressiptraffics")
@Singular("egressiptraffic")
public final class EgressIpTraffic extends JsonResource {}
