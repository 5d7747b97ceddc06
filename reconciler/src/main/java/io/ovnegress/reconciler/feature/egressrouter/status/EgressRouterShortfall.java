package io.ovnegress.reconciler.feature.egressrouter.status;

import io.ovnegress.reconciler.feature.Shortfall;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Set;
import java.util.stream.Collectors;

/** Egress routers that do not do what they are to. */
public final class EgressRouterShortfall {
    /** Failovers are counted for all objects alike, where nodes are looked at. */
    private static final Set<EgressRouterReason> NO_LACKS = Set.of(
            EgressRouterReason.Serving,
            EgressRouterReason.OnTwoNodes,
            EgressRouterReason.NotReady, // the reason why it is not is counted
            EgressRouterReason.FailoverReady,
            EgressRouterReason.NoOtherNode,
            EgressRouterReason.NamesResolved,
            EgressRouterReason.DestinationsReachable,
            EgressRouterReason.ServiceFilled,
            EgressRouterReason.AnnotationObeyed);

    /** All that there can be. */
    public static final Set<Shortfall.Lack> LACKS = Arrays.stream(EgressRouterReason.values())
            .filter(reason -> !NO_LACKS.contains(reason))
            .map(Unready::new)
            .collect(Collectors.toUnmodifiableSet());

    private EgressRouterShortfall() {}

    private record Unready(EgressRouterReason why) implements Shortfall.Lack {
        private static final Shortfall.Measure ROUTERS =
                new Shortfall.Measure("unready.egress.routers", "EgressRouters that do not do all that they are to");

        @Override
        public Shortfall.Measure measure() {
            return ROUTERS;
        }

        @Override
        public String reason() {
            return why.name();
        }
    }

    /** @param reasons of the conditions of each */
    public static Shortfall of(Collection<EgressRouterReason> reasons) {
        var counts = new HashMap<Shortfall.Lack, Integer>();
        reasons.stream()
                .filter(reason -> !NO_LACKS.contains(reason))
                .forEach(reason -> counts.merge(new Unready(reason), 1, Integer::sum));
        return new Shortfall(counts);
    }
}
