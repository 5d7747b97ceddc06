package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.util.List;

/**
 * How far rows have come, as one machine knows it, for another one over a copy of the same database. Immutable.
 *
 * @param silence who does not say how far they have
 * @param northd how long the last answer of ovn-northd took, from the transaction that asked
 * @param chassis how long it took from then until every chassis had installed it
 * @param unknown of which nobody knows whether they are installed, for lack of a question or of an answer
 */
public record InstallationCopy(Silence silence, Duration northd, Duration chassis, List<Rows> unknown) {
    public InstallationCopy {
        unknown = List.copyOf(unknown);
    }

    /** All that is an owner's in a table. */
    public record Rows(Owner owner, Table table) {}
}
