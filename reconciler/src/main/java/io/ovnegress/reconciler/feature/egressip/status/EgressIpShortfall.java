package io.ovnegress.reconciler.feature.egressip.status;

import com.google.common.collect.ImmutableSet;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.egressip.rows.Unserved;
import io.ovnegress.reconciler.input.AddressRefusal;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What users of EgressIPs lack: egress IPs a node, pods an egress IP or our belief, nodes a router. */
public final class EgressIpShortfall {
    private static final Set<EgressIpReason> UNASSIGNED = EnumSet.of(
            EgressIpReason.InvalidEgressIP,
            EgressIpReason.NoEgressIP,
            EgressIpReason.InvalidSelector,
            EgressIpReason.NodeAddressConflict,
            EgressIpReason.ReservedAddress,
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

    /** A node has egress IPs, or might be given some, and no router that leads there. */
    private enum Node implements Shortfall.Lack {
        RouterMissing;

        private static final Shortfall.Measure NODES = new Shortfall.Measure(
                "nodes.without.router",
                "Nodes that have egress IPs and lack their gateway router, its join port or the cluster router");

        @Override
        public Shortfall.Measure measure() {
            return NODES;
        }

        @Override
        public String reason() {
            return name();
        }
    }

    /** The loss of one node would leave an egress IP of the object without a node. */
    private enum Failover implements Shortfall.Lack {
        NoOtherNode;

        private static final Shortfall.Measure OBJECTS = new Shortfall.Measure(
                "objects.without.failover",
                "EgressIPs of which the loss of a single node would leave an egress IP without a node");

        @Override
        public Shortfall.Measure measure() {
            return OBJECTS;
        }

        @Override
        public String reason() {
            return name();
        }
    }

    /** What a selected pod says of its addresses is not believed. */
    private record NotBelieved(AddressRefusal why) implements Shortfall.Lack {
        private static final Shortfall.Measure PODS = new Shortfall.Measure(
                "refused.pod.addresses", "Selected pods that say something of their addresses that is not believed");

        @Override
        public Shortfall.Measure measure() {
            return PODS;
        }

        @Override
        public String reason() {
            return why.name().toLowerCase(Locale.ROOT);
        }
    }

    private static Set<Shortfall.Lack> lacks() {
        var lacks = ImmutableSet.<Shortfall.Lack>builder();
        UNASSIGNED.forEach(why -> lacks.add(new Unassigned(why)));
        for (var why : AddressRefusal.values()) {
            lacks.add(new NotBelieved(why));
        }
        return lacks.add(Unserved.values())
                .add(Node.values())
                .add(Failover.values())
                .build();
    }

    /**
     * @param unassigned egress IPs without a node, by reason; an object that is refused counts as all of its egress IPs, at least
     *     as one
     * @param unservedPods pods that are selected and leave with no egress IP, by reason
     * @param withoutRouter nodes that have egress IPs, or might be given some, and no router that leads there
     * @param notBelieved selected pods that say something of their addresses that is not believed, by reason
     * @param withoutFailover objects of which the loss of a single node would leave an egress IP without a node
     */
    public static Shortfall of(
            Map<EgressIpReason, Integer> unassigned,
            Map<Unserved, Integer> unservedPods,
            int withoutRouter,
            Map<AddressRefusal, Integer> notBelieved,
            int withoutFailover) {
        var counts = new HashMap<Shortfall.Lack, Integer>(unservedPods);
        unassigned.forEach((why, count) -> counts.put(new Unassigned(why), count));
        notBelieved.forEach((why, count) -> counts.put(new NotBelieved(why), count));
        if (withoutRouter > 0) {
            counts.put(Node.RouterMissing, withoutRouter);
        }
        if (withoutFailover > 0) {
            counts.put(Failover.NoOtherNode, withoutFailover);
        }
        return new Shortfall(counts);
    }

    /** How many pods say something of their addresses that is not believed, by reason. */
    public static Map<AddressRefusal, Integer> refusedAddresses(Shortfall shortfall) {
        var pods = new EnumMap<AddressRefusal, Integer>(AddressRefusal.class);
        shortfall.counts().forEach((lack, count) -> {
            if (lack instanceof NotBelieved(AddressRefusal why)) {
                pods.put(why, count);
            }
        });
        return pods;
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
