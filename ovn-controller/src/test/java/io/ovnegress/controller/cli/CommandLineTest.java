package io.ovnegress.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.ovnegress.controller.ConfigurationException;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.Version;
import io.ovnegress.controller.leader.LeaderElectionConfig;
import io.ovnegress.controller.loop.CapturedLog;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.TlsFiles;
import io.ovnegress.controller.reachability.ReachabilityConfig;
import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.ReservedSubnet.Use;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.input.IpNetwork;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    private static final String REMOTES = "allowed are " + NbRemote.ALLOWED;

    private static final LeaderElectionConfig USUAL_ELECTION = new LeaderElectionConfig(
            false,
            "ovn-egress",
            Optional.empty(),
            Duration.ofSeconds(2),
            Duration.ofMillis(1500),
            Duration.ofMillis(400));

    private static final List<ReservedSubnet> USUAL_SUBNETS =
            otherSubnets("172.16.1.0/24", "", "169.254.169.0/29", "fd69::/125", "100.88.0.0/16", "fd97::/64");

    @TempDir
    private Path directory;

    private String file;
    private final List<ControllerConfig> launched = new ArrayList<>();
    private List<String> changedFlags = List.of();
    private Map<String, String> environment = Map.of();

    private record Result(int code, String out, String err) {}

    @BeforeEach
    void writeFile() throws IOException {
        file = Files.writeString(directory.resolve("file.pem"), "text").toString();
    }

    @AfterEach
    void resetLogLevel() {
        LogLevel.INFO.apply();
    }

    private Result execute(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        var command = EgressCommand.commandLine(
                environment,
                (config, changed) -> {
                    launched.add(config);
                    changedFlags = changed;
                    return 0;
                },
                List.of(arguments));
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return new Result(command.execute(arguments), out.toString(), err.toString());
    }

    /** To read the flags of all, by reflection, is a third of what a question costs. */
    @Test
    void whereAQuestionIsNamedNoOtherCommandIsRead() {
        var all = EgressCommand.commandLine(Map.of(), (config, changed) -> 0).getSubcommands();
        for (var name : all.keySet()) {
            var alone = EgressCommand.commandLine(Map.of(), (config, changed) -> 0, List.of(name, "--help"))
                    .getSubcommands();
            if (Set.of("run", "generate-completion").contains(name)) {
                assertThat(alone).containsOnlyKeys(all.keySet());
            } else {
                assertThat(alone).containsOnlyKeys(name);
                assertThat(alone.get(name).getUsageMessage())
                        .isEqualTo(all.get(name).getUsageMessage());
            }
        }
    }

    @Test
    void whereNoneIsNamedAllAreThere() {
        assertThat(execute("--help").out()).contains("explain", "status", "generate-completion");
        assertThat(execute("statsu").err()).contains("did you mean status?");
    }

    private ControllerConfig run(String... flags) {
        var arguments = new ArrayList<>(List.of("run"));
        arguments.addAll(List.of(flags));
        var result = execute(arguments.toArray(String[]::new));
        assertThat(result.err()).isEmpty();
        assertThat(result.code()).isZero();
        return launched.getLast();
    }

    private void refuses(String line, String... flags) {
        var arguments = new ArrayList<>(List.of("run"));
        arguments.addAll(List.of(flags));
        var result = execute(arguments.toArray(String[]::new));
        assertThat(result.err()).isEqualTo("ovn-egress: " + line + System.lineSeparator());
        assertThat(result.out()).isEmpty();
        assertThat(result.code()).isEqualTo(2);
        assertThat(launched).isEmpty();
    }

    private static List<ReservedSubnet> otherSubnets(
            String services,
            String moreServices,
            String masqueradeV4,
            String masqueradeV6,
            String transitV4,
            String transitV6) {
        var subnets = new ArrayList<ReservedSubnet>();
        subnets.add(new ReservedSubnet(Use.SERVICE, network(services)));
        if (!moreServices.isEmpty()) {
            subnets.add(new ReservedSubnet(Use.SERVICE, network(moreServices)));
        }
        subnets.add(new ReservedSubnet(Use.MASQUERADE, network(masqueradeV4)));
        subnets.add(new ReservedSubnet(Use.MASQUERADE, network(masqueradeV6)));
        subnets.add(new ReservedSubnet(Use.TRANSIT, network(transitV4)));
        subnets.add(new ReservedSubnet(Use.TRANSIT, network(transitV6)));
        return subnets;
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    @Test
    void withoutFlagsEverythingIsAsOvnkubeHasIt() {
        assertThat(run())
                .isEqualTo(new ControllerConfig(
                        Optional.empty(),
                        List.of(new NbRemote.Unix(Path.of("/var/run/ovn/ovnnb_db.sock"))),
                        Optional.empty(),
                        List.of(),
                        List.of(network("10.128.0.0/14")),
                        List.of(network("100.64.0.0/16"), network("fd98::/64")),
                        false,
                        Optional.of(new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 9409)),
                        500,
                        Duration.ofSeconds(10),
                        false,
                        Duration.ZERO,
                        Optional.empty(),
                        USUAL_SUBNETS,
                        true,
                        false,
                        false,
                        List.of(),
                        false,
                        EgressForm.Kind.PER_POD,
                        Optional.empty(),
                        List.of(),
                        new ReachabilityConfig(
                                Duration.ofSeconds(1), 0, Duration.ofMillis(250), 3, Duration.ofSeconds(5)),
                        USUAL_ELECTION,
                        8 * 1024 * 1024,
                        Optional.empty(),
                        false,
                        Optional.empty(),
                        false));
        assertThat(changedFlags).isEmpty();
    }

    @Test
    void everyFlagReachesTheConfiguration() {
        var config = run(
                "--kubeconfig=" + file,
                "--nb-address=ssl:10.0.0.1:6641, ssl:[fd00::1]:6642,ssl:db:6641",
                "--nb-client-privkey=" + file,
                "--nb-client-cert=" + file,
                "--nb-client-cacert=" + file,
                "--cluster-subnets=10.1.2.3/16/24,fd01::/48/64,fd02:0:0::/48,10.3.0.0/16",
                "--gateway-v4-join-subnet=100.65.0.0/16",
                "--gateway-v6-join-subnet=fd97:0::/64",
                "--disable-snat-multiple-gws",
                "--metrics-bind-address=[::1]:9000",
                "--loglevel=5",
                "--max-rows-per-transaction=100",
                "--inactivity-probe=500ms",
                "--egressip-reachability-total-timeout=5",
                "--egressip-node-healthcheck-port=9107",
                "--egressip-reachability-interval=1s",
                "--egressip-reachability-failures=2",
                "--egressip-reachability-recovery=1m",
                "--ephemeral-port-range=32768-60999",
                "--k8s-service-cidrs=172.30.1.0/16, fd02::/112",
                "--gateway-v4-masquerade-subnet=169.254.0.0/17",
                "--gateway-v6-masquerade-subnet=fd69::/112",
                "--cluster-manager-v4-transit-switch-subnet=100.89.0.0/16",
                "--cluster-manager-v6-transit-switch-subnet=fd95::/64",
                "--move-steps=off",
                "--guard",
                "--enable-egress-firewall",
                "--dns-servers=10.96.0.10, [fd02::a]:5353",
                "--enable-egress-ip-pools",
                "--egressip-form=Router",
                "--bfd-interval=200",
                "--enable-egress-router",
                "--egress-router-vips=198.19.0.0/24,198.18.1.0/28",
                "--enable-avi-services",
                "--sb-address=ssl:10.0.0.1:6642",
                "--drain-unschedulable-nodes",
                "--egressip-rebalance-interval=1m",
                "--leader-elect",
                "--lease-name=egress",
                "--lease-namespace=ovn",
                "--report-only",
                "--enable-egress-proxy",
                "--egress-proxy-image=squid:5",
                "--history-size=1M",
                "--history-file=" + file,
                "--lease-duration=15s",
                "--lease-renew-deadline=10s",
                "--lease-retry-period=2s");

        assertThat(config)
                .isEqualTo(new ControllerConfig(
                        Optional.of(Path.of(file)),
                        List.of(
                                new NbRemote.Ssl("10.0.0.1", 6641),
                                new NbRemote.Ssl("fd00::1", 6642),
                                new NbRemote.Ssl("db", 6641)),
                        Optional.of(new TlsFiles(Path.of(file), Path.of(file), Path.of(file))),
                        List.of(new NbRemote.Ssl("10.0.0.1", 6642)),
                        List.of(
                                network("10.1.0.0/16"),
                                network("fd01::/48"),
                                network("fd02::/48"),
                                network("10.3.0.0/16")),
                        List.of(network("100.65.0.0/16"), network("fd97::/64")),
                        true,
                        Optional.of(new InetSocketAddress(InetAddresses.forString("::1"), 9000)),
                        100,
                        Duration.ofMillis(500),
                        true,
                        Duration.ofMinutes(1),
                        Optional.of("32768-60999"),
                        otherSubnets(
                                "172.30.0.0/16",
                                "fd02::/112",
                                "169.254.0.0/17",
                                "fd69::/112",
                                "100.89.0.0/16",
                                "fd95::/64"),
                        false,
                        true,
                        true,
                        List.of(
                                new InetSocketAddress(InetAddresses.forString("10.96.0.10"), 53),
                                new InetSocketAddress(InetAddresses.forString("fd02::a"), 5353)),
                        true,
                        EgressForm.Kind.ROUTER,
                        Optional.of(Duration.ofMillis(200)),
                        List.of(network("198.19.0.0/24"), network("198.18.1.0/28")),
                        new ReachabilityConfig(
                                Duration.ofSeconds(5), 9107, Duration.ofSeconds(1), 2, Duration.ofMinutes(1)),
                        new LeaderElectionConfig(
                                true,
                                "egress",
                                Optional.of("ovn"),
                                Duration.ofSeconds(15),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(2)),
                        1024 * 1024,
                        Optional.of(Path.of(file)),
                        true,
                        Optional.of("squid:5"),
                        true));
        assertThat(config.reconciler().maxRowsPerTransaction()).isEqualTo(100);
        assertThat(config.reconciler().firewall()).isTrue();
    }

    @Test
    void everyFlagIsAnEnvironmentVariableAsWell() {
        environment = Map.ofEntries(
                Map.entry("OVN_EGRESS_KUBECONFIG", file),
                Map.entry("OVN_EGRESS_NB_ADDRESS", "ssl:db:1"),
                Map.entry("OVN_EGRESS_NB_CLIENT_PRIVKEY", file),
                Map.entry("OVN_EGRESS_NB_CLIENT_CERT", file),
                Map.entry("OVN_EGRESS_NB_CLIENT_CACERT", file),
                Map.entry("OVN_EGRESS_CLUSTER_SUBNETS", "10.1.0.0/16/24"),
                Map.entry("OVN_EGRESS_GATEWAY_V4_JOIN_SUBNET", "100.65.0.0/16"),
                Map.entry("OVN_EGRESS_GATEWAY_V6_JOIN_SUBNET", "fd97::/64"),
                Map.entry("OVN_EGRESS_DISABLE_SNAT_MULTIPLE_GWS", "true"),
                Map.entry("OVN_EGRESS_METRICS_BIND_ADDRESS", ""),
                Map.entry("OVN_EGRESS_LOGLEVEL", "warn"),
                Map.entry("OVN_EGRESS_MAX_ROWS_PER_TRANSACTION", "7"),
                Map.entry("OVN_EGRESS_INACTIVITY_PROBE", "0"),
                Map.entry("OVN_EGRESS_EPHEMERAL_PORT_RANGE", "40000-50000"),
                Map.entry("OVN_EGRESS_MOVE_STEPS", "off"),
                Map.entry("OVN_EGRESS_EGRESSIP_REACHABILITY_TOTAL_TIMEOUT", "0"));

        assertThat(run())
                .isEqualTo(new ControllerConfig(
                        Optional.of(Path.of(file)),
                        List.of(new NbRemote.Ssl("db", 1)),
                        Optional.of(new TlsFiles(Path.of(file), Path.of(file), Path.of(file))),
                        List.of(),
                        List.of(network("10.1.0.0/16")),
                        List.of(network("100.65.0.0/16"), network("fd97::/64")),
                        true,
                        Optional.empty(),
                        7,
                        Duration.ZERO,
                        false,
                        Duration.ZERO,
                        Optional.of("40000-50000"),
                        USUAL_SUBNETS,
                        false,
                        false,
                        false,
                        List.of(),
                        false,
                        EgressForm.Kind.PER_POD,
                        Optional.empty(),
                        List.of(),
                        ReachabilityConfig.OFF,
                        USUAL_ELECTION,
                        8 * 1024 * 1024,
                        Optional.empty(),
                        false,
                        Optional.empty(),
                        false));
        assertThat(changedFlags)
                .hasSize(16)
                .contains("--nb-address=ssl:db:1", "--metrics-bind-address=", "--disable-snat-multiple-gws=true");
    }

    @Test
    void theFlagWinsOverTheEnvironment() {
        environment =
                Map.of("OVN_EGRESS_NB_ADDRESS", "tcp:environment:1", "OVN_EGRESS_DISABLE_SNAT_MULTIPLE_GWS", "true");

        var config = run("--nb-address", "tcp:flag:2", "--disable-snat-multiple-gws=false");

        assertThat(config.northbound()).containsExactly(new NbRemote.Tcp("flag", 2));
        assertThat(config.disableSnatMultipleGateways()).isFalse();
        assertThat(changedFlags).containsExactly("--nb-address=tcp:flag:2");
    }

    @Test
    void aFlagThatIsRepeatedIsShownWhole() {
        var config = run("--nb-address=tcp:a:1", "--nb-address=tcp:b:2,tcp:c:3");

        assertThat(config.northbound()).hasSize(3);
        assertThat(changedFlags).containsExactly("--nb-address=tcp:a:1,tcp:b:2,tcp:c:3");
    }

    @Test
    void anUnknownVariableIsWarnedAboutWithTheOneThatMayBeMeant() {
        environment = Map.of(
                "OVN_EGRESS_NB_ADRESS", "tcp:secret:1",
                "OVN_EGRESS_XYZ", "1",
                "OVN_EGRESS_SERVER", "http://127.0.0.1:9409",
                "OVN_EGRESS_EGRESSIP_NODE_HEALTCHECK_PORT", "9107");

        try (var log = new CapturedLog("io.ovnegress.controller.cli")) {
            run();

            assertThat(log.lines())
                    .containsExactly(
                            "WARN unknown environment variable, without effect"
                                    + " variable=OVN_EGRESS_EGRESSIP_NODE_HEALTCHECK_PORT"
                                    + " meant=OVN_EGRESS_EGRESSIP_NODE_HEALTHCHECK_PORT",
                            "WARN unknown environment variable, without effect variable=OVN_EGRESS_NB_ADRESS"
                                    + " meant=OVN_EGRESS_NB_ADDRESS",
                            "WARN unknown environment variable, without effect variable=OVN_EGRESS_XYZ"
                                    + " meant=none of ours is like it");
        }
    }

    @Test
    void whatAServiceOfTheSameNamePutsInTheEnvironmentIsIgnored() {
        var variables = new HashMap<String, String>();
        for (var service : List.of("OVN_EGRESS", "OVN_EGRESS_METRICS")) {
            variables.put(service + "_SERVICE_HOST", "10.96.0.7");
            variables.put(service + "_SERVICE_PORT", "9409");
            variables.put(service + "_SERVICE_PORT_METRICS", "9409");
            variables.put(service + "_PORT", "tcp://10.96.0.7:9409");
            variables.put(service + "_PORT_9409_TCP", "tcp://10.96.0.7:9409");
            variables.put(service + "_PORT_9409_TCP_PROTO", "tcp");
            variables.put(service + "_PORT_9409_TCP_PORT", "9409");
            variables.put(service + "_PORT_9409_TCP_ADDR", "10.96.0.7");
        }
        variables.put("OVN_EGRESS_JAVA_OPTS", "-Xmx1g");
        environment = variables;

        try (var log = new CapturedLog("io.ovnegress.controller.cli")) {
            assertThat(run().northbound()).hasSize(1);

            assertThat(log.lines()).isEmpty();
        }
    }

    @Test
    void aFileIsNotReadForArgumentsWhichWouldBeQuoted() throws IOException {
        var secret = Files.writeString(directory.resolve("secret"), "hunter2 hunter2");

        refuses("unknown command @" + secret, "@" + secret);
    }

    @Test
    void theHelpListsEveryExitCode() {
        assertThat(execute("run", "--help").out()).contains("  0 ", "  1 ", "  2 ", "  3 ", "out of memory");
    }

    @Test
    void leadersAreElectedInAPodAndNotWithAKubeconfig() {
        assertThat(run().leaderElection().enabled()).isFalse();

        environment = Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1");
        assertThat(run().leaderElection().enabled()).isTrue();
        assertThat(run("--leader-elect=false").leaderElection().enabled()).isFalse();
        assertThat(run("--kubeconfig=" + file).leaderElection().enabled()).isFalse();
        assertThat(run("--kubeconfig=" + file, "--leader-elect")
                        .leaderElection()
                        .enabled())
                .isTrue();

        environment = Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1", "KUBECONFIG", file);
        assertThat(run().leaderElection().enabled()).isFalse();
    }

    @Test
    void aLeaseThatALeaderOutlivesIsRefused() {
        refuses(
                "--lease-duration, --lease-renew-deadline, --lease-retry-period: the renew deadline must be shorter than"
                        + " the lease",
                "--lease-renew-deadline=2s");
    }

    @Test
    void probesThatDoNotFitIntoTheirTimeAreRefused() {
        refuses(
                "--egressip-reachability-total-timeout is too short: 3 probes, one every 500 ms, do not fit into 1000 ms",
                "--egressip-reachability-interval=500ms");
    }

    @Test
    void aJoinSubnetThatOverlapsAPodSubnetIsRefused() {
        refuses(
                "--gateway-v4-join-subnet=100.64.0.0/16 overlaps 100.64.128.0/18 of --cluster-subnets: set both as"
                        + " ovnkube-master has them",
                "--cluster-subnets=10.128.0.0/14/23,100.64.128.0/18/24");
        refuses(
                "--gateway-v4-join-subnet=10.128.4.0/24 overlaps 10.128.0.0/14 of --cluster-subnets: set both as"
                        + " ovnkube-master has them",
                "--gateway-v4-join-subnet=10.128.4.0/24");
        refuses(
                "--gateway-v6-join-subnet=fd98::/64 overlaps fd98::/48 of --cluster-subnets: set both as ovnkube-master"
                        + " has them",
                "--cluster-subnets=10.128.0.0/14/23,fd98::/48");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "2", "3", "4", "5", "error", "WARN", "info", "debug", "trace"})
    void ovnkubesNumbersAndNamesAreLogLevels(String level) {
        assertThat(run("--loglevel", level)).isNotNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--nb-address=http://db | \"http://db\": unknown connection method; " + REMOTES,
                "--nb-address=tcp:a:1, | \"\": unknown connection method; " + REMOTES,
                "--nb-address=tcp:db | \"tcp:db\": the port is missing; " + REMOTES,
                "--nb-address=tcp:fd00::1:6641 | \"tcp:fd00::1:6641\": an IPv6 address is written in brackets; "
                        + REMOTES,
                "--kubeconfig=/nowhere | must be a file that can be read",
                "--nb-client-privkey=/nowhere | must be a file that can be read",
                "--nb-client-cert=/nowhere | must be a file that can be read",
                "--nb-client-cacert=/nowhere | must be a file that can be read",
                "--cluster-subnets=10.128.0.0 | must be CIDR/HOSTLEN entries separated by commas, such as"
                        + " 10.128.0.0/14/23 or fd01::/48",
                "--cluster-subnets=10.128.0/14/23 | must be CIDR/HOSTLEN entries, and 10.128.0/14 is no CIDR",
                "--cluster-subnets=10.128.0.0/14/x | must be CIDR/HOSTLEN entries, and x is no number",
                "--cluster-subnets=10.128.0.0/14/14 | the host length of 10.128.0.0/14 must be 15-32",
                "--cluster-subnets=10.128.0.0/14/33 | the host length of 10.128.0.0/14 must be 15-32",
                "--cluster-subnets=fd01::/48/80 | the host length of fd01::/48 must be 64, as of every IPv6 subnet",
                "--cluster-subnets=10.0.0.0/8/23,10.1.0.0/16/24 | 10.1.0.0/16 overlaps another entry",
                "--cluster-subnets=fd01:0:0:7::/56,10.0.0.0/8/23,fd01::/48 | fd01::/48 overlaps another entry",
                "--gateway-v4-join-subnet=fd98::/64 | must be an IPv4 subnet, such as 100.64.0.0/16",
                "--gateway-v6-join-subnet=100.64.0.0/16 | must be an IPv6 subnet, such as fd98::/64",
                "--k8s-service-cidrs=172.30.0.0 | must be subnets separated by commas, such as 172.30.0.0/16 or"
                        + " 10.96.0.0/16,fd02::/112",
                "--metrics-bind-address=localhost:9 | must be ADDRESS:PORT, :PORT for every address, or empty for nowhere",
                "--metrics-bind-address=127.0.0.1 | must be ADDRESS:PORT, :PORT for every address, or empty for nowhere",
                "--ephemeral-port-range=60999-32768 | must be two ports, the first not above the last, such as 32768-60999",
                "--ephemeral-port-range=1-70000 | must be two ports, the first not above the last, such as 32768-60999",
                "--loglevel=loud | must be error, warn, info, debug, trace, or a number 0-5",
                "--max-rows-per-transaction=0 | must be a number 1-10000",
                "--max-rows-per-transaction=many | must be a number 1-10000",
                "--inactivity-probe=5 | must be a time such as 30s, 1m or 500ms, or 0 for never",
            })
    void aBadValueIsOneLineThatNamesTheFlagTheValueAndWhatIsAllowed(String flag, String allowed) {
        refuses(flag + ": " + allowed, flag);
    }

    @Test
    void aBadBooleanIsOneLineAsWell() {
        refuses("--disable-snat-multiple-gws=maybe: must be true or false", "--disable-snat-multiple-gws=maybe");
    }

    @Test
    void aBadValueFromTheEnvironmentNamesTheVariable() {
        environment = Map.of("OVN_EGRESS_LOGLEVEL", "loud");

        refuses("--loglevel=loud (from OVN_EGRESS_LOGLEVEL): must be error, warn, info, debug, trace, or a number 0-5");
    }

    @Test
    void encryptionNeedsAllThreeFiles() {
        refuses(
                "--nb-client-cacert is missing: an ssl: address in --nb-address or --sb-address needs it",
                "--nb-address=ssl:db:6641",
                "--nb-client-privkey=" + file,
                "--nb-client-cert=" + file);
    }

    @Test
    void keysForAConnectionInPlainTextAreRefused() {
        refuses(
                "--nb-client-cert=" + file + ": only for an ssl: address, and --nb-address=tcp:db:6641 has none",
                "--nb-address=tcp:db:6641",
                "--nb-client-cert=" + file);
    }

    @Test
    void aMisspeltFlagIsAnsweredWithTheOneThatWasMeant() {
        refuses("unknown flag --nb-adress=tcp:db:1: did you mean --nb-address?", "--nb-adress=tcp:db:1");
    }

    @Test
    void aFlagWithoutItsValueSaysSo() {
        refuses("--nb-address: a value is missing: ADDRESS[,...]", "--nb-address");
    }

    @Test
    void ofAFlagGivenTwiceTheLastWinsAsInGo() {
        assertThat(run("--max-rows-per-transaction=1", "--max-rows-per-transaction=2")
                        .maxRowsPerTransaction())
                .isEqualTo(2);
    }

    @Test
    void aCommandIsNeeded() {
        var result = execute();

        assertThat(result.err())
                .isEqualTo(
                        "ovn-egress: a command is missing: run, explain, whatif, plan, audit, status, history, whois, convert,"
                                + " version, generate-completion"
                                + System.lineSeparator());
        assertThat(result.code()).isEqualTo(2);
    }

    @Test
    void anUnknownCommandIsRefused() {
        var result = execute("rum");

        assertThat(result.err())
                .isEqualTo("ovn-egress: unknown command rum: did you mean run?" + System.lineSeparator());
        assertThat(result.code()).isEqualTo(2);
    }

    @Test
    void whatMakesTheFlagsImpossibleIsOneLineAsWell() {
        var err = new StringWriter();
        var command = EgressCommand.commandLine(Map.of(), (config, changed) -> {
            throw new ConfigurationException("--metrics-bind-address=127.0.0.1:1: in use", new IOException());
        });
        command.setErr(new PrintWriter(err, true));

        assertThat(command.execute("run")).isEqualTo(2);
        assertThat(err).hasToString("ovn-egress: --metrics-bind-address=127.0.0.1:1: in use" + System.lineSeparator());
    }

    @ParameterizedTest
    @ValueSource(strings = {"version", "--version", "-V"})
    void theVersionIsPrinted(String argument) {
        var result = execute(argument);

        assertThat(result.out()).isEqualTo(Version.line() + System.lineSeparator());
        assertThat(result.code()).isZero();
    }

    @Test
    void helpTeachesEveryFlagWithItsDefault() {
        var help = execute("run", "--help");

        assertThat(help.code()).isZero();
        assertThat(help.out())
                .contains(
                        "--kubeconfig",
                        "--nb-address",
                        "unix:/var/run/ovn/ovnnb_db.sock",
                        "--nb-client-privkey",
                        "--nb-client-cert",
                        "--nb-client-cacert",
                        "--cluster-subnets",
                        "10.128.0.0/14/23",
                        "--gateway-v4-join-subnet",
                        "--gateway-v6-join-subnet",
                        "--disable-snat-multiple-gws",
                        "--metrics-bind-address",
                        "127.0.0.1:9409",
                        "--loglevel",
                        "--max-rows-per-transaction",
                        "--inactivity-probe",
                        "OVN_EGRESS_NB_ADDRESS",
                        "Examples",
                        "Exit codes")
                .doesNotContain("${");
    }

    @Test
    void shellsAreToldHowToCompleteEveryCommand() throws IOException, InterruptedException {
        var script = execute("generate-completion").out();

        assertThat(script).contains("ovn-egress", "whatif", "plan", "--lose", "--namespace");
        var bash = new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
        try (var input = bash.getOutputStream()) {
            input.write(script.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        assertThat(bash.waitFor()).isZero();
    }
}
