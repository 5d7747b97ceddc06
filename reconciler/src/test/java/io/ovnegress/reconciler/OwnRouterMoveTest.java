package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.RouterHost;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Where an egress IP with a router of its own is: planned moves, lost nodes, and what OVN moves by itself. */
final class OwnRouterMoveTest extends OwnRouterFixture {
    @Test
    void aPlannedMoveChangesPrioritiesAndNothingElse() {
        cluster.start(seed(FLOATING));
        var before = ours();
        cluster.transactions.clear();

        seconds();
        cluster.put(node(1).edit().draining(true).build());
        assertThat(chassis())
                .as("the former one has a place until the next one has taken over")
                .isEqualTo(Map.of("chassis-2", 100L, "chassis-3", 50L, "chassis-1", 40L));
        seconds();

        assertThat(chassis()).containsEntry("chassis-2", 100L).doesNotContainKey("chassis-1");
        var after = ours();
        assertThat(after.keySet()).allSatisfy(part -> {
            if (!part.startsWith("floating/chassis/") && !part.equals("floating/group")) {
                assertThat(after.get(part)).isEqualTo(before.get(part));
            }
        });
        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
    }

    /** Chassis that have not heard of each other yet do not believe that the next one is there. */
    @Test
    void aNodeThatIsNewDoesNotServeAtOnce() {
        cluster.start(seed(notLabelled(node(2)), notLabelled(node(3)), FLOATING));
        seconds();
        assertThat(chassis()).containsOnlyKeys("chassis-1");

        cluster.put(node(2), node(1).edit().draining(true).build());
        assertThat(chassis()).isEqualTo(Map.of("chassis-1", 100L, "chassis-2", 50L));

        seconds();
        assertThat(chassis()).isEqualTo(Map.of("chassis-2", 100L));
    }

    @Test
    void whenItsNodeDiesTheAddressBelongsToTheNextCandidateAndStaysThere() {
        cluster.start(seed(FLOATING));

        seconds(notReady(node(1)));
        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
        assertThat(chassis()).containsEntry("chassis-2", 100L);

        seconds(node(1));
        assertThat(chassis()).isEqualTo(Map.of("chassis-2", 100L, "chassis-3", 50L, "chassis-1", 40L));
        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
    }

    @Test
    void whereOvnHasMovedItByItselfItStays() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted("chassis-1");
        seconds();
        assertThat(cluster.events).isEmpty();

        hosted("chassis-3");

