/** What egress routers are in the database: constructors of rows, with OVN's reasons, and whose a row is. */
package io.ovnegress.reconciler.feature.egressrouter.rows;
