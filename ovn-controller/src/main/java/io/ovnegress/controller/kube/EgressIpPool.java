package io.ovnegress.controller.kube;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Our EgressIPPool, cluster scoped. Spec and status stay JSON, as those of {@link EgressIp} do. */
@Group("ovn-egress.io")
@Version("v1alpha1")
@Kind("EgressIPPool")
@Plural("egressippools")
@Singular("egressippool")
@ShortNames("eippool")
@JsonIgnoreProperties(ignoreUnknown = true)
public final class EgressIpPool extends CustomResource<JsonNode, JsonNode> {
    @Override
    protected JsonNode initSpec() {
        return null;
    }

    @Override
    protected JsonNode initStatus() {
        return null;
    }
}
