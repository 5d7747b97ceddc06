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
    /** Whether the pod is a client cannot be told. */
    NotToldByEgressRouter
}
