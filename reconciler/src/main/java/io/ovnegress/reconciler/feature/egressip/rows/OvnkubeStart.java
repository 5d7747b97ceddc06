package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.RowChange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Tells ovnkube, which follows rules of its own, from somebody who damages rows: at its starts it makes rows its own that name no
 * owner, and under {@code --disable-snat-multiple-gws} it removes with a pod every SNAT of the pod's address from the gateway router
 * of the pod's node (docs/adr/0011). Pure.
 */
public final class OvnkubeStart {
    private static final String OVNKUBES_CONTROLLER = "default-network-controller";

    private OvnkubeStart() {}

    /**
     * Whether its rules explain everything that is wrong with the rows of an owner.
     *
     * @param podRouter the gateway router of the pod's node, if pods have SNATs of their own there
     */
    public static boolean explains(List<RowChange> changes, Optional<UUID> podRouter) {
        boolean any = false;
        for (var change : changes) {
            switch (change) {
                case RowChange.Attach attach -> {
                    // Said of every row that is kept.
                }
                case RowChange.Rely rely -> {
                    // Nothing was wrong there.
                }
                case RowChange.Update(Row row, List<Cell<?>> cells) when isRelabelled(row, cells) -> any = true;
                case RowChange.Insert(DesiredRow row) when isSnatOn(podRouter, row) -> any = true;
                default -> {
                    return false;
                }
            }
        }
        return any;
    }

    private static boolean isSnatOn(Optional<UUID> router, DesiredRow row) {
        return router.isPresent()
                && row.table() == Nat.TABLE
                && row.attachments().contains(new Attachment(LogicalRouter.NAT, router.get()));
    }

    private static boolean isRelabelled(Row row, List<Cell<?>> cells) {
        return cells.size() == 1
                && cells.get(0).column().name().equals("external_ids")
                && OVNKUBES_CONTROLLER.equals(
                        externalIds(row, cells.get(0).column()).get(EgressIpRows.CONTROLLER_KEY));
    }

    @SuppressWarnings("unchecked") // external_ids is one in every table that has it, see ovn-nb(5)
    private static Map<String, String> externalIds(Row row, Column<?> column) {
        return (Map<String, String>) row.get(column);
    }
}
