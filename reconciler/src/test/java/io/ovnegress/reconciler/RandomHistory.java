package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.createdAt;
import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.finished;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Random histories that end with the last word about each object, cut into transactions somewhere, with lost replies,
 * reconnects, repetitions and damage on the way.
 */
public final class RandomHistory {
    /** Only one node can host each egress IP, so that the end does not depend on who came first. */
    static final List<InputObject> END = List.of(
            node(1),
            notLabelled(node(2)),
            notLabelled(node(3)),
            namespace("simpson", "house=simpson"),
            namespace("bouvier", "house=bouvier"),
            pod("simpson", "homer", 1, "10.128.0.5", "fd01::5"),
            pod("simpson", "marge", 2, "10.128.2.5"),
            pod("bouvier", "selma", 3, "10.128.4.5"),
            createdAt(pod("bouvier", "patty", 3, "10.128.0.9"), 7),
            finished(pod("simpson", "abe", 1, "10.128.0.9")),
            dropping(egressIp("one", 1, where("house=simpson"), where("app=homer"), "fd00:126::100")),
            egressIp("two", 2, where("house=simpson"), LabelSelector.EVERYTHING, "192.168.126.101"),
            egressIp("three", 3, where("house=bouvier"), LabelSelector.EVERYTHING, "192.168.126.102"));

    /** What the objects may have been before. */
    private static final List<InputObject> BEFORE = List.of(
            notReady(node(1)),
            node(2),
            node(3),
            namespace("simpson", "house=bouvier"),
            pod("simpson", "homer", 2, "10.128.2.5"),
            pod("simpson", "marge", 2, "10.128.0.5"),
            pod("simpson", "bart", 2, "10.128.2.8"),
            pod("bouvier", "selma", 1, "10.128.0.5", "fd01::5"),
            pod("simpson", "abe", 1, "10.128.0.9"),
            egressIp("one", 1, where("house=bouvier"), LabelSelector.EVERYTHING, "192.168.126.101"),
            dropping(egressIp("two", 2, where("house=simpson"), LabelSelector.EVERYTHING, "192.168.126.100")),
            dropping(egressIp("gone", 0, where("house=bouvier"), LabelSelector.EVERYTHING, "192.168.127.102")));

    private RandomHistory() {}

    /**
     * Plays the history of this seed on a new database; the same seed is the same history.
     *
     * @param schema of the database
     * @param journal is told everything that is done to the database
     */
    public static FakeNorthbound play(long seed, ServerSchema schema, FakeNorthbound.Journal journal) {
        var random = new Random(seed);
        var cluster = new TestCluster(
                TestCluster.config(random.nextInt(4) == 0, 1 + random.nextInt(12)), new FakeNorthbound(schema));
        cluster.topology(1, 2, 3).database.keep(journal);
        play(cluster, random);
        for (int i = 0; i < 5; i++) {
            cluster.tamper(() -> damage(cluster.database, random)).after(Duration.ofMinutes(5));
        }
        return cluster.database;
    }

    /** Ends with {@link #END}. */
    static void play(TestCluster cluster, Random random) {
        cluster.start(some(BEFORE, random).toArray(InputObject[]::new));
        var history = new ArrayList<InputChange>();
        some(BEFORE, random).forEach(object -> history.add(new InputChange.Put(object)));
        END.forEach(object -> history.add(new InputChange.Put(object)));
        history.add(new InputChange.Removed(EgressIpInput.KIND, "gone"));
        history.add(new InputChange.Removed(InputKind.POD, "simpson/bart"));
        Collections.shuffle(history, random);
        run(cluster, lastWordsLast(history), random);
    }

