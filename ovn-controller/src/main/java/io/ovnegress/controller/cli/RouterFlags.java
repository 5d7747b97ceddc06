package io.ovnegress.controller.cli;

import io.ovnegress.reconciler.input.IpNetwork;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Known ways out for some pods to some destinations. */
final class RouterFlags {
    @Option(
            names = "--enable-egress-router",
            order = 1,
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            defaultValue = "false",
            description = "EgressRouter objects are obeyed.")
    private boolean enabled;

    @Option(
            names = "--egress-router-vips",
            order = 2,
            paramLabel = "CIDR[,...]",
            defaultValue = "198.18.0.0/24,2001:2::/112",
            converter = Converters.Subnets.class,
            description = {
                "Where virtual IPs of EgressRouters may lie, and are taken from: addresses that nothing else uses,"
                        + " inside of the cluster and outside.",
                "Default: ${DEFAULT-VALUE}"
            })
    private List<IpNetwork> virtualIps;

    @Option(
            names = "--enable-avi-services",
            order = 3,
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            defaultValue = "false",
            description =
                    "Of every Service with Avi's annotation egress_pod an EgressRouter is made, with an address of a pool."
                            + " Needs the rights in deploy/components/avi-services.")
    private boolean aviServices;

    /**
     * @param pools whether there are to be address pools
     * @throws CommandLine.ParameterException if a flag is of no use without another one
     */
    void check(CommandLine command, boolean pools) {
        if (aviServices && !(enabled && pools)) {
            throw new CommandLine.ParameterException(
                    command,
                    "--enable-avi-services needs --enable-egress-router, which serves them, and"
                            + " --enable-egress-ip-pools, which gives them addresses");
        }
    }

    boolean aviServices() {
        return aviServices;
    }

    /** None if there are to be no egress routers. */
    List<IpNetwork> virtualIps() {
        return enabled ? virtualIps : List.of();
    }
}
