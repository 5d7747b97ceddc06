package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ovn-egress whois ADDRESS[:PORT]}: asks a running controller who could have left as an address. */
@Command(
        name = "whois",
        description = {
            "Which pods could have left as the address, now or at a time that the history goes back to. With a port only those"
                    + " whose SNAT may use it (external_port_range): those that do share its ports."
        },
        descriptionHeading = "%n",
        optionListHeading = "%n",
        parameterListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        footerHeading = "%nExamples:%n",
        footer = {
            "  ovn-egress whois 192.168.126.100",
            "  ovn-egress whois 192.168.126.100:40213 --at 2026-01-31T12:00:00Z",
            "  ovn-egress whois [fd00:126::100]:40213 --at 1h"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:answered", "2:the question, or a flag, is wrong", "3:no controller answers, or not yet"})
final class WhoisCommand implements Callable<Integer> {
    @Mixin
    private AskFlags flags;

    @Parameters(paramLabel = "ADDRESS[:PORT]", description = "As somebody outside has seen it.")
    private String address;

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = "How long ago, such as 90s, 30m, 1h or 2d, or a time. Default: now.")
    private String at;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        return flags.show(
                "whois/" + address, at == null ? Map.of() : Map.of("at", at), WhoisCommand::show, spec.commandLine());
    }

    private static void show(JsonNode whois, TextTable table) {
        table.line("", whois.path("answer").asText());
        var pods = new ArrayList<List<String>>();
        whois.path("pods")
                .forEach(pod -> pods.add(List.of(
                        pod.path("ip").asText(),
                        pod.path("pod").asText(pod.path("behind").asText()),
                        pod.has("since") ? "since " + pod.path("since").asText() : "")));
        table.columns("  ", pods);
        var sharing = new ArrayList<String>();
        whois.path("sharing").forEach(pod -> sharing.add(pod.asText()));
        if (!sharing.isEmpty()) {
            table.line("", "that leave by its router, as of now");
            sharing.forEach(pod -> table.line("  ", pod));
        }
    }
}
