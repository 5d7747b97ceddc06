package io.ovnegress.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Help;

/** Manifests of other systems are converted on the command line. */
class ConvertCommandTest {
    private static final String FIXTURES = "src/test/resources/convert/";
    private static final Pattern BLOCK = Pattern.compile("(?s)```(\\w+)\n(.*?)```");

    @TempDir
    private Path directory;

    private record Converted(int code, String out, String err) {}

    private static Converted convert(String... words) {
        var out = new StringWriter();
        var err = new StringWriter();
        var command = EgressCommand.commandLine(Map.of(), (config, changed) -> 0)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF));
        var arguments = new ArrayList<>(List.of("convert"));
        arguments.addAll(List.of(words));
        return new Converted(command.execute(arguments.toArray(String[]::new)), out.toString(), err.toString());
    }

    private static List<JsonNode> documents(String yaml) throws IOException {
        try (var values = new YAMLMapper().readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
            return values.readAll();
        }
    }

    @Test
    void theDocumentShowsWhatHappens() throws IOException {
        var blocks = BLOCK.matcher(Files.readString(Path.of("../docs/coming-over.md")))
                .results()
                .filter(block -> !block.group(1).equals("sh"))
                .map(block -> block.group(2))
                .toList();
        var read = Files.writeString(directory.resolve("sdn.yaml"), blocks.get(0));
        var converted = convert("-f", read.toString());

        assertThat(documents(converted.out())).isEqualTo(documents(blocks.get(1)));
        assertThat(converted.out()).isEqualTo(blocks.get(1));
        assertThat(converted.err().replaceAll("\\s+", " "))
                .isEqualTo(blocks.get(2).replaceAll("\\s+", " "));
        assertThat(converted.code()).isZero();
    }

    @Test
    void whatIsLostIsAnExitCodeAndALine() {
        var converted = convert("-f", FIXTURES + "004-secure-egress-service.json");

        assertThat(converted.code()).isEqualTo(1);
        assertThat(converted.out()).isEmpty();
        assertThat(converted.err())
                .startsWith("Lost  Service default/secure-egress-service  its source address was Avi's to choose: ");
    }

    @Test
    void everyObjectGetsAFileAndTheReportIsJsonInAnother() throws IOException {
        var out = directory.resolve("ours");
        var report = directory.resolve("report.json");
        var converted = convert(
                "-f", FIXTURES + "001-legacy.yaml", "--out", out.toString(), "--report", report.toString(), "--json");

        assertThat(converted).isEqualTo(new Converted(0, "", ""));
        try (var files = Files.list(out)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("egressrouter-myproj-egress-1.yaml", "service-myproj-egress-1.yaml");
        }
        var lines = new ObjectMapper().readTree(Files.readString(report));
        assertThat(lines.path(0).path("object").asText()).isEqualTo("Pod myproj/egress-1");
        assertThat(lines.path(0).path("verdict").asText()).isEqualTo("Same");
    }

    @Test
    void aDirectoryIsReadWhole() throws IOException {
        var converted = convert(
                "-f",
                FIXTURES,
                "-n",
                "shop",
                "--addresses",
                "192.168.77.10-192.168.77.19",
                "--cluster-subnets",
                "10.128.0.0/14");

        assertThat(documents(converted.out())).hasSizeGreaterThan(20);
        assertThat(converted.err()).contains("Egress of-a-pool");
        assertThat(converted.code()).isEqualTo(1);
    }

    @Test
    void whatIsWrongIsOneLine() throws IOException {
        assertThat(convert().err()).isEqualTo("ovn-egress: --filename: a value is missing: FILE|DIR|-\n");
        assertThat(convert("-f", "x", "--addresses", "ten").code()).isEqualTo(2);
        assertThat(convert("-f", FIXTURES + "001-legacy.yaml", "--addresses", "ten")
                        .err())
                .startsWith("ovn-egress: --addresses=ten: must be an address, a network or FIRST-LAST");
        var broken = Files.writeString(directory.resolve("x.yaml"), "a: [");
        assertThat(convert("-f", broken.toString()).code()).isEqualTo(2);
    }

    @Test
    void helpTeaches() {
        assertThat(convert("--help").out())
                .contains("CiliumEgressGatewayPolicy", "oc get clusternetwork,netnamespace,hostsubnet -o yaml")
                .contains("something is Lost");
    }
}
