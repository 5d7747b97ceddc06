package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class SharedRowsTest {
    @TestFactory
    Stream<DynamicTest> rowsMayHangOnSeveralRowsStronglyAndWeakly() {
        return SharedRowsHistories.all().entrySet().stream()
                .map(history -> DynamicTest.dynamicTest(
                        history.getKey(),
                        () -> SharedRowsHistories.play(
                                history.getValue(), new FakeNorthbound().schema(), FakeNorthbound.Journal.NONE)));
    }

    @Test
    void nothingHangsOnAColumnWithoutReferences() {
        @SuppressWarnings({"unchecked", "rawtypes"}) // what a mistaken cast would do
        io.ovnegress.ovsdb.row.Column<Set<UUID>> column = (io.ovnegress.ovsdb.row.Column) Nat.LOGICAL_PORT;

        assertThatThrownBy(() -> new Attachment(column, RowIds.of("any")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("NAT.logical_port refers to no table: nothing can hang on it");
    }

    @Test
    void placeOfARowIsAskedForOnlyIfItIsOne() {
        var one = new Attachment(PortGroup.ACLS, RowIds.of("one"));
        var other = new Attachment(LogicalSwitch.ACLS, RowIds.of("other"));

        assertThat(SharedRows.acl("ip4", one).attachment()).isEqualTo(one);
        assertThatThrownBy(() -> SharedRows.acl("ip4", one, other).attachment())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("ACL acl hangs on 2 rows, not on one");
    }
}
