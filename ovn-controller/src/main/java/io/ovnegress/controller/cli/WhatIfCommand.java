package io.ovnegress.controller.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ovn-egress whatif}: asks a running controller what would become of addresses if nodes were lost. */
@Command(
        name = "whatif",
        description = {
            "Where each address goes if nodes are lost, which cannot be placed then and why, and how many pods leave as it.",
            "Without --lose: of every node that has addresses what its loss alone would do, the worst first."
        },
        descriptionHeading = "%n",
        optionListHeading = "%n",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        footerHeading = "%nExamples:%n",
        footer = {"  ovn-egress whatif", "  ovn-egress whatif --lose worker-1,worker-2 -o json"},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:answered, whatever the answer",
            "1:there is no such node; names that may be meant are said",
            "2:a flag is wrong",
            "3:no controller answers, or not yet"
        })
final class WhatIfCommand implements Callable<Integer> {
    @Option(names = "--lose", paramLabel = "NODE[,...]", split = ",", description = "The nodes that are lost together.")
    private List<String> nodes = List.of();

    @Mixin
    private AskFlags flags;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        return flags.show(
                "whatif",
                nodes.isEmpty() ? Map.of() : Map.of("lose", String.join(",", nodes)),
                WhatIfTable::of,
                spec.commandLine());
    }
}
