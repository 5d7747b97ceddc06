/**
 * Objects of other systems to ours: what those who come from OpenShift SDN, egress routers, Avi, Cilium or Antrea have written is
 * read, and what says the same here is written, with a line for everything that is the same, better, different or lost. Pure:
 * nothing is asked of a cluster, the same manifests give the same bytes.
 */
package io.ovnegress.controller.convert;
