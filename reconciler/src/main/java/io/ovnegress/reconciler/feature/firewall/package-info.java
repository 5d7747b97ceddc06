/**
 * What may leave a namespace: {@code EgressFirewall} (k8s.ovn.org) and {@code EgressNetworkPolicy} (network.openshift.io) objects
 * become ACLs on the namespace's port group, which is ovnkube's: in the order of the rules, the first that matches decides, and what
 * none matches is allowed. What stays in the cluster is not theirs to decide: no ACL matches it, so that none opens what a
 * NetworkPolicy closes. Names and node selectors are address sets. An owner is a namespace, with all its ACLs, or a set.
 *
 * <p>Of what cannot be understood or done nothing is let through: a rule that allows matches nothing, one that denies everything.
 *
 * <p>What administrators want done with what leaves ({@code EgressAdminPolicy}) is on the join switch, after all of that. An owner is
 * what a policy wants of one namespace, or of all that it selects together.
 *
 * <p>{@code rows} says what is in the database, {@code status} what users are told, in the reasons of {@code FirewallReason}.
 */
package io.ovnegress.reconciler.feature.firewall;
