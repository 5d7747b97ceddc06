package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Set;

/** Addresses for namespaces: EgressIPPools become EgressIPs, and no rows. */
public final class PoolFeature implements Feature {
    private final ReconcilerConfig config;

    public PoolFeature(ReconcilerConfig config) {
        this.config = config;
    }

    @Override
    public String mark() {
        return "egress-ip-pool";
    }

    @Override
    public Set<InputKind> inputs() {
        return Set.of(PoolInput.KIND, PooledEgressIp.KIND);
    }

    @Override
    public Set<Shortfall.Lack> lacks() {
        return PoolStatus.LACKS;
    }

    @Override
    public void monitor(MonitorSpec.Builder spec) {
        // What it asks the database is read by others: whether there is a transit switch.
    }

    @Override
    public NorthboundView.Claims claims() {
        return new NorthboundView.Claims() {
            @Override
            public Optional<Owner> ownerOf(Row row) {
                return Optional.empty();
            }

            @Override
            public Optional<Owner> ownerOfMember(Row set, Column<? extends Set<?>> column, Object member) {
                return Optional.empty();
            }
        };
    }

    @Override
    public Decisions over(World world, Signals signals) {
        var reserved = new ArrayList<>(config.egressRouterVips());
        config.reservedSubnets().forEach(subnet -> reserved.add(subnet.network()));
        return new PoolDecisions(reserved, world);
    }
}
