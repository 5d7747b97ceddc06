package io.ovnegress.reconciler;

import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;

/** A subnet that the cluster uses itself: no egress IP may lie in it. */
public record ReservedSubnet(Use use, IpNetwork network) {

    /** What for, and by which flag it is known. */
    public enum Use {
        CLUSTER("cluster", "--cluster-subnets", "--cluster-subnets"),
        JOIN("join", "--gateway-v4-join-subnet", "--gateway-v6-join-subnet"),
        TRANSIT("transit", "--cluster-manager-v4-transit-switch-subnet", "--cluster-manager-v6-transit-switch-subnet"),
        MASQUERADE("masquerade", "--gateway-v4-masquerade-subnet", "--gateway-v6-masquerade-subnet"),
        SERVICE("service", "--k8s-service-cidrs", "--k8s-service-cidrs");

        private final String word;
        private final String v4Flag;
        private final String v6Flag;

        Use(String word, String v4Flag, String v6Flag) {
            this.word = word;
            this.v4Flag = v4Flag;
            this.v6Flag = v6Flag;
        }
    }

    /** As in {@code service subnet 172.30.0.0/16 (--k8s-service-cidrs)}. */
    @Override
    public String toString() {
        return use.word + " subnet " + network + " (" + (network.family() == IpFamily.V4 ? use.v4Flag : use.v6Flag)
                + ")";
    }
}
