package io.ovnegress.controller.cli;

import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.ReservedSubnet.Use;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.input.IpNetwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The cluster network, as ovnkube was told of it. */
final class NetworkFlags {
    @Option(
            names = "--cluster-subnets",
            paramLabel = "CIDR/HOSTLEN[,...]",
            order = 1,
            defaultValue = "10.128.0.0/14/23",
            converter = Converters.ClusterSubnets.class,
            description = {
                "Pod subnets, both families; the host length defaults to 24 for IPv4 and is 64 for IPv6.",
                "Default: ${DEFAULT-VALUE}"
            })
    private List<IpNetwork> clusterSubnets;

    @Option(
            names = "--gateway-v4-join-subnet",
            paramLabel = "CIDR",
            order = 2,
            defaultValue = "100.64.0.0/16",
            converter = Converters.Ipv4Subnet.class,
            description = {"IPv4 subnet of the join switch.", "Default: ${DEFAULT-VALUE}"})
    private IpNetwork joinV4;

    @Option(
            names = "--gateway-v6-join-subnet",
            paramLabel = "CIDR",
            order = 3,
            defaultValue = "fd98::/64",
            converter = Converters.Ipv6Subnet.class,
            description = {"IPv6 subnet of the join switch.", "Default: ${DEFAULT-VALUE}"})
    private IpNetwork joinV6;

    @Option(
            names = "--disable-snat-multiple-gws",
            order = 4,
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            defaultValue = "false",
            description = "ovnkube runs with this flag: every pod has a SNAT of its own on its node's gateway router,"
                    + " which is taken away while an egress IP on that node serves it.")
    private boolean disableSnatMultipleGateways;

    @Option(
            names = "--ephemeral-port-range",
            order = 5,
            paramLabel = "FIRST-LAST",
            converter = Converters.PortRange.class,
            description = {
                "Ports that SNATs may use, so that they leave node ports alone, such as 32768-60999. Adopted rows keep theirs.",
                "Default: the range that ovnkube's own SNATs show, none if they show none; for routers of egress IPs' own: none"
            })
    private Optional<String> ephemeralPortRange = Optional.empty();

    @Option(
            names = "--k8s-service-cidrs",
            paramLabel = "CIDR[,...]",
            order = 6,
            defaultValue = "172.16.1.0/24",
            converter = Converters.Subnets.class,
            description = {"Addresses of services: no egress IP may lie there.", "Default: ${DEFAULT-VALUE}"})
    private List<IpNetwork> services;

    @Option(
            names = "--gateway-v4-masquerade-subnet",
            paramLabel = "CIDR",
            order = 7,
            defaultValue = "169.254.169.0/29",
            converter = Converters.Ipv4Subnet.class,
            description = {"IPv4 addresses that gateways use inside the nodes; likewise.", "Default: ${DEFAULT-VALUE}"})
    private IpNetwork masqueradeV4;

    @Option(
            names = "--gateway-v6-masquerade-subnet",
            paramLabel = "CIDR",
            order = 8,
            defaultValue = "fd69::/125",
            converter = Converters.Ipv6Subnet.class,
            description = {"IPv6 addresses that gateways use inside the nodes; likewise.", "Default: ${DEFAULT-VALUE}"})
    private IpNetwork masqueradeV6;

    @Option(
            names = "--cluster-manager-v4-transit-switch-subnet",
            paramLabel = "CIDR",
            order = 9,
            defaultValue = "100.88.0.0/16",
            converter = Converters.Ipv4Subnet.class,
            description = {"IPv4 subnet of the transit switch; likewise.", "Default: ${DEFAULT-VALUE}"})
    private IpNetwork transitV4;

    @Option(
            names = "--cluster-manager-v6-transit-switch-subnet",
            paramLabel = "CIDR",
            order = 10,
            defaultValue = "fd97::/64",
            converter = Converters.Ipv6Subnet.class,
            description = {"IPv6 subnet of the transit switch; likewise.", "Default: ${DEFAULT-VALUE}"})
    private IpNetwork transitV6;

