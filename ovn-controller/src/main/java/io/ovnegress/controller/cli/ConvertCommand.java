package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.ovnegress.controller.convert.Choices;
import io.ovnegress.controller.convert.Choices.Isolation;
import io.ovnegress.controller.convert.Conversion;
import io.ovnegress.controller.convert.Converted;
import io.ovnegress.controller.convert.ReportLine;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ovn-egress convert}: other systems' manifests to ours, without a cluster. */
@Command(
        name = "convert",
        description = {
            "Reads manifests of other systems and writes what says the same here, as YAML to the standard output; and, to the"
                    + " standard error, line by line what is the Same, Better, Different or Lost. Asks no cluster, changes"
                    + " nothing.",
            "",
            "Read are",
            "  OpenShift SDN: NetNamespace, HostSubnet, EgressNetworkPolicy, ClusterNetwork",
            "  egress routers: Pod, or what has a template of one, with EGRESS_SOURCE; Service before it",
            "  Avi: Service with annotation egress_pod, its controller SERVICE" + "-avi-egress-pod",
            "  OpenShift's network operator: EgressRouter",
            "  Cilium: CiliumEgressGatewayPolicy",
            "  Antrea: Egress, ExternalIPPool",
            "What one object means may depend on others: give all of them at once, as kubectl get -o yaml writes them. Other"
                    + " kinds are passed over with a line."
        },
        descriptionHeading = "%n",
        optionListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        footerHeading = "%nExamples:%n",
        footer = {
            "  oc get clusternetwork,netnamespace,hostsubnet -o yaml > sdn.yaml",
            "  oc get egressnetworkpolicy,pod,rc,service,configmap -A -o yaml > rest.yaml",
            "  ovn-egress convert -f sdn.yaml -f rest.yaml --report report.txt > ours.yaml",
            "  ovn-egress plan -f ours.yaml",
            "  ovn-egress convert -f sdn.yaml -f rest.yaml | ovn-egress plan -f -",
            "  kubectl get egress,externalippool -o yaml | ovn-egress convert -f -"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:everything has been converted, or needs not be",
            "1:something is Lost: the report says what, and what can be done",
            "2:a flag is wrong, or a manifest cannot be read"
        })
final class ConvertCommand implements Callable<Integer> {
    private static final int LOST = 1;

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE|DIR|-",
            required = true,
            description =
                    "Manifests, YAML or JSON; of a directory all .yaml, .yml and .json; - reads the standard input.")
    private List<String> files = List.of();

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Namespace of objects that do not say theirs.")
    private String namespace;

    @Option(
            names = "--isolation",
            paramLabel = "auto|yes|no",
            defaultValue = "auto",
            description = {
                "Whether projects could not reach each other (plug-in ovs-multitenant): NetworkPolicies are written then."
                        + " auto: as ClusterNetwork says, without one if projects are joined.",
                "Default: ${DEFAULT-VALUE}"
            })
    private Isolation isolation;

    @Option(
            names = "--cluster-subnets",
            paramLabel = "CIDR[,...]",
            split = ",",
            description = "Networks of pods, for these NetworkPolicies. Default: those of ClusterNetwork.")
    private List<String> clusterSubnets = List.of();

    @Option(
            names = "--addresses",
            paramLabel = "CIDR|FIRST-LAST|ADDRESS[,...]",
            split = ",",
            description =
                    "Given in this order to what got its address from somewhere that cannot be read, as Avi's IPAM.")
    private List<String> addresses = List.of();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Writes each object to a file there, instead of all to the standard output.")
    private Path out;

    @Option(names = "--report", paramLabel = "FILE", description = "Writes the report there.")
    private Path report;

    @Option(names = "--json", description = "The report as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var command = spec.commandLine();
        var manifests = new ArrayList<JsonNode>();
        files.forEach(file -> manifests.addAll(ManifestFiles.read(file, command)));
        var converted = Conversion.of(manifests, choices(command));
        try {
            writeObjects(converted.objects(), command);
            writeReport(converted, command);
        } catch (IOException e) {
            throw new ParameterException(command, "it cannot be written: " + e.getMessage(), e);
        }
        return converted.hasLost() ? LOST : CommandLine.ExitCode.OK;
    }

    private Choices choices(CommandLine command) {
        return new Choices(
                Optional.ofNullable(namespace),
                isolation,
                clusterSubnets.stream()
                        .map(text -> IpNetwork.parse(text)
                                .orElseThrow(() -> new ParameterException(
                                        command,
                                        "--cluster-subnets=" + text + ": must be a network such as 10.128.0.0/14")))
                        .toList(),
                addresses.stream()
                        .map(text -> AddressRange.parse(text)
                                .orElseThrow(() -> new ParameterException(
                                        command,
                                        "--addresses=" + text
                                                + ": must be an address, a network or FIRST-LAST, such as"
                                                + " 192.168.126.100-192.168.126.120")))
                        .toList());
    }

    private void writeObjects(List<JsonNode> objects, CommandLine command) throws IOException {
        var yaml = YAMLMapper.builder()
                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES, YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                .enable(YAMLGenerator.Feature.LITERAL_BLOCK_STYLE, YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
                .disable(YAMLGenerator.Feature.SPLIT_LINES)
                .build();
        if (out != null) {
            Files.createDirectories(out);
        }
        for (var object : objects) {
            if (out == null) {
                command.getOut().print(yaml.writeValueAsString(object));
            } else {
                Files.writeString(out.resolve(fileName(object)), yaml.writeValueAsString(object));
            }
        }
        command.getOut().flush();
    }

    /** Of what somebody else has named no path is made. */
    private static String fileName(JsonNode object) {
        var namespace = object.at("/metadata/namespace").asText("");
        var name = object.path("kind").asText().toLowerCase(Locale.ROOT)
                + (namespace.isEmpty() ? "" : "-" + namespace) + "-"
                + object.at("/metadata/name").asText();
        return name.replaceAll("[^A-Za-z0-9.-]", "_") + ".yaml";
    }

    private void writeReport(Converted converted, CommandLine command) throws IOException {
        var text = json ? reportJson(converted.report()) : reportText(converted.report());
        if (report == null) {
            command.getErr().print(text);
            command.getErr().flush();
        } else {
            Files.writeString(report, text);
        }
    }

    private static String reportText(List<ReportLine> lines) {
        var table = new TextTable(false);
        table.columns(
                "",
                lines.stream()
                        .map(line -> List.of(line.verdict().name(), line.object(), line.text()))
                        .toList());
        return table.text();
    }

    private static String reportJson(List<ReportLine> lines) {
        var array = JsonNodeFactory.instance.arrayNode();
        lines.forEach(line -> array.addObject()
                .put("object", line.object())
                .put("verdict", line.verdict().name())
                .put("message", line.text()));
        return array.toPrettyString() + "\n";
    }
}
