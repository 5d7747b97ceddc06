package io.ovnegress.reconciler.feature;

import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.router.JoinAddresses;

/**
 * What decisions are made from, all of it the machine's: features read it, and return values.
 *
 * @param inputs what Kubernetes says
 * @param northbound what the database holds
 * @param holds where the resources are that may be in one place only
 * @param installed how far what the database holds has come to the packets
 * @param joinAddresses which routers of our own have on the join switch, of all features
 */
public record World(
        Inputs inputs, NorthboundView northbound, Holds holds, Installed installed, JoinAddresses joinAddresses) {}
