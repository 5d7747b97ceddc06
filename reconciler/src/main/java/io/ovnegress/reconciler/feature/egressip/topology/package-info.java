/**
 * What the cluster offers: routers and ports by the names that ovn-kubernetes gives them, which nodes can carry egress IPs, what
 * they lack, which addresses pods can have.
 */
package io.ovnegress.reconciler.feature.egressip.topology;
