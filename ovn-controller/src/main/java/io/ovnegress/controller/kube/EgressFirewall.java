package io.ovnegress.controller.kube;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** ovn-kubernetes' EgressFirewall. Spec and status stay JSON, as those of {@link EgressIp} do. */
@Group(EgressIp.GROUP)
@Version(EgressIp.VERSION)
@Kind("EgressFirewall")
@Plural("egressfirewalls")
@Singular("egressfirewall")
@JsonIgnoreProperties(ignoreUnknown = true)
public final class EgressFirewall extends CustomResource<JsonNode, JsonNode> implements Namespaced {
    @Override
    protected JsonNode initSpec() {
        return null;
    }

    @Override
    protected JsonNode initStatus() {
        return null;
    }
}
