package io.ovnegress.controller.avi;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What annotation {@code egress_pod} of a Service asks for, as Avi Vantage documents it. Anything else in it is refused. Pure.
 *
 * @param lines where each port goes
 * @param highlyAvailable whether there are two source addresses
 * @param nodes labels of the nodes where it may be
 * @param image of the pod that is not needed
 * @param healthPort of that pod
 */
public record EgressPod(
        List<Line> lines,
        boolean highlyAvailable,
        Map<String, String> nodes,
        Optional<String> image,
        Optional<Integer> healthPort) {
    public static final String ANNOTATION = "egress_pod";

    private static final Set<String> FIELDS =
            Set.of("destination_ip", "destinations", "ha", "nodeSelector", "image", "hm_port");
    private static final int LONGEST_HOST = 253;

    public EgressPod {
        lines = List.copyOf(lines);
        nodes = Map.copyOf(nodes);
    }

    /** @param to an address or a host name, as it is written */
    public record Line(int port, String protocol, String to, int targetPort) {}

    /** What became of reading it. */
    public sealed interface Reading {
        record Read(EgressPod pod) implements Reading {}

        /** @param problems at least one */
        record Refused(List<String> problems) implements Reading {
            public Refused {
                problems = List.copyOf(problems);
            }
        }
    }

    /**
     * @param annotation its text
     * @param ports {@code spec.ports} of the Service
     */
    public static Reading read(String annotation, JsonNode ports) {
        var reader = new Reader(ports);
        return reader.read(annotation);
    }

    private static final class Reader {
        private final JsonNode ports;
        private final List<String> problems = new ArrayList<>();

        Reader(JsonNode ports) {
            this.ports = ports;
        }

        Reading read(String annotation) {
            JsonNode asked;
            try {
                asked = AviJson.object(annotation);
            } catch (JsonProcessingException e) {
                return new Reading.Refused(List.of("annotation " + ANNOTATION + " is no JSON: " + AviJson.words(e)));
            }
            if (!asked.isObject()) {
                return new Reading.Refused(List.of("annotation " + ANNOTATION + " is no JSON object"));
            }
            asked.fieldNames().forEachRemaining(field -> {
                if (!FIELDS.contains(field)) {
                    problem("has the field \"" + AviJson.quote(field) + "\", which is unknown");
                }
            });
            var pod = new EgressPod(
                    lines(asked),
                    flag(asked.path("ha")),
                    nodes(asked.path("nodeSelector")),
                    asked.has("image") ? Optional.of(AviJson.quote(asked.path("image"))) : Optional.empty(),
                    healthPort(asked));
            return problems.isEmpty() ? new Reading.Read(pod) : new Reading.Refused(problems);
        }

        private void problem(String what) {
            problems.add("annotation " + ANNOTATION + " " + what);
        }

        private List<Line> lines(JsonNode asked) {
            var one = asked.path("destination_ip");
            var many = asked.path("destinations");
            if (one.isMissingNode() == many.isMissingNode()) {
                problem(
                        one.isMissingNode()
                                ? "has neither destination_ip nor destinations"
                                : "has both destination_ip and destinations: write one of them");
                return List.of();
            }
            return many.isMissingNode() ? portsOf(one) : listed(many);
        }

        /** The pod's port is the destination's. */
        private List<Line> portsOf(JsonNode destination) {
            var lines = new ArrayList<Line>();
            var to = destination(destination);
            if (to.isPresent() && ports.isEmpty()) {
                problems.add("the Service has no ports: list those that lead to " + to.get());
            }
            for (var port : ports) {
                var target = port.path("targetPort");
                boolean isSame = target.isMissingNode()
                        || target.isNull()
                        || (target.isIntegralNumber() && target.intValue() == 0);
                var number = AviJson.port(isSame ? port.path("port") : target);
                var protocol = protocol(port);
                if (number.isEmpty()) {
                    problems.add("a port of the Service has the targetPort " + AviJson.quote(target)
                            + ", which is no number from 1 to " + AviJson.HIGHEST_PORT);
                } else if (!List.of("TCP", "UDP").contains(protocol)) {
                    problems.add("port " + number.getAsInt() + " of the Service is " + AviJson.quote(protocol)
                            + ": TCP and UDP are served");
                } else if (to.isPresent()) {
                    lines.add(new Line(number.getAsInt(), protocol, to.get(), number.getAsInt()));
                }
            }
            return lines;
        }

        private static String protocol(JsonNode port) {
            return port.path("protocol").asText("TCP").toUpperCase(Locale.ROOT);
        }

        private List<Line> listed(JsonNode destinations) {
            var lines = new ArrayList<Line>();
            var taken = new HashSet<Integer>();
            if (!destinations.isObject() || destinations.isEmpty()) {
                problem("has destinations that name nobody: write {\"HOST\": {\"PORT\": \"PORT OF HOST\"}}");
            }
            for (var destination : destinations.properties()) {
                var to = destination(TextNode.valueOf(destination.getKey()));
                if (!destination.getValue().isObject() || destination.getValue().isEmpty()) {
                    problem("has no ports for " + AviJson.quote(destination.getKey()));
                }
                for (var line : destination.getValue().properties()) {
                    var port = AviJson.port(TextNode.valueOf(line.getKey()));
                    var target = AviJson.port(line.getValue());
                    if (port.isEmpty() || target.isEmpty()) {
                        problem("has " + AviJson.quote(line.getKey()) + ": " + AviJson.quote(line.getValue())
                                + " for " + AviJson.quote(destination.getKey()) + ": write numbers from 1 to "
                                + AviJson.HIGHEST_PORT);
                    } else if (!taken.add(port.getAsInt())) {
                        problem("has port " + port.getAsInt() + " for two destinations");
                    } else if (to.isPresent()) {
                        lines.add(new Line(port.getAsInt(), protocolOf(port.getAsInt()), to.get(), target.getAsInt()));
                    }
                }
            }
            return lines;
        }

        /** That of the Service's port, where it has this one. */
        private String protocolOf(int number) {
            for (var port : ports) {
                if (port.path("port").asInt() == number && protocol(port).equals("UDP")) {
                    return "UDP";
                }
            }
            return "TCP";
        }

        private Optional<String> destination(JsonNode destination) {
            var text = destination.isTextual() ? destination.textValue().strip() : "";
            if (text.isEmpty() || text.length() > LONGEST_HOST) {
                problem("has the destination \"" + AviJson.quote(destination)
                        + "\", which is neither an address nor a host name");
                return Optional.empty();
            }
            return Optional.of(text);
        }

        private boolean flag(JsonNode value) {
            var text = value.asText("");
            if (!value.isMissingNode() && !text.equals("true") && !text.equals("false")) {
                problem("has ha " + AviJson.quote(value) + ": write true or false");
            }
            return text.equals("true");
        }

        private Map<String, String> nodes(JsonNode labels) {
            var nodes = new TreeMap<String, String>();
            if (!labels.isMissingNode() && !labels.isObject()) {
                problem("has a nodeSelector that is no object");
            }
            labels.properties().forEach(label -> {
                if (label.getValue().isTextual()) {
                    nodes.put(label.getKey(), label.getValue().textValue());
                } else {
                    problem("has a nodeSelector in which " + AviJson.quote(label.getKey()) + " is no text");
                }
            });
            return nodes;
        }

        private Optional<Integer> healthPort(JsonNode asked) {
            if (!asked.has("hm_port")) {
                return Optional.empty();
            }
            var port = AviJson.port(asked.path("hm_port"));
            if (port.isEmpty()) {
                problem("has hm_port " + AviJson.quote(asked.path("hm_port")) + ": write a number from 1 to "
                        + AviJson.HIGHEST_PORT);
                return Optional.empty();
            }
            return Optional.of(port.getAsInt());
        }
    }
}
