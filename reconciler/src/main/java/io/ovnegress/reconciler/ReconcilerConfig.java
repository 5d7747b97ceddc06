package io.ovnegress.reconciler;

import io.ovnegress.reconciler.ReservedSubnet.Use;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.input.IpNetwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the operator decides, once.
 *
 * @param clusterSubnets pod subnets of the cluster, without the host prefix length
 * @param joinSubnets the join switch's subnets, at most one of each family
 * @param disableSnatMultipleGateways ovnkube's {@code --disable-snat-multiple-gws}: pods have a SNAT each on their node's
 *     gateway router
 * @param maxRowsPerTransaction rows after which a transaction takes no further pods; an egress IP still moves whole
 * @param rebalanceInterval how often one egress IP may move to a node that serves fewer; zero: never
 * @param ephemeralPortRange the ports that SNATs may use, as {@code 32768-60999}; absent: what ovnkube's own rows show
 * @param otherSubnets what else the cluster uses itself, besides cluster and join subnets: transit, masquerade, services
 * @param guards whether gateway routers drop what comes to them from pods of other nodes and has no egress IP there
 * @param firewall whether policies for what may leave a namespace are obeyed
 * @param form by which rows the pods of objects leave that do not say it themselves
 * @param egressRouterVips the ranges of egress routers' virtual IPs; none: there are no egress routers
 * @param pools whether namespaces are given addresses of pools
 */
public record ReconcilerConfig(
        List<IpNetwork> clusterSubnets,
        List<IpNetwork> joinSubnets,
        boolean disableSnatMultipleGateways,
        int maxRowsPerTransaction,
        Duration rebalanceInterval,
        Optional<String> ephemeralPortRange,
        List<ReservedSubnet> otherSubnets,
        boolean guards,
        boolean firewall,
        EgressForm.Kind form,
        List<IpNetwork> egressRouterVips,
        boolean pools) {
    public ReconcilerConfig {
        clusterSubnets = List.copyOf(clusterSubnets);
        joinSubnets = List.copyOf(joinSubnets);
        otherSubnets = List.copyOf(otherSubnets);
        egressRouterVips = List.copyOf(egressRouterVips);
    }

    /** Those of one use. */
    public List<IpNetwork> networks(ReservedSubnet.Use use) {
        return reservedSubnets().stream()
                .filter(subnet -> subnet.use() == use)
                .map(ReservedSubnet::network)
                .toList();
    }

    /** Every subnet that no egress IP may lie in. */
    public List<ReservedSubnet> reservedSubnets() {
        var reserved = new ArrayList<ReservedSubnet>();
        clusterSubnets.forEach(network -> reserved.add(new ReservedSubnet(Use.CLUSTER, network)));
        joinSubnets.forEach(network -> reserved.add(new ReservedSubnet(Use.JOIN, network)));
        reserved.addAll(otherSubnets);
        return reserved;
    }

    /** Nothing moves by itself, no other subnets are known, and there are no other features than egress IPs with rows for each pod. */
    public ReconcilerConfig(
            List<IpNetwork> clusterSubnets,
            List<IpNetwork> joinSubnets,
            boolean disableSnatMultipleGateways,
            int maxRowsPerTransaction) {
        this(
                clusterSubnets,
                joinSubnets,
                disableSnatMultipleGateways,
                maxRowsPerTransaction,
                Duration.ZERO,
                Optional.empty(),
                List.of(),
                false,
                false,
                EgressForm.Kind.PER_POD,
                List.of(),
                false);
    }

    /** One like this, but for what is said. */
    public Builder edit() {
        return new Builder(this);
    }

    /** Not thread safe. */
    public static final class Builder {
        private final ReconcilerConfig like;
        private Duration rebalanceInterval;
        private Optional<String> ephemeralPortRange;
        private List<ReservedSubnet> otherSubnets;
        private boolean guards;
        private boolean firewall;
        private EgressForm.Kind form;
        private List<IpNetwork> egressRouterVips;
        private boolean pools;

        private Builder(ReconcilerConfig like) {
            this.like = like;
            this.rebalanceInterval = like.rebalanceInterval();
            this.ephemeralPortRange = like.ephemeralPortRange();
            this.otherSubnets = like.otherSubnets();
            this.guards = like.guards();
            this.firewall = like.firewall();
            this.form = like.form();
            this.egressRouterVips = like.egressRouterVips();
            this.pools = like.pools();
        }

        public Builder rebalanceInterval(Duration other) {
            rebalanceInterval = other;
            return this;
        }

        public Builder ephemeralPortRange(Optional<String> other) {
            ephemeralPortRange = other;
            return this;
        }

        public Builder otherSubnets(List<ReservedSubnet> other) {
            otherSubnets = other;
            return this;
        }

        public Builder guards(boolean other) {
            guards = other;
            return this;
        }

        public Builder firewall(boolean other) {
            firewall = other;
            return this;
        }

        public Builder form(EgressForm.Kind other) {
            form = other;
            return this;
        }

        public Builder egressRouterVips(List<IpNetwork> other) {
            egressRouterVips = other;
            return this;
        }

        public Builder pools(boolean other) {
            pools = other;
            return this;
        }

        public ReconcilerConfig build() {
            return new ReconcilerConfig(
                    like.clusterSubnets(),
                    like.joinSubnets(),
                    like.disableSnatMultipleGateways(),
                    like.maxRowsPerTransaction(),
                    rebalanceInterval,
                    ephemeralPortRange,
                    otherSubnets,
                    guards,
                    firewall,
                    form,
                    egressRouterVips,
                    pools);
        }
    }
}
