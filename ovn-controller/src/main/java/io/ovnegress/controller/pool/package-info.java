/** Makes and takes away the EgressIPs that pools give namespaces, as the loop has decided. */
package io.ovnegress.controller.pool;
