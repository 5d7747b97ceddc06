package io.ovnegress.controller.proxy;

import io.ovnegress.reconciler.feature.StatusChange;

/** Why condition {@code Ready} of an EgressProxy is what it is; those that are somebody's mistake are events too. */
enum ProxyReason implements StatusChange.EventReason {
    Ready,
    /** A field cannot be read. */
    InvalidSpec,
    /** A line of the destinations cannot be read. */
    InvalidDestinations,
    /** The ConfigMap that has the destinations, or its key, is not there. */
    DestinationsMissing,
    /** An object of this name is somebody else's. */
    NameTaken,
    /** In a cluster whose nodes have databases of their own. */
    UnsupportedTopology,
    /** No pod of it is ready. */
    PodsNotReady,
    /** One of its addresses has no node. */
    AddressNotAssigned;

    boolean isMistake() {
        return switch (this) {
            case InvalidSpec, InvalidDestinations, DestinationsMissing, NameTaken, UnsupportedTopology -> true;
            case Ready, PodsNotReady, AddressNotAssigned -> false;
        };
    }
}
