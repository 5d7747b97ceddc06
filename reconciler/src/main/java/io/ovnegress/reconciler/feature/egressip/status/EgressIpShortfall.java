package io.ovnegress.reconciler.feature.egressip.status;

import com.google.common.collect.ImmutableSet;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.egressip.rows.Unserved;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What users of EgressIPs lack: egress IPs a node, pods an egress IP. */
public final class EgressIpShortfall {
    private static final Set<EgressIpReason> UNASSIGNED = EnumSet.of(
            EgressIpReason.InvalidEgressIP,
            EgressIpReason.NoEgressIP,
            EgressIpReason.InvalidSelector,
            EgressIpReason.NodeAddressConflict,
            EgressIpReason.InUseByAnotherObject,
            EgressIpReason.NoEgressNode,
            EgressIpReason.NoMatchingNode);

    /** All that there can be. */
    public static final Set<Shortfall.Lack> LACKS = lacks();

    private EgressIpShortfall() {}

    /** An egress IP has no node. */
    private record Unassigned(EgressIpReason why) implements Shortfall.Lack {
        private static final Shortfall.Measure EGRESS_IPS =
                new Shortfall.Measure("unassigned.egress.ips", "Egress IPs that have no node");

        @Override
        public Shortfall.Measure measure() {
            return EGRESS_IPS;
        }

        @Override
        public String reason() {
            return why.name();
        }
    }

    private static Set<Shortfall.Lack> lacks() {
        var lacks = ImmutableSet.<Shortfall.Lack>builder();
        UNASSIGNED.forEach(why -> lacks.add(new Unassigned(why)));
        return lacks.add(Unserved.values()).build();
    }

    /**
     * @param unassigned egress IPs without a node, by reason; an object that is refused counts as all of its egress IPs, at least
     *     as one
     * @param unservedPods pods that are selected and leave with no egress IP, by reason
     */
    public static Shortfall of(Map<EgressIpReason, Integer> unassigned, Map<Unserved, Integer> unservedPods) {
        var counts = new HashMap<Shortfall.Lack, Integer>(unservedPods);
        unassigned.forEach((why, count) -> counts.put(new Unassigned(why), count));
        return new Shortfall(counts);
    }

    /** How many pods are unserved, by reason. */
    public static Map<Unserved, Integer> unservedPods(Shortfall shortfall) {
        var pods = new EnumMap<Unserved, Integer>(Unserved.class);
        shortfall.counts().forEach((lack, count) -> {
            if (lack instanceof Unserved why) {
                pods.put(why, count);
            }
        });
        return pods;
    }
}
