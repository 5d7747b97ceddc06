package io.ovnegress.controller.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.controller.proxy.ProxyRules;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Pods of OpenShift's egress router image, alone or in a controller's template, to EgressRouters; and the Services before them. */
final class EgressRouterPods {
    private static final Set<String> KINDS = Set.of(
            "Pod", "ReplicationController", "ReplicaSet", "Deployment", "DeploymentConfig", "StatefulSet", "DaemonSet");
    /** What Avi makes itself. */
    static final String AVI_SUFFIX = "-avi-egress-pod";

    private static final Pattern NAME_PROXY_LINE = Pattern.compile("(\\d{1,5})\\s+(\\S+)(?:\\s+(\\d{1,5}))?");

    private final Input input;
    private final SdnProjects projects;
    private final Draft draft;

    private EgressRouterPods(Input input, SdnProjects projects, Draft draft) {
        this.input = input;
        this.projects = projects;
        this.draft = draft;
    }

    static void convert(Input input, SdnProjects projects, Draft draft) {
        var pods = new EgressRouterPods(input, projects, draft);
        var routers = input.manifests().stream()
                .filter(manifest -> KINDS.contains(manifest.kind())
                        && !manifest.name().contains(AVI_SUFFIX)
                        && environment(manifest).containsKey("EGRESS_SOURCE"))
                .toList();
        for (var router : routers) {
            maker(router, routers)
                    .ifPresentOrElse(
                            maker -> draft.say(
                                    router,
                                    Verdict.PassedOver,
                                    "it is made by " + maker.words() + ", which is converted"),
                            () -> pods.convert(router));
        }
    }

    /** Who has made it, of those that were read: its owner, such as a pod's ReplicationController. */
    private static Optional<Manifest> maker(Manifest made, List<Manifest> routers) {
        for (var owner : made.json().at("/metadata/ownerReferences")) {
            var maker = routers.stream()
                    .filter(other -> other.kind().equals(owner.path("kind").asText())
                            && other.name().equals(owner.path("name").asText())
                            && other.namespace().equals(made.namespace()))
                    .findFirst();
            if (maker.isPresent()) {
                return maker;
            }
        }
        return Optional.empty();
    }

    private static JsonNode podSpec(Manifest manifest) {
        return manifest.kind().equals("Pod") ? manifest.spec() : manifest.json().at("/spec/template/spec");
    }

    private static JsonNode podMetadata(Manifest manifest) {
        return manifest.json().at(manifest.kind().equals("Pod") ? "/metadata" : "/spec/template/metadata");
    }

    /** The variables of all its containers. */
    static Map<String, JsonNode> environment(Manifest manifest) {
        var variables = new HashMap<String, JsonNode>();
        for (var containers : List.of("initContainers", "containers")) {
            podSpec(manifest)
                    .path(containers)
                    .forEach(container -> container
                            .path("env")
                            .forEach(variable ->
                                    variables.putIfAbsent(variable.path("name").asText(), variable)));
        }
        return variables;
    }

    private void convert(Manifest pod) {
        var environment = environment(pod);
        var text = value(environment, "EGRESS_SOURCE");
        var source = Manifest.address(text).map(IpAddress::text);
        if (source.isEmpty()) {
            draft.say(pod, Verdict.Lost, "EGRESS_SOURCE \"" + text + "\" is no address: nothing is made of it");
            return;
        }
        var service = service(pod);
        if (isProxy(environment)) {
            proxy(pod, environment, source.get(), service);
            return;
        }
        var router = Objects.router(pod.namespace(), pod.name(), List.of(source.get()));
        var spec = (ObjectNode) router.path("spec");
        if (!destinations(pod, environment, spec)) {
            return;
        }
        draft.add(router);
        draft.say(
                pod,
                Verdict.Same,
                "EgressRouter " + pod.name() + " sends what comes to its ports as " + source.get()
                        + "; a port that is not listed is refused unless there is a fallback");
        draft.say(
                pod,
                Verdict.Better,
                "no privileged pod, no macvlan interface, no promiscuous switch port: rows in OVN,"
                        + " which another node takes over when the first one falls silent");
        nodes(pod, spec);
        clients(pod, spec);
        if (environment.containsKey("EGRESS_GATEWAY")) {
            draft.say(
                    pod,
                    Verdict.Different,
                    "EGRESS_GATEWAY " + value(environment, "EGRESS_GATEWAY")
                            + " is left out: packets take the default route of the node's gateway router");
        }
        service.ifPresentOrElse(
                found -> service(found, pod, spec),
                () -> draft.say(
                        pod,
                        Verdict.Different,
                        "no Service that was read selects it: clients take the address in"
                                + " the EgressRouter's status instead of the pod's, or name a Service in spec.service"));
        if (pod.spec().path("replicas").asInt(1) != 1) {
            draft.say(
                    pod,
                    Verdict.Different,
                    "replicas " + pod.spec().path("replicas")
                            + ": one address has one user; spec.highAvailability with a second address is what takes over faster");
        }
    }

