package io.ovnegress.controller.cli;

import io.ovnegress.controller.ControllerConfig;
import java.util.Map;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ovn-egress run}: what its flags say together. They are named as ovnkube names them where it has one. */
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
            "0:asked to end (SIGTERM, SIGINT), and everything has been stopped in order",
            "1:a fault that a resync did not cure: start it again",
            "2:a flag or the configuration is wrong: one line says which and what is allowed",
            "3:out of memory: give it more, see OVN_EGRESS_JAVA_OPTS in the runbook, and start it again",
            "143, 130:asked to end, and not stopped within ten seconds"
        })
final class RunCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    @Spec
    private CommandSpec spec;

    @ArgGroup(validate = false, heading = "%nKubernetes%n", order = 1)
    private final ApiFlags api = new ApiFlags();

    @ArgGroup(validate = false, heading = "%nNorthbound database%n", order = 2)
    private final DatabaseFlags database = new DatabaseFlags();

    @ArgGroup(validate = false, heading = "%nCluster network (as ovnkube has it)%n", order = 3)
    private final NetworkFlags network = new NetworkFlags();

    @ArgGroup(validate = false, heading = "%nEgress nodes%n", order = 4)
    private final NodeFlags nodes = new NodeFlags();

    @ArgGroup(validate = false, heading = "%nEgress firewall%n", order = 5)
    private final FirewallFlags firewall = new FirewallFlags();

    @ArgGroup(validate = false, heading = "%nEgress routers%n", order = 6)
    private final RouterFlags router = new RouterFlags();

    @ArgGroup(validate = false, heading = "%nHTTP proxies%n", order = 7)
    private final ProxyFlags proxies = new ProxyFlags();

    @ArgGroup(validate = false, heading = "%nAddress pools%n", order = 8)
    private final PoolFlags pools = new PoolFlags();

    @ArgGroup(validate = false, heading = "%nProcess%n", order = 9)
    private final ProcessFlags process = new ProcessFlags();

    @ArgGroup(validate = false, heading = "%nLeader election%n", order = 10)
    private final ElectionFlags election = new ElectionFlags();

    private final Map<String, String> environment;
    private final Launch launch;

    RunCommand(Map<String, String> environment, Launch launch) {
        this.environment = environment;
        this.launch = launch;
    }

    @Override
    public Integer call() {
        var config = config();
        process.logLevel().apply();
        new EnvironmentDefaults(environment)
                .unknown(spec.commandLine())
                .forEach((name, meant) -> LOG.atWarn()
                        .addKeyValue("variable", name)
                        .addKeyValue("meant", meant.orElse("none of ours is like it"))
                        .log("unknown environment variable, without effect"));
        return launch.run(config, Flags.changed(spec.commandLine()));
    }

    ControllerConfig config() {
        var command = spec.commandLine();
        network.check(command);
        router.check(command, pools.enabled());
        return new ControllerConfig(
                api.kubeconfig(),
                database.address(),
                database.tls(command),
                database.southbound(),
                network.clusterSubnets(),
                network.joinSubnets(),
                network.disableSnatMultipleGateways(),
                process.metricsBindAddress().address(),
                database.maxRowsPerTransaction(),
                database.inactivityProbe(),
                nodes.drainUnschedulable(),
                nodes.rebalanceInterval(),
                network.ephemeralPortRange(),
                network.otherSubnets(),
                network.movesInSteps(),
                network.guards(),
                firewall.enabled(),
                firewall.dnsServers(),
                pools.enabled(),
                network.form(),
                network.bfdInterval(),
                router.virtualIps(),
                nodes.reachability(command),
                election.config(api.inAPod(environment), command),
                process.historySize(),
                process.historyFile(),
                process.reportOnly(),
                proxies.image(),
                router.aviServices());
    }
}
