package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.controller.cli.AskFlags.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** A plan that was written down: what was asked, and what was answered. */
final class PlanFile {
    private static final String KIND = "ovn-egress plan";

    private PlanFile() {}

    static Question question(ObjectNode request, boolean operations) {
        return new Question("plan", operations ? Map.of("operations", "true") : Map.of(), Optional.of(request));
    }

    static void write(Path file, ObjectNode request, JsonNode answer, CommandLine command) {
        var plan = JsonNodeFactory.instance.objectNode().put("kind", KIND);
        plan.set("request", request);
        plan.set("answer", answer);
        try {
            Files.writeString(file, plan.toPrettyString() + "\n");
        } catch (IOException e) {
            throw new ParameterException(command, "--out=" + file + ": it cannot be written: " + e.getMessage(), e);
        }
    }

    /** @throws ParameterException if the file is no plan */
    static ObjectNode read(Path file, CommandLine command) {
        try {
            if (new ObjectMapper().readTree(Files.readString(file)) instanceof ObjectNode plan
                    && plan.path("kind").asText().equals(KIND)
                    && plan.path("request") instanceof ObjectNode) {
                return plan;
            }
        } catch (IOException e) {
            throw new ParameterException(command, file + ": it cannot be read: " + e.getMessage(), e);
        }
        throw new ParameterException(command, file + " is no plan: ovn-egress plan --out writes one");
    }
}
