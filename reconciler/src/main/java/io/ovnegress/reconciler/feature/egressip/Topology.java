package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator;
import io.ovnegress.reconciler.feature.egressip.rows.SubnetGuard;
import io.ovnegress.reconciler.feature.egressip.status.LimitedNodes;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.feature.egressip.topology.PodAddressRules;
import io.ovnegress.reconciler.feature.egressip.topology.ProbedNodes;

/** What is derived from nodes and routers, each when it is asked for next. */
record Topology(
        EgressGateways gateways,
        SubnetGuard subnets,
        EgressIpTranslator translator,
        PodAddressRules addressRules,
        ProbedNodes probed,
        LimitedNodes limited) {

    void nodesChanged() {
        addressRules.changed();
        subnets.changed();
        probed.nodesChanged();
        limited.nodesChanged();
    }

    void routersChanged() {
        gateways.changed();
        subnets.changed();
        translator.gatewaysChanged();
        addressRules.changed();
    }
}
