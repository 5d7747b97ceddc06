package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.StatusCondition;

/** The conditions of an EgressIP. */
public enum EgressIpConditionType implements StatusCondition.Type {
    /** Whether every egress IP of the object has a node. */
    Assigned,
    /** Whether the database holds every row that follows from the assignment. */
    Programmed,
    /** Whether other nodes would have its egress IPs if one were lost; absent while none has a node. */
    FailoverReady,
    /** Whether some selected pods are served by an older object instead; absent while there are none. */
    Standby,
    /** Whether a part of the spec is understood otherwise than it was meant, maybe; absent while there is none. */
    InvalidSpec,
    /** Whether the object selects no pod that it could serve; absent otherwise. */
    Unused,
    /** Whether selected pods say something of their addresses that is not believed; absent while there are none. */
    AddressRefused
}
