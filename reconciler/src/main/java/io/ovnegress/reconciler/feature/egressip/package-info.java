/**
 * Source addresses that stay: {@code EgressIP} objects become a reroute policy and a SNAT for each address of the pods that they
 * select. Where egress IPs go is found by {@code Placing}, out of objects, nodes and where they were; which pods an object
 * selects is kept by {@code EgressIpSelection}; what is wanted for an owner is said by {@code EgressIpWants}; what users are told
 * by {@code EgressIpStatus}, what operators are told by {@code EgressIpDecision}.
 *
 * <p>The folders, each of which knows those before it: {@code placement} (where egress IPs go), {@code topology} (what the cluster
 * offers), {@code rows} (what is in the database), {@code status} (what is told), {@code explain} (what questions are answered).
 * Here is what they all speak of, objects and which pods they select, and what puts them together.
 *
 * <p>Rows: policies on the cluster router, NATs on gateway routers, address sets, reply marks on node switches
 * ({@code EgressIpRows}). Owners: a pod address, the baseline, a node's switch, what keeps pods in, the
 * guard of a router ({@code EgressIpOwner}). Held: an egress IP, on one
 * router only. Reasons are closed sets: {@code EgressIpReason} of conditions, {@code EgressIpEventReason} of events,
 * {@code EgressIpDecision.Why} of decisions, {@code Unserved} of pods.
 */
package io.ovnegress.reconciler.feature.egressip;
