package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.feature.pool.PoolReason;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PoolClaim;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pools in the machine: what is handed over, and when. */
class PoolTest {
    private static final ReconcilerConfig CONFIG = new ReconcilerConfig(
                    TestCluster.CONFIG.clusterSubnets(), TestCluster.CONFIG.joinSubnets(), false, 500)
            .edit()
            .pools(true)
            .egressRouterVips(List.of(TestCluster.network("198.18.0.0/24")))
            .build();

    private final TestCluster cluster = new TestCluster(
                    CONFIG,
                    new FakeNorthbound(FakeNorthbound.PINNED, new Reconciler(Features.of(CONFIG), 500).monitorSpec()))
            .topology(1, 2)
            .uplinks(1, 2);

    private static PoolInput pool(String range) {
        return pool("uid", range, Duration.ofHours(1));
    }

    private static PoolInput pool(String uid, String range, Duration grace) {
        return new PoolInput(
                "p",
                uid,
                Instant.EPOCH,
                1,
                List.of(AddressRange.parse(range).orElseThrow()),
                List.of(),
                Optional.of(LabelSelector.EVERYTHING),
                Optional.of(LabelSelector.EVERYTHING),
                1,
                4,
                grace,
                Map.of(),
                List.of());
    }

    private static NamespaceInput namespace(String name, String... annotation) {
        return annotation.length == 0
                ? new NamespaceInput(name, Map.of())
                : new NamespaceInput(name, Map.of(), Map.of(annotation[0], annotation[1]));
    }

    private static PooledEgressIp heardOf(String namespace, String... addresses) {
        var named = new Requirement("kubernetes.io/metadata.name", Operator.IN, Set.of(namespace));
        return new PooledEgressIp(
                "p." + namespace,
                "uid-" + namespace,
                Instant.EPOCH,
                Optional.of("p"),
                Set.of("uid"),
                List.of(addresses).stream()
                        .map(address -> IpAddress.parse(address).orElseThrow())
                        .toList(),
                Optional.of(new LabelSelector(List.of(named))),
                Map.of());
    }

    /** Addresses by the names of objects that are to be written. */
    private Map<String, String> puts() {
        var puts = new TreeMap<String, String>();
        cluster.reconciler.pools(cluster.now).changes().forEach((name, decided) -> {
            if (decided.change() instanceof Change.Put put) {
                puts.put(name, put.addresses().toString());
            }
        });
        return puts;
    }

    /** Wants an address, and counts how often that is looked at. */
    private record Counted(String key, PoolClaim claim, AtomicInteger looks) implements InputObject {
        private static final InputKind KIND = new InputKind("COUNTED");

        @Override
        public InputKind kind() {
            return KIND;
        }

        @Override
        public Optional<PoolClaim> poolClaim() {
            looks.incrementAndGet();
            return Optional.of(claim);
        }
    }

    /** How often claims are looked at for one change of something else while all their addresses are on their way. */
    private static int looks(int claims) {
        var looks = new AtomicInteger();
        var world = new PoolTest();
        world.cluster.start(pool("10.5.0.1-10.5.0.250"), namespace("a"));
        world.cluster.put(IntStream.range(0, claims)
                .mapToObj(i -> new Counted(
                        "a/r" + i,
                        new PoolClaim("a" + i, "uid" + i, Instant.EPOCH, Optional.empty(), 1, Set.of(), List.of()),
                        looks))
                .toArray(InputObject[]::new));
        world.cluster.put(
                IntStream.range(0, claims).mapToObj(i -> namespace("a" + i)).toArray(InputObject[]::new));
        assertThat(world.cluster.reconciler.pools(world.cluster.now).changes()).hasSize(2 * claims + 1);
        looks.set(0);
        world.cluster.put(namespace("b"));
        assertThat(world.puts()).containsKey("p.b");
        return looks.get();
    }

    @Test
    void grantsOnTheirWayAreLookedForWithoutLookingAtEveryClaimForEach() {
        int few = looks(10);

        assertThat(few).isPositive();
        assertThat(looks(80)).as("of eight times as many").isLessThanOrEqualTo(8 * few);
    }

    @Test
    void whatIsOnItsWayIsGivenToNobodyElse() {
        cluster.start(pool("10.5.0.1-10.5.0.9"), namespace("b"), namespace("c"));
        assertThat(puts()).isEqualTo(Map.of("p.b", "[10.5.0.1]", "p.c", "[10.5.0.2]"));

        cluster.put(namespace("a"));
        assertThat(puts()).isEqualTo(Map.of("p.a", "[10.5.0.3]", "p.b", "[10.5.0.1]", "p.c", "[10.5.0.2]"));

        cluster.put(heardOf("b", "10.5.0.1"));
        assertThat(puts()).isEqualTo(Map.of("p.a", "[10.5.0.3]", "p.c", "[10.5.0.2]"));
    }

