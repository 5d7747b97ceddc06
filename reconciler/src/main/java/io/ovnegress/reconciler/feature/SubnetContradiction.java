package io.ovnegress.reconciler.feature;

/**
 * A flag says something else of the cluster's subnets than ovnkube, which has made them.
 *
 * @param configured the flag's value
 * @param where who says something else: {@code node worker-1} or {@code port rtoj-GR_worker-1}
 * @param there what is said there
 */
public record SubnetContradiction(Flag flag, String configured, String where, String there) {

    /** The flags that say what the subnets are. */
    public enum Flag {
        CLUSTER_SUBNETS("--cluster-subnets"),
        V4_JOIN_SUBNET("--gateway-v4-join-subnet"),
        V6_JOIN_SUBNET("--gateway-v6-join-subnet");

        private final String text;

        Flag(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** {@code --cluster-subnets is 10.132.0.0/14, but node worker-1 has 10.128.0.0/23}. */
    @Override
    public String toString() {
        return flag + " is " + configured + ", but " + where + " has " + there;
    }
}
