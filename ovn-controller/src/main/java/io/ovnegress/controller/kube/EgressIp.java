package io.ovnegress.controller.kube;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * The EgressIP custom resource, cluster scoped. Spec and status stay JSON: whatever an object holds, reading it cannot fail, so
 * that one malformed object never keeps the others from being seen. {@link InputMappers#egressIp} gives it meaning.
 */
@Group(EgressIp.GROUP)
@Version(EgressIp.VERSION)
@Kind(EgressIp.KIND)
@Plural(EgressIp.PLURAL)
@Singular("egressip")
@ShortNames("eip")
@JsonIgnoreProperties(ignoreUnknown = true)
public final class EgressIp extends CustomResource<JsonNode, JsonNode> {
    public static final String GROUP = "k8s.ovn.org";
    public static final String VERSION = "v1";
    public static final String KIND = "EgressIP";
    public static final String PLURAL = "egressips";
    /** The name of the CustomResourceDefinition. */
    public static final String CRD = PLURAL + "." + GROUP;

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

    /** The status, missing where the object has none. */
    JsonNode statusOrMissing() {
        return getStatus() == null ? MissingNode.getInstance() : getStatus();
    }
}
