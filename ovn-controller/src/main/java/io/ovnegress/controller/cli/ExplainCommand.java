package io.ovnegress.controller.cli;

import io.ovnegress.reconciler.explain.Destination;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ovn-egress explain pod|egressip|node|ip|...}: asks a running controller why it is as it is. */
@Command(
        name = "explain",
        description =
                "Says why a pod leaves as it does, where an egress IP is and why, what a node serves, whose an address is, and how"
                        + " it is with egress routers and firewalls.",
        descriptionHeading = "%n",
        optionListHeading = "%n",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        commandListHeading = "%nQuestions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ovn-egress explain pod simpson/homer",
            "  ovn-egress explain pod simpson/homer --to 8.8.8.8:443/tcp",
            "  ovn-egress explain egressip egressip-demo -o yaml",
            "  kubectl -n ovn-kubernetes port-forward deploy/ovn-egress 9409 &",
            "  ovn-egress explain ip 192.168.126.100",
            "  ovn-egress explain egressfirewall simpson/default"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:answered",
            "1:there is nothing of that name; names that may be meant are said",
            "2:the question, or a flag, is wrong",
            "3:no controller answers, or not yet"
        },
        subcommands = {
            ExplainCommand.Pod.class,
            ExplainCommand.EgressIp.class,
            ExplainCommand.Node.class,
            ExplainCommand.Ip.class,
            ExplainCommand.EgressRouter.class,
            ExplainCommand.EgressFirewall.class,
            ExplainCommand.EgressNetworkPolicy.class,
            ExplainCommand.EgressAdminPolicy.class,
            ExplainCommand.EgressIpPool.class
        })
