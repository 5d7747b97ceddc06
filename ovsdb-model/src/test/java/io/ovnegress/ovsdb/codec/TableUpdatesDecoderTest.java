package io.ovnegress.ovsdb.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonToken;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.row.Column;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TableUpdatesDecoderTest {
    private static final UUID ID = UUID.fromString("8846ddec-e420-4729-8ec5-b3f95e9d502a");
    private static final UUID OTHER = UUID.fromString("05755f9f-4eef-4b53-8b9d-b5adb4b6a7e2");
    private static final MonitorSpec SPEC = MonitorSpec.builder()
            .table(
                    Nat.TABLE,
                    List.<Column<?>>of(Nat.TYPE, Nat.LOGICAL_PORT, Nat.OPTIONS, Nat.EXTERNAL_IDS, Nat.GATEWAY_PORT))
            .table(LogicalRouter.TABLE, List.<Column<?>>of(LogicalRouter.NAT, LogicalRouter.ENABLED))
            .build();

    @Test
    void everyKindOfUpdateIsRead() throws IOException {
        assertThat(nat("'initial':{'type':'snat'}").kind()).isEqualTo(RowUpdate.Kind.INITIAL);
        assertThat(nat("'insert':{'type':'snat'}").kind()).isEqualTo(RowUpdate.Kind.INSERT);
        assertThat(nat("'modify':{'type':'snat'}").kind()).isEqualTo(RowUpdate.Kind.MODIFY);
        assertThat(nat("'delete':null").kind()).isEqualTo(RowUpdate.Kind.DELETE);
        assertThat(nat("'delete':null").id()).isEqualTo(ID);
    }

    @Test
    void columnsThatTheUpdateDoesNotNameAreNull() throws IOException {
        var cells = nat("'modify':{'logical_port':['set',[]]}").cells();

        assertThat(cells).hasSize(Nat.TABLE.columns().size());
        assertThat(cells[Nat.LOGICAL_PORT.index()]).isEqualTo(Set.of());
        assertThat(cells[Nat.TYPE.index()]).isNull();
    }

    @Test
    void setsOfOneComeAsAtomsOrAsSets() throws IOException {
        assertThat(nat("'insert':{'logical_port':'p'}").cells()[Nat.LOGICAL_PORT.index()])
                .isEqualTo(nat("'insert':{'logical_port':['set',['p']]}").cells()[Nat.LOGICAL_PORT.index()])
                .isEqualTo(Set.of("p"));
        assertThat(nat("'insert':{'gateway_port':['uuid','" + OTHER + "']}").cells()[Nat.GATEWAY_PORT.index()])
                .isEqualTo(nat("'insert':{'gateway_port':['set',[['uuid','" + OTHER + "']]]}")
                        .cells()[Nat.GATEWAY_PORT.index()])
                .isEqualTo(Set.of(OTHER));
    }

    @Test
    void repeatedElementsAndKeysAreTolerated() throws IOException {
        assertThat(decode("{'Logical_Router':{'" + ID + "':{'insert':{'nat':['set',[['uuid','" + ID + "'],['uuid','"
                                + ID + "']]]}}}}")
                        .getFirst()
                        .cells()[LogicalRouter.NAT.index()])
                .isEqualTo(Set.of(ID));
        assertThat(nat("'insert':{'options':['map',[['a','1'],['a','2']]]}").cells()[Nat.OPTIONS.index()])
                .isEqualTo(Map.of("a", "2"));
    }

    @Test
    void tablesAndColumnsOutsideTheSpecAreSkipped() throws IOException {
        var updates = decode("{'Novelty':{'" + OTHER + "':{'insert':{'x':['set',[{'y':1}]]}}},'NAT':{'" + ID
                + "':{'insert':{'novelty':['map',[['a',['uuid','b']]]],'external_ip':'1.1.1.1','type':'snat'}}}}");

        assertThat(updates).hasSize(1);
        assertThat(updates.getFirst().cells()[Nat.TYPE.index()]).isEqualTo("snat");
        assertThat(updates.getFirst().cells()[Nat.EXTERNAL_IP.index()]).isNull();
    }

    @Test
    void parserIsLeftAtTheEndOfTheUpdates() throws IOException {
        var parser = Json.parser("[{'NAT':{'" + ID + "':{'delete':null}}},'next']");
        parser.nextToken();
        new TableUpdatesDecoder(SPEC).decode(parser);

        assertThat(parser.currentToken()).isEqualTo(JsonToken.END_OBJECT);
        assertThat(parser.nextTextValue()).isEqualTo("next");
    }

    @Test
    void repeatedValuesAreShared() throws IOException {
        var rows = decode("{'NAT':{'" + ID + "':{'insert':{'type':'snat','options':['map',[['a','b'],['c','d']]]}},'"
                + OTHER + "':{'insert':{'type':'snat','options':['map',[['c','d'],['a','b']]]}}}}");

        for (var column : List.of(Nat.TYPE, Nat.OPTIONS)) {
            assertThat(rows.get(0).cells()[column.index()])
                    .isNotNull()
                    .isSameAs(rows.get(1).cells()[column.index()]);
        }
    }

    @Test
    void whatDoesNotFitTheSpecIsRefused() {
        for (var row : List.of(
                "'insert':{'type':7}",
                "'insert':{'type':['set',['snat']]}",
                "'insert':{'type':null}",
                "'insert':{'options':'x'}",
                "'insert':{'options':['set',[]]}",
                "'insert':{'options':['map',[['a']]]}",
                "'insert':{'options':['map',[['a','b','c']]]}",
                "'insert':{'logical_port':['uuid','" + OTHER + "']}",
                "'insert':{'logical_port':['set','p']}",
                "'insert':{'gateway_port':'p'}",
                "'insert':{'gateway_port':['uuid','nonsense']}",
                "'insert':{'gateway_port':['named-uuid','x']}",
                "'insert':null",
                "'modify':7",
                "'novelty':{}",
                "'delete':null,'insert':{}",
                "")) {
            assertThatThrownBy(() -> nat(row)).as(row).isInstanceOf(JsonParseException.class);
        }
        for (var updates : List.of("[]", "{'NAT':[]}", "{'NAT':{'x':{'delete':null}}}", "{'NAT':{'" + ID + "':7}}")) {
            assertThatThrownBy(() -> decode(updates)).as(updates).isInstanceOf(JsonParseException.class);
        }
    }

    private static RowUpdate nat(String update) throws IOException {
        return decode("{'NAT':{'" + ID + "':{" + update + "}}}").getFirst();
    }

    private static List<RowUpdate> decode(String text) throws IOException {
        return new TableUpdatesDecoder(SPEC).decode(Json.parser(text));
    }
}
