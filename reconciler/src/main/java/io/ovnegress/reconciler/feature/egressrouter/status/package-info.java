/** What users of egress routers are told. */
package io.ovnegress.reconciler.feature.egressrouter.status;
