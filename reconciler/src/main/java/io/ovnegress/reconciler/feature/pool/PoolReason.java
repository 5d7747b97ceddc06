package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;

/** How it is with a pool; of its condition and its events. */
public enum PoolReason implements StatusCondition.Reason, StatusChange.EventReason {
    /** Every namespace that is to have addresses has them. */
    Ready,
    /** A field is not understood: everything stays as it is. */
    InvalidPool,
    /** An older pool has some of its addresses: everything stays as it is. */
    Overlaps,
    /** There are not enough addresses for all namespaces. */
    Exhausted,
    /** An EgressIP that it would make is there, and is somebody else's. */
    NameTaken,
    /** In a cluster whose nodes have databases of their own. */
    UnsupportedTopology;

    /** Of its condition. */
    public enum Type implements StatusCondition.Type {
        Ready
    }
}
