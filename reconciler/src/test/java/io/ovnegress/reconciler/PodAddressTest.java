package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.createdAt;
import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.finished;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.saying;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpShortfall;
import io.ovnegress.reconciler.input.AddressClaim;
import io.ovnegress.reconciler.input.AddressRefusal;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.PodInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A pod's address is that of its port; what its object says counts only where there is none, and never against another pod. */
class PodAddressTest {
    private static final PodInput HOMER = pod("simpson", "homer", 1, "10.128.0.5");
    private static final PodInput SELMA = pod("bouvier", "selma", 2, "10.128.2.5");
    private static final List<InputObject> WORLD = List.of(
            node(1),
            node(2),
            namespace("simpson", "house=simpson"),
            namespace("bouvier", "house=bouvier"),
            egressIp("simpson", where("house=simpson"), "192.168.126.100"),
            dropping(egressIp("bouvier", where("house=bouvier"), "192.168.127.200"))); // no node has it

    private final TestCluster cluster = new TestCluster().topology(1, 2);

    private void start(PodInput... pods) {
        var objects = new ArrayList<>(WORLD);
        objects.addAll(List.of(pods));
        cluster.start(objects.toArray(InputObject[]::new));
    }

    private void startWithPorts() {
        cluster.insertPort(HOMER, "10.128.0.5");
        cluster.insertPort(SELMA, "10.128.2.5");
        start(HOMER, SELMA);
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
        assertThat(cluster.dropped()).containsExactly("10.128.2.5");
    }

    @Test
    void podThatNamesAnotherAddressDoesNotEscapeTheDropOfItsOwn() {
        startWithPorts();

        cluster.put(pod("bouvier", "selma", 2, "10.128.2.200"));

        assertThat(cluster.dropped()).containsExactly("10.128.2.5");
    }

    @Test
    void podThatNamesNoAddressDoesNotEscapeTheDropOfItsOwn() {
        startWithPorts();

        cluster.put(pod("bouvier", "selma", 2));

        assertThat(cluster.dropped()).containsExactly("10.128.2.5");
    }

    @Test
    void podThatNamesTheAddressOfAnotherTakesNothingFromIt() {
        startWithPorts();
        var before = cluster.content();

        cluster.put(pod("bouvier", "selma", 2, "10.128.0.5"));
        cluster.put(pod("bouvier", "patty", 2, "10.128.0.5"));
        cluster.put(createdAt(pod("bouvier", "ling", 2, "10.128.0.5"), 99));

        assertThat(cluster.content()).isEqualTo(before);
        cluster.restart(
                withAll(pod("bouvier", "selma", 2, "10.128.0.5"), pod("bouvier", "patty", 2, "10.128.0.5"), HOMER));
        assertThat(cluster.content()).isEqualTo(before);
    }

