package io.ovnegress.reconciler.router;

/** What ovn-kubernetes calls its routers and ports. */
public final class TopologyNames {
    /** The distributed router of the cluster. */
    public static final String CLUSTER_ROUTER = "ovn_cluster_router";

    /** To which the cluster router and all gateway routers are connected. */
    public static final String JOIN_SWITCH = "join";

    public static final String GATEWAY_ROUTER_PREFIX = "GR_";
    /** Port of a gateway router on the join switch. */
    public static final String JOIN_PORT_PREFIX = "rtoj-GR_";
    /** Port of the cluster router on the join switch. */
    public static final String CLUSTER_JOIN_PORT = "rtoj-" + CLUSTER_ROUTER;

    /** Port of a gateway router on the external switch. */
    public static final String EXTERNAL_PORT_PREFIX = "rtoe-GR_";
    /** The management port of a node; as {@code NAT.logical_port} it tells these rows from node SNAT. */
    public static final String MANAGEMENT_PORT_PREFIX = "k8s-";

    private TopologyNames() {}
}
