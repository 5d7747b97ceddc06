/**
 * Avi Vantage's secure egress services: a Service with annotation {@code egress_pod} becomes an EgressRouter that the controller makes,
 * keeps and takes away; all else is that router's. What the annotations say is read here for {@code convert} as well.
 */
package io.ovnegress.controller.avi;
