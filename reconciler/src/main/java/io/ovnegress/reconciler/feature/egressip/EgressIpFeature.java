package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpClaims;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTables;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpShortfall;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.Optional;
import java.util.Set;

/** Source addresses that stay: {@code EgressIP} objects become reroute policies and SNATs for each pod address. */
public final class EgressIpFeature implements Feature {
    public static final String MARK = "egress-ip";

    private final ReconcilerConfig config;
    private final EgressIpClaims claims;

    public EgressIpFeature(ReconcilerConfig config) {
        this.config = config;
        this.claims = new EgressIpClaims(config.disableSnatMultipleGateways());
    }

    @Override
    public String mark() {
        return MARK;
    }

    @Override
    public Set<InputKind> inputs() {
        return Set.of(EgressIpInput.KIND, EgressTrafficInput.KIND);
    }

    @Override
    public Set<Shortfall.Lack> lacks() {
        return EgressIpShortfall.LACKS;
    }

    @Override
    public void monitor(MonitorSpec.Builder spec) {
        EgressIpTables.addTo(spec);
    }

    @Override
    public NorthboundView.Claims claims() {
        return claims;
    }

    @Override
    public Holds.Claims holds() {
        return EgressIpFeature::heldBy;
    }

    /**
     * A SNAT holds its egress IP on its router. Damaged rows are found by the address that they translate, which is where they have
     * their effect.
     */
    private static Optional<Holds.Held> heldBy(Row row, Optional<Owner> owner) {
        if (row.table() != Nat.TABLE || EgressIpClaims.isNodeSnat(row)) {
            return Optional.empty();
        }
        var logicalIp = row.get(Nat.LOGICAL_IP);
        return owner.filter(key -> key instanceof EgressIpOwner.PodIp(IpAddress ip)
                        && ip.text().equals(logicalIp))
                .or(() -> IpAddress.parse(logicalIp).map(EgressIpOwner.PodIp::new))
                .map(holder -> new Holds.Held(row.get(Nat.EXTERNAL_IP), holder));
    }

    @Override
    public Decisions over(World world, Signals signals) {
        return new EgressIpDecisions(config, world, signals);
    }
}
