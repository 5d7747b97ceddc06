package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.OptionsStanding;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of options that are the whole cluster's. */
final class BorrowedOptionsTest {
    private static final Map<String, String> QUICK = bfd(200);
    private static final String MEMORY = "bfd-min-rx=200,bfd-min-tx=200,bfd-mult=3";

    private final TestCluster cluster =
            TestCluster.inSteps(TestCluster.config(false, 500)).topology(1);
    private final FakeNorthbound database = cluster.database;

    private static Map<String, String> bfd(int milliseconds) {
        var text = Integer.toString(milliseconds);
        return Map.of("bfd-min-rx", text, "bfd-min-tx", text, "bfd-mult", "3");
    }

    @BeforeEach
    void thereIsAGlobalRowWithOptionsOfOthers() {
        options(Map.of("mac_prefix", "aa:bb:cc"));
        database.set(NbGlobal.TABLE, global().id(), Cell.of(NbGlobal.EXTERNAL_IDS, Map.of("theirs", "stays")));
    }

    private Row global() {
        return database.rows(NbGlobal.TABLE).getFirst();
    }

    private void options(Map<String, String> options) {
        database.set(NbGlobal.TABLE, global().id(), Cell.of(NbGlobal.OPTIONS, options));
    }

    private Map<String, String> options() {
        return global().get(NbGlobal.OPTIONS);
    }

    private Optional<String> memory() {
        return Optional.ofNullable(global().get(NbGlobal.EXTERNAL_IDS).get("ovn-egress.io/options"));
    }

    /** A controller that asks for these, until it has nothing to do. */
    private OptionsStanding run(Map<String, String> asked) {
        cluster.options = asked;
        cluster.restart(TestCluster.node(1));
        return cluster.reconciler.progress().options();
    }

    private static Map<String, String> with(Map<String, String> some, Map<String, String> more) {
        var all = new HashMap<>(some);
        all.putAll(more);
        return all;
    }

    private static final Map<String, String> THEIRS = Map.of("mac_prefix", "aa:bb:cc");

    @Test
    void theyAreSetWhereNobodyHasSetThemAndTakenBackWhenNobodyAsks() {
        var standing = run(QUICK);
        assertThat(options()).isEqualTo(with(THEIRS, QUICK));
        assertThat(memory()).contains(MEMORY);
        assertThat(standing).isEqualTo(new OptionsStanding(QUICK, Map.of()));

        assertThat(run(Map.of())).isEqualTo(OptionsStanding.NONE);
        assertThat(options()).isEqualTo(THEIRS);
        assertThat(global().get(NbGlobal.EXTERNAL_IDS)).isEqualTo(Map.of("theirs", "stays"));
    }

    @Test
    void whoDoesNotAskTouchesNothing() {
        options(with(THEIRS, QUICK));
        run(Map.of());
        assertThat(options()).isEqualTo(with(THEIRS, QUICK));
    }

    @Test
    void anotherIntervalReplacesOurs() {
        run(QUICK);
        run(bfd(300));
        assertThat(options()).isEqualTo(with(THEIRS, bfd(300)));
        assertThat(memory()).contains("bfd-min-rx=300,bfd-min-tx=300,bfd-mult=3");
    }

    @Test
    void whatSomebodyElseHasSetStaysAndNoneIsSetBesideIt() {
        options(with(THEIRS, Map.of("bfd-min-tx", "1000")));

        var standing = run(QUICK);

        assertThat(options()).isEqualTo(with(THEIRS, Map.of("bfd-min-tx", "1000")));
        assertThat(memory()).isEmpty();
        assertThat(standing.inTheWay()).isEqualTo(Map.of("bfd-min-tx", "1000"));
        options(THEIRS);
        run(QUICK);
        assertThat(options()).isEqualTo(with(THEIRS, QUICK));
    }

    @Test
    void whatIsSetAsAskedBySomebodyElseIsNotOurs() {
        options(with(THEIRS, QUICK));
        run(QUICK);
        run(Map.of());
        assertThat(options()).isEqualTo(with(THEIRS, QUICK));
    }

    @Test
    void oneThatSomebodyElseHasChangedIsTheirsFromThenOn() {
        run(QUICK);
        options(with(options(), Map.of("bfd-min-rx", "500")));

        var standing = run(QUICK);
        assertThat(options()).containsEntry("bfd-min-rx", "500");
        assertThat(memory()).contains("bfd-min-tx=200,bfd-mult=3");
        assertThat(standing.inTheWay()).isEqualTo(Map.of("bfd-min-rx", "500"));

        run(Map.of());
        assertThat(options()).isEqualTo(with(THEIRS, Map.of("bfd-min-rx", "500")));
    }

    @Test
    void oneThatSomebodyElseHasTakenAwayIsSetAgain() {
        run(QUICK);
        options(THEIRS);
        run(QUICK);
        assertThat(options()).isEqualTo(with(THEIRS, QUICK));
    }

    @Test
    void whatChangedMeanwhileIsDecidedAnew() {
        run(QUICK);
        cluster.reconciler.apply(database.tamper(() -> options(THEIRS)));
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        options(with(THEIRS, Map.of("bfd-mult", "5")));

        assertThat(database.commit(planned.operations()).outcome()).isInstanceOf(CommitOutcome.Conflict.class);
        assertThat(options()).isEqualTo(with(THEIRS, Map.of("bfd-mult", "5")));
    }

    @Test
    void whatIsRefusedIsTriedAgainAfterAWhileAndKeepsNobodyFromWork() {
        database.refuse(operation -> operation instanceof Operation.Mutate(var table, var where, var mutations)
                && mutations.stream().anyMatch(mutation -> mutation.column() == NbGlobal.OPTIONS));
        run(QUICK);
        cluster.after(Duration.ofMillis(200));
        assertThat(database.rows(AddressSet.TABLE)).as("the baseline").isNotEmpty();
        cluster.transactions.clear();

        cluster.after(Duration.ofSeconds(5));
        assertThat(cluster.transactions).isEmpty();
        database.refuse(operation -> false);
        cluster.after(Duration.ofSeconds(5));
        assertThat(options()).isEqualTo(with(THEIRS, QUICK));
    }

    @Test
    void oneThatStandsByChangesNothing() {
        cluster.options = QUICK;
        cluster.renew();
        cluster.reconciler.setLeader(false);
        cluster.start(TestCluster.node(1));
        assertThat(options()).isEqualTo(THEIRS);

        cluster.reconciler.setLeader(true);
        cluster.settle();
        assertThat(options()).isEqualTo(with(THEIRS, QUICK));
    }
}
