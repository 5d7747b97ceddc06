package io.ovnegress.ovsdb.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.MeterBand;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.nb.Sample;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class OdlServerSchemaTest {
    @Test
    void pinnedSchemaHasEveryTableAndColumn() {
        var schema = Schemas.PINNED.parsed();

        for (Table table : OvnNorthbound.TABLES) {
            assertThat(schema.has(table)).as("%s", table).isTrue();
            for (Column<?> column : table.columns()) {
                assertThat(schema.has(column)).as("%s", column).isTrue();
            }
        }
    }

    @Test
    void olderServerLacksTablesAndColumns() {
        var schema = Schemas.OVN_23_03.parsed();

        assertThat(schema.has(Sample.TABLE)).isFalse();
        assertThat(schema.has(Sample.TABLE.columns().getFirst())).isFalse();
        assertThat(schema.has(Nat.TABLE)).isTrue();
        var missing = Nat.TABLE.columns().stream()
                .filter(column -> !schema.has(column))
                .toList();
        assertThat(missing).isEqualTo(List.of(Nat.MATCH, Nat.PRIORITY));
    }

    @Test
    void enumOfKeysIsTheServers() {
        assertThat(Schemas.PINNED.parsed().accepts(Qos.ACTION, "mark")).isTrue();
        assertThat(Schemas.OVN_23_03.parsed().accepts(Qos.ACTION, "mark")).isFalse();
        assertThat(Schemas.OVN_23_03.parsed().accepts(Qos.ACTION, "dscp")).isTrue();
    }

    @Test
    void enumOfScalarsIsTheServers() {
        assertThat(Schemas.PINNED.parsed().accepts(LogicalRouterPolicy.ACTION, "jump"))
                .isTrue();
        assertThat(Schemas.OVN_23_03.parsed().accepts(LogicalRouterPolicy.ACTION, "jump"))
                .isFalse();
        assertThat(Schemas.OVN_23_03.parsed().accepts(LogicalRouterPolicy.ACTION, "reroute"))
                .isTrue();
    }

    @Test
    void enumOfOneTextNeedsNoSet() {
        for (var schema : Schemas.values()) {
            assertThat(schema.parsed().accepts(MeterBand.ACTION, "drop")).isTrue();
            assertThat(schema.parsed().accepts(MeterBand.ACTION, "remark")).isFalse();
        }
    }

    @Test
    void columnWithoutEnumAcceptsAnyText() {
        assertThat(Schemas.PINNED.parsed().accepts(Nat.LOGICAL_IP, "anything")).isTrue();
        assertThat(Schemas.PINNED.parsed().accepts(Nat.OPTIONS, "any key")).isTrue();
    }

    @Test
    void missingColumnAcceptsNothing() {
        assertThat(Schemas.OVN_23_03.parsed().accepts(Nat.MATCH, "ip4")).isFalse();
    }

    @Test
    void columnOfAnotherShapeIsNotThere() throws IOException {
        assertThat(withType("NAT", "logical_ip", "'string'").has(Nat.LOGICAL_IP))
                .isTrue();
        assertThat(withType("NAT", "logical_ip", "{'key': {'type': 'string', 'maxLength': 9}}")
                        .has(Nat.LOGICAL_IP))
                .isTrue();
        assertThat(withType("NAT", "logical_ip", "'integer'").has(Nat.LOGICAL_IP))
                .isFalse();
        assertThat(withType("NAT", "logical_ip", "{'key': 'string', 'min': 0}").has(Nat.LOGICAL_IP))
                .isFalse();
        assertThat(withType("NAT", "logical_port", "'string'").has(Nat.LOGICAL_PORT))
                .isFalse();
        assertThat(withType("NAT", "options", "{'key': 'string', 'min': 0, 'max': 'unlimited'}")
                        .has(Nat.OPTIONS))
                .isFalse();
        assertThat(withType("NAT", "options", "{'key': 'string', 'value': 'integer', 'max': 'unlimited'}")
                        .has(Nat.OPTIONS))
                .isFalse();
    }

    @Test
    void numberOfElementsDecidesHowChangesAreReported() throws IOException {
        assertThat(withType("NAT", "logical_port", "{'key': 'string', 'min': 0, 'max': 2}")
                        .has(Nat.LOGICAL_PORT))
                .isFalse();
        assertThat(withType("Address_Set", "addresses", "{'key': 'string', 'min': 0}")
                        .has(AddressSet.ADDRESSES))
                .isFalse();
        assertThat(withType("Address_Set", "addresses", "{'key': 'string', 'min': 0, 'max': 4096}")
                        .has(AddressSet.ADDRESSES))
                .isTrue();
    }

    @Test
    void whatIsNoSchemaIsRefusedByName() {
        var nothing = JsonNodeFactory.instance.nullNode();
        assertThatThrownBy(() -> OdlServerSchema.parse("OVN_Northbound", nothing))
                .isInstanceOf(SchemaException.class)
                .hasMessage("schema of OVN_Northbound: no tables in null");
        assertThatThrownBy(() -> OdlServerSchema.parse("OVN_Southbound", Schemas.PINNED.json()))
                .isInstanceOf(SchemaException.class)
                .hasMessage("schema of OVN_Southbound: it is the schema of \"OVN_Northbound\"");
        assertThatThrownBy(() -> withType("NAT", "logical_ip", "'quaternion'"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("schema of OVN_Northbound")
                .hasMessageContaining("quaternion");
        assertThatThrownBy(() -> withType("NAT", "logical_ip", "7")).isInstanceOf(SchemaException.class);
    }

    @Test
    void tableWithoutColumnsIsRefused() throws IOException {
        var json = new ObjectMapper()
                .readTree("{\"name\":\"OVN_Northbound\",\"version\":\"1.0.0\",\"tables\":{\"Logical_Router\":{}}}");
        assertThatThrownBy(() -> OdlServerSchema.parse("OVN_Northbound", json)).isInstanceOf(SchemaException.class);
    }

    @Test
    void unknownTablesAndColumnsOfANewerServerDoNotMatter() throws IOException {
        var json = new ObjectMapper()
                .readTree(
                        "{\"name\":\"OVN_Northbound\",\"version\":\"99.0.0\",\"tables\":{\"Logical_Router\":{\"columns\":{"
                                + "\"name\":{\"type\":\"string\"},\"novelty\":{\"type\":\"uuid\"}}},"
                                + "\"Novelty\":{\"columns\":{\"name\":{\"type\":\"string\"}}}}}");
        var schema = OdlServerSchema.parse("OVN_Northbound", json);

        assertThat(schema.has(LogicalRouter.NAME)).isTrue();
        assertThat(schema.has(LogicalRouter.NAT)).isFalse();
        assertThat(schema.has(Nat.TABLE)).isFalse();
    }

    private static ServerSchema withType(String table, String column, String type) throws IOException {
        var json = Schemas.PINNED.json();
        var node = (com.fasterxml.jackson.databind.node.ObjectNode)
                json.path("tables").path(table).path("columns").path(column);
        node.set("type", new ObjectMapper().readTree(type.replace('\'', '"')));
        return OdlServerSchema.parse("OVN_Northbound", json);
    }
}