    @Test
    void anAddressThatIsBeingTakenAwayIsNotGivenBeforeThatIsHeardOf() {
        cluster.start(
                pool("10.5.0.1-10.5.0.2"),
                namespace("a", PooledEgressIp.HOW_MANY, "2"),
                heardOf("a", "10.5.0.1", "10.5.0.2"));
        cluster.put(namespace("a"));
        cluster.put(namespace("b"));
        assertThat(puts()).isEqualTo(Map.of("p.a", "[10.5.0.1]"));

        cluster.put(heardOf("a", "10.5.0.1"));
        assertThat(puts()).isEqualTo(Map.of("p.b", "[10.5.0.2]"));
    }

    @Test
    void aChangeThatIsNotWantedAnyMoreIsNotHandedOver() {
        cluster.start(pool("10.5.0.1-10.5.0.2"), namespace("a"), heardOf("a", "10.5.0.1"));
        cluster.put(namespace("a", PooledEgressIp.HOW_MANY, "2"));
        assertThat(puts()).isEqualTo(Map.of("p.a", "[10.5.0.1, 10.5.0.2]"));
        cluster.put(namespace("a"));
        cluster.put(namespace("a", "other", ""));

        assertThat(puts()).isEmpty();
    }

    private PoolWrites.Decided decided(String name) {
        return cluster.reconciler.pools(cluster.now).changes().get(name);
    }

    /** What has been written and undone, both heard of at once, is not what has been written. */
    @Test
    void aChangeThatIsNeededOnceMoreIsAnotherOne() {
        var asItWas = heardOf("a", "10.5.0.1");
        cluster.start(pool("10.5.0.1-10.5.0.2"), namespace("a", PooledEgressIp.HOW_MANY, "2"), asItWas);
        var first = decided("p.a");
        cluster.put(namespace("b", "other", ""));
        assertThat(decided("p.a")).as("it is still the same").isEqualTo(first);

        cluster.put(heardOf("a", "10.5.0.1", "10.5.0.2"), asItWas);
        assertThat(decided("p.a").change()).isEqualTo(first.change());
        assertThat(decided("p.a").number()).isGreaterThan(first.number());
    }

    @Test
    void aDeletionIsWithdrawnWhenTheNamespaceReturns() {
        cluster.start(pool("uid", "10.5.0.1-10.5.0.2", Duration.ZERO), heardOf("a", "10.5.0.1"));
        assertThat(decided("p.a").change()).isInstanceOf(Change.Delete.class);

        cluster.put(namespace("a"));
        assertThat(cluster.reconciler.pools(cluster.now).changes()).isEmpty();
    }

    /** Kubernetes would take away what goes with a pool that is no more. */
    @Test
    void objectsOfAPoolThatIsMadeAnewGoWithThatOne() {
        cluster.start(pool("10.5.0.1-10.5.0.2"), namespace("a"), heardOf("a", "10.5.0.1"));
        assertThat(puts()).isEmpty();

        cluster.put(pool("another", "10.5.0.1-10.5.0.2", Duration.ofHours(1)));
        assertThat(decided("p.a").change()).isInstanceOfSatisfying(Change.Put.class, put -> {
            assertThat(put.poolUid()).isEqualTo("another");
            assertThat(put.uid()).isEqualTo("uid-a");
        });
    }

    @Test
    void whoStandsByWritesNothingAndBeginsFromTheObjects() {
        cluster.start(pool("10.5.0.1-10.5.0.9"), namespace("a"), namespace("b"));
        assertThat(puts()).hasSize(2);
        cluster.reconciler.setLeader(false);
        assertThat(cluster.reconciler.pools(cluster.now)).isEqualTo(PoolWrites.NONE);

        cluster.put(heardOf("b", "10.5.0.1"));
        cluster.reconciler.setLeader(true);
        cluster.settle();
        assertThat(puts()).isEqualTo(Map.of("p.a", "[10.5.0.2]"));
    }

    @Test
    void aPoolIsExplainedWithWhatIsLeftOfIt() {
        cluster.start(pool("10.5.0.1-10.5.0.2"), namespace("a"), namespace("b"), namespace("c"));

        var question = new Question.OfObject(new ObjectRef(PoolInput.KIND, "p"));
        var answer = ((Answer.Explained) cluster.reconciler.answer(question, cluster.now)).explanation();

        assertThat(answer.kind()).isEqualTo("egressippool");
        assertThat(answer.facts()).containsEntry("addresses", "2").containsEntry("free", "0");
        assertThat(answer.reasons()).extracting(reason -> reason.code().name()).containsExactly("Exhausted");
    }

    @Test
    void timeAloneEndsTheGracePeriod() {
        cluster.start(pool("10.5.0.1-10.5.0.9"), namespace("a"), heardOf("a", "10.5.0.1"));
        cluster.remove(InputKind.NAMESPACE, "a");
        assertThat(puts()).isEqualTo(Map.of("p.a", "[10.5.0.1]"));
        var due = cluster.reconciler.nextDeadline();
        assertThat(due).contains(cluster.now.plus(Duration.ofHours(1)));

        cluster.now = due.orElseThrow();
        assertThat(decided("p.a").change()).isEqualTo(new Change.Delete("uid-a", "p"));
    }