final class ExplainCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "say what to explain: pod NAMESPACE/POD, egressip NAME, node NAME, ip ADDRESS, egressrouter or egressfirewall"
                        + " NAMESPACE/NAME");
    }

    /** What every question has in common. */
    @Command(
            descriptionHeading = "%n",
            optionListHeading = "%n",
            parameterListHeading = "%n",
            usageHelpAutoWidth = true,
            usageHelpWidth = 100,
            mixinStandardHelpOptions = true,
            footerHeading = "%nExamples:%n",
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:answered",
                "1:there is nothing of that name; names that may be meant are said",
                "2:the question, or a flag, is wrong",
                "3:no controller answers, or not yet"
            })
    abstract static class Subject implements Callable<Integer> {
        @Mixin
        private AskFlags flags;

        @Spec
        private CommandSpec spec;

        /** What is asked, below the API's own path. */
        abstract String path(CommandLine command);

        Map<String, String> parameters(CommandLine command) {
            return Map.of();
        }

        @Override
        public Integer call() {
            return flags.show(
                    "explain/" + path(spec.commandLine()),
                    parameters(spec.commandLine()),
                    ExplanationTable::of,
                    spec.commandLine());
        }
    }

    @Command(
            name = "pod",
            description = {
                "How the pod's packets leave the cluster, and why: which objects select it, which of them serves it, on which"
                        + " nodes their egress IPs are, and every row that takes part with whether it is in the database now.",
                "If it leaves with its node's address, or not at all: what is in the way, nearest first."
            },
            footer = {
                "  ovn-egress explain pod simpson/homer",
                "  ovn-egress explain pod simpson/homer --to 8.8.8.8:443/tcp",
                "  ovn-egress explain pod simpson/homer --to [2001:db8::1]:53/udp -o json"
            })
    static final class Pod extends Subject {
        @Parameters(paramLabel = "NAMESPACE/POD", description = "The pod.")
        private String pod;

        @Option(
                names = "--to",
                paramLabel = "IP[:PORT][/PROTO]",
                description = "What it sends there, which other policies and routes may decide about: 8.8.8.8:443/tcp,"
                        + " [2001:db8::1]:53/udp.")
        private Optional<String> to = Optional.empty();

        @Override
        Map<String, String> parameters(CommandLine command) {
            to.filter(text -> Destination.parse(text).isEmpty()).ifPresent(text -> {
                throw new ParameterException(
                        command, "--to " + text + ": say IP, IP:PORT or IP:PORT/tcp, [IP]:PORT if IPv6");
            });
            return to.map(text -> Map.of("to", text)).orElse(Map.of());
        }

        @Override
        String path(CommandLine command) {
            return namespaced("pod", pod, "simpson/homer", command);
        }
    }

    @Command(
            name = "egressip",
            description = {
                "Where the object's egress IPs are, and of every other node what keeps them from there; how many pods it serves,"
                        + " and of how many it stands by."
            },
            footer = {
                "  ovn-egress explain egressip egressip-demo",
                "  ovn-egress explain egressip egressip-demo -o yaml"
            })
    static final class EgressIp extends Subject {
        @Parameters(paramLabel = "NAME", description = "The EgressIP.")
        private String name;

        @Override
        String path(CommandLine command) {
            return "egressip/" + name;
        }
    }

    @Command(
            name = "node",
            description = {"Whether the node can have egress IPs, what is in the way, and which ones it has."},
            footer = {"  ovn-egress explain node worker-1"})
    static final class Node extends Subject {
        @Parameters(paramLabel = "NAME", description = "The node.")
        private String name;

        @Override
        String path(CommandLine command) {
            return "node/" + name;
        }
    }

    @Command(
            name = "ip",
            description = {"Whose the address is: which objects ask for it, on which node it is, and who leaves as it."
            },
            footer = {"  ovn-egress explain ip 192.168.126.100", "  ovn-egress explain ip fd00:126::100"})
    static final class Ip extends Subject {
        @Parameters(paramLabel = "ADDRESS", description = "An egress IP, or the address of a pod or a node.")
        private String address;

        @Override
        String path(CommandLine command) {
            return "ip/" + address;
        }
    }

    @Command(
            name = "egressrouter",
            description = {
                "Whether the EgressRouter serves its clients, and what is in the way; its virtual IP, as which addresses it leaves"
                        + " from which nodes, and its rows."
            },
            footer = {"  ovn-egress explain egressrouter simpson/bank"})
    static final class EgressRouter extends Subject {
        @Parameters(paramLabel = "NAMESPACE/NAME", description = "The EgressRouter.")
        private String name;

        @Override
        String path(CommandLine command) {
            return namespaced("egressrouter", name, "simpson/bank", command);
        }
    }

    @Command(
            name = "egressfirewall",
            description = {
                "Whether the EgressFirewall acts as it is written, and its ACLs. What it does to one destination: explain pod"
                        + " NAMESPACE/POD --to IP:PORT/PROTO."
            },
            footer = {"  ovn-egress explain egressfirewall simpson/default"})
    static final class EgressFirewall extends Subject {
        @Parameters(paramLabel = "NAMESPACE/NAME", description = "The EgressFirewall.")
        private String name;

        @Override
        String path(CommandLine command) {
            return namespaced("egressfirewall", name, "simpson/default", command);
        }
    }

    @Command(
            name = "egressnetworkpolicy",
            description = {"The same for an EgressNetworkPolicy of OpenShift SDN."},
            footer = {"  ovn-egress explain egressnetworkpolicy simpson/default"})
    static final class EgressNetworkPolicy extends Subject {
        @Parameters(paramLabel = "NAMESPACE/NAME", description = "The EgressNetworkPolicy.")
        private String name;

        @Override
        String path(CommandLine command) {
            return namespaced("egressnetworkpolicy", name, "simpson/default", command);
        }
    }

    @Command(
            name = "egressadminpolicy",
            description = {"Whether the EgressAdminPolicy acts as it is written, for which namespaces, and its rows."},
            footer = {"  ovn-egress explain egressadminpolicy no-smtp"})
    static final class EgressAdminPolicy extends Subject {
        @Parameters(paramLabel = "NAME", description = "The EgressAdminPolicy.")
        private String name;

        @Override
        String path(CommandLine command) {
            return "egressadminpolicy/" + name;
        }
    }

    @Command(
            name = "egressippool",
            description = {"Whether every namespace of the EgressIPPool has its addresses, and how many are left."},
            footer = {"  ovn-egress explain egressippool shops"})
    static final class EgressIpPool extends Subject {
        @Parameters(paramLabel = "NAME", description = "The EgressIPPool.")
        private String name;

        @Override
        String path(CommandLine command) {
            return "egressippool/" + name;
        }
    }

    private static String namespaced(String kind, String name, String example, CommandLine command) {
        int slash = name.indexOf('/');
        if (slash <= 0 || slash == name.length() - 1) {
            throw new ParameterException(
                    command,
                    name + ": say " + (kind.equals("pod") ? "NAMESPACE/POD" : "NAMESPACE/NAME") + ", as in " + example);
        }
        return kind + "/" + name;
    }
}
