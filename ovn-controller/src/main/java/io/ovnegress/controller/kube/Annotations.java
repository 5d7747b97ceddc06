package io.ovnegress.controller.kube;

/** What users write on objects that have no field for it, such as an EgressIP of ovn-kubernetes' definition. Stateless. */
public final class Annotations {
    // On an EgressIP.

    /** {@code Drop} or {@code NodeAddress}. */
    public static final String ON_UNASSIGNED = "ovn-egress.io/on-unassigned";
    /** {@code PerPod} or {@code Router}. */
    public static final String FORM = "ovn-egress.io/form";
    /** {@code Floating} or {@code Pinned}. */
    public static final String ROUTER_PLACEMENT = "ovn-egress.io/router-placement";
    /** {@code Drop} or {@code NodeAddress}: how pods leave until they are served. */
    public static final String BEFORE_SERVED = "ovn-egress.io/before-served";
    /** Networks and addresses with commas between them. */
    public static final String DESTINATIONS = "ovn-egress.io/destinations";
    /** Likewise. */
    public static final String EXCLUDED_DESTINATIONS = "ovn-egress.io/excluded-destinations";
    /** As JSON: {@code {"rateKbps":2000,"burstKb":200}}, or the rate alone. */
    public static final String BANDWIDTH = "ovn-egress.io/bandwidth";
    /** A number from 0 to 63. */
    public static final String DSCP = "ovn-egress.io/dscp";
    /** The selector as JSON, as {@code {"matchLabels":{"pool":"egress"}}}. */
    public static final String EGRESS_NODE_SELECTOR = "ovn-egress.io/egress-node-selector";
    /** Names of nodes with commas between them. */
    public static final String PREFERRED_NODES = "ovn-egress.io/preferred-nodes";
    /** {@code Stay} or {@code MoveBack}. */
    public static final String ON_PREFERRED_NODE_RETURN = "ovn-egress.io/on-preferred-node-return";

    // On a node.

    /** Addresses with commas between them: SDN's {@code HostSubnet.egressIPs}. */
    public static final String EGRESS_IPS = "ovn-egress.io/egress-ips";
    /** Networks with commas between them: SDN's {@code HostSubnet.egressCIDRs}. */
    public static final String EGRESS_CIDRS = "ovn-egress.io/egress-cidrs";
    /** How many addresses. */
    public static final String EGRESS_CAPACITY = "ovn-egress.io/egress-capacity";
    /** With the value {@code true}, an unschedulable node gives its egress IPs away. */
    public static final String DRAIN = "ovn-egress.io/drain";

    private Annotations() {}
}
