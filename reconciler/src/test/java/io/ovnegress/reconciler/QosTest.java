package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.draining;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.audit.AuditReport;
import io.ovnegress.reconciler.audit.RowClass;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos.Bandwidth;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bandwidth and DSCP of egress IPs: on the switch by which they leave, in either form, for as long as they leave there. */
final class QosTest {
    private static final String EGRESS_IP = "192.168.126.100";
    private static final String OWN_SWITCH = "egressip_demo_192.168.126.100_outside";
    private static final EgressIpInput UNLIMITED = egressIp("demo", where("house=simpson"), EGRESS_IP);
    private static final EgressIpInput LIMITED = with(Optional.of(Bandwidth.of(2000)), Optional.of(46), UNLIMITED);
    private static final EgressIpInput ROUTED =
            LIMITED.edit().form(EgressForm.FLOATING).build();

    private final TestCluster cluster = TestCluster.inSteps(TestCluster.config(false, 500))
            .topology(1, 2, 3)
            .uplinks(1, 2, 3);

    @BeforeEach
    void ovnkubesGroup() {
        cluster.portGroup("simpson");
    }

    private static NodeInput node(int n) {
        return TestCluster.nodeWithGateways(n);
    }

    private static EgressIpInput with(Optional<Bandwidth> bandwidth, Optional<Integer> dscp, EgressIpInput object) {
        return object.edit().qos(new EgressIpQos(bandwidth, dscp, List.of())).build();
    }

