package io.ovnegress.ovsdb.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovnegress.ovsdb.nb.ForwardingGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.replica.RowUpdate.Kind;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.Schemas;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReplicaTest {
    private static final UUID ROUTER = new UUID(1, 1);
    private static final UUID ONE = new UUID(2, 1);
    private static final UUID TWO = new UUID(2, 2);
    private static final MonitorSpec SPEC = MonitorSpec.builder()
            .table(Nat.TABLE, List.<Column<?>>of(Nat.TYPE, Nat.LOGICAL_PORT, Nat.OPTIONS, Nat.MATCH))
            .table(LogicalRouter.TABLE, List.<Column<?>>of(LogicalRouter.NAME, LogicalRouter.NAT, LogicalRouter.PORTS))
            .table(ForwardingGroup.TABLE, List.<Column<?>>of(ForwardingGroup.CHILD_PORT))
            .elementsOf(LogicalRouter.NAT)
            .build();

    private final Replica replica = new Replica(SPEC);
    private final Mirror mirror = new Mirror();

    @Test
    void omittedColumnsOfAnInsertAreDefaults() {
        apply(update(Nat.TABLE, ONE, Kind.INSERT, Cell.of(Nat.TYPE, "snat")));

        var nat = nat(ONE);
        assertThat(nat.type()).isEqualTo("snat");
        assertThat(nat.logicalPort()).isEmpty();
        assertThat(nat.row().knows(Nat.LOGICAL_PORT)).isTrue();
        assertThat(nat.row().knows(Nat.EXTERNAL_IP)).isFalse();
    }

    @Test
    void omittedSetThatIsNeverEmptyHoldsTheDefaultAtom() {
        apply(update(ForwardingGroup.TABLE, ONE, Kind.INSERT));

        assertThat(new ForwardingGroup(replica.row(ForwardingGroup.TABLE, ONE).orElseThrow()).childPort())
                .isEqualTo(Set.of(""));
    }

    @Test
    void columnThatTheServerLacksIsUnknown() {
        replica.serve(Schemas.OVN_23_03.parsed());
        apply(update(Nat.TABLE, ONE, Kind.INSERT));

        assertThat(nat(ONE).row().knows(Nat.TYPE)).isTrue();
        assertThat(nat(ONE).row().knows(Nat.MATCH)).isFalse();
        assertThat(nat(ONE).match()).isEmpty();
    }

    @Test
    void modifyOfAnOptionalColumnIsItsNewValue() {
        apply(update(Nat.TABLE, ONE, Kind.INSERT, Cell.of(Nat.LOGICAL_PORT, Set.of("p"))));
        apply(update(Nat.TABLE, ONE, Kind.MODIFY, Cell.of(Nat.LOGICAL_PORT, Set.of("q"))));
        assertThat(nat(ONE).logicalPort()).isEqualTo(Set.of("q"));

        apply(update(Nat.TABLE, ONE, Kind.MODIFY, Cell.of(Nat.LOGICAL_PORT, Set.of())));
        assertThat(nat(ONE).logicalPort()).isEmpty();
    }

    @Test
    void modifyOfAMapTogglesPairsAndReplacesValues() {
        apply(update(Nat.TABLE, ONE, Kind.INSERT, Cell.of(Nat.OPTIONS, Map.of("a", "1", "b", "2"))));
        apply(update(Nat.TABLE, ONE, Kind.MODIFY, Cell.of(Nat.OPTIONS, Map.of("a", "9", "b", "2", "c", "3"))));

        assertThat(nat(ONE).options()).isEqualTo(Map.of("a", "9", "c", "3"));
    }

    @Test
    void modifyOfASetTogglesElements() {
        apply(update(LogicalRouter.TABLE, ROUTER, Kind.INSERT, Cell.of(LogicalRouter.PORTS, Set.of(ONE))));
        apply(update(LogicalRouter.TABLE, ROUTER, Kind.MODIFY, Cell.of(LogicalRouter.PORTS, Set.of(ONE, TWO))));

        assertThat(router().ports()).isEqualTo(Set.of(TWO));
    }

    @Test
    void modifyKeepsTheOtherColumns() {
        apply(update(Nat.TABLE, ONE, Kind.INSERT, Cell.of(Nat.TYPE, "snat")));
        apply(update(Nat.TABLE, ONE, Kind.MODIFY, Cell.of(Nat.LOGICAL_PORT, Set.of("q"))));

        assertThat(nat(ONE).type()).isEqualTo("snat");
    }

    @Test
    void elementsAreToldOneByOneAndDoNotChangeTheRow() {
        apply(update(
                LogicalRouter.TABLE,
                ROUTER,
                Kind.INSERT,
                Cell.of(LogicalRouter.NAME, "r"),
                Cell.of(LogicalRouter.NAT, Set.of(ONE))));
        var row = router().row();
        assertThat(replica.elements(LogicalRouter.NAT, ROUTER)).containsExactly(ONE);

        apply(update(LogicalRouter.TABLE, ROUTER, Kind.MODIFY, Cell.of(LogicalRouter.NAT, Set.of(ONE, TWO))));

        assertThat(replica.elements(LogicalRouter.NAT, ROUTER)).containsExactly(TWO);
        assertThat(router().row()).isSameAs(row);
        assertThat(row.knows(LogicalRouter.NAT)).isFalse();
        assertThat(mirror.rowChanges()).isEqualTo(1);
        assertThat(mirror.elementChanges()).isEqualTo(3);
    }

    @Test
    void elementsGoWithTheirRow() {
        apply(update(LogicalRouter.TABLE, ROUTER, Kind.INSERT, Cell.of(LogicalRouter.NAT, Set.of(ONE, TWO))));
        apply(update(LogicalRouter.TABLE, ROUTER, Kind.DELETE));

        assertThat(replica.row(LogicalRouter.TABLE, ROUTER)).isEmpty();
        assertThat(replica.elements(LogicalRouter.NAT, ROUTER)).isEmpty();
        assertThat(mirror.elementChanges()).isEqualTo(4);
    }

    @Test
    void completeUpdateTellsOnlyWhatDiffers() {
        var kept = update(Nat.TABLE, ONE, Kind.INITIAL, Cell.of(Nat.TYPE, "snat"));
        complete(
                kept,
                update(Nat.TABLE, TWO, Kind.INITIAL, Cell.of(Nat.TYPE, "snat")),
                update(LogicalRouter.TABLE, ROUTER, Kind.INITIAL, Cell.of(LogicalRouter.NAT, Set.of(ONE, TWO))));
        assertThat(mirror.rowChanges()).isEqualTo(3);
        var row = nat(ONE).row();

        complete(kept, update(LogicalRouter.TABLE, ROUTER, Kind.INITIAL, Cell.of(LogicalRouter.NAT, Set.of(ONE))));

        assertThat(nat(ONE).row()).isSameAs(row);
        assertThat(replica.row(Nat.TABLE, TWO)).isEmpty();
        assertThat(replica.elements(LogicalRouter.NAT, ROUTER)).containsExactly(ONE);
        assertThat(mirror.rowChanges()).isEqualTo(4);
        assertThat(mirror.elementChanges()).isEqualTo(3);
    }

    @Test
    void updateThatDoesNotFitIsAFaultThatACompleteUpdateMends() {
        var insert = update(Nat.TABLE, ONE, Kind.INSERT, Cell.of(Nat.TYPE, "snat"));
        apply(insert);
        assertFault("insert of NAT " + ONE + ", which is there already", insert);
        assertFault("MODIFY of NAT " + TWO + ", which is not there", update(Nat.TABLE, TWO, Kind.MODIFY));
        assertFault("DELETE of NAT " + TWO + ", which is not there", update(Nat.TABLE, TWO, Kind.DELETE));

        complete(update(Nat.TABLE, TWO, Kind.INITIAL));
        assertThat(replica.rows(Nat.TABLE)).extracting(Row::id).containsExactly(TWO);
    }

    @Test
    void completeUpdateHoldsNoDifferences() {
        var modify = update(Nat.TABLE, ONE, Kind.MODIFY);
        assertThatThrownBy(() -> complete(modify))
                .isInstanceOf(ReplicaFault.class)
                .hasMessage("MODIFY of NAT " + ONE + " in a complete update");
    }

    @Test
    void appliedUpdateIsNotChanged() {
        var insert = update(LogicalRouter.TABLE, ROUTER, Kind.INSERT, Cell.of(LogicalRouter.NAT, Set.of(ONE)));
        apply(insert);

        assertThat(insert.cells()[LogicalRouter.NAT.index()]).isEqualTo(Set.of(ONE));
        assertThat(insert.cells()[LogicalRouter.NAME.index()]).isNull();
    }

    @Test
    void askingForWhatIsNotMonitoredIsAMistake() {
        var other = io.ovnegress.ovsdb.nb.AddressSet.TABLE;
        assertThatThrownBy(() -> replica.rows(other)).hasMessage("Address_Set is not monitored");
        assertThatThrownBy(() -> replica.elements(LogicalRouter.PORTS, ROUTER))
                .hasMessage("Logical_Router.ports is not an element column");
    }

    @Test
    void elementColumnsAreMonitoredSets() {
        assertThatThrownBy(() -> MonitorSpec.builder().elementsOf(Nat.LOGICAL_PORT))
                .isInstanceOf(IllegalArgumentException.class);
        var builder = MonitorSpec.builder().elementsOf(LogicalRouter.NAT);
        assertThatThrownBy(builder::build).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void viewsCannotBeChanged() {
        apply(update(LogicalRouter.TABLE, ROUTER, Kind.INSERT, Cell.of(LogicalRouter.NAT, Set.of(ONE))));

        var elements = replica.elements(LogicalRouter.NAT, ROUTER);
        assertThatThrownBy(() -> elements.add(TWO)).isInstanceOf(UnsupportedOperationException.class);
        var rows = replica.rows(LogicalRouter.TABLE);
        assertThatThrownBy(rows::clear).isInstanceOf(UnsupportedOperationException.class);
    }

    private void assertFault(String message, RowUpdate update) {
        assertThatThrownBy(() -> apply(update)).isInstanceOf(ReplicaFault.class).hasMessage(message);
    }

    private void apply(RowUpdate... updates) {
        replica.apply(new TableUpdates(false, TableUpdates.NO_TRANSACTION, List.of(updates)), mirror);
        mirror.assertShows(replica);
    }

    private void complete(RowUpdate... updates) {
        replica.apply(new TableUpdates(true, TableUpdates.NO_TRANSACTION, List.of(updates)), mirror);
        mirror.assertShows(replica);
    }

    private static RowUpdate update(Table table, UUID id, Kind kind, Cell<?>... cells) {
        return new RowUpdate(table, id, kind, Row.of(id, table, List.of(cells)).copyOfCells());
    }

    private Nat nat(UUID id) {
        return new Nat(replica.row(Nat.TABLE, id).orElseThrow());
    }

    private LogicalRouter router() {
        return new LogicalRouter(replica.row(LogicalRouter.TABLE, ROUTER).orElseThrow());
    }
}
