package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;

/** EgressRouters of OpenShift's network operator (CNI, redirect mode) to ours. */
final class CniEgressRouters {
    private CniEgressRouters() {}

    static void convert(Input input, Draft draft) {
        input.of("EgressRouter", "network.operator.openshift.io").forEach(router -> convert(router, draft));
    }

    private static void convert(Manifest router, Draft draft) {
        var addresses = new ArrayList<String>();
        var gateways = new ArrayList<String>();
        router.spec().path("addresses").forEach(address -> {
            Manifest.address(address.path("ip").asText()).map(IpAddress::text).ifPresent(addresses::add);
            if (address.hasNonNull("gateway")) {
                gateways.add(address.path("gateway").asText());
            }
        });
        if (addresses.isEmpty()
                || !router.spec().path("mode").asText("Redirect").equals("Redirect")) {
            draft.say(
                    router,
                    Verdict.Lost,
                    addresses.isEmpty()
                            ? "spec.addresses has no address: nothing is made of it"
                            : "mode " + router.spec().path("mode") + " is none that is known: nothing is made of it");
            return;
        }
        var object = Objects.router(router.namespace(), router.name(), addresses);
        var spec = (ObjectNode) object.path("spec");
        var redirect = router.spec().path("redirect");
        redirect.path("redirectRules").forEach(rule -> {
            int port = rule.path("port").asInt();
            Objects.destination(
                    spec,
                    port,
                    rule.path("protocol").asText("TCP"),
                    rule.path("destinationIP").asText(),
                    rule.path("targetPort").asInt(port));
        });
        if (redirect.hasNonNull("fallbackIP")) {
            spec.put("fallback", redirect.path("fallbackIP").asText());
        }
        draft.add(object);
        draft.say(
                router,
                Verdict.Same,
                redirect.path("redirectRules").size() + " rules"
                        + (redirect.hasNonNull("fallbackIP") ? " and the fallback" : "") + " leave as "
                        + String.join(", ", addresses));
        draft.say(
                router,
                Verdict.Better,
                "no pod and no macvlan interface; another node takes over when the first one falls" + " silent");
        if (!gateways.isEmpty()) {
            draft.say(
                    router,
                    Verdict.Different,
                    "gateway " + String.join(", ", gateways)
                            + " is left out: packets take the default route of the node's gateway router");
        }
        draft.say(
                router,
                Verdict.Different,
                "its clients are the pods of its own namespace unless spec.clients says more");
    }
}
