package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.machine.Cause;
import io.ovnegress.reconciler.machine.Changed;
import io.ovnegress.reconciler.northbound.RowChange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A transaction says of each owner why its rows were looked at. */
class CausesTest {
    private static final String HOMER = "10.128.0.5";

    private final TestCluster cluster = new TestCluster().topology(1, 2);

    @BeforeEach
    void start() {
        cluster.start(
                node(1),
                node(2),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, HOMER),
                egressIp("demo", where("house=simpson"), "192.168.126.100"));
    }

    private List<Changed> changes() {
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.commit(planned);
        var changes = planned.changes();
        cluster.settle();
        return changes;
    }

    private List<Changed> changesBy(InputObject object, String version) {
        cluster.reconciler.apply(new InputChange.Put(object, version), cluster.now);
        return changes();
    }

    private static Cause.Input input(Changed changed) {
        return (Cause.Input) changed.cause();
    }

    @Test
    void anObjectThatAppearsIsTheCauseWithItsVersion() {
        var bart = pod("simpson", "bart", 1, "10.128.0.6");

        var changed = changesBy(bart, "4711").getFirst();

        assertThat(changed.owner()).hasToString("10.128.0.6");
        assertThat(changed.why().object()).contains("demo");
        assertThat(input(changed))
                .isEqualTo(new Cause.Input(InputKind.POD, "simpson/bart", "4711", Optional.empty(), Optional.of(bart)));
        assertThat(changed.changes()).hasAtLeastOneElementOfType(RowChange.Insert.class);
    }

    @Test
    void anObjectThatChangesIsTheCauseAsItWasAndAsItIs() {
        var before = pod("simpson", "homer", 1, HOMER);
        var after = pod("simpson", "homer", 1, Map.of("app", "other"), "10.128.0.9");

        assertThat(changesBy(after, "2")).allSatisfy(changed -> {
            assertThat(input(changed).before()).contains(before);
            assertThat(input(changed).after()).contains(after);
        });
    }

    @Test
    void aPodThatGoesIsTheCauseOfTheEndOfItsRows() {
        cluster.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/homer"), cluster.now);

        var changed = changes().getFirst();
        assertThat(input(changed).after()).isEmpty();
        assertThat(changed.why().pod(changed.before())).contains("simpson/homer");
    }

    @Test
    void theNodeThatIsLostIsTheCauseOfEveryMove() {
        var on = cluster.snats().iterator().next().startsWith("GR_node1") ? 1 : 2;

        assertThat(changesBy(notReady(node(on)), "9")).allSatisfy(changed -> {
            assertThat(input(changed).kind()).isEqualTo(InputKind.NODE);
            assertThat(input(changed).key()).isEqualTo("node" + on);
            assertThat(input(changed).version()).isEqualTo("9");
        });
    }

    @Test
    void aNodeThatDoesNotAnswerIsACauseToo() {
        var on = cluster.snats().iterator().next().startsWith("GR_node1") ? "node1" : "node2";

        assertThat(changesBy(new NodeReachability(on, false), ""))
                .isNotEmpty()
                .allSatisfy(changed -> assertThat(input(changed).kind()).isEqualTo(NodeReachability.KIND));
    }

    @Test
    void ofSeveralChangesThatMayHaveMovedAnAddressAllAreNamed() {
        var on = cluster.snats().iterator().next().startsWith("GR_node1") ? 1 : 2;
        cluster.reconciler.apply(new InputChange.Put(notReady(node(on)), "9"), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(namespace("bouvier"), "10"), cluster.now);

        assertThat(changes())
                .allSatisfy(changed -> assertThat(changed.cause())
                        .isInstanceOfSatisfying(
                                Cause.Several.class,
                                several -> assertThat(several.causes()).hasSize(2)));
    }

    @Test
    void rowsThatSomebodyElseChangedAreCausedByTheDatabase() {
        cluster.reconciler.apply(cluster.database.tamper(() -> cluster.database.rows(Nat.TABLE).stream()
                .filter(row -> row.get(Nat.LOGICAL_IP).equals(HOMER))
                .forEach(row ->
                        cluster.database.set(Nat.TABLE, row.id(), Cell.of(Nat.LOGICAL_PORT, Set.of("k8s-node9"))))));

        assertThat(changes())
                .singleElement()
                .satisfies(changed -> assertThat(changed.cause()).isEqualTo(new Cause.Database()));
    }

    @Test
    void aLaterCauseIsNotTakenForTheOneBefore() {
        changesBy(pod("simpson", "homer", 1, "10.128.0.9"), "2");

        assertThat(changesBy(pod("simpson", "homer", 1, HOMER), "3"))
                .allSatisfy(changed -> assertThat(input(changed).version()).isEqualTo("3"));
    }
}
