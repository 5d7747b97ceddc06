/**
 * What users and operators are told: conditions and events of objects ({@code EgressIpStatus}), decisions
 * ({@code PlacementDecisions}), how many pods are not served and why ({@code UnservedPods}).
 */
package io.ovnegress.reconciler.feature.egressip.status;