    /** Somebody changes a row, or takes one away. */
    private static void damage(FakeNorthbound database, Random random) {
        var routers = database.rows(LogicalRouter.TABLE);
        var router = routers.get(random.nextInt(routers.size()));
        for (var nat : database.children(LogicalRouter.NAT, router.id())) {
            switch (random.nextInt(3)) {
                case 0 -> database.removeFrom(LogicalRouter.NAT, router.id(), nat.id());
                case 1 ->
                    database.set(
                            Nat.TABLE, nat.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node" + random.nextInt(4))));
                default -> {}
            }
        }
        for (var policy : database.children(LogicalRouter.POLICIES, router.id())) {
            switch (random.nextInt(8)) {
                case 0 -> database.removeFrom(LogicalRouter.POLICIES, router.id(), policy.id());
                case 1 ->
                    database.set(
                            LogicalRouterPolicy.TABLE,
                            policy.id(),
                            Cell.of(LogicalRouterPolicy.NEXTHOPS, Set.of("100.64.0." + random.nextInt(9))));
                default -> {}
            }
        }
    }

    private static List<InputObject> some(List<InputObject> objects, Random random) {
        return objects.stream().filter(object -> random.nextBoolean()).toList();
    }

    /** Within each object, moves the last word about it to the last place. */
    private static List<InputChange> lastWordsLast(List<InputChange> history) {
        var places = new LinkedHashMap<Object, List<Integer>>();
        for (int i = 0; i < history.size(); i++) {
            places.computeIfAbsent(key(history.get(i)), unused -> new ArrayList<>())
                    .add(i);
        }
        var result = new ArrayList<>(history);
        places.values().forEach(indexes -> {
            var last = indexes.get(indexes.size() - 1);
            for (var index : indexes) {
                if (isLastWord(result.get(index))) {
                    Collections.swap(result, index, last);
                }
            }
        });
        return result;
    }

    private static boolean isLastWord(InputChange change) {
        return change instanceof InputChange.Removed
                || (change instanceof InputChange.Put(InputObject object, var version) && END.contains(object));
    }

    private static Object key(InputChange change) {
        return switch (change) {
            case InputChange.Put(InputObject object, var version) -> object.kind() + " " + object.key();
            case InputChange.Removed(InputKind kind, String name) -> kind + " " + name;
            default -> change;
        };
    }

    /** Applies the changes with transactions, lost replies, reconnects, restarts and repetitions in between. */
    private static void run(TestCluster cluster, List<InputChange> history, Random random) {
        var inFlight = new ArrayList<PlannedTransaction>();
        // Once: a second blow, while what repairs the first is on its way, makes any repair unsafe.
        int blow = random.nextInt(2 * history.size());
        for (var change : history) {
            if (blow-- == 0) {
                cluster.reconciler.apply(cluster.database.tamper(() -> damage(cluster.database, random)));
            }
            cluster.reconciler.apply(change, cluster.now);
            if (random.nextInt(5) == 0) {
                cluster.reconciler.apply(change, cluster.now);
            }
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    var planned = cluster.reconciler.nextTransaction(cluster.now);
                    if (blow >= 0) {
                        assertThat(planned.map(PlannedTransaction::repairs).orElse(List.of()))
                                .as("nobody else has written yet")
                                .isEmpty();
                    }
                    planned.ifPresent(inFlight::add);
                }
                case 2 -> {
                    while (!inFlight.isEmpty()) {
                        cluster.commit(inFlight.remove(0));
                    }
                }
                case 3 -> lose(cluster, inFlight, random);
                case 4 -> cluster.now = cluster.now.plus(Duration.ofMillis(random.nextInt(300)));
                default -> {}
            }
        }
        while (!inFlight.isEmpty()) {
            cluster.commit(inFlight.remove(0));
        }
        cluster.after(Duration.ofMinutes(5));
    }

    /** The connection breaks: some of what is in flight was committed, some was not; nobody knows. */
    private static void lose(TestCluster cluster, List<PlannedTransaction> inFlight, Random random) {
        int committed = inFlight.isEmpty() ? 0 : random.nextInt(inFlight.size() + 1);
        for (int i = 0; i < committed; i++) {
            cluster.database.commit(inFlight.get(i).operations());
        }
        cluster.reconciler.disconnected();
        inFlight.forEach(planned -> cluster.reconciler.complete(planned, new CommitOutcome.Lost("reset"), cluster.now));
        inFlight.clear();
        cluster.connect();
    }
}
