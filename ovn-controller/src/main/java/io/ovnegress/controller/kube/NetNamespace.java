package io.ovnegress.controller.kube;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** OpenShift SDN's NetNamespace, cluster scoped, named as its project is; its fields are in no spec. */
@Group("network.openshift.io")
@Version("v1")
@Kind("NetNamespace")
@Plural("netnamespaces")
@Singular("netnamespace")
@JsonIgnoreProperties(ignoreUnknown = true)
public final class NetNamespace extends CustomResource<JsonNode, JsonNode> {
    private JsonNode netid;

    public JsonNode getNetid() {
        return netid;
    }

    public void setNetid(JsonNode netid) {
        this.netid = netid;
    }

    @Override
    protected JsonNode initSpec() {
        return null;
    }

    @Override
    protected JsonNode initStatus() {
        return null;
    }
}
