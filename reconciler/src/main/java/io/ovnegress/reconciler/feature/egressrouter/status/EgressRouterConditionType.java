package io.ovnegress.reconciler.feature.egressrouter.status;

import io.ovnegress.reconciler.feature.StatusCondition;

/** What is said of an egress router. */
public enum EgressRouterConditionType implements StatusCondition.Type {
    /** What clients send to the virtual IP leaves as it is to. */
    Ready,
    /** It outlives the loss of a node; not said of one that does not ask for that. */
    HighlyAvailable,
    /** Other nodes would have the sources of one that is lost; not said of one whose sources are nowhere. */
    FailoverReady,
    /** It is known what the host names of its destinations stand for. */
    NamesResolved,
    /** Its TCP destinations take connections of the controller's; not said of one that does not ask for that. */
    DestinationsReachable,
    /** The Service leads there too; not said of one that names none. */
    ServiceFilled,
    /** What the Service's annotation asks for is done, or that is refused; not said of one that is not made from an annotation. */
    AnnotationObeyed
}
