package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.input.InputObject;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Histories end in the state of the last word about each object, whatever the order, however they are cut into transactions, and
 * whatever goes wrong on the way. The fake checks every single commit for safety.
 */
class OrdersTest {
    private static final InputObject[] END = RandomHistory.END.toArray(InputObject[]::new);

    @Property(tries = 400)
    void everyHistoryEndsTheSame(@ForAll long seed) {
        var random = new Random(seed);
        var reference = new TestCluster().topology(1, 2, 3);
        reference.start(END);

        var cluster = new TestCluster(TestCluster.config(false, 1 + random.nextInt(12))).topology(1, 2, 3);
        RandomHistory.play(cluster, random);

        assertThat(cluster.content()).isEqualTo(reference.content());
        var commits = cluster.database.commits;
        cluster.restart(END);
        assertThat(cluster.database.commits)
                .as("a fresh controller finds nothing to do")
                .isEqualTo(commits);
    }
}
