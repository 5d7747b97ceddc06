package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** From manifests of other systems to ours. */
public final class Conversion {
    private static final String SDN = "network.openshift.io";

    private Conversion() {}

    public static Converted of(List<JsonNode> documents, Choices choices) {
        var input = Input.of(documents, choices);
        var draft = new Draft();
        var projects = SdnProjects.of(input);
        SdnNodes.convert(input, draft);
        SdnAddresses.convert(input, draft);
        SdnIsolation.convert(input, projects, draft);
        SdnFirewalls.convert(input, projects, draft);
        var spares = new SpareAddresses(choices.addresses());
        EgressRouterPods.convert(input, projects, draft);
        AviServices.convert(input, spares, draft);
        CniEgressRouters.convert(input, draft);
        CiliumPolicies.convert(input, draft);
        AntreaEgresses.convert(input, spares, draft);
        input.manifests().stream()
                .filter(manifest -> !draft.isTold(manifest))
                .forEach(manifest -> draft.say(manifest, Verdict.PassedOver, whyNot(manifest)));
        return draft.converted();
    }

    private static String whyNot(Manifest manifest) {
        if (manifest.is("Service", "") || manifest.is("ConfigMap", "") || manifest.is("Pod", "")) {
            return "nothing of it has to be converted: it stays as it is";
        }
        if (manifest.is("ClusterNetwork", SDN, "")) {
            return "read for the cluster's subnets and plug-in";
        }
        return "kind \"" + manifest.kind() + "\" of \""
                + manifest.json().path("apiVersion").asText() + "\" is none that is converted";
    }
}
