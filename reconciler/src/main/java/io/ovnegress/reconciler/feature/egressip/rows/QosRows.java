package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The rows that limit and mark what leaves as an egress IP: on the switch by which it leaves, where the packets have that address
 * already. Measured on OVN 23.03 and 25.03: 2.02 to 2.05 Mbit/s of 2, whether one pod sends or two.
 */
final class QosRows {
    static final String ID_PREFIX = "qos/";
    /** Above those of ovnkube's EgressQoS, 1000 at most, which it attaches to our routers' switches too. */
    static final long PRIORITY = 1100;

    private QosRows() {}

    /**
     * The switch by which an egress IP leaves.
     *
     * @param port its port to the router that has the SNAT
     */
    record Place(UUID id, String name, String port) {}

    static DesiredRow of(Place place, IpAddress egressIp, String object, EgressIpQos qos) {
        var id = ID_PREFIX + egressIp + "/" + place.name();
        Cell<String> match = Cell.of(
                Qos.MATCH,
                "inport == \"" + place.port() + "\" && " + egressIp.family().matchField() + ".src == " + egressIp);
        var cells = new ArrayList<Cell<?>>();
        cells.add(Cell.of(Qos.PRIORITY, PRIORITY));
        cells.add(Cell.of(Qos.DIRECTION, "from-lport"));
        cells.add(match);
        var empty = new ArrayList<Column<?>>();
        qos.bandwidth()
                .ifPresentOrElse(
                        bandwidth -> cells.add(
                                Cell.of(Qos.BANDWIDTH, Map.of("rate", bandwidth.rate(), "burst", bandwidth.burst()))),
                        () -> empty.add(Qos.BANDWIDTH));
        qos.dscp()
                .ifPresentOrElse(
                        dscp -> cells.add(Cell.of(Qos.ACTION, Map.of("dscp", (long) dscp))),
                        () -> empty.add(Qos.ACTION));
        return new DesiredRow(
                Qos.TABLE,
                id,
                List.of(new Attachment(LogicalSwitch.QOS_RULES, place.id())),
                match,
                cells,
                empty,
                EgressIpRows.objectExternalIds(id, object));
    }

    /** The egress IP that the id of such a row names. */
    static Optional<IpAddress> egressIpOf(String id) {
        int end = id.indexOf('/', ID_PREFIX.length());
        return end < 0 ? Optional.empty() : IpAddress.parse(id.substring(ID_PREFIX.length(), end));
    }
}