        cluster.after(Duration.ofSeconds(1));
        assertThat(chassis()).containsEntry("chassis-3", 100L);
        assertThat(items("demo")).containsExactly(new StatusItem("node3", EGRESS_IP));
        assertThat(cluster.events)
                .extracting(event -> event.reason().toString())
                .contains("FailedOver");
        assertThat(cluster.decisions).filteredOn(Decision::isFailover).hasSize(1);
        seconds(node(3).edit().draining(true).build());
        assertThat(cluster.decisions)
                .as("what is planned is none")
                .filteredOn(Decision::isFailover)
                .hasSize(1);
    }

    /** OVN 23.03: only the southbound database says where it is. */
    @Test
    void whereOvnHasMovedItByItselfItStaysThoughOnlyTheSouthboundDatabaseSaysIt() {
        cluster.start(seed(FLOATING));
        seconds();
        seconds(heard("chassis-1"));
        assertThat(cluster.events).isEmpty();

        seconds(heard("chassis-3"));
        assertThat(chassis()).containsEntry("chassis-3", 100L);
        assertThat(items("demo")).containsExactly(new StatusItem("node3", EGRESS_IP));
        assertThat(cluster.events)
                .extracting(event -> event.reason().toString())
                .contains("FailedOver");
        assertThat(cluster.decisions).filteredOn(Decision::isFailover).hasSize(1);

        seconds(node(3).edit().draining(true).build());
        var planned = items("demo");
        seconds(heard(planned.getFirst().node().replace("node", "chassis-")));
        assertThat(cluster.decisions)
                .as("what is planned is none")
                .filteredOn(Decision::isFailover)
                .hasSize(1);
        assertThat(items("demo")).isEqualTo(planned);
    }

    @Test
    void aControllerThatStartsFindsItWhereTheSouthboundDatabaseSays() {
        cluster.start(seed(FLOATING));
        seconds();

        cluster.renew();
        cluster.reconciler.apply(new InputChange.Put(heard("chassis-2")), cluster.now);
        cluster.start(seed(FLOATING));

        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
    }

    @Test
    void whatItHearsLateIsFollowedForRoutersThatWereThereBefore() {
        cluster.start(seed(FLOATING));
        seconds();
        cluster.restart(seed(FLOATING));
        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));

        seconds(heard("chassis-2"));
        assertThat(items("demo")).containsExactly(new StatusItem("node2", EGRESS_IP));
    }

    /** Chassis that have not heard of each other yet may each take it for a moment. */
    @Test
    void theFirstWordOfANewRouterIsNotFollowed() {
        cluster.start(seed(FLOATING));
        seconds(heard("chassis-2"));
        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));
    }

    @Test
    void whatTheNorthboundDatabaseSaysCounts() {
        cluster.start(seed(FLOATING));
        seconds();
        hosted("chassis-1");
        cluster.put(heard("chassis-1"));

        seconds(heard("chassis-3"));

        assertThat(items("demo")).containsExactly(new StatusItem("node1", EGRESS_IP));
    }

    private static RouterHost heard(String chassis) {
        return new RouterHost("rtoe-" + ROUTER, chassis);
    }

    /** ovn-northd says which chassis serves the router. */
    private void hosted(String chassis) {
        var port = our("outside").id();
        cluster.tamper(() -> cluster.database.set(
                LogicalRouterPort.TABLE, port, Cell.of(LogicalRouterPort.STATUS, Map.of("hosting-chassis", chassis))));
    }

    @Test
    void oneThatStandsBySaysByWhichRouterPodsLeaveAndTakesOverWithoutWriting() {
        cluster.start(seed(FLOATING));
        cluster.reconciler.setLeader(false);
        assertThat(leavesNow()).isEqualTo("leaves as " + EGRESS_IP + " from node1 (EgressIP demo)");
        cluster.transactions.clear();

        cluster.reconciler.setLeader(true);
        seconds();

        assertThat(cluster.transactions.stream().flatMap(List::stream))
                .allMatch(
                        operation -> operation instanceof Operation.Mutate mutate && mutate.table() == NbGlobal.TABLE);
        seconds(PER_POD);
        assertThat(ours()).as("it goes on where it was").isEmpty();
    }

    /** What another controller took away while this one stood by is made anew before anybody is sent there. */
    @Test
    void aRouterThatIsGoneWhenItTakesOverIsMadeBeforePodsAreSentThere() {
        cluster.start(seed(PER_POD));
        seconds(FLOATING);
        cluster.reconciler.setLeader(false);
        cluster.tamper(() -> ours().values().forEach(row -> cluster.database.delete(row.table(), row.id())));
        cluster.reconciler.setLeader(true);

        seconds();

        assertThat(ours()).containsKey("floating/router");
        assertThat(ways()).hasSize(1);
    }

    private String leavesNow() {
        var answer = cluster.reconciler.answer(
                new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")), cluster.now);
        return ((Answer.Explained) answer).explanation().answer();
    }

    /** Who stands by is asked each time anything is placed: the answer must not depend on what else there is. */
    @Test
    void whoStandsByKeepsItsPlaceThoughOthersWouldBeLessBusy() {
        cluster.start(seed(FLOATING));
        assertThat(chassis()).isEqualTo(Map.of("chassis-1", 100L, "chassis-2", 50L, "chassis-3", 40L));

        seconds(egressIp("other", where("house=bouvier"), "192.168.126.101"));

        assertThat(candidates()).isEqualTo(Map.of("chassis-1", 100L, "chassis-2", 50L, "chassis-3", 40L));
    }

    @Test
    void theOrderOfThoseThatStandByDoesNotDependOnWhoStoodByBefore() {
        var choosy = FLOATING.edit()
                .nodes(new NodeChoice(Optional.of(NodeChoice.LABELLED), List.of("node3"), false, List.of()))
                .build();
        cluster.start(seed(node(3).edit().ready(false).build(), choosy));
        seconds(node(3));
        var chosen = candidates();

        seconds(egressIp("other", where("house=bouvier"), "192.168.126.101"));

        assertThat(chosen).hasSize(3);
        assertThat(candidates()).isEqualTo(chosen);
    }

    private Map<String, Long> candidates() {
        return cluster.database.children(HaChassisGroup.HA_CHASSIS, our("group").id()).stream()
                .collect(Collectors.toMap(row -> row.get(HaChassis.CHASSIS_NAME), row -> row.get(HaChassis.PRIORITY)));
    }
}
