package io.ovnegress.controller.avi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The EgressRouter that a Service with annotation {@code egress_pod} asks for. Pure.
 *
 * @param spec of the router; empty if the annotations are not obeyed
 * @param problems why they are not
 * @param notes what of them need not be done, or what else there is to say
 */
record RouterOfService(Optional<ObjectNode> spec, List<String> problems, List<String> notes) {
    RouterOfService {
        problems = List.copyOf(problems);
        notes = List.copyOf(notes);
    }

    /**
     * @param service its spec
     * @param annotations of the Service, {@code egress_pod} among them
     */
    static RouterOfService of(String namespace, String name, JsonNode service, Map<String, String> annotations) {
        var problems = new ArrayList<String>();
        var notes = new ArrayList<String>();
        if (!service.path("selector").isEmpty()) {
            problems.add("the Service has a selector, which leads to pods: take it out");
        }
        Optional.ofNullable(annotations.get(AviPolicy.ANNOTATION))
                .flatMap(policy -> AviPolicy.problem(policy, namespace))
                .ifPresent(problems::add);
        var spec = bare(name);
        switch (EgressPod.read(annotations.get(EgressPod.ANNOTATION), service.path("ports"))) {
            case EgressPod.Reading.Refused refused -> problems.addAll(refused.problems());
            case EgressPod.Reading.Read(var pod) -> {
                fill(spec, pod);
                note(pod, service.path("ports"), notes);
            }
        }
        Optional.ofNullable(annotations.get(PooledEgressIp.POOL)).ifPresent(pool -> spec.put("pool", pool));
        return new RouterOfService(problems.isEmpty() ? Optional.of(spec) : Optional.empty(), problems, notes);
    }

    /** Of a router whose Service has never said anything that is obeyed. */
    static ObjectNode bare(String service) {
        return JsonNodeFactory.instance.objectNode().put("service", service);
    }

    private static void fill(ObjectNode spec, EgressPod pod) {
        var destinations = spec.putArray("destinations");
        pod.lines()
                .forEach(line -> destinations
                        .addObject()
                        .put("port", line.port())
                        .put("protocol", line.protocol())
                        .put("to", line.to())
                        .put("targetPort", line.targetPort()));
        var families = new TreeSet<IpFamily>();
        pod.lines().forEach(line -> IpAddress.parse(line.to()).ifPresent(ip -> families.add(ip.family())));
        if (families.contains(IpFamily.V6)) {
            var names = spec.putArray("ipFamilies");
            families.forEach(family -> names.add(family.words()));
        }
        if (pod.highlyAvailable()) {
            spec.put("highAvailability", true);
        }
        if (pod.healthPort().isPresent()) {
            spec.put("dialDestinations", true);
        }
        if (!pod.nodes().isEmpty()) {
            pod.nodes().forEach(spec.putObject("nodeSelector")::put);
        }
    }

    private static void note(EgressPod pod, JsonNode ports, List<String> notes) {
        pod.image().ifPresent(image -> notes.add("image " + image + " is not needed: there is no pod"));
        pod.healthPort()
                .ifPresent(
                        port -> notes.add(
                                "hm_port " + port
                                        + ": there is no pod to be probed, the destinations are tried (condition DestinationsReachable)"));
        var listed = new HashSet<Integer>();
        ports.forEach(port -> listed.add(
                AviJson.port(port.path("targetPort")).orElse(port.path("port").asInt())));
        pod.lines().stream()
                .filter(line -> !listed.contains(line.port()))
                .forEach(line ->
                        notes.add("port " + line.port() + " is none of the Service: add it to its spec.ports, until"
                                + " then the router's virtual IP alone leads there"));
    }
}
