package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.feature.egressip.EgressIpDecision;
import io.ovnegress.reconciler.feature.egressip.rows.Unserved;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;

/**
 * What an explanation says of a pod, an object or a node besides the reasons that conditions ({@link EgressIpReason}), metrics
 * ({@link Unserved}) and decisions ({@link EgressIpDecision.Why}) have for it: a closed set.
 */
enum EgressIpFinding {
    /** The pod is in its node's network. */
    HostNetwork,
    /** The pod has finished. */
    Finished,
    /** The pod has no node yet. */
    NotScheduled,
    /** The pod has no address yet. */
    NoAddress,
    /** What the pod's object says of its addresses is not believed. */
    AddressRefused,
    /** The object selects the pod. */
    Selected,
    /** No object selects the pod. */
    NotSelected,
    /** Of those that select the pod the object is the oldest that has an egress IP with a node. */
    Serves,
    /** An older object serves the pod. */
    StandsBy,
    /** None of the object's egress IPs has a node. */
    NotPlaced,
    /** The object's pods leave through routers of its own. */
    Routed,
    /** To some destinations the pod leaves otherwise. */
    ByDestination,
    /** The egress IP has a node. */
    Placed,
    /** A node that the object prefers does not exist. */
    UnknownNode,
    /** The object asks that what cannot leave with its egress IP does not leave. */
    Drops,
    /** A gateway router drops what is sent to it, since it has no egress IP there. */
    Guarded,
    /** A router of an egress IP's own drops what is sent to it, since some of its rows are missing. */
    RouterLacks,
    /** Somebody else has a policy for the address too. */
    AnotherPolicy,
    /** What nothing else is decided about leaves with its node's address. */
    LeavesAsNode,
    /** What of the served pods' traffic is exempt, by rows that are there once for all. */
    Exempt,
    /** Of all policies that fit the destination this one is asked first. */
    Decides,
    /** Whether a policy fits cannot be told. */
    Undecided,
    /** The destination is a Service's: a load balancer puts an endpoint's address in its place. */
    ServiceAddress,
    /** The destination is on the switch of the pod's own node. */
    SameSwitch,
    /** The destination is a pod, or what else has an address of a node's subnet. */
    InCluster,
    /** A route to the destination decides where it leaves. */
    Routes,
    /** No route leads to the destination. */
    NoRoute,
    /** The pod has no address of the destination's family. */
    OtherFamily,
    /** The node can serve. */
    Available,
    /** Nobody selects the node for egress IPs. */
    NoEgressNode,
    /** The node would serve too. */
    AlsoPossible,
    /** What an annotation of the node says cannot be understood. */
    InvalidAnnotation,
    /** The address is an egress IP. */
    EgressAddress,
    /** The address is a pod's. */
    PodAddress,
    /** The address is a node's. */
    NodeOwnAddress,
    /** The address is one that the cluster uses itself. */
    Reserved
}
