package io.ovnegress.controller.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Services with Avi's annotation {@code egress_pod} to EgressRouters that fill them. */
final class AviServices {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MICROSERVICE_GROUP = "-avi-microservicegroup";
    private static final Pattern PORT = Pattern.compile("\\d{1,5}");

    private final Input input;
    private final SpareAddresses spares;
    private final Draft draft;

    private AviServices(Input input, SpareAddresses spares, Draft draft) {
        this.input = input;
        this.spares = spares;
        this.draft = draft;
    }

    static void convert(Input input, SpareAddresses spares, Draft draft) {
        var services = new AviServices(input, spares, draft);
        input.of("Service", "")
                .filter(service -> service.annotation("egress_pod").isPresent())
                .forEach(services::convert);
        input.manifests().stream()
                .filter(manifest -> manifest.name().contains(EgressRouterPods.AVI_SUFFIX) && !draft.isTold(manifest))
                .forEach(manifest -> draft.say(
                        manifest,
                        Verdict.Same,
                        "Avi's own for a Service: its EGRESS_SOURCE is taken from it, no pod is needed"));
    }

    private void convert(Manifest service) {
        JsonNode asked;
        try {
            asked = JSON.readTree(service.annotation("egress_pod").orElseThrow());
        } catch (JsonProcessingException e) {
            draft.say(service, Verdict.Lost, "annotation egress_pod is no JSON: " + e.getOriginalMessage());
            return;
        }
        boolean ha = asked.path("ha").asBoolean();
        var addresses = addresses(service, ha ? 2 : 1);
        if (addresses.isEmpty()) {
            draft.say(
                    service,
                    Verdict.Lost,
                    "its source address was Avi's to choose: read the controller " + service.name()
                            + EgressRouterPods.AVI_SUFFIX + " too, or say --addresses; nothing is made of it");
            return;
        }
        var router = Objects.router(service.namespace(), service.name(), addresses);
        var spec = (ObjectNode) router.path("spec");
        spec.put("service", service.name());
        int destinations = destinations(service, asked, spec);
        if (destinations == 0) {
            draft.say(service, Verdict.Lost, "annotation egress_pod has neither destination_ip nor destinations");
            return;
        }
        if (ha && addresses.size() > 1) {
            spec.put("highAvailability", true);
        }
        draft.add(router);
        draft.add(EgressRouterPods.withoutSelector(service));
        draft.say(
                service,
                Verdict.Same,
                destinations + " ports of the Service lead outside, as " + String.join(", ", addresses)
                        + " (EgressRouter " + service.name() + ")");
        draft.say(
                service,
                Verdict.Better,
                "no privileged pod, service account or security context constraints; names are"
                        + " asked for again when their answers end");
        if (ha) {
            draft.say(
                    service,
                    addresses.size() > 1 ? Verdict.Same : Verdict.Lost,
                    addresses.size() > 1
                            ? "two addresses on two nodes (spec.highAvailability)"
                            : "ha: only one address is known; say --addresses for a second one");
        }
        customisations(service, asked, spec);
        policy(service);
        if (service.spec().path("type").asText().equals("LoadBalancer")) {
            draft.say(
                    service,
                    Verdict.Different,
                    "type LoadBalancer becomes ClusterIP: Avi's virtual IP outside is gone, its"
                            + " name in the cluster stays");
        }
    }

    /** Those that Avi has given out, as its controller of pods says, else spare ones. */
    private List<String> addresses(Manifest service, int count) {
        return input.manifests().stream()
                .filter(manifest -> manifest.name().startsWith(service.name() + EgressRouterPods.AVI_SUFFIX)
                        && manifest.namespace().equals(service.namespace()))
                .map(manifest -> EgressRouterPods.environment(manifest).get("EGRESS_SOURCE"))
                .filter(java.util.Objects::nonNull)
                .map(variable -> Arrays.stream(variable.path("value").asText().split(","))
                        .flatMap(text -> Manifest.address(text).stream())
                        .map(IpAddress::text)
                        .toList())
                .filter(found -> !found.isEmpty())
                .findFirst()
                .orElseGet(() -> {
                    var taken = spares.take(count);
                    if (!taken.isEmpty()) {
                        draft.say(
                                service,
                                Verdict.Different,
                                "its source is " + String.join(", ", taken)
                                        + ", of --addresses: Avi's own is not known, firewalls outside have to admit this one");
                    }
                    return taken;
                });
    }

