package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterTables;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterShortfall;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.Optional;
import java.util.Set;

/** Known ways out without a pod: {@code EgressRouter} objects become logical routers with load balancers. */
public final class EgressRouterFeature implements Feature {
    private final ReconcilerConfig config;

    public EgressRouterFeature(ReconcilerConfig config) {
        this.config = config;
    }

    @Override
    public String mark() {
        return EgressRouterOwner.MARK;
    }

    @Override
    public Set<InputKind> inputs() {
        return Set.of(EgressRouterInput.KIND);
    }

    @Override
    public Set<Shortfall.Lack> lacks() {
        return EgressRouterShortfall.LACKS;
    }

    @Override
    public void monitor(MonitorSpec.Builder spec) {
        EgressRouterTables.addTo(spec);
    }

    @Override
    public NorthboundView.Claims claims() {
        return new NorthboundView.Claims() {
            @Override
            public Optional<Owner> ownerOf(Row row) {
                return EgressRouterOwner.of(row);
            }

            @Override
            public Optional<Owner> ownerOfMember(Row set, Column<? extends Set<?>> column, Object member) {
                return column == AddressSet.ADDRESSES ? EgressRouterOwner.of(set) : Optional.empty();
            }
        };
    }

    @Override
    public Decisions over(World world, Signals signals) {
        return new EgressRouterDecisions(config, world, signals);
    }
}
