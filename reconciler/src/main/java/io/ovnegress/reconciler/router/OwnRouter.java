package io.ovnegress.reconciler.router;

import java.util.Map;

/**
 * A logical router of our own, by which some packets leave with an address of its own: what its rows are called. None of these names
 * is like one of ovn-kubernetes': at its start ovnkube-master removes switches {@code ext_*} and routers {@code GR_*} of nodes that it
 * does not know. Equal ones are the same router.
 */
public interface OwnRouter {
    /** {@code Logical_Switch_Port} on the join switch. */
    String FROM_JOIN = "jtor-";
    /** {@code Logical_Switch_Port} on its own switch. */
    String FROM_OUTSIDE = "etor-";
    /** {@code Logical_Switch_Port} to the physical network. */
    String LOCALNET = "physical-";

    /** {@code Logical_Router.name}. */
    String routerName();

    /** Whether it is where we say, and does not move by itself. */
    boolean isPinned();

    /** {@code ovn-egress.io/id} of one of its rows. */
    String id(String part);

    /** {@code external_ids} of one of its rows. */
    Map<String, String> externalIds(String part);

    /** Its switch to the outside. */
    default String outsideSwitch() {
        return routerName() + "_outside";
    }

    /** {@code Logical_Router_Port} on the join switch. */
    default String insidePort() {
        return "rtoj-" + routerName();
    }

    /** {@code Logical_Router_Port} on its own switch. */
    default String outsidePort() {
        return "rtoe-" + routerName();
    }

    /** See {@link #FROM_JOIN}. */
    default String joinSwitchPort() {
        return FROM_JOIN + routerName();
    }

    /** See {@link #FROM_OUTSIDE}. */
    default String outsideSwitchPort() {
        return FROM_OUTSIDE + routerName();
    }

    /** See {@link #LOCALNET}. */
    default String localnetPort() {
        return LOCALNET + routerName();
    }
}
