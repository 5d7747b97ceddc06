package io.ovnegress.controller;

import io.ovnegress.controller.leader.LeaderElectionConfig;
import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.TlsFiles;
import io.ovnegress.controller.reachability.ReachabilityConfig;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.input.IpNetwork;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the operator decided on the command line, checked and complete. Immutable; read once, when the process is wired.
 *
 * @param kubeconfig absent: KUBECONFIG, then the cluster that the process runs in
 * @param northbound where the database is, in the order in which it is tried
 * @param northboundTls present if one of those, or of the southbound ones, needs it
 * @param southbound where the southbound database is, likewise; none: it is not read
 * @param clusterSubnets pod subnets of the cluster, masked, without the host prefix length
 * @param joinSubnets the join switch's subnets, one of each family
 * @param metricsBindAddress where /metrics, /healthz and /readyz are served; absent: nowhere
 * @param inactivityProbe silence of the database after which it is asked whether it is there; zero: never
 * @param drainUnschedulableNodes whether a node that takes no more pods gives its egress IPs away, annotated or not
 * @param rebalanceInterval how often one egress IP may move to a node that serves fewer; zero: never
 * @param ephemeralPortRange the ports that SNATs may use; absent: what ovnkube's own rows show
 * @param otherSubnets what else the cluster uses itself: transit, masquerade, services
 * @param movesInSteps whether changes that packets must not see half done wait for what they rely on to be installed
 * @param guards whether gateway routers drop what comes to them from pods of other nodes and has no egress IP there
 * @param egressFirewall whether policies for what may leave a namespace are obeyed
 * @param dnsServers asked for host names, in this order; none: those of the system
 * @param egressIpPools whether namespaces are given addresses of pools
 * @param form by which rows the pods of EgressIPs leave that do not say it themselves
 * @param bfdInterval how often chassis tell each other that they are alive; absent: as whoever else has set it
 * @param egressRouterVips the ranges of egress routers' virtual IPs; none: there are no egress routers
 * @param reachability how egress nodes are probed
 * @param leaderElection how several controllers agree on one
 * @param historySize how many bytes of memory what was programmed lately may keep
 * @param historyFile where it is written as well; absent: nowhere
 * @param reportOnly whether it says what it would do, and writes neither rows nor statuses
 * @param proxyImage of squid, for EgressProxies; absent: there are to be none
 * @param aviServices whether Services with Avi's annotation are egress routers
 */
public record ControllerConfig(
        Optional<Path> kubeconfig,
        List<NbRemote> northbound,
        Optional<TlsFiles> northboundTls,
        List<NbRemote> southbound,
        List<IpNetwork> clusterSubnets,
        List<IpNetwork> joinSubnets,
        boolean disableSnatMultipleGateways,
        Optional<InetSocketAddress> metricsBindAddress,
        int maxRowsPerTransaction,
        Duration inactivityProbe,
        boolean drainUnschedulableNodes,
        Duration rebalanceInterval,
        Optional<String> ephemeralPortRange,
        List<ReservedSubnet> otherSubnets,
        boolean movesInSteps,
        boolean guards,
        boolean egressFirewall,
        List<InetSocketAddress> dnsServers,
        boolean egressIpPools,
        EgressForm.Kind form,
        Optional<Duration> bfdInterval,
        List<IpNetwork> egressRouterVips,
        ReachabilityConfig reachability,
        LeaderElectionConfig leaderElection,
        long historySize,
        Optional<Path> historyFile,
        boolean reportOnly,
        Optional<String> proxyImage,
        boolean aviServices) {
    public ControllerConfig {
        northbound = List.copyOf(northbound);
        southbound = List.copyOf(southbound);
        clusterSubnets = List.copyOf(clusterSubnets);
        joinSubnets = List.copyOf(joinSubnets);
        otherSubnets = List.copyOf(otherSubnets);
        dnsServers = List.copyOf(dnsServers);
        egressRouterVips = List.copyOf(egressRouterVips);
    }

    /** The options of {@code NB_Global} that are asked for. */
    public Map<String, String> northboundOptions() {
        return bfdInterval
                .map(interval -> Long.toString(interval.toMillis()))
                .map(milliseconds -> Map.of("bfd-min-rx", milliseconds, "bfd-min-tx", milliseconds, "bfd-mult", "3"))
                .orElse(Map.of());
    }

    /** The part that the decisions depend on. */
    public ReconcilerConfig reconciler() {
        return new ReconcilerConfig(
                clusterSubnets,
                joinSubnets,
                disableSnatMultipleGateways,
                maxRowsPerTransaction,
                rebalanceInterval,
                ephemeralPortRange,
                otherSubnets,
                guards,
                egressFirewall,
                form,
                egressRouterVips,
                egressIpPools);
    }
}
