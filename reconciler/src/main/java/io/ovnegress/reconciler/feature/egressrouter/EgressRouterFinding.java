package io.ovnegress.reconciler.feature.egressrouter;

/** What an explanation says of egress routers besides the reasons of their conditions: a closed set. */
enum EgressRouterFinding {
    /** The address is a virtual IP, by which clients leave. */
    VirtualIp,
    /** The address is one as which what goes through an egress router leaves. */
    Source,
    /** The node has a router. */
    HasRouter,
    /** The pod is no client. */
    NoClient,
    /** Nothing is behind that port. */
    NoDestination,
    /** A router has not all that it needs to send something on. */
    RouterLacks,
    /** What becomes of it cannot be told: whether the pod is a client is not known, or the question leaves it open. */
    NotToldByEgressRouter
}