    @Option(
            names = "--move-steps",
            order = 11,
            paramLabel = "auto|off",
            defaultValue = "auto",
            description = {
                "How rows are changed that packets must not see half done. auto: an egress IP's SNAT comes first, pods are sent"
                        + " there when every chassis has installed it, and the old SNAT goes when nobody is sent there any more."
                        + " off: everything in one transaction, of which each chassis installs its part at its own moment, so"
                        + " that single packets leave with a node's address.",
                "Default: ${DEFAULT-VALUE}"
            })
    private MoveSteps moveSteps;

    @Option(
            names = "--guard",
            order = 12,
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            defaultValue = "false",
            description =
                    "Gateway routers drop what comes to them from pods of other nodes and has no egress IP there, instead"
                            + " of sending it out with their node's address. For clusters in which nobody else sends pods there:"
                            + " without EgressService and external gateways.")
    private boolean guards;

    @Option(
            names = "--egressip-form",
            order = 13,
            paramLabel = "PerPod|Router",
            defaultValue = "PerPod",
            converter = Converters.Form.class,
            description = {
                "By which rows the pods of an EgressIP leave that does not say it itself (spec.form, or annotation"
                        + " ovn-egress.io/form). PerPod: a reroute policy and a SNAT for each pod, as ovnkube-master writes them."
                        + " Router: a logical router for each egress IP, which OVN moves by itself when its node dies.",
                "Default: ${DEFAULT-VALUE}"
            })
    private EgressForm.Kind form;

    @Option(
            names = "--bfd-interval",
            order = 14,
            paramLabel = "MILLISECONDS",
            converter = Converters.BfdInterval.class,
            description =
                    "How often chassis tell each other by BFD that they are alive (NB_Global.options bfd-min-rx, bfd-min-tx;"
                            + " bfd-mult is 3), which says how soon OVN moves routers of egress IPs off a node that dies: 200 takes half a"
                            + " second. The options are the whole cluster's: they are set if nobody else has, and taken back when the"
                            + " flag is not given any more. Not given: they are left alone.")
    private Optional<Duration> bfdInterval = Optional.empty();

    /** Values of {@code --move-steps}. */
    enum MoveSteps {
        auto,
        off
    }

    /**
     * @throws ParameterException if a pod subnet and a join subnet overlap: one address would be a pod's and a router's
     */
    void check(CommandLine command) {
        refuseOverlap("--gateway-v4-join-subnet", joinV4, command);
        refuseOverlap("--gateway-v6-join-subnet", joinV6, command);
    }

    private void refuseOverlap(String flag, IpNetwork join, CommandLine command) {
        clusterSubnets.stream().filter(join::overlaps).findFirst().ifPresent(subnet -> {
            throw new ParameterException(
                    command,
                    flag + "=" + join + " overlaps " + subnet + " of --cluster-subnets: set both as ovnkube-master"
                            + " has them");
        });
    }

    List<IpNetwork> clusterSubnets() {
        return clusterSubnets;
    }

    List<IpNetwork> joinSubnets() {
        return List.of(joinV4, joinV6);
    }

    /** What the cluster uses itself besides: no egress IP may lie there. */
    List<ReservedSubnet> otherSubnets() {
        var others = new ArrayList<ReservedSubnet>();
        services.forEach(subnet -> others.add(new ReservedSubnet(Use.SERVICE, subnet)));
        others.add(new ReservedSubnet(Use.MASQUERADE, masqueradeV4));
        others.add(new ReservedSubnet(Use.MASQUERADE, masqueradeV6));
        others.add(new ReservedSubnet(Use.TRANSIT, transitV4));
        others.add(new ReservedSubnet(Use.TRANSIT, transitV6));
        return others;
    }

    Optional<String> ephemeralPortRange() {
        return ephemeralPortRange;
    }

    boolean movesInSteps() {
        return moveSteps == MoveSteps.auto;
    }

    boolean guards() {
        return guards;
    }

    Optional<Duration> bfdInterval() {
        return bfdInterval;
    }

    EgressForm.Kind form() {
        return form;
    }

    boolean disableSnatMultipleGateways() {
        return disableSnatMultipleGateways;
    }
}
