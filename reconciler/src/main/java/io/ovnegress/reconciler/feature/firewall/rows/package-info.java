/** The ACLs and address sets of firewalls: what they match, which rows they are, and whose. */
package io.ovnegress.reconciler.feature.firewall.rows;
