package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.StatusChange;

/** What events on EgressIPs are about, with ovn-kubernetes' reasons where it has one. */
public enum EgressIpEventReason implements StatusChange.EventReason {
    InvalidEgressIP,
    EgressIPConflict,
    UnsupportedRequest,
    NoMatchingNodeFound,
    UnassignedRequest,
    UndefinedRequest,
    /** Ours: another writer has changed the object's rows, and they were put right. */
    RowsRepaired,
    /** Ours: the database did not answer to a move in one transaction, so it is made in parts. */
    MovedInParts,
    /** Ours: the gateway router of a node that has egress IPs, its join port or the cluster router is not in the database. */
    RouterMissing,
    /** Ours: an egress IP is a default gateway, lies in a subnet of the cluster's own, or is no address of a host. */
    ReservedAddress,
    /** Ours, on nodes: what a node's annotations say of the egress IPs that it may serve cannot be understood. */
    InvalidAnnotation,
    /** Ours: pods say something of their addresses that is not believed. */
    PodAddressRefused,
    /** Ours: OVN has moved the router of an egress IP to another node by itself. */
    FailedOver
}
