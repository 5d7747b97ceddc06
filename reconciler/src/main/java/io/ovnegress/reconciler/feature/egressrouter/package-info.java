/**
 * Known ways out without a pod: an {@code EgressRouter} object becomes a logical router of our own, pinned to a node, whose load
 * balancers send each listed port of a virtual IP to its destination, from the object's own source address. A policy of the cluster
 * router leads what is sent to the virtual IP there; who is no client is refused on the join switch, and dropped on the router should
 * that not be so. What clients send elsewhere leaves as before.
 *
 * <p>Owners are a router with all that hangs on it ({@code Router}), what leads there ({@code Way}) and the set of those clients that
 * a pod selector chooses ({@code Clients}). The router comes first, and goes last. The rows are the memory: of the node where a router
 * is, of its address on the join switch, of the virtual IP, and of the last destinations that could be understood.
 *
 * <p>{@code rows} says what is in the database, {@code status} what users are told, in the reasons of {@code EgressRouterReason}.
 */
package io.ovnegress.reconciler.feature.egressrouter;
