/**
 * Where egress IPs go: a function of the objects, the nodes and where they were. Knows neither rows nor routers: a node is what an
 * {@code EgressNode} says about it. {@code EgressIpPlacement} is the way in, {@code PlacementProblem} the closed set of what can
 * be in its way.
 */
package io.ovnegress.reconciler.feature.egressip.placement;
