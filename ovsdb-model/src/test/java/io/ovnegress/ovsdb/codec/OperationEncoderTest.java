package io.ovnegress.ovsdb.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.row.Cell;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OperationEncoderTest {
    private static final UUID ID = UUID.fromString("8846ddec-e420-4729-8ec5-b3f95e9d502a");
    private static final UUID OTHER = UUID.fromString("05755f9f-4eef-4b53-8b9d-b5adb4b6a7e2");
    private static final String WHERE = "'where':[['_uuid','==',['uuid','8846ddec-e420-4729-8ec5-b3f95e9d502a']]]";

    @Test
    void transactionIsACompleteRequest() {
        assertThat(encoded(new Operation.Comment("a"), new Operation.Assert("b")))
                .isEqualTo(Json.quoted("{'id':7,'method':'transact','params':['OVN_Northbound',"
                        + "{'op':'comment','comment':'a'},{'op':'assert','lock':'b'}]}"));
    }

    @Test
    void insertNamesItsUuid() {
        var insert = new Operation.Insert(
                Nat.TABLE,
                ID,
                List.of(
                        Cell.of(Nat.TYPE, "snat"),
                        Cell.of(Nat.LOGICAL_PORT, Set.of("p")),
                        Cell.of(Nat.EXTERNAL_MAC, Set.of()),
                        Cell.of(Nat.OPTIONS, Map.of("stateless", "false")),
                        Cell.of(Nat.PRIORITY, 5L)));

        assertThat(operation(insert))
                .isEqualTo(Json.quoted("{'op':'insert','table':'NAT','uuid':'" + ID + "','row':{'type':'snat',"
                        + "'logical_port':'p','external_mac':['set',[]],'options':['map',[['stateless','false']]],"
                        + "'priority':5}}"));
    }

    @Test
    void updateAndDeleteSayWhichRows() {
        assertThat(operation(new Operation.Update(
                        LogicalRouter.TABLE, new Where.Id(ID), List.of(Cell.of(LogicalRouter.ENABLED, Set.of(true))))))
                .isEqualTo(
                        Json.quoted("{'op':'update','table':'Logical_Router'," + WHERE + ",'row':{'enabled':true}}"));
        var conditions = List.of(
                new Condition(LogicalRouter.NAME, Function.EQUALS, "r"),
                new Condition(LogicalRouter.EXTERNAL_IDS, Function.INCLUDES, Map.of("a", "b")));
        assertThat(operation(new Operation.Delete(LogicalRouter.TABLE, new Where.All(conditions))))
                .isEqualTo(Json.quoted("{'op':'delete','table':'Logical_Router','where':"
                        + "[['name','==','r'],['external_ids','includes',['map',[['a','b']]]]]}"));
    }

    @Test
    void mutationsAddAndRemoveElements() {
        var mutate = new Operation.Mutate(
                LogicalRouter.TABLE,
                new Where.Id(ID),
                List.of(
                        new Mutation(LogicalRouter.NAT, Mutator.DELETE, Set.of(ID)),
                        new Mutation(LogicalRouter.NAT, Mutator.INSERT, Set.of(ID, OTHER)),
                        new Mutation(LogicalRouter.OPTIONS, Mutator.DELETE, Set.of("x", "w")),
                        new Mutation(LogicalRouter.OPTIONS, Mutator.INSERT, Map.of("x", "1"))));

        assertThat(operation(mutate))
                .isEqualTo(Json.quoted("{'op':'mutate','table':'Logical_Router'," + WHERE + ",'mutations':["
                        + "['nat','delete',['uuid','" + ID + "']],"
                        + "['nat','insert',['set',[['uuid','" + ID + "'],['uuid','" + OTHER + "']]]],"
                        + "['options','delete',['set',['w','x']]],"
                        + "['options','insert',['map',[['x','1']]]]]}"));
    }

    @Test
    void expectationNeverWaits() {
        var expect = new Operation.Expect(
                LogicalRouter.TABLE,
                new Where.Id(ID),
                List.of(Cell.of(LogicalRouter.NAME, "r"), Cell.of(LogicalRouter.ENABLED, Set.of())));

        assertThat(operation(expect))
                .isEqualTo(Json.quoted("{'op':'wait','table':'Logical_Router','timeout':0," + WHERE
                        + ",'columns':['name','enabled'],'until':'==','rows':[{'name':'r','enabled':['set',[]]}]}"));
    }

    @Test
    void equalOperationsGiveEqualBytes() {
        var forwards = new LinkedHashSet<>(List.of("1", "2", "3"));
        var backwards = new LinkedHashSet<>(List.of("3", "2", "1"));
        var map = new LinkedHashMap<>(Map.of("b", "1"));
        map.put("a", "2");
        var turned = new LinkedHashMap<>(Map.of("a", "2"));
        turned.put("b", "1");

        assertThat(policy(forwards, map)).isEqualTo(policy(backwards, turned));
    }

    @Test
    void stringsThatCloseTheConnectionAreRefusedByColumn() {
        for (var text : List.of("a\u0000", "\ud83d", "\ude00\ud83d", "\ud83dx")) {
            assertThatThrownBy(() -> policy(Set.of(text), Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("Logical_Router_Policy.nexthops cannot hold the character U+");
        }
    }

    @Test
    void valuesThatAreNoAtomsAreRefusedByColumn() {
        var update = new Operation.Mutation(LogicalRouter.OPTIONS, Mutator.DELETE, List.of("x"));
        assertThatThrownBy(
                        () -> operation(new Operation.Mutate(LogicalRouter.TABLE, new Where.Id(ID), List.of(update))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Logical_Router.options cannot hold");
    }

    private static String policy(Set<String> nexthops, Map<String, String> options) {
        return operation(new Operation.Insert(
                LogicalRouterPolicy.TABLE,
                ID,
                List.of(
                        Cell.of(LogicalRouterPolicy.NEXTHOPS, nexthops),
                        Cell.of(LogicalRouterPolicy.OPTIONS, options))));
    }

    private static String operation(Operation operation) {
        return Json.tree(encodedBytes(operation)).path("params").path(1).toString();
    }

    private static String encoded(Operation... operations) {
        return Json.text(encodedBytes(operations));
    }

    private static byte[] encodedBytes(Operation... operations) {
        return OperationEncoder.transact(7, "OVN_Northbound", List.of(operations));
    }
}
