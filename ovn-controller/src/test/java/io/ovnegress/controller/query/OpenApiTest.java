package io.ovnegress.controller.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.ovnegress.controller.admin.AdminModule;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code docs/openapi.yaml} says what is served: every path, no other one, and every field of the answers. */
class OpenApiTest {
    private final AskedController controller = new AskedController();
    private JsonNode file;

    @BeforeEach
    void read() throws IOException {
        file = new YAMLMapper().readTree(Path.of("../docs/openapi.yaml").toFile());
    }

    @AfterEach
    void stop() {
        controller.close();
    }

    @Test
    void everyPathIsToldOfAndNoOther() throws ReflectiveOperationException {
        var served = new TreeSet<String>();
        for (var method : AdminModule.class.getDeclaredMethods()) {
            if (method.getName().equals("apis")) {
                for (var api : method.getParameterTypes()) {
                    served.add((String) api.getField("PATH").get(null));
                }
            }
        }
        assertThat(served).isNotEmpty();
        served.add(LiveEvents.PATH);
        var told = new TreeSet<String>();
        file.path("paths")
                .fieldNames()
                .forEachRemaining(path -> told.add(served.stream()
                        .filter(each -> each.equals(path) || (each.endsWith("/") && path.startsWith(each)))
                        .findFirst()
                        .orElse(path + ", which is not served")));

        assertThat(told).isEqualTo(served);
    }

    @Test
    void answersHaveTheFieldsThatItSaysAndNoOthers() throws Exception {
        answers("GET", "/api/v1/explain/pod/simpson/homer", "", "Explanation", 200);
        answers("GET", "/api/v1/explain/pod/simpson/homer?to=8.8.8.8:443/tcp", "", "Explanation", 200);
        answers("GET", "/api/v1/explain/pod/simpson/homer?to=somewhere", "", "Error", 400);
        answers("GET", "/api/v1/explain/node/node1?to=8.8.8.8", "", "Error", 400);
        answers("GET", "/api/v1/explain/pod/simpson/hoemr?to=8.8.8.8", "", "Error", 404);
        answers("GET", "/api/v1/explain/egressip/demo", "", "Explanation", 200);
        answers("GET", "/api/v1/explain/node/node1", "", "Explanation", 200);
        answers("GET", "/api/v1/explain/ip/192.168.126.100", "", "Explanation", 200);
        answers("GET", "/api/v1/explain/node/noed1", "", "Error", 404);
        answers("GET", "/api/v1/whatif?lose=node1", "", "Loss", 200);
        answers("GET", "/api/v1/whatif?lose=node1,node2", "", "Loss", 200);
        answers("GET", "/api/v1/whatif", "", "Losses", 200);
        answers("POST", "/api/v1/plan?operations=true", "{\"drain\": [\"node1\"]}", "Plan", 200);
        answers("POST", "/api/v1/plan", "{\"lose\": [\"node1\", \"node2\"]}", "Plan", 200);
        answers(
                "POST",
                "/api/v1/plan",
                "{\"delete\": [{\"apiVersion\": \"k8s.ovn.org/v1\", \"kind\": \"EgressIP\","
                        + " \"metadata\": {\"name\": \"demo\"}}]}",
                "Plan",
                200);
        answers("POST", "/api/v1/plan", "{}", "Error", 400);
        answers("GET", "/api/v1/audit", "", "Audit", 200);
        answers("GET", "/api/v1/status", "", "Status", 200);
        answers("GET", "/api/v1/map", "", "Map", 200);
        answers("GET", "/api/v1/search?q=h", "", "Found", 200);
        answers("GET", "/api/v1/search", "", "Error", 400);
        answers("GET", "/api/v1/pace?since=2d", "", "Pace", 200);
        answers("GET", "/api/v1/pace?since=soon", "", "Error", 400);
        answers("GET", "/api/v1/history/?since=2d&only=decision,repair,refusal", "", "History", 200);
        answers("GET", "/api/v1/history/?only=everything", "", "Error", 400);
        answers("GET", "/api/v1/history/egressip/demo", "", "History", 200);
        answers("GET", "/api/v1/history/?since=2d", "", "History", 200);
        answers("GET", "/api/v1/whois/192.168.126.100:80?at=5m", "", "Whois", 200);
        answers("GET", "/api/v1/whois/nobody", "", "Error", 400);
    }

    private void answers(String method, String path, String body, String schema, int code) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(controller.address() + path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            var response = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(path).isEqualTo(code);
            var errors = new ArrayList<String>();
            check(new ObjectMapper().readTree(response.body()), file.at("/components/schemas/" + schema), "", errors);
            assertThat(errors).as("%s: %s", path, response.body()).isEmpty();
        }
    }

    /** As much of JSON Schema as the file uses; an object whose properties are named has no others. */
    private void check(JsonNode json, JsonNode schema, String where, List<String> errors) {
        if (schema.has("$ref")) {
            check(json, file.at(schema.path("$ref").asText().substring(1)), where, errors);
            return;
        }
        boolean fits = switch (schema.path("type").asText()) {
            case "object" -> json.isObject();
            case "array" -> json.isArray();
            case "string" -> json.isTextual();
            case "boolean" -> json.isBoolean();
            case "integer" -> json.isIntegralNumber();
            case "number" -> json.isNumber();
            default -> false;
        };
        if (!fits) {
            errors.add(where + " is no " + schema.path("type").asText());
        }
        if (schema.has("enum")
                && Arrays.asList(new ObjectMapper().convertValue(schema.path("enum"), String[].class))
                                .indexOf(json.asText())
                        < 0) {
            errors.add(where + " is " + json.asText());
        }
        schema.path("required").forEach(name -> {
            if (!json.has(name.asText())) {
                errors.add(where + " lacks " + name.asText());
            }
        });
        if (schema.has("properties") || schema.has("additionalProperties")) {
            json.properties().forEach(field -> {
                var property = schema.path("properties").path(field.getKey());
                var known = property.isMissingNode() ? schema.path("additionalProperties") : property;
                if (known.isMissingNode()) {
                    errors.add(where + "/" + field.getKey() + " is not told of");
                } else {
                    check(field.getValue(), known, where + "/" + field.getKey(), errors);
                }
            });
        }
        if (json.isArray()) {
            json.forEach(element -> check(element, schema.path("items"), where + "[]", errors));
        }
    }
}