    private static InputObject[] seed(InputObject... more) {
        var all = new ArrayList<InputObject>(List.of(
                node(1),
                node(2),
                node(3),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                pod("simpson", "marge", 3, "10.128.4.5")));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    private void seconds(InputObject... objects) {
        cluster.seconds(5, objects);
    }

    /** By the names of their switches what there is of our limits; those of others have no mark. */
    private Map<String, Row> limits() {
        var limits = new TreeMap<String, Row>();
        for (var logicalSwitch : cluster.database.rows(LogicalSwitch.TABLE)) {
            for (var row : cluster.database.children(LogicalSwitch.QOS_RULES, logicalSwitch.id())) {
                if (row.get(Qos.EXTERNAL_IDS)
                        .getOrDefault("ovn-egress.io/id", "")
                        .startsWith("qos/")) {
                    limits.put(logicalSwitch.get(LogicalSwitch.NAME), row);
                }
            }
        }
        return limits;
    }

    private UUID switchNamed(String name) {
        return cluster.database.rows(LogicalSwitch.TABLE).stream()
                .filter(row -> row.get(LogicalSwitch.NAME).equals(name))
                .findFirst()
                .orElseThrow()
                .id();
    }

    @Test
    void whatLeavesByANodeIsLimitedAndMarkedOnItsSwitchToTheOutside() {
        cluster.start(seed(LIMITED));

        assertThat(limits()).containsOnlyKeys("ext_node1");
        var limit = limits().get("ext_node1");
        assertThat(limit.get(Qos.DIRECTION)).isEqualTo("from-lport");
        assertThat(limit.get(Qos.PRIORITY)).as("above every EgressQoS").isEqualTo(1100);
        assertThat(limit.get(Qos.MATCH)).isEqualTo("inport == \"etor-GR_node1\" && ip4.src == " + EGRESS_IP);
        assertThat(limit.get(Qos.BANDWIDTH)).isEqualTo(Map.of("rate", 2000L, "burst", 200L));
        assertThat(limit.get(Qos.ACTION)).isEqualTo(Map.of("dscp", 46L));
        assertThat(limit.get(Qos.EXTERNAL_IDS))
                .containsEntry("ovn-egress.io/owner", "EgressIP/demo")
                .containsEntry("k8s.ovn.org/owner-controller", "ovn-egress");
    }

    @Test
    void anIpv6AddressIsMatchedAsOne() {
        cluster.start(seed(LIMITED.edit().egressIps(List.of("fd00:126::100")).build()));

        assertThat(limits().get("ext_node1").get(Qos.MATCH))
                .isEqualTo("inport == \"etor-GR_node1\" && ip6.src == fd00:126::100");
    }

    @Test
    void thePortIsTheOneThatTheSwitchHas() {
        var port = cluster.database.rows(LogicalSwitchPort.TABLE).stream()
                .filter(row -> row.get(LogicalSwitchPort.NAME).equals("etor-GR_node1"))
                .findFirst()
                .orElseThrow()
                .id();
        cluster.start(seed(LIMITED));
        cluster.tamper(
                () -> cluster.database.set(LogicalSwitchPort.TABLE, port, Cell.of(LogicalSwitchPort.NAME, "another")));

        assertThat(limits().get("ext_node1").get(Qos.MATCH)).startsWith("inport == \"another\" && ");
        cluster.tamper(() -> cluster.database.delete(LogicalSwitchPort.TABLE, port));
        assertThat(limits()).as("there is no way out").isEmpty();
    }

    @Test
    void theLimitIsOnTheNewNodeBeforeTrafficAndOnTheOldOneUntilItsSnatsHaveGone() {
        cluster.start(seed(LIMITED));
        cluster.reconciler.apply(new InputChange.Put(draining(node(1))), cluster.now);
        commit();
        assertThat(cluster.snats()).contains("GR_node2 10.128.0.5 " + EGRESS_IP);
        assertThat(cluster.reroutes().get("10.128.0.5")).containsExactly("100.64.0.2");
        assertThat(limits()).containsOnlyKeys("ext_node1", "ext_node2");

        installed();
        cluster.now = cluster.now.plusSeconds(1);
        commit();
        assertThat(cluster.reroutes().get("10.128.0.5")).containsExactly("100.64.0.3");
        assertThat(limits()).containsOnlyKeys("ext_node1", "ext_node2");

        installed();
        cluster.now = cluster.now.plusMillis(500);
        commit();
        assertThat(cluster.snats()).noneMatch(snat -> snat.startsWith("GR_node1"));
        assertThat(limits()).containsOnlyKeys("ext_node2");
    }

    private void commit() {
        for (var next = cluster.reconciler.nextTransaction(cluster.now);
                next.isPresent();
                next = cluster.reconciler.nextTransaction(cluster.now)) {
            cluster.commit(next.get());
        }
    }

    private void installed() {
        cluster.reconciler.apply(cluster.database.answer());
        commit();
    }

    @Test
    void whatLeavesByARouterOfItsOwnIsLimitedOnItsSwitchThroughMoves() {
        cluster.start(seed(ROUTED));
        seconds();

        assertThat(limits()).containsOnlyKeys(OWN_SWITCH);
        var limit = limits().get(OWN_SWITCH);
        assertThat(limit.get(Qos.MATCH))
                .isEqualTo("inport == \"etor-egressip_demo_192.168.126.100\" && ip4.src == " + EGRESS_IP);

        seconds(draining(node(1)));
        assertThat(limits()).as("it moves with its router").isEqualTo(Map.of(OWN_SWITCH, limit));
    }

    @Test
    void bothAddressesOfARouterAreLimited() {
        cluster.start(seed(
                ROUTED.edit().egressIps(List.of(EGRESS_IP, "fd00:126::100")).build()));
        seconds();

        assertThat(cluster.database.children(LogicalSwitch.QOS_RULES, switchNamed(OWN_SWITCH)))
                .extracting(row -> row.get(Qos.MATCH).replaceFirst(".* && ", ""))
                .containsExactlyInAnyOrder("ip4.src == " + EGRESS_IP, "ip6.src == fd00:126::100");
    }

    @Test
    void anObjectThatChangesItsFormIsLimitedAllTheTime() {
        cluster.start(seed(LIMITED));
        cluster.put(ROUTED);
        assertThat(limits()).containsKey("ext_node1");
        seconds();
        assertThat(limits()).containsOnlyKeys(OWN_SWITCH);

        seconds(LIMITED.edit().form(EgressForm.PINNED).build());
        assertThat(limits()).containsOnlyKeys("egressip_demo_192.168.126.100_pinned_outside");

        seconds(LIMITED);
        assertThat(limits()).containsOnlyKeys("ext_node1");
    }

    @Test
    void anotherLimitChangesTheRowAndNoPods() {
        cluster.start(seed(LIMITED));
        var before = limits().get("ext_node1").id();
        cluster.owners.clear();

        cluster.put(with(Optional.empty(), Optional.of(10), UNLIMITED));
        assertThat(limits().get("ext_node1").id()).isEqualTo(before);
        assertThat(limits().get("ext_node1").get(Qos.BANDWIDTH)).isEmpty();
        assertThat(limits().get("ext_node1").get(Qos.ACTION)).isEqualTo(Map.of("dscp", 10L));
        assertThat(cluster.owners).containsExactly("demo");

        cluster.put(with(Optional.of(new Bandwidth(500, 1000)), Optional.empty(), UNLIMITED));
        assertThat(limits().get("ext_node1").get(Qos.BANDWIDTH)).isEqualTo(Map.of("rate", 500L, "burst", 1000L));
        assertThat(limits().get("ext_node1").get(Qos.ACTION)).isEmpty();

        cluster.put(UNLIMITED);
        assertThat(limits()).isEmpty();
        assertThat(cluster.snats()).hasSize(2);
    }

    @Test
    void everyDamagedColumnIsPutRight() {
        cluster.start(seed(LIMITED));
        var whole = limits();
        var limit = whole.get("ext_node1");
        for (var damage : List.<Cell<?>>of(
                Cell.of(Qos.PRIORITY, 1L),
                Cell.of(Qos.DIRECTION, "to-lport"),
                Cell.of(Qos.MATCH, "ip4"),
                Cell.of(Qos.BANDWIDTH, Map.of("rate", 1L)),
                Cell.of(Qos.ACTION, Map.of()))) {
            cluster.tamper(() -> cluster.database.set(Qos.TABLE, limit.id(), damage));
            cluster.after(Duration.ofMinutes(2));
            assertThat(limits()).as("%s", damage).isEqualTo(whole);
        }
        cluster.tamper(() -> cluster.database.delete(Qos.TABLE, limit.id()));
        cluster.after(Duration.ofMinutes(2));
        assertThat(limits()).isEqualTo(whole);
    }

    @Test
    void aControllerThatStartsTakesThemOver() {
        cluster.start(seed(LIMITED));
        cluster.transactions.clear();

        cluster.restart(seed(LIMITED));
        assertThat(cluster.transactions).isEmpty();

        cluster.restart(seed(UNLIMITED));
        assertThat(limits()).isEmpty();
    }

    @Test
    void whatTheOtherControllerDidNotWriteIsWrittenWhenThisOneTakesOver() {
        cluster.start(seed(UNLIMITED));
        cluster.reconciler.setLeader(false);
        cluster.put(LIMITED);
        assertThat(audit().rows().get(RowClass.Missing)).isEqualTo(1);

        cluster.reconciler.setLeader(true);
        seconds();
        assertThat(limits()).containsOnlyKeys("ext_node1");

        cluster.reconciler.setLeader(false);
        cluster.put(UNLIMITED);
        assertThat(audit().rows().get(RowClass.Superfluous)).isEqualTo(1);
        cluster.reconciler.setLeader(true);
        seconds();
        assertThat(limits()).isEmpty();
    }

    @Test
    void anAuditKnowsThem() {
        cluster.start(seed(LIMITED));
        assertThat(audit().notRight()).isZero();

        cluster.reconciler.setLeader(false);
        assertThat(audit().notRight()).isZero();
        cluster.tamper(() -> cluster.database.set(
                Qos.TABLE, limits().get("ext_node1").id(), Cell.of(Qos.BANDWIDTH, Map.of("rate", 1L))));
        assertThat(audit().rows().get(RowClass.Wrong)).isEqualTo(1);
    }

    private AuditReport audit() {
        var audit = cluster.reconciler.audit(Set.of(RowClass.values()), 10);
        while (!cluster.reconciler.goOn(audit, () -> false, cluster.now)) {}
        return audit.report();
    }

    @Test
    void anAddressThatGoesToAnotherObjectHasItsLimit() {
        var other = with(
                Optional.of(Bandwidth.of(8000)),
                Optional.empty(),
                egressIp("other", 1, where("house=simpson"), LabelSelector.EVERYTHING, EGRESS_IP));
        cluster.start(seed(LIMITED, other));

        cluster.remove(EgressIpInput.KIND, "demo");
        seconds();

        assertThat(limits()).hasSize(1);
        var limit = limits().values().iterator().next();
        assertThat(limit.get(Qos.BANDWIDTH)).containsEntry("rate", 8000L);
        assertThat(limit.get(Qos.EXTERNAL_IDS)).containsEntry("ovn-egress.io/owner", "EgressIP/other");
    }

    @Test
    void ofADeletedObjectNothingIsLeftInEitherForm() {
        cluster.start(seed(LIMITED));
        var theirs = cluster.database.insert(
                Qos.TABLE,
                Cell.of(Qos.PRIORITY, 1000L),
                Cell.of(Qos.DIRECTION, "to-lport"),
                Cell.of(Qos.MATCH, "(ip4.dst == 0.0.0.0/0 || ip6.dst == ::/0) && ip4.src == $a1"),
                Cell.of(Qos.ACTION, Map.of("dscp", 20L)),
                Cell.of(Qos.EXTERNAL_IDS, Map.of("EgressQoS", "simpson")));
        cluster.tamper(() -> cluster.database.addTo(LogicalSwitch.QOS_RULES, switchNamed("ext_node1"), theirs));

        cluster.remove(EgressIpInput.KIND, "demo");
        seconds();
        assertThat(limits()).isEmpty();

        seconds(ROUTED);
        assertThat(limits()).hasSize(1);
        cluster.tamper(() -> cluster.database.addTo(LogicalSwitch.QOS_RULES, switchNamed(OWN_SWITCH), theirs));
        cluster.remove(EgressIpInput.KIND, "demo");
        seconds();
        assertThat(cluster.database.rows(LogicalSwitch.TABLE))
                .noneMatch(row -> row.get(LogicalSwitch.NAME).startsWith("egressip_"));
        assertThat(cluster.database.rows(Qos.TABLE))
                .filteredOn(row -> !row.get(Qos.EXTERNAL_IDS)
                        .getOrDefault("ovn-egress.io/id", "")
                        .startsWith("reply-mark/"))
                .as("ovnkube's")
                .extracting(Row::id)
                .containsExactly(theirs);
    }

    @Test
    void whatCannotBeUnderstoodIsToldAndPodsAreServedWithoutALimit() {
        var wrong = UNLIMITED
                .edit()
                .qos(new EgressIpQos(Optional.empty(), Optional.empty(), List.of("bandwidth is \"much\": correct it")))
                .build();
        cluster.start(seed(wrong));

        assertThat(cluster.snats()).hasSize(2);
        assertThat(limits()).isEmpty();
        assertThat(cluster.statuses.get("demo").conditions())
                .filteredOn(condition -> condition.reason() == EgressIpReason.InvalidQoS)
                .extracting(StatusCondition::message)
                .containsExactly("bandwidth is \"much\": correct it");
        assertThat(cluster.events)
                .anySatisfy(event -> assertThat(event.message()).contains("bandwidth is \"much\""));
    }
}
