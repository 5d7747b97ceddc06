package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.StatusCondition;

/** The closed list of reasons of an EgressIP's conditions, in the order of their importance. */
public enum EgressIpReason implements StatusCondition.Reason {
    /** Every egress IP has a node. */
    Assigned,
    /** Some egress IPs have a node. */
    PartlyAssigned,
    /** An entry of {@code spec.egressIPs} is not an IP address: the object is refused as a whole. */
    InvalidEgressIP,
    /** The object names no egress IP. */
    NoEgressIP,
    /** A selector is missing or cannot be understood: the object is refused as a whole. */
    InvalidSelector,
    /** What the object asks for takes another form of rows: the object, or that part of it, is not served. */
    UnsupportedForm,
    /** The egress IP is an address of a node. */
    NodeAddressConflict,
    /** The egress IP is a default gateway, lies in a subnet of the cluster's own, or is no address of a host. */
    ReservedAddress,
    /** The egress IP belongs to another object. */
    InUseByAnotherObject,
    /** No node is labelled, ready and reachable. */
    NoEgressNode,
    /** No egress node has the egress IP in its network, or all that do serve another IP of this object. */
    NoMatchingNode,
    /** Every row is committed. */
    Programmed,
    /** Rows are still to be committed. */
    Pending,
    /** The gateway router of a node, or its join port, is not in the database yet. */
    WaitingForRouter,
    /** The database refused rows; they are tried again. */
    Refused,
    /** The controller's flags are not what nodes and routers say of the cluster: nothing is written. */
    SubnetsContradicted,
    /** Whichever node is lost, another one would have each egress IP. */
    FailoverReady,
    /** The loss of a node would leave an egress IP without one. */
    NoOtherNode,
    /** Pods are selected by an older object as well, which serves them. */
    ServedByAnotherObject,
    /** An older object lists the same destinations, and has them for pods that both select. */
    DestinationOfAnotherObject,
    /** {@code onUnassigned} is neither of what it may be. */
    InvalidOnUnassigned,
    /** {@code beforeServed} is neither of what it may be. */
    InvalidBeforeServed,
    /** {@code form} or {@code routerPlacement} is neither of what it may be. */
    InvalidForm,
    /** {@code bandwidth} or {@code dscp} is not what it may be. */
    InvalidQoS,
    /** {@code preferredNodes} or {@code onPreferredNodeReturn} is not what it may be. */
    InvalidPreferredNodes,
    /** More networks are listed than an object may have; some are left out. */
    TooManyDestinations,
    /** A destination is no network, or one of the cluster's own. */
    InvalidDestination,
    /** The object is for some destinations, and none is listed. */
    NoDestination,
    /** No namespace has the labels that are asked for. */
    NoNamespaceSelected,
    /** Namespaces have, but none of their pods. */
    NoPodSelected,
    /** Annotation or status of pods name addresses that are not theirs, or not to be told. */
    PodAddressRefused
}
