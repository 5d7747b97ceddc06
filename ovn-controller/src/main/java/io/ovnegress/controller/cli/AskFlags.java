package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Whom a question is asked, and how the answer is shown. */
final class AskFlags {
    static final int NOT_FOUND = 1;
    static final int NO_ANSWER = 3;

    private static final String PATH = "/api/v1/";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** For what has to be thought about. */
    private static final Duration LONG_PATIENCE = Duration.ofSeconds(60);
    /** Longer answers are not read: one of all that a thousand objects do has some hundred kilobytes. */
    private static final int LONGEST_ANSWER = 32 * 1024 * 1024;

    private static final String USUAL_SERVER = "http://127.0.0.1:9409";

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = {
                "The controller that is asked: where it serves --metrics-bind-address.",
                "Default: " + USUAL_SERVER
            })
    private String server;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description =
                    "Asks the controller that leads in this namespace of a cluster instead, through the API server's"
                            + " port-forward.")
    private String namespace;

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            converter = Converters.ReadableFile.class,
            description = {"How to reach the API server then.", "Default: $KUBECONFIG, then ~/.kube/config"})
    private Path kubeconfig;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = {"${COMPLETION-CANDIDATES}: for people, or for programs.", "Default: ${DEFAULT-VALUE}"})
    private Format output;

    /** In lower case, as they are written. */
    enum Format {
        table,
        json,
        yaml
    }

    private int notFound = NOT_FOUND;

    /** What a command ends with when what is asked about is not there. */
    void notFoundIs(int exitCode) {
        notFound = exitCode;
    }

    record Reply(int code, JsonNode body) {}

    /**
     * A question.
     *
     * @param path below the API's own, not escaped
     * @param body is sent if it is there
     */
    record Question(String path, Map<String, String> parameters, Optional<JsonNode> body) {}

    /** How an answer is shown to people. */
    interface Table {
        void show(JsonNode answer, TextTable table);

        /** What the exit code says of it. */
        default int exitCode(JsonNode answer) {
            return CommandLine.ExitCode.OK;
        }
    }

    /**
     * Asks, and shows the answer.
     *
     * @param path below the API's own, not escaped
     * @return the exit code
     */
    int show(String path, Map<String, String> parameters, Table table, CommandLine command) {
        return show(new Question(path, parameters, Optional.empty()), table, command);
    }

    int show(Question question, Table table, CommandLine command) {
        Reply reply;
        try {
            reply = namespace == null || server != null
                    ? ask(question, address(server(), question, command))
                    : new ClusterControllers(namespace, Optional.ofNullable(kubeconfig))
                            .ask(at -> ask(question, address(at, question, command)));
        } catch (IOException e) {
            command.getErr()
                    .println(
                            namespace == null || server != null
                                    ? "ovn-egress: " + server() + " does not answer: " + e.getMessage()
                                            + "; say with --server where a controller serves --metrics-bind-address, or with"
                                            + " --namespace where one runs in a cluster"
                                    : "ovn-egress: namespace " + namespace + ": " + e.getMessage());
            return NO_ANSWER;
        }
        if (reply.code() != HttpURLConnection.HTTP_OK) {
            command.getErr().println("ovn-egress: " + error(reply));
            return switch (reply.code()) {
                case HttpURLConnection.HTTP_NOT_FOUND -> notFound;
                case HttpURLConnection.HTTP_BAD_REQUEST, HttpURLConnection.HTTP_ENTITY_TOO_LARGE ->
                    CommandLine.ExitCode.USAGE;
                default -> NO_ANSWER;
            };
        }
        command.getOut().print(text(reply.body(), table, command));
        command.getOut().flush();
        return table.exitCode(reply.body());
    }

    private static String error(Reply reply) {
        var nearest = reply.body().path("nearest");
        var names = new ArrayList<String>();
        nearest.forEach(name -> names.add(name.asText()));
        return reply.body().path("error").asText("the answer has code " + reply.code() + ": is this a controller?")
                + (names.isEmpty() ? "" : ": did you mean " + String.join(", or ", names) + "?");
    }

    private String server() {
        return server == null ? USUAL_SERVER : server;
    }

    private static URI address(String server, Question question, CommandLine command) {
        var parameters = question.parameters();
        var escaped =
                Arrays.stream(question.path().split("/")).map(AskFlags::escaped).collect(Collectors.joining("/"))
                        + parameters.entrySet().stream()
                                .map(parameter -> escaped(parameter.getKey()) + "=" + escaped(parameter.getValue()))
                                .collect(Collectors.joining("&", parameters.isEmpty() ? "" : "?", ""));
        try {
            var address = new URI(server.replaceFirst("/+$", "") + PATH + escaped);
            if (address.getHost() != null && Arrays.asList("http", "https").contains(address.getScheme())) {
                return address;
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw new ParameterException(command, "--server=" + server + ": say it as in http://127.0.0.1:9409");
    }

    private static String escaped(String word) {
        return URLEncoder.encode(word, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static Reply ask(Question question, URI address) throws IOException {
        var connection = (HttpURLConnection) address.toURL().openConnection();
        connection.setConnectTimeout((int) PATIENCE.toMillis());
        connection.setReadTimeout((int) (question.body().isPresent() ? LONG_PATIENCE : PATIENCE).toMillis());
        connection.setRequestProperty("Accept", "application/json");
        if (question.body().isPresent()) {
            connection.setRequestMethod("POST");
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setDoOutput(true);
            connection.getOutputStream().write(question.body().get().toString().getBytes(StandardCharsets.UTF_8));
        }
        int code = connection.getResponseCode();
        try (InputStream body = code < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Reply(
                    code, body == null ? new ObjectMapper().nullNode() : json(body.readNBytes(LONGEST_ANSWER)));
        } finally {
            connection.disconnect();
        }
    }

    private static JsonNode json(byte[] body) {
        try {
            return new ObjectMapper().readTree(body);
        } catch (IOException e) {
            return new ObjectMapper().nullNode(); // not a controller
        }
    }

    private String text(JsonNode answer, Table people, CommandLine command) {
        try {
            return switch (output) {
                case table -> {
                    var lines = new TextTable(command.getColorScheme().ansi().enabled());
                    lines.leader(answer);
                    people.show(answer, lines);
                    yield lines.text();
                }
                case json -> answer.toPrettyString() + "\n";
                case yaml ->
                    new YAMLMapper()
                            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                            .writeValueAsString(answer);
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
