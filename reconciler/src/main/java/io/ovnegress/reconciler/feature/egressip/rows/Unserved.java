package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.reconciler.feature.Shortfall;

/**
 * Why a pod that is selected leaves with no egress IP: a closed set, in the words of the conditions where they have one, the most
 * important last.
 */
public enum Unserved implements Shortfall.Lack {
    /** No object that selects it has an egress IP with a node. */
    Unassigned,
    /** The object that serves it has egress IPs, but none of a family of the pod's addresses. */
    NoEgressIPOfFamily,
    /** {@code --cluster-subnets} names no subnet of a family of the pod's addresses. */
    NoClusterSubnet,
    /** The gateway router of the egress node, its join port, or the cluster's router is not in the database. */
    WaitingForRouter,
    /** The database refused its rows; they are tried again. */
    Refused;

    private static final Shortfall.Measure PODS =
            new Shortfall.Measure("unserved.pods", "Selected pods that leave with no egress IP");

    @Override
    public Shortfall.Measure measure() {
        return PODS;
    }

    @Override
    public String reason() {
        return name();
    }
}
