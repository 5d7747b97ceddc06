/** What users of firewalls are told. */
package io.ovnegress.reconciler.feature.firewall.status;
