package io.ovnegress.ovsdb.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.Bfd;
import io.ovnegress.ovsdb.nb.Connection;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Meter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.schema.Schemas;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the generated classes say about tables and columns is what the schema's text says. */
class SchemaMetadataTest {
    @Test
    void everyTableAndColumnIsAsInThePinnedSchema() {
        for (var table : OvnNorthbound.TABLES) {
            var json = Schemas.PINNED.json().path("tables").path(table.name());
            assertThat(table.isRoot())
                    .as("%s", table)
                    .isEqualTo(json.path("isRoot").asBoolean());
            assertThat(names(table.indexes())).as("%s", table).isEqualTo(texts(json.path("indexes")));
            for (var column : table.columns()) {
                var type = json.path("columns").path(column.name()).path("type");
                assertThat(column.min())
                        .as("%s", column)
                        .isEqualTo(type.path("min").asInt(1));
                assertThat(column.max()).as("%s", column).isEqualTo(max(type));
            }
        }
    }

    /** In either: what rows hang on must not depend on the version of the server. */
    @ParameterizedTest
    @EnumSource(Schemas.class)
    void everyReferenceIsAsInTheSchema(Schemas schema) {
        for (var table : OvnNorthbound.TABLES) {
            var columns = schema.json().path("tables").path(table.name()).path("columns");
            for (var column : table.columns()) {
                if (schema.parsed().has(column)) {
                    var type = columns.path(column.name()).path("type");
                    assertThat(text(column.reference())).as("%s", column).isEqualTo(reference(type.path("key")));
                    assertThat(text(column.valueReference())).as("%s", column).isEqualTo(reference(type.path("value")));
                }
            }
        }
    }

    @Test
    void referencesSayWhereTheyPointAndWhatTheyKeep() {
        assertThat(LogicalRouter.NAT.target()).isSameAs(Nat.TABLE);
        assertThat(LogicalRouter.NAT.reference().orElseThrow().isStrong()).isTrue();
        assertThat(LogicalRouter.LOAD_BALANCER.target()).isSameAs(LoadBalancer.TABLE);
        assertThat(LogicalRouter.LOAD_BALANCER.reference().orElseThrow().isStrong())
                .isFalse();
        assertThat(PortGroup.ACLS.target()).isSameAs(Acl.TABLE);
        assertThat(PortGroup.PORTS.target()).isSameAs(LogicalSwitchPort.TABLE);
        assertThat(LogicalRouterStaticRoute.BFD.target()).isSameAs(Bfd.TABLE);
        assertThat(Meter.BANDS.min()).isEqualTo(1);
        assertThat(AddressSet.ADDRESSES.reference()).isEmpty();
    }

    @Test
    void mapsMayReferOnEitherSide() {
        var table = new Table("Forwarding", true);
        var column = table.<java.util.UUID, java.util.UUID>map(
                "next", BaseType.strong(() -> Nat.TABLE), BaseType.weak(() -> Acl.TABLE), 0, 7);

        assertThat(column.target()).isSameAs(Nat.TABLE);
        assertThat(column.reference()).hasToString("Optional[strong to NAT]");
        assertThat(column.valueReference()).hasToString("Optional[weak to ACL]");
    }

    @Test
    void tablesThatHaveANameHaveANameColumn() {
        assertThat(LogicalRouter.TABLE.nameColumn()).containsSame(LogicalRouter.NAME);
        assertThat(PortGroup.TABLE.nameColumn()).containsSame(PortGroup.NAME);
        assertThat(Nat.TABLE.nameColumn()).isEmpty();
        assertThat(Acl.TABLE.nameColumn()).as("may be left out").isEmpty();
    }

    @Test
    void namesAreUniqueOnlyWhereAnIndexSaysSo() {
        assertThat(AddressSet.TABLE.indexes()).containsExactly(List.of(AddressSet.NAME));
        assertThat(LogicalRouter.TABLE.indexes()).isEmpty();
        assertThat(Bfd.TABLE.indexes()).containsExactly(List.of(Bfd.LOGICAL_PORT, Bfd.DST_IP));
        assertThat(Connection.TABLE.indexes()).containsExactly(List.of(Connection.TARGET));
    }

    @Test
    void externalIdsAreKnownWhereThereAreAny() {
        assertThat(Nat.TABLE.externalIds()).containsSame(Nat.EXTERNAL_IDS);
        assertThat(OvnNorthbound.table("Gateway_Chassis").externalIds()).isPresent();
        assertThat(OvnNorthbound.table("Sampling_App").externalIds()).isPresent();
        assertThat(OvnNorthbound.table("Static_MAC_Binding").externalIds()).isEmpty();
    }

    @Test
    void whatIsUnknownIsRefusedByName() {
        assertThat(OvnNorthbound.table("NAT")).isSameAs(Nat.TABLE);
        assertThat(Nat.TABLE.column("logical_ip")).isSameAs(Nat.LOGICAL_IP);
        assertThatThrownBy(() -> OvnNorthbound.table("Nat"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("OVN_Northbound " + OvnNorthbound.SCHEMA_VERSION + " has no table Nat");
        assertThatThrownBy(() -> Nat.TABLE.column("logical_address"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("NAT has no column logical_address");
        assertThatThrownBy(Nat.LOGICAL_IP::target)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("NAT.logical_ip refers to no table");
    }

    private static int max(JsonNode type) {
        return type.path("max").isTextual()
                ? Integer.MAX_VALUE
                : type.path("max").asInt(1);
    }

    private static String reference(JsonNode base) {
        return base.has("refTable")
                ? base.path("refType").asText("strong") + " to "
                        + base.path("refTable").asText()
                : "none";
    }

    private static String text(Optional<Reference> reference) {
        return reference.map(Reference::toString).orElse("none");
    }

    private static List<List<String>> names(List<List<Column<?>>> indexes) {
        return indexes.stream()
                .map(index -> index.stream().<String>map(Column::name).toList())
                .toList();
    }

    private static List<List<String>> texts(JsonNode indexes) {
        var texts = new ArrayList<List<String>>();
        indexes.forEach(index -> {
            var columns = new ArrayList<String>();
            index.forEach(column -> columns.add(column.asText()));
            texts.add(columns);
        });
        return texts;
    }
}
