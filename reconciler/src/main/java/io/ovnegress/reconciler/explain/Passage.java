package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.explain.Departure.Outcome;
import java.util.List;
import java.util.Optional;

/**
 * What rows of one feature do with a packet where it comes by them, beside what is done with all that a pod sends.
 *
 * @param now what becomes of it there under the rows in the database; empty if they let it pass
 * @param wanted as decided
 * @param reasons which of them decides
 */
public record Passage(Station station, Optional<Departure> now, Optional<Departure> wanted, List<Reason> reasons) {
    public Passage {
        reasons = List.copyOf(reasons);
    }

    /** In the order in which packets come by. */
    public enum Station {
        /** ACLs of the switch of the pod's node, before any router is asked. */
        POD_SWITCH,
        /** Routers of the feature's own, to which the cluster router sends it. */
        OWN_ROUTER,
        /** ACLs of the join switch, by which everything comes that leaves. */
        JOIN_SWITCH;

        /** What becomes of a packet of which that would become, if that becomes of it here. */
        Departure then(Departure would, Optional<Departure> here) {
            boolean comesBy = switch (this) {
                case POD_SWITCH -> would.outcome() != Outcome.Dropped;
                case OWN_ROUTER -> would.outcome() == Outcome.Elsewhere;
                case JOIN_SWITCH -> would.outcome() == Outcome.EgressAddress || would.outcome() == Outcome.NodeAddress;
            };
            return here.filter(unused -> comesBy).orElse(would);
        }
    }
}
