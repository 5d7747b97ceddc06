package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.controller.avi.AviPolicy;
import io.ovnegress.controller.avi.EgressPod;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.Arrays;
import java.util.List;

/** Services with Avi's annotation {@code egress_pod} to EgressRouters that fill them. */
final class AviServices {
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
                .filter(service -> service.annotation(EgressPod.ANNOTATION).isPresent())
                .forEach(services::convert);
        input.manifests().stream()
                .filter(manifest -> manifest.name().contains(EgressRouterPods.AVI_SUFFIX) && !draft.isTold(manifest))
                .forEach(manifest -> draft.say(
                        manifest,
                        Verdict.Same,
                        "Avi's own for a Service: its EGRESS_SOURCE is taken from it, no pod is needed"));
    }

    private void convert(Manifest service) {
        switch (EgressPod.read(
                service.annotation(EgressPod.ANNOTATION).orElseThrow(),
                service.spec().path("ports"))) {
            case EgressPod.Reading.Refused refused ->
                draft.say(service, Verdict.Lost, String.join("; ", refused.problems()) + ": nothing is made of it");
            case EgressPod.Reading.Read(var pod) -> convert(service, pod);
        }
    }

    private void convert(Manifest service, EgressPod pod) {
        var addresses = addresses(service, pod.highlyAvailable() ? 2 : 1);
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
        pod.lines()
                .forEach(line -> Objects.destination(spec, line.port(), line.protocol(), line.to(), line.targetPort()));
        if (pod.highlyAvailable() && addresses.size() > 1) {
            spec.put("highAvailability", true);
        }
        draft.add(router);
        draft.add(EgressRouterPods.withoutSelector(service));
        draft.say(
                service,
                Verdict.Same,
                pod.lines().size() + " ports of the Service lead outside, as " + String.join(", ", addresses)
                        + " (EgressRouter " + service.name() + ")");
        draft.say(
                service,
                Verdict.Better,
                "no privileged pod, service account or security context constraints; names are"
                        + " asked for again when their answers end");
        if (pod.highlyAvailable()) {
            draft.say(
                    service,
                    addresses.size() > 1 ? Verdict.Same : Verdict.Lost,
                    addresses.size() > 1
                            ? "two addresses on two nodes (spec.highAvailability)"
                            : "ha: only one address is known; say --addresses for a second one");
        }
        customisations(service, pod, spec);
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

    private void customisations(Manifest service, EgressPod pod, ObjectNode spec) {
        if (!pod.nodes().isEmpty()) {
            pod.nodes().forEach(spec.putObject("nodeSelector")::put);
            draft.say(service, Verdict.Same, "it is on nodes with " + pod.nodes());
        }
        pod.image()
                .ifPresent(image ->
                        draft.say(service, Verdict.Better, "image " + image + " is not needed: there is no pod"));
        pod.healthPort().ifPresent(port -> {
            spec.put("dialDestinations", true);
            draft.say(
                    service,
                    Verdict.Different,
                    "hm_port " + port
                            + " is not needed: there is no pod to be probed, the destinations are tried instead");
        });
    }

    /** The documented policy allows the project's own pods and denies all others, which is what an EgressRouter does by itself. */
    private void policy(Manifest service) {
        var text = service.annotation(AviPolicy.ANNOTATION);
        if (text.isEmpty()) {
            draft.say(
                    service,
                    Verdict.Different,
                    "without a policy of Avi's every pod reached it; its clients are the pods of"
                            + " its own namespace unless spec.clients says more");
            return;
        }
        var problem = AviPolicy.problem(text.get(), service.namespace().orElse("default"));
        draft.say(
                service,
                problem.isEmpty() ? Verdict.Same : Verdict.Lost,
                problem.map(why -> why + "; its clients are the pods of its own namespace, see spec.clients")
                        .orElse("its clients are the pods of its own project, all others are refused"));
    }
}
