package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.ReservedSubnet.Use;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.firewall.rows.FirewallOwner;
import io.ovnegress.reconciler.feature.firewall.rows.FirewallTables;
import io.ovnegress.reconciler.feature.firewall.rows.Matches;
import io.ovnegress.reconciler.feature.firewall.status.FirewallShortfall;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What may leave a namespace: {@code EgressFirewall} and {@code EgressNetworkPolicy} objects become ACLs on its port group. */
public final class FirewallFeature implements Feature {
    private static final Set<Use> INSIDE = EnumSet.of(Use.CLUSTER, Use.JOIN, Use.SERVICE);

    private final ReconcilerConfig config;

    public FirewallFeature(ReconcilerConfig config) {
        this.config = config;
    }

    @Override
    public String mark() {
        return FirewallOwner.MARK;
    }

    @Override
    public Set<InputKind> inputs() {
        return Set.of(
                FirewallInput.EGRESS_FIREWALL,
                FirewallInput.EGRESS_NETWORK_POLICY,
                NetNamespaceInput.KIND,
                AdminPolicyInput.KIND);
    }

    @Override
    public Set<Shortfall.Lack> lacks() {
        return FirewallShortfall.LACKS;
    }

    @Override
    public void monitor(MonitorSpec.Builder spec) {
        FirewallTables.addTo(spec);
    }

    @Override
    public NorthboundView.Claims claims() {
        return new NorthboundView.Claims() {
            @Override
            public Optional<Owner> ownerOf(Row row) {
                return FirewallOwner.of(row);
            }

            @Override
            public Optional<Owner> ownerOfMember(Row set, Column<? extends Set<?>> column, Object member) {
                return column == AddressSet.ADDRESSES ? FirewallOwner.of(set) : Optional.empty();
            }
        };
    }

    @Override
    public Decisions over(World world, Signals signals) {
        return new FirewallDecisions(new Matches(inside()), world, signals);
    }

    /** What leads to an egress router is that one's to decide, as in OpenShift. */
    private List<IpNetwork> inside() {
        return Stream.concat(
                        config.reservedSubnets().stream()
                                .filter(subnet -> INSIDE.contains(subnet.use()))
                                .map(subnet -> subnet.network()),
                        config.egressRouterVips().stream())
                .toList();
    }
}
