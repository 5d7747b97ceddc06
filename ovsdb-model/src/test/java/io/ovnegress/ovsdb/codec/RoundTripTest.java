package io.ovnegress.ovsdb.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.RandomRows;
import io.ovnegress.ovsdb.row.Row;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RoundTripTest {
    @Property(tries = 100)
    void insertedRowOfEveryTableIsReadBackEqual(@ForAll("rows") List<Row> rows) throws IOException {
        assertThat(rows).hasSameSizeAs(OvnNorthbound.TABLES);
        for (var row : rows) {
            assertThat(readBack(row)).isEqualTo(row);
        }
    }

    @Provide
    Arbitrary<List<Row>> rows() {
        return RandomRows.ofEveryTable();
    }

    @Test
    void aMegabyteOfBackslashesAndQuotesIsReadBackEqual() throws IOException {
        var text = "\\\"\u0001".repeat(350_000) + "\\";
        var row = Row.of(
                new UUID(1, 2),
                AddressSet.TABLE,
                List.of(
                        Cell.of(AddressSet.NAME, text),
                        Cell.of(AddressSet.ADDRESSES, Set.of(text, "\\")),
                        Cell.of(AddressSet.EXTERNAL_IDS, Map.of(text, text))));

        assertThat(readBack(row)).isEqualTo(row);
    }

    private static Row readBack(Row row) throws IOException {
        var insert = new Operation.Insert(row.table(), row.id(), RandomRows.cells(row));
        var operation = Json.tree(OperationEncoder.transact(1, OvnNorthbound.NAME, List.of(insert)))
                .path("params")
                .path(1);
        var nodes = JsonNodeFactory.instance;
        var update = nodes.objectNode();
        update.set(
                operation.path("table").asText(),
                nodes.objectNode()
                        .set(operation.path("uuid").asText(), nodes.objectNode().set("insert", operation.path("row"))));
        var spec =
                MonitorSpec.builder().table(row.table(), row.table().columns()).build();
        RowUpdate read = Json.updates(spec, update).getFirst();
        return new Row(read.table(), read.id(), read.cells());
    }
}