    @Test
    void whereNodesHaveDatabasesOfTheirOwnNothingIsMadeAndThatIsSaid() {
        cluster.database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "transit_switch"));
        cluster.start(pool("10.5.0.1-10.5.0.9"), namespace("a"));

        assertThat(puts()).isEmpty();
        assertThat(cluster.otherStatuses.get("p").conditions().getFirst().reason())
                .isEqualTo(PoolReason.UnsupportedTopology);
    }

    @Test
    void addressesOfNodesAndOfTheClusterAreNotGiven() {
        var node = new NumberedNode(1).input();
        cluster.start(pool("192.168.126.0/24"), node, namespace("a", PooledEgressIp.HOW_MANY, "4"));
        var own = node.addresses();

        assertThat(own).isNotEmpty();
        assertThat(cluster.reconciler.pools(cluster.now).changes().values())
                .allSatisfy(decided ->
                        assertThat(((Change.Put) decided.change()).addresses()).doesNotContainAnyElementsOf(own));
        assertThat(cluster.otherStatuses.get("p").conditions().getFirst().reason())
                .isEqualTo(PoolReason.Ready);
    }

    /** A router that wants an address of a pool. */
    private static EgressRouterInput router(String name, long generation, String... given) {
        var addresses = Stream.of(given).map(TestCluster::ip).toList();
        return new EgressRouterInput(
                "a",
                name,
                "uid-" + name,
                Instant.EPOCH,
                generation,
                addresses,
                Destinations.NONE,
                "80 tcp 203.0.113.25",
                Optional.empty(),
                EgressRouterInput.Clients.OWN_NAMESPACE,
                LabelSelector.EVERYTHING,
                List.of(),
                Optional.empty(),
                false,
                false,
                Optional.of(new PoolClaim("a", "uid-" + name, Instant.EPOCH, Optional.empty(), 1, Set.of(), addresses)),
                Optional.empty(),
                List.of());
    }

    private Map<String, String> grants() {
        var grants = new TreeMap<String, String>();
        cluster.reconciler.pools(cluster.now).changes().forEach((name, decided) -> {
            if (decided.change() instanceof Change.Grant grant) {
                grants.put(name, grant.addresses().toString());
            }
        });
        return grants;
    }

    private EgressRouterReason reasonOf(String router) {
        return (EgressRouterReason)
                cluster.otherStatuses.get(router).conditions().getFirst().reason();
    }

    @Test
    void aRouterWaitsForTheAddressThatAPoolGivesItAndLeavesAsThat() {
        cluster.start(
                pool("192.168.126.200-192.168.126.201"),
                namespace("a", PooledEgressIp.POOL, ""),
                new NumberedNode(1)
                        .input()
                        .edit()
                        .nextHops(Set.of(TestCluster.ip("192.168.126.1")))
                        .build(),
                router("bank", 1));
        assertThat(grants()).isEqualTo(Map.of("a/bank", "[192.168.126.200]"));
        assertThat(reasonOf("a/bank")).isEqualTo(EgressRouterReason.NoAddress);

        cluster.put(router("bank", 2));
        cluster.put(router("shop", 1));
        assertThat(grants()).isEqualTo(Map.of("a/bank", "[192.168.126.200]", "a/shop", "[192.168.126.201]"));

        cluster.put(router("bank", 2, "192.168.126.200"));
        assertThat(grants()).isEqualTo(Map.of("a/shop", "[192.168.126.201]"));
        assertThat(cluster.database.rows(Nat.TABLE))
                .extracting(row -> row.get(Nat.EXTERNAL_IP))
                .contains("192.168.126.200");
    }

    @Test
    void whoNamesAnAddressThatAPoolHasGivenDoesNotGetIt() {
        var named = router("older", 1, "192.168.126.200");
        cluster.start(
                pool("192.168.126.200-192.168.126.201"),
                namespace("a", PooledEgressIp.POOL, ""),
                router("younger", 1, "192.168.126.200"));
        cluster.put(new EgressRouterInput(
                named.namespace(),
                named.name(),
                named.uid(),
                Instant.EPOCH.minusSeconds(9),
                1,
                named.sources(),
                named.destinations(),
                named.destinationsText(),
                Optional.empty(),
                named.clients(),
                named.nodes(),
                List.of(),
                Optional.empty(),
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                List.of()));

        assertThat(grants()).isEmpty();
        assertThat(reasonOf("a/older")).isEqualTo(EgressRouterReason.AddressConflict);
        assertThat(reasonOf("a/younger")).isNotEqualTo(EgressRouterReason.AddressConflict);
    }
}
