package io.ovnegress.controller.kube;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** The EgressIPTraffic of ovn-kubernetes' proposal, cluster scoped. The spec stays JSON, as that of {@link EgressIp} does. */
@Group(EgressIp.GROUP)
@Version(EgressIp.VERSION)
@Kind("EgressIPTraffic")
@Plural("egressiptraffics")
@Singular("egressiptraffic")
@JsonIgnoreProperties(ignoreUnknown = true)
public final class EgressIpTraffic extends CustomResource<JsonNode, JsonNode> {
    @Override
    protected JsonNode initSpec() {
        return null;
    }

    @Override
    protected JsonNode initStatus() {
        return null;
    }

    /** The spec, missing where the object has none. */
    JsonNode specOrMissing() {
        return getSpec() == null ? MissingNode.getInstance() : getSpec();
    }
}
