/**
 * From what is decided to rows, and from rows back to what they say: how rows look ({@code EgressIpRows}), whose they are
 * ({@code EgressIpClaims}), which a pod address is to have in the end ({@code EgressIpTranslator}) and which now
 * ({@code PodSteps}, put together by {@code EgressIpWants}).
 */
package io.ovnegress.reconciler.feature.egressip.rows;
