package io.ovnegress.controller.kube;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.client.CustomResource;

/**
 * A custom resource whose spec and status stay JSON: whatever an object holds, reading it cannot fail, so that one malformed object
 * never keeps the others from being seen. Readers give it meaning.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public abstract class JsonResource extends CustomResource<JsonNode, JsonNode> {
    @Override
    protected JsonNode initSpec() {
        return null;
    }

    @Override
    protected JsonNode initStatus() {
        return null;
    }

    /** The spec, missing where the object has none. */
    public JsonNode specOrMissing() {
        return getSpec() == null ? MissingNode.getInstance() : getSpec();
    }

    /** The status, missing where the object has none. */
    public JsonNode statusOrMissing() {
        return getStatus() == null ? MissingNode.getInstance() : getStatus();
    }
}
