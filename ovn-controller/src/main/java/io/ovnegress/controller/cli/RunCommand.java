package io.ovnegress.controller.cli;

import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.leader.LeaderElectionConfig;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.TlsFiles;
import io.ovnegress.controller.reachability.ReachabilityConfig;
import io.ovnegress.reconciler.input.IpNetwork;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ovn-egress run}: the flags, and what they say together. Named as ovnkube names them where it has one. */
@Command(
        name = "run",
        description = "Watches EgressIPs, namespaces, pods and nodes, and keeps OVN_Northbound as they ask for.",
        descriptionHeading = "%n",
        optionListHeading = "%n",
        sortOptions = false,
        abbreviateSynopsis = true,
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        footerHeading = "%nEvery flag is also an environment variable, the flag wins: --nb-address is"
                + " OVN_EGRESS_NB_ADDRESS.%n%nExamples:%n",
        footer = {
            "  ovn-egress run --kubeconfig ~/.kube/config --nb-address tcp:127.0.0.1:6641",
            "  ovn-egress run --nb-address ssl:10.0.0.1:6641,ssl:10.0.0.2:6641 \\",
            "    --nb-client-privkey /ovn-cert/tls.key --nb-client-cert /ovn-cert/tls.crt \\",
            "    --nb-client-cacert /ovn-ca/ca-bundle.crt",
            "  OVN_EGRESS_CLUSTER_SUBNETS=10.128.0.0/14/23,fd01::/48 ovn-egress run",
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:asked to end",
            "1:a fault that a resync did not cure: start it again",
            "2:a flag or the configuration is wrong: one line says which and what is allowed"
        })
