package io.ovnegress.ovsdb.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Sample;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.schema.Schemas;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MonitorRequestTest {
    private static final Condition SNAT = new Condition(Nat.TYPE, Function.EQUALS, "snat");
    private static final Condition OWNED = new Condition(Nat.EXTERNAL_IDS, Function.INCLUDES, Map.of("k", "v"));
    private static final Condition MATCHING = new Condition(Nat.MATCH, Function.EQUALS, "ip4");

    @Test
    void requestNamesTablesColumnsAndConditionsInAFixedOrder() {
        var spec = MonitorSpec.builder()
                .table(Nat.TABLE, List.of(Nat.TYPE, Nat.EXTERNAL_IP), List.of(SNAT, OWNED))
                .table(LogicalRouter.TABLE, List.of(LogicalRouter.NAT))
                .build();

        assertThat(since(spec, Schemas.PINNED))
                .isEqualTo(Json.quoted("{'id':3,'method':'monitor_cond_since','params':['OVN_Northbound','m',"
                        + "{'Logical_Router':[{'columns':['nat']}],"
                        + "'NAT':[{'columns':['type','external_ip'],"
                        + "'where':[['type','==','snat'],['external_ids','includes',['map',[['k','v']]]]]}]},"
                        + "'00000000-0000-0000-0000-000000000000']}"));
    }

    @Test
    void olderServersAreAskedWithoutATransaction() {
        var spec = MonitorSpec.builder()
                .table(LogicalRouter.TABLE, List.of(LogicalRouter.NAT))
                .build();

        assertThat(Json.text(MonitorRequest.monitorCond(3, "OVN_Northbound", "m", spec, Schemas.PINNED.parsed())))
                .isEqualTo(Json.quoted("{'id':3,'method':'monitor_cond','params':['OVN_Northbound','m',"
                        + "{'Logical_Router':[{'columns':['nat']}]}]}"));
    }

    @Test
    void whatTheServerLacksIsLeftOut() {
        var spec = MonitorSpec.builder()
                .table(Nat.TABLE, List.<Column<?>>of(Nat.TYPE, Nat.MATCH))
                .table(Sample.TABLE, Sample.TABLE.columns())
                .build();

        assertThat(since(spec, Schemas.OVN_23_03))
                .contains(Json.quoted("{'NAT':[{'columns':['type']}]}"))
                .doesNotContain("Sample");
    }

    @Test
    void conditionOnAMissingColumnNeverHolds() {
        var either = MonitorSpec.builder()
                .table(Nat.TABLE, List.of(Nat.TYPE), List.of(MATCHING, SNAT))
                .build();
        var only = MonitorSpec.builder()
                .table(Nat.TABLE, List.of(Nat.TYPE), List.of(MATCHING))
                .build();

        assertThat(since(either, Schemas.OVN_23_03)).contains(Json.quoted("'where':[['type','==','snat']]"));
        assertThat(since(only, Schemas.OVN_23_03)).contains(Json.quoted("'where':[false]"));
        assertThat(since(only, Schemas.PINNED)).contains(Json.quoted("'where':[['match','==','ip4']]"));
    }

    private static String since(MonitorSpec spec, Schemas schema) {
        return Json.text(MonitorRequest.monitorCondSince(
                3, "OVN_Northbound", "m", spec, schema.parsed(), TableUpdates.NO_TRANSACTION));
    }
}
