package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Installed;
import io.ovnegress.reconciler.feature.Installed.Reach;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.router.OwnRouterRows;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What a router has of a family that it is not to have any more, because the egress IP is elsewhere now: it stays until nothing leads
 * there for it and every chassis knows that, as a whole router does. Pure.
 */
final class LeavingFamilies {
    private final NorthboundView view;
    private final Installed installed;

    LeavingFamilies(NorthboundView view, Installed installed) {
        this.view = view;
        this.installed = installed;
    }

    /**
     * @param addresses that the router keeps for the moment, with the lengths of the networks where it had them
     * @param state of the router in its {@code external_ids}: another one when nothing leads to these any more
     */
    record Kept(List<IpNetwork> addresses, String state) {}

    Kept of(RouterPlan plan, Predicate<IpFamily> isLedTo) {
        var addresses = new ArrayList<IpNetwork>(0);
        var state = OwnRouterRows.SERVING;
        for (var family : IpFamily.values()) {
            if (plan.serves(family)) {
                continue;
            }
            var mark = OwnRouterRows.LEAVING + "-" + family.suffix();
            for (var address : there(plan, family)) {
                if (isLedTo.test(family)) {
                    addresses.add(address);
                } else if (installed.isTold() && !isGoneEverywhere(plan, mark)) {
                    addresses.add(address);
                    state = mark;
                }
            }
        }
        return new Kept(addresses, state);
    }

    private List<IpNetwork> there(RouterPlan plan, IpFamily family) {
        return view.portNetworks(plan.key().outsidePort()).stream()
                .flatMap(network -> IpNetwork.parse(network).stream())
                .filter(network -> network.family() == family)
                .limit(1)
                .toList();
    }

    private boolean isGoneEverywhere(RouterPlan plan, String mark) {
        return view.rowsOf(plan.key()).stream().anyMatch(row -> isMarked(row, mark))
                && installed.has(plan.key(), LogicalRouter.TABLE, Reach.EVERYWHERE);
    }

    private static boolean isMarked(Row row, String mark) {
        return row.table() == LogicalRouter.TABLE
                && mark.equals(row.get(LogicalRouter.EXTERNAL_IDS).get(OwnRouterRows.STATE_KEY));
    }
}
