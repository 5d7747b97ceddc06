package io.ovnegress.reconciler.feature.egressrouter.status;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;

/** Why an egress router serves, or does not; of its conditions and events. */
public enum EgressRouterReason implements StatusCondition.Reason, StatusChange.EventReason {
    /** What is sent to the virtual IP leaves as it is to. */
    Serving,
    /** Its rows are on their way. */
    Pending,
    /** A field of the spec is not understood. */
    InvalidSpec,
    /** A source is used by something else, or by an older EgressRouter. */
    AddressConflict,
    /** No pool has given it a source, or not all that it wants. */
    NoAddress,
    /** The virtual IP is an older EgressRouter's, or outside of the ranges for them. */
    VirtualIPConflict,
    /** The ranges for virtual IPs are used up. */
    NoVirtualIP,
    /** No node may have it. */
    NoNode,
    /** There are none, or they cannot be understood. */
    InvalidDestinations,
    /** A destination or a virtual IP is of a family of which it has no source. */
    NoSourceOfFamily,
    /** The ConfigMap, or its key, is not there. */
    NoConfigMap,
    /** ovnkube has no port group for the clients' namespaces. */
    NoPortGroup,
    /** In a cluster whose nodes have databases of their own. */
    UnsupportedTopology,
    RefusedByDatabase,
    /** Its sources are on two nodes. */
    OnTwoNodes,
    /** They are not, since no two nodes can have them. */
    NotOnTwoNodes,
    /** They are, but what is not ready is not available. */
    NotReady,
    /** If any one node is lost, another one has each source. */
    FailoverReady,
    /** The loss of a single node would leave a source without one. */
    NoOtherNode,
    /** Every name has an answer, or there are none. */
    NamesResolved,
    NamesUnresolved,
    /** Every destination that is tried answers. */
    DestinationsReachable,
    /** Some do not. */
    DestinationsUnreachable,
    /** The Service leads to the router. */
    ServiceFilled,
    /** It does not, since it cannot be used. */
    ServiceUnusable,
    /** What the annotation says is done, but for what the message names. */
    AnnotationObeyed,
    /** It cannot be obeyed, and none of it is. */
    AnnotationRefused
}
