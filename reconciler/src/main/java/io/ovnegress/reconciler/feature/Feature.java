package io.ovnegress.reconciler.feature;

import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.Optional;
import java.util.Set;

/**
 * What the machine is told of one thing that the database is to hold for users, such as egress IPs: which rows are its own, and
 * who decides about them. Has no state. Adding one touches its own folder and a line in {@link Features}.
 */
public interface Feature {
    /** What {@code external_ids:ovn-egress.io/feature} of its rows says; the same for ever, no other feature's. */
    String mark();

    /** The kinds of objects that it reads beside those that are there for all of them. */
    default Set<InputKind> inputs() {
        return Set.of();
    }

    /** All that {@link Decisions#shortfall} may count: what it does not is zero. */
    default Set<Shortfall.Lack> lacks() {
        return Set.of();
    }

    /** Adds the tables and columns that it reads or writes. */
    void monitor(MonitorSpec.Builder spec);

    /** Whose a row is, from the row alone. */
    NorthboundView.Claims claims();

    /** What its rows occupy that may be in one place only. */
    default Holds.Claims holds() {
        return (row, owner) -> Optional.empty();
    }

    /** Its decisions over this world, which the machine keeps up to date. Called once for each machine. */
    Decisions over(World world, Signals signals);
}