    private static String value(Map<String, JsonNode> environment, String name) {
        return environment.containsKey(name)
                ? environment.get(name).path("value").asText("")
                : "";
    }

    private static boolean isProxy(Map<String, JsonNode> environment) {
        return value(environment, "EGRESS_ROUTER_MODE").equals("http-proxy")
                || environment.containsKey("EGRESS_HTTP_PROXY_DESTINATION");
    }

    /** @return whether there is anything to send to */
    private boolean destinations(Manifest pod, Map<String, JsonNode> environment, ObjectNode spec) {
        if (environment.containsKey("EGRESS_DNS_PROXY_DESTINATION")) {
            return names(pod, value(environment, "EGRESS_DNS_PROXY_DESTINATION"), spec);
        }
        var variable = environment.get("EGRESS_DESTINATION");
        if (variable == null) {
            draft.say(pod, Verdict.Lost, "EGRESS_DESTINATION is missing: nothing is made of it");
            return false;
        }
        var reference = variable.at("/valueFrom/configMapKeyRef");
        if (reference.isObject()) {
            from(pod, reference, spec);
            return true;
        }
        var text = variable.path("value").asText("").strip();
        var single = IpAddress.parse(text);
        if (single.isPresent()) {
            spec.put("fallback", single.get().text());
        } else {
            spec.put("destinationsText", text + "\n");
        }
        return true;
    }

    private void from(Manifest pod, JsonNode reference, ObjectNode spec) {
        spec.putObject("destinationsFrom")
                .putObject("configMapKeyRef")
                .put("name", reference.path("name").asText())
                .put("key", reference.path("key").asText());
        draft.say(
                pod,
                Verdict.Better,
                "ConfigMap " + reference.path("name").asText()
                        + " is read as it is, and a change acts at once: nothing has to be restarted");
    }

