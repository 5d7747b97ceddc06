package io.ovnegress.controller.kube;

import com.fasterxml.jackson.databind.JsonNode;
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
public final class NetNamespace extends JsonResource {
    private JsonNode netid;

    public JsonNode getNetid() {
        return netid;
    }

    public void setNetid(JsonNode netid) {
        this.netid = netid;
    }
}
