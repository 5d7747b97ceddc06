package io.ovnegress.reconciler.feature.egressip;

import java.util.Optional;

/**
 * By which rows the pods of an EgressIP leave the cluster.
 *
 * @param kind {@code spec.form}, else annotation {@code ovn-egress.io/form}; empty: what the operator has chosen for those that say
 *     nothing
 * @param isPinned of a router of its own, whether this controller alone says where it is: {@code spec.routerPlacement}, else annotation
 *     {@code ovn-egress.io/router-placement}
 * @param unknown what stands in one of them if it is none of what it may be, with its name; it counts as not said
 */
public record EgressForm(Optional<Kind> kind, boolean isPinned, Optional<String> unknown) {
    /** What an object means that says nothing. */
    public static final EgressForm USUAL = new EgressForm(Optional.empty(), false, Optional.empty());

    /** The form of rows. */
    public enum Kind {
        /** A reroute policy and a SNAT for each pod address, on the gateway routers of the nodes, as ovn-kubernetes writes them. */
        PER_POD,
        /** A logical router for each egress IP, and one policy for all pods. */
        ROUTER
    }

    /** A router for each egress IP that moves by itself when its node dies. */
    public static final EgressForm FLOATING = new EgressForm(Optional.of(Kind.ROUTER), false, Optional.empty());
    /** A router for each egress IP that is where this controller says. */
    public static final EgressForm PINNED = new EgressForm(Optional.of(Kind.ROUTER), true, Optional.empty());
}