    private boolean names(Manifest pod, String text, ObjectNode spec) {
        for (var line : text.lines().map(String::strip).toList()) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            var words = NAME_PROXY_LINE.matcher(line);
            if (!words.matches()) {
                draft.say(
                        pod,
                        Verdict.Lost,
                        "EGRESS_DNS_PROXY_DESTINATION line \"" + line
                                + "\" is not PORT DESTINATION [PORT]: correct it");
                return false;
            }
            int port = Integer.parseInt(words.group(1));
            int target = words.group(3) == null ? port : Integer.parseInt(words.group(3));
            Objects.destination(spec, port, "TCP", words.group(2), target);
        }
        draft.say(pod, Verdict.Same, "names are asked for again when their answers end");
        return true;
    }

    private void nodes(Manifest pod, ObjectNode spec) {
        var selector = Manifest.labels(podSpec(pod).path("nodeSelector"));
        var name = podSpec(pod).path("nodeName").asText("");
        if (!name.isEmpty()) {
            selector.put("kubernetes.io/hostname", name);
        }
        if (!selector.isEmpty()) {
            selector.forEach(spec.putObject("nodeSelector")::put);
            draft.say(
                    pod,
                    Verdict.Same,
                    "it is on nodes with " + selector
                            + (name.isEmpty()
                                    ? ""
                                    : " (nodeName: that its label kubernetes.io/hostname is its name is assumed)"));
        }
    }

    private void clients(Manifest pod, ObjectNode spec) {
        var namespace = pod.namespace().orElse("");
        var reach = projects.thatReach(namespace);
        if (reach.isPresent() && reach.get().size() > 1) {
            spec.putObject("clients").set("namespaceSelector", Objects.namespaces(reach.get()));
            draft.say(pod, Verdict.Same, "its clients are the pods of " + String.join(", ", reach.get()));
        } else if (reach.isPresent()) {
            draft.say(pod, Verdict.Same, "its clients are the pods of " + namespace);
        } else if (projects.isolated() && projects.isGlobal(namespace)) {
            spec.putObject("clients").putObject("namespaceSelector");
            draft.say(pod, Verdict.Same, "its clients are all pods: " + namespace + " is a global project");
        } else {
            draft.say(
                    pod,
                    Verdict.Different,
                    "its clients are the pods of its own namespace, others are refused: every pod"
                            + " that reached it before may come if spec.clients says so (namespaceSelector: {})");
        }
    }

    /** A Service whose selector its labels match. */
    private Optional<Manifest> service(Manifest pod) {
        var labels = Manifest.labels(podMetadata(pod).path("labels"));
        return input.of("Service", "")
                .filter(service -> service.namespace().equals(pod.namespace()))
                .filter(service -> {
                    var selector = Manifest.labels(service.spec().path("selector"));
                    return !selector.isEmpty() && labels.entrySet().containsAll(selector.entrySet());
                })
                .findFirst();
    }

    private void service(Manifest service, Manifest pod, ObjectNode spec) {
        spec.put("service", service.name());
        if (draft.isTold(service)) {
            return;
        }
        draft.add(withoutSelector(service));
        draft.say(
                service,
                Verdict.Same,
                "its name leads to EgressRouter " + pod.name() + ": the selector is gone, since"
                        + " its endpoints are the router's; replace the Service that is there (kubectl replace)");
    }

    static ObjectNode withoutSelector(Manifest service) {
        var object = Objects.object("v1", "Service", service.namespace(), service.name());
        Objects.labelled(object, Manifest.labels(service.json().at("/metadata/labels")));
        var ports = object.putObject("spec").put("type", "ClusterIP").putArray("ports");
        service.spec().path("ports").forEach(port -> {
            if (port instanceof ObjectNode asked) {
                ports.add(asked.deepCopy().without("nodePort"));
            }
        });
        return object;
    }

    private void proxy(Manifest pod, Map<String, JsonNode> environment, String source, Optional<Manifest> service) {
        var proxy = Objects.proxy(pod.namespace(), pod.name(), source);
        if (!proxyDestinations(pod, environment, (ObjectNode) proxy.path("spec"))) {
            return;
        }
        draft.add(proxy);
        draft.say(
                pod,
                Verdict.Same,
                "EgressProxy " + pod.name() + " is a squid with the same destinations that leaves as " + source);
        draft.say(pod, Verdict.Better, "no privileged pod: squid runs without any privilege, on any node");
        service.ifPresent(found -> {
            boolean isItsName = found.name().equals(pod.name());
            if (!draft.isTold(found)) {
                draft.say(
                        found,
                        isItsName ? Verdict.Same : Verdict.Different,
                        isItsName
                                ? "the proxy makes a Service of this name: delete this one first"
                                : "the proxy's Service is called " + pod.name()
                                        + ": clients' http_proxy names that, or rename the EgressProxy to "
                                        + found.name());
            }
        });
    }

    /** @return whether they can be read */
    private boolean proxyDestinations(Manifest pod, Map<String, JsonNode> environment, ObjectNode spec) {
        var variable = environment.get("EGRESS_HTTP_PROXY_DESTINATION");
        if (variable == null) {
            draft.say(pod, Verdict.Lost, "EGRESS_HTTP_PROXY_DESTINATION is missing: nothing is made of it");
            return false;
        }
        var reference = variable.at("/valueFrom/configMapKeyRef");
        if (reference.isObject()) {
            from(pod, reference, spec);
            return true;
        }
        var text = variable.path("value").asText("").strip() + "\n";
        if (ProxyRules.read(text) instanceof ProxyRules.Reading.Refused refused) {
            draft.say(
                    pod,
                    Verdict.Lost,
                    "EGRESS_HTTP_PROXY_DESTINATION: " + String.join("; ", refused.problems()) + ": correct it");
            return false;
        }
        spec.put("destinationsText", text);
        return true;
    }
}
