/**
 * Where OVN has routers of egress IPs, from the southbound database: that of OVN 23.03 is the only one that says it there. Reads what
 * it needs, writes nothing, and nothing waits for it.
 */
@NullMarked
package io.ovnegress.controller.southbound;

import org.jspecify.annotations.NullMarked;
