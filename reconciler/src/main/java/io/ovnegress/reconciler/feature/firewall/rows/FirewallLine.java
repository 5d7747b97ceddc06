package io.ovnegress.reconciler.feature.firewall.rows;

/**
 * What one ACL says, whatever the namespace.
 *
 * @param match beside that it comes from a pod of the namespace
 */
public record FirewallLine(long priority, String match, boolean allows) {}
