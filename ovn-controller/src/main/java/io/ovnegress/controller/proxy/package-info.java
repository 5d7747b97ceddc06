/**
 * HTTP proxies that leave the cluster with an address of their own: the grammar of {@code EGRESS_HTTP_PROXY_DESTINATION}, squid's
 * configuration, the objects that make up a proxy, and who keeps them. No row of the database: a proxy is a pod under an EgressIP.
 */
package io.ovnegress.controller.proxy;