final class RunCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @ArgGroup(validate = false, heading = "%nKubernetes%n", order = 1)
    private final Kubernetes kubernetes = new Kubernetes();

    @ArgGroup(validate = false, heading = "%nNorthbound database%n", order = 2)
    private final Northbound northbound = new Northbound();

    @ArgGroup(validate = false, heading = "%nCluster network (as ovnkube has it)%n", order = 3)
    private final Network network = new Network();

    @ArgGroup(validate = false, heading = "%nEgress nodes%n", order = 4)
    private final Nodes nodes = new Nodes();

    @ArgGroup(validate = false, heading = "%nProcess%n", order = 5)
    private final ProcessFlags process = new ProcessFlags();

    @ArgGroup(validate = false, heading = "%nLeader election%n", order = 6)
    private final Election election = new Election();

    private final Map<String, String> environment;
    private final Launch launch;

    RunCommand(Map<String, String> environment, Launch launch) {
        this.environment = environment;
        this.launch = launch;
    }

    private static final class Kubernetes {
        @Option(
                names = "--kubeconfig",
                paramLabel = "FILE",
                order = 1,
                converter = Converters.ReadableFile.class,
                description = {
                    "How to reach the API server.",
                    "Default: $KUBECONFIG, then the service account of the pod it runs in."
                })
        private Path kubeconfig;
    }

    private static final class Northbound {
        @Option(
                names = "--nb-address",
                paramLabel = "ADDRESS[,...]",
                order = 1,
                defaultValue = "unix:/var/run/ovn/ovnnb_db.sock",
                converter = Converters.NbRemotes.class,
                description = {
                    "Servers of OVN_Northbound, tried in turn: unix:FILE, tcp:HOST:PORT, ssl:HOST:PORT.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private List<NbRemote> address;

        @Option(
                names = "--nb-client-privkey",
                paramLabel = "FILE",
                order = 2,
                converter = Converters.ReadableFile.class,
                description = "Our private key for ssl:, PEM.")
        private Path privateKey;

        @Option(
                names = "--nb-client-cert",
                paramLabel = "FILE",
                order = 3,
                converter = Converters.ReadableFile.class,
                description = "Our certificate for ssl:, PEM.")
        private Path certificate;

        @Option(
                names = "--nb-client-cacert",
                paramLabel = "FILE",
                order = 4,
                converter = Converters.ReadableFile.class,
                description = "The authority that the servers' certificates for ssl: are signed by, PEM.")
        private Path authority;

        @Option(
                names = "--inactivity-probe",
                paramLabel = "TIME",
                order = 5,
                defaultValue = "10s",
                converter = Converters.Time.class,
                description = {
                    "Silence after which a server is asked whether it is there, and given up after as much "
                            + "again; 0: never.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private Duration inactivityProbe;

        @Option(
                names = "--max-rows-per-transaction",
                paramLabel = "ROWS",
                order = 6,
                defaultValue = "500",
                converter = Converters.RowLimit.class,
                description =
                        "A transaction takes no further pods after this many rows; moving an egress IP is still one"
                                + " transaction. Above a few hundred the server gets slower per row. Default: ${DEFAULT-VALUE}")
        private int maxRowsPerTransaction;
    }

    private static final class Network {
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
                description =
                        "ovnkube runs with this flag: every pod has a SNAT of its own on its node's gateway router,"
                                + " which is taken away while an egress IP on that node serves it.")
        private boolean disableSnatMultipleGateways;
    }

    private static final class Nodes {
        @Option(
                names = "--egressip-reachability-total-timeout",
                paramLabel = "SECONDS",
                order = 1,
                defaultValue = "1",
                converter = Converters.Seconds.class,
                description = {
                    "An egress node that falls silent is noticed within this time; 0: nodes are not probed.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private Duration totalTimeout;

        @Option(
                names = "--egressip-node-healthcheck-port",
                paramLabel = "PORT",
                order = 2,
                defaultValue = "0",
                converter = Converters.PortOrNone.class,
                description = {
                    "Where ovnkube-node serves gRPC health (its flag of the same name, usually 9107); 0: nodes are"
                            + " probed by a TCP dial of port 9, which need not be open.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private int healthCheckPort;

        @Option(
                names = "--egressip-reachability-interval",
                paramLabel = "TIME",
                order = 3,
                defaultValue = "250ms",
                converter = Converters.Period.class,
                description = {"Between two probes of a node.", "Default: ${DEFAULT-VALUE}"})
        private Duration interval;

        @Option(
                names = "--egressip-reachability-failures",
                paramLabel = "NUMBER",
                order = 4,
                defaultValue = "3",
                converter = Converters.Attempts.class,
                description = {"Probes in a row that a node must miss to be unreachable.", "Default: ${DEFAULT-VALUE}"})
        private int failures;

        @Option(
                names = "--egressip-reachability-recovery",
                paramLabel = "TIME",
                order = 5,
                defaultValue = "5s",
                converter = Converters.Time.class,
                description = {
                    "How long a node that was unreachable must answer every probe before it serves again.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private Duration recovery;

        @Option(
                names = "--drain-unschedulable-nodes",
                order = 6,
                arity = "0..1",
                paramLabel = "true|false",
                fallbackValue = "true",
                converter = Converters.Truth.class,
                defaultValue = "false",
                description =
                        "A node that is cordoned gives its egress IPs away at once. Without this flag only nodes with"
                                + " the annotation ovn-egress.io/drain: \"true\" do.")
        private boolean drainUnschedulable;

        @Option(
                names = "--egressip-rebalance-interval",
                order = 7,
                paramLabel = "TIME",
                defaultValue = "0",
                converter = Converters.Time.class,
                description = {
                    "How often one egress IP moves from the node that serves the most to one that serves at least two"
                            + " fewer, as after a node has come back; 0: nothing moves by itself.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private Duration rebalanceInterval;
    }

    private static final class ProcessFlags {
        @Option(
                names = "--metrics-bind-address",
                paramLabel = "ADDRESS:PORT",
                order = 1,
                defaultValue = "127.0.0.1:9409",
                converter = Converters.BindAddress.class,
                description = {
                    "Serves /metrics, /healthz and /readyz; :PORT on every address, empty for nowhere.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private Converters.BindTo metricsBindAddress;

        @Option(
                names = "--loglevel",
                paramLabel = "LEVEL",
                order = 2,
                defaultValue = "info",
                converter = Converters.LogLevels.class,
                description = {
                    "error, warn, info, debug or trace; or ovnkube's numbers, where 4 is info and 5 is debug.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private LogLevel logLevel;
    }

    private static final class Election {
        @Option(
                names = "--leader-elect",
                order = 1,
                arity = "0..1",
                paramLabel = "true|false",
                fallbackValue = "true",
                converter = Converters.Truth.class,
                description = {
                    "Of several controllers one writes, the others stand by, as a Kubernetes Lease says. Without it the"
                            + " first that has the database's lock writes.",
                    "Default: true in a pod, false with a kubeconfig"
                })
        private Boolean enabled;

        @Option(
                names = "--lease-name",
                paramLabel = "NAME",
                order = 2,
                defaultValue = "ovn-egress",
                description = {"Name of the Lease.", "Default: ${DEFAULT-VALUE}"})
        private String leaseName;

        @Option(
                names = "--lease-namespace",
                paramLabel = "NAMESPACE",
                order = 3,
                description = {"Namespace of the Lease.", "Default: that of the pod or of the kubeconfig's context"})
        private String leaseNamespace;

        @Option(
                names = "--lease-duration",
                paramLabel = "TIME",
                order = 4,
                defaultValue = "2s",
                converter = Converters.Period.class,
                description = {
                    "A stand-by takes over when it has not seen the lease renewed for this long, or at once when the leader"
                            + " has left the database.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private Duration leaseDuration;

        @Option(
                names = "--lease-renew-deadline",
                paramLabel = "TIME",
                order = 5,
                defaultValue = "1500ms",
                converter = Converters.Period.class,
                description = {
                    "A leader that could not renew its lease for this long stands by.",
                    "Default: ${DEFAULT-VALUE}"
                })
        private Duration renewDeadline;

        @Option(
                names = "--lease-retry-period",
                paramLabel = "TIME",
                order = 6,
                defaultValue = "400ms",
                converter = Converters.Period.class,
                description = {"Between two renewals.", "Default: ${DEFAULT-VALUE}"})
        private Duration retryPeriod;
    }

    @Override
    public Integer call() {
        var config = config();
        process.logLevel.apply();
        return launch.run(config, Flags.changed(spec.commandLine()));
    }

    ControllerConfig config() {
        return new ControllerConfig(
                Optional.ofNullable(kubernetes.kubeconfig),
                northbound.address,
                northboundTls(),
                network.clusterSubnets,
                List.of(network.joinV4, network.joinV6),
                network.disableSnatMultipleGateways,
                process.metricsBindAddress.address(),
                northbound.maxRowsPerTransaction,
                northbound.inactivityProbe,
                nodes.drainUnschedulable,
                nodes.rebalanceInterval,
                reachability(),
                leaderElection());
    }

    private LeaderElectionConfig leaderElection() {
        boolean inAPod = kubernetes.kubeconfig == null
                && environment.getOrDefault("KUBECONFIG", "").isBlank()
                && environment.containsKey("KUBERNETES_SERVICE_HOST");
        try {
            return new LeaderElectionConfig(
                    Optional.ofNullable(election.enabled).orElse(inAPod),
                    election.leaseName,
                    Optional.ofNullable(election.leaseNamespace),
                    election.leaseDuration,
                    election.renewDeadline,
                    election.retryPeriod);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--lease-duration, --lease-renew-deadline," + " --lease-retry-period: " + e.getMessage(),
                    e);
        }
    }

    private ReachabilityConfig reachability() {
        try {
            return new ReachabilityConfig(
                    nodes.totalTimeout, nodes.healthCheckPort, nodes.interval, nodes.failures, nodes.recovery);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(), "--egressip-reachability-total-timeout is too short: " + e.getMessage(), e);
        }
    }

    private Optional<TlsFiles> northboundTls() {
        boolean encrypted = northbound.address.stream().anyMatch(NbRemote.Ssl.class::isInstance);
        require("--nb-client-privkey", northbound.privateKey, encrypted);
        require("--nb-client-cert", northbound.certificate, encrypted);
        require("--nb-client-cacert", northbound.authority, encrypted);
        return encrypted
                ? Optional.of(new TlsFiles(northbound.privateKey, northbound.certificate, northbound.authority))
                : Optional.empty();
    }

    /** Keys without encryption are a mistake that would go unseen: the connection works, in plain text. */
    private void require(String flag, Path file, boolean encrypted) {
        if (encrypted && file == null) {
            throw new ParameterException(
                    spec.commandLine(), flag + " is missing: an ssl: address in --nb-address needs it");
        }
        if (!encrypted && file != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    flag + "=" + file + ": only for an ssl: address, and --nb-address=" + text("--nb-address")
                            + " has none");
        }
    }

    private String text(String flag) {
        return Flags.text(spec.findOption(flag), spec.commandLine()).orElse("");
    }
}