    private int destinations(Manifest service, JsonNode asked, ObjectNode spec) {
        int count = 0;
        if (asked.hasNonNull("destination_ip")) {
            for (var port : service.spec().path("ports")) {
                int listens = port.path("targetPort").asInt(port.path("port").asInt());
                Objects.destination(
                        spec,
                        listens,
                        port.path("protocol").asText("TCP").toUpperCase(Locale.ROOT),
                        asked.path("destination_ip").asText(),
                        listens);
                count++;
            }
        }
        for (var host : asked.path("destinations").properties()) {
            for (var port : host.getValue().properties()) {
                if (PORT.matcher(port.getKey()).matches()) {
                    Objects.destination(
                            spec,
                            Integer.parseInt(port.getKey()),
                            "TCP",
                            host.getKey(),
                            port.getValue().asInt());
                    count++;
                } else {
                    draft.say(service, Verdict.Lost, "port \"" + port.getKey() + "\" of " + host.getKey() + " is none");
                }
            }
        }
        return count;
    }

    private void customisations(Manifest service, JsonNode asked, ObjectNode spec) {
        var nodes = Manifest.labels(asked.path("nodeSelector"));
        if (!nodes.isEmpty()) {
            nodes.forEach(spec.putObject("nodeSelector")::put);
            draft.say(service, Verdict.Same, "it is on nodes with " + nodes);
        }
        if (asked.has("image")) {
            draft.say(
                    service,
                    Verdict.Better,
                    "image " + asked.path("image").asText() + " is not needed: there is no pod");
        }
        if (asked.has("hm_port")) {
            draft.say(
                    service,
                    Verdict.Different,
                    "hm_port " + asked.path("hm_port").asText() + " is not needed: there is no pod to be probed");
        }
    }

    /** The documented policy allows the project's own pods and denies all others, which is what an EgressRouter does by itself. */
    private void policy(Manifest service) {
        var text = service.annotation("avi_proxy");
        if (text.isEmpty()) {
            draft.say(
                    service,
                    Verdict.Different,
                    "without a policy of Avi's every pod reached it; its clients are the pods of"
                            + " its own namespace unless spec.clients says more");
            return;
        }
        try {
            if (isOwnProjectOnly(JSON.readTree(text.get()).at("/networksecuritypolicy/rules"))) {
                draft.say(service, Verdict.Same, "its clients are the pods of its own project, all others are refused");
                return;
            }
            draft.say(
                    service,
                    Verdict.Lost,
                    "annotation avi_proxy says more than that the project's own pods are allowed and"
                            + " all others denied: its clients are the pods of its own namespace, see spec.clients");
        } catch (JsonProcessingException e) {
            draft.say(
                    service,
                    Verdict.Lost,
                    "annotation avi_proxy is no JSON ("
                            + e.getOriginalMessage().lines().findFirst().orElse("")
                            + "): its clients are the pods of its own namespace, see spec.clients");
        }
    }

    private static boolean isOwnProjectOnly(JsonNode rules) {
        return rules.size() == 2
                && rules.path(0).path("action").asText().endsWith("_ALLOW")
                && rules.path(0).at("/match/microservice/group_ref").asText().endsWith(MICROSERVICE_GROUP)
                && rules.path(0)
                        .at("/match/microservice/match_criteria")
                        .asText()
                        .equals("IS_IN")
                && rules.path(1).path("action").asText().endsWith("_DENY")
                && rules.path(1).at("/match/client_ip/prefixes/0/mask").asInt(-1) == 0;
    }
}
