package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** OpenShift SDN's EgressNetworkPolicy. */
@Group("network.openshift.io")
@Version("v1")
@Kind("EgressNetworkPolicy")
@Plural("egressnetworkpolicies")
@Singular("egressnetworkpolicy")
public final class EgressNetworkPolicy extends JsonResource implements Namespaced {}
