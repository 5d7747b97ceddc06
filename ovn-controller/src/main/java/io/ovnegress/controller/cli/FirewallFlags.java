package io.ovnegress.controller.cli;

import java.net.InetSocketAddress;
import java.util.List;
import picocli.CommandLine.Option;

/** What may leave a namespace. */
final class FirewallFlags {
    @Option(
            names = "--enable-egress-firewall",
            order = 1,
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            defaultValue = "false",
            description =
                    "EgressFirewall and EgressNetworkPolicy objects are obeyed, those of them whose CRDs are installed."
                            + " For clusters whose ovnkube runs without this flag: one of the two writes the ACLs.")
    private boolean enabled;

    @Option(
            names = "--dns-servers",
            order = 2,
            paramLabel = "ADDRESS[:PORT][,...]",
            converter = Converters.DnsServers.class,
            description = {
                "Asked for the host names of policies, in this order. They should be those that the pods ask.",
                "Default: those of /etc/resolv.conf"
            })
    private List<InetSocketAddress> dnsServers = List.of();

    boolean enabled() {
        return enabled;
    }

    List<InetSocketAddress> dnsServers() {
        return dnsServers;
    }
}