    private static InputObject[] withAll(InputObject... objects) {
        var all = new ArrayList<>(WORLD);
        all.addAll(List.of(objects));
        return all.toArray(InputObject[]::new);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8.8.8.8",
                "2001:4860:4860::8888",
                "192.168.126.11",
                "192.168.126.12",
                "100.64.0.2",
                "100.64.9.9",
                "fd98::2",
                "fd00:126::11",
                "10.128.0.1",
                "10.128.0.2"
            })
    void addressThatNoPodCanHaveIsNotProgrammed(String address) {
        cluster.routerPort("ovn_cluster_router", "rtos-node1", "10.128.0.1/23");
        start(HOMER);
        cluster.put(TestCluster.probedAt(node(1), "10.128.0.2"));
        var before = cluster.content();

        cluster.put(pod("bouvier", "patty", 2, address), pod("simpson", "bart", 2, address));
        cluster.tamper(() -> cluster.insertPort("bouvier_ling", "node2", address));
        cluster.put(pod("bouvier", "ling", 2, address));

        assertThat(cluster.content()).isEqualTo(before);
    }

    @Test
    void addressIsFreeForAPodWhenNoNodeHasItAnyMore() {
        var before = node(1);
        start();
        cluster.put(TestCluster.probedAt(before, "10.128.0.5"), HOMER);
        assertThat(cluster.reroutes()).isEmpty();

        cluster.put(before);

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
        cluster.put(TestCluster.probedAt(before, "10.128.0.5"));
        assertThat(cluster.reroutes()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = AddressClaim.Kind.class,
            names = {"AGREED"},
            mode = EnumSource.Mode.EXCLUDE)
    void withoutAPortBothSourcesMustNameTheSame(AddressClaim.Kind kind) {
        start(saying(kind, HOMER), saying(kind, SELMA));
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.dropped()).isEmpty();

        cluster.put(HOMER, SELMA);

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
        assertThat(cluster.dropped()).containsExactly("10.128.2.5");
    }

    @ParameterizedTest
    @EnumSource(AddressClaim.Kind.class)
    void withAPortItDoesNotMatterWhatTheObjectSays(AddressClaim.Kind kind) {
        cluster.insertPort(HOMER, "10.128.0.5");

        start(saying(kind, HOMER));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
    }

    @Test
    void withoutPortsTheOlderClaimKeepsTheAddressHoweverOldThePodIs() {
        start(createdAt(HOMER, 100), createdAt(pod("bouvier", "patty", 2), 1));
        var before = cluster.content();

        cluster.put(createdAt(pod("bouvier", "patty", 2, "10.128.0.5"), 1));
        assertThat(cluster.content()).isEqualTo(before);

        cluster.restart(withAll(createdAt(pod("bouvier", "patty", 2, "10.128.0.5"), 1), createdAt(HOMER, 100)));
        assertThat(cluster.content()).isEqualTo(before);

        cluster.remove(InputKind.POD, "simpson/homer");
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.dropped()).containsExactly("10.128.0.5");
    }

    @Test
    void claimsThatComeTogetherAndOfWhichNothingIsWrittenAreBothRefused() {
        start(HOMER, createdAt(pod("bouvier", "patty", 2, "10.128.0.5"), -1));

        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.dropped()).isEmpty();
        cluster.tamper(() -> cluster.insertPort(HOMER, "10.128.0.5"));
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
    }

    @Test
    void portMayComeBeforeOrAfterItsPod() {
        start(pod("simpson", "homer", 1));
        cluster.tamper(() -> cluster.insertPort(HOMER, "10.128.0.5"));
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");

        var bart = pod("simpson", "bart", 1);
        cluster.tamper(() -> cluster.insertPort(bart, "10.128.0.6"));
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
        cluster.put(bart);
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "10.128.0.6");
    }

    @Test
    void portThatGoesTakesTheRowsWithItAtOnceThoughItsPodIsStillThere() {
        startWithPorts();
        int transactions = cluster.transactions.size();

        cluster.tamper(() -> {
            cluster.deletePort(HOMER);
            cluster.deletePort(SELMA);
        });
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.snats()).isEmpty();
        assertThat(cluster.transactions).hasSize(transactions + 1);

        cluster.put(saying(AddressClaim.Kind.AGREED, HOMER));
        assertThat(cluster.reroutes()).as("what the object says once more").isEmpty();

        cluster.tamper(() -> cluster.insertPort(HOMER, "10.128.0.5"));
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
    }

    @Test
    void anotherPodOfTheNameIsBelievedBeforeItHasAPort() {
        startWithPorts();
        cluster.tamper(() -> cluster.deletePort(HOMER));

        cluster.put(TestCluster.createdAt(HOMER, 60));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5");
    }

    @Test
    void portWithAnotherAddressMovesTheRowsInOneTransaction() {
        startWithPorts();
        int transactions = cluster.transactions.size();

        cluster.tamper(() -> cluster.database.set(
                LogicalSwitchPort.TABLE,
                cluster.port(HOMER).orElseThrow().id(),
                Cell.of(LogicalSwitchPort.ADDRESSES, Set.of("0a:58:0a:80:00:09 10.128.0.9 fd01::9"))));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.9");
        assertThat(cluster.transactions).hasSize(transactions + 1);
    }

    @Test
    void addressThatGoesToThePortOfAnotherPodIsNoLongerThatOfTheFirst() {
        startWithPorts();
        var patty = pod("bouvier", "patty", 1, "10.128.0.5");

        cluster.tamper(() -> {
            cluster.deletePort(HOMER);
            cluster.insertPort(patty, "10.128.0.5");
        });
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.dropped()).containsExactly("10.128.2.5");

        cluster.put(patty);
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.dropped()).containsExactly("10.128.0.5", "10.128.2.5");
    }

    @Test
    void finishedPodHasNoAddressThoughItsPortIsStillThere() {
        startWithPorts();

        cluster.put(finished(HOMER));
        assertThat(cluster.reroutes()).isEmpty();

        cluster.tamper(() -> cluster.deletePort(HOMER));
        assertThat(cluster.reroutes()).isEmpty();
    }

    @Test
    void portMadeAnewInOneTransactionIsTheOneThatCounts() {
        startWithPorts();

        cluster.tamper(() -> {
            cluster.deletePort(HOMER);
            cluster.insertPort(HOMER, "10.128.0.7");
        });

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.7");
    }

    @Test
    void portsOfOtherNetworksAndThoseThatAreNoPodsDoNotCount() {
        start(pod("simpson", "homer", 1));

        cluster.tamper(() -> {
            cluster.insertPort("blue.net_simpson_homer", "node1", "10.128.0.5");
            cluster.insertPort("k8s-node1", "node1", "10.128.0.5");
            cluster.insertPort("simpson_homer", "node1", "10.128.0.5");
            cluster.database.set(
                    LogicalSwitchPort.TABLE,
                    cluster.port(HOMER).orElseThrow().id(),
                    Cell.of(LogicalSwitchPort.TYPE, "remote"));
        });

        assertThat(cluster.reroutes()).isEmpty();
    }

    @Test
    void bothAddressesOfAPortAreServed() {
        cluster.insertPort(HOMER, "10.128.0.5", "fd01::5");
        start(HOMER);
        cluster.put(egressIp("simpson", where("house=simpson"), "192.168.126.100", "fd00:126::100"));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "fd01::5");
    }

    @Test
    void portsAreKnownAgainAfterTheDatabaseHasBeenReadAnew() {
        startWithPorts();
        var before = cluster.content();

        cluster.reconciler.disconnected();
        cluster.connect();
        cluster.settle();
        cluster.put(pod("bouvier", "selma", 2, "10.128.0.5"));

        assertThat(cluster.content()).isEqualTo(before);
    }

    @Test
    void whatIsRefusedIsSaidOnTheObjectThatSelectsThePod() {
        startWithPorts();
        cluster.events.clear();

        cluster.put(pod("bouvier", "selma", 2, "10.128.0.5"));
        assertThat(cluster.events).isEmpty(); // a moment is no lie
        cluster.after(Duration.ofSeconds(5));

        assertThat(refused("bouvier"))
                .isEqualTo("what 1 pod that this object selects says about addresses is not believed (see who may write"
                        + " annotations and status of pods): bouvier/selma: another address is named than that of the"
                        + " logical switch port, which is the one that counts");
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .containsExactly(EgressIpEventReason.PodAddressRefused);
        assertThat(EgressIpShortfall.refusedAddresses(cluster.reconciler.shortfall()))
                .isEqualTo(Map.of(AddressRefusal.OTHER_THAN_PORT, 1));
        assertThat(conditions("simpson")).doesNotContain(EgressIpConditionType.AddressRefused);

        cluster.put(SELMA).after(Duration.ofSeconds(5));
        assertThat(conditions("bouvier")).doesNotContain(EgressIpConditionType.AddressRefused);
        assertThat(EgressIpShortfall.refusedAddresses(cluster.reconciler.shortfall()))
                .isEmpty();
    }

    @Test
    void everyRefusalNamesItsReason() {
        startWithPorts();

        cluster.put(
                saying(AddressClaim.Kind.TOO_LONG, pod("bouvier", "a", 2)),
                saying(AddressClaim.Kind.SEVERAL, pod("bouvier", "b", 2)),
                saying(AddressClaim.Kind.DISAGREED, pod("bouvier", "c", 2)),
                saying(AddressClaim.Kind.STATUS_ONLY, pod("bouvier", "d", 2, "10.128.2.9")),
                saying(AddressClaim.Kind.ANNOTATION_ONLY, pod("bouvier", "e", 2, "10.128.2.10")),
                pod("bouvier", "f", 2, "10.128.0.5"),
                pod("bouvier", "g", 2, "8.8.8.8"),
                pod("bouvier", "h", 2, "192.168.126.11"));
        cluster.after(Duration.ofSeconds(5));

        assertThat(refused("bouvier"))
                .contains(
                        "what 7 pods that this object selects say about addresses",
                        "bouvier/a: annotation k8s.ovn.org/pod-networks is longer than 16 KiB",
                        "bouvier/b: annotation or status names more than one address of a family",
                        "bouvier/c: annotation k8s.ovn.org/pod-networks and status.podIPs name different addresses",
                        "bouvier/d: only status.podIPs names an address",
                        "bouvier/f: the address belongs to another pod",
                        "bouvier/g: the address is in no cluster subnet",
                        "bouvier/h: the address is that of a node or of a router")
                .doesNotContain("bouvier/e");
    }

    @Test
    void podThatChangesItsMindAllTheTimeIsToldOfOnceInAWhile() {
        startWithPorts();
        cluster.put(pod("bouvier", "selma", 2, "10.128.0.5")).after(Duration.ofSeconds(5));
        cluster.statusChanges = 0;

        for (int i = 0; i < 1_000; i++) {
            cluster.put(
                    i % 2 == 0 ? saying(AddressClaim.Kind.DISAGREED, SELMA) : pod("bouvier", "selma", 2, "10.1.1.1"));
            cluster.after(Duration.ofMillis(10));
        }

        assertThat(cluster.statusChanges).isLessThanOrEqualTo(3);
        assertThat(cluster.dropped()).containsExactly("10.128.2.5");
    }

    @Test
    void restartSaysTheSameWithoutAnotherEvent() {
        startWithPorts();
        var liar = pod("bouvier", "selma", 2, "10.128.0.5");
        cluster.put(liar).after(Duration.ofSeconds(5));
        var said = refused("bouvier");

        cluster.events.clear();
        cluster.restart(withAll(HOMER, liar));

        assertThat(refused("bouvier")).isEqualTo(said);
    }

    private String refused(String egressIp) {
        return cluster.statuses.get(egressIp).conditions().stream()
                .filter(condition -> condition.type() == EgressIpConditionType.AddressRefused)
                .findAny()
                .orElseThrow()
                .message();
    }

    private List<StatusCondition.Type> conditions(String egressIp) {
        return cluster.statuses.get(egressIp).conditions().stream()
                .map(StatusCondition::type)
                .toList();
    }
}
