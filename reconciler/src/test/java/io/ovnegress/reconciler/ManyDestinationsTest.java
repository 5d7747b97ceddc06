package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.DestinationsWorld.BANK;
import static io.ovnegress.reconciler.DestinationsWorld.HOMER;
import static io.ovnegress.reconciler.DestinationsWorld.TO_BANK;
import static io.ovnegress.reconciler.DestinationsWorld.forSome;
import static io.ovnegress.reconciler.DestinationsWorld.seed;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Long lists of destinations, and many objects that have some. */
final class ManyDestinationsTest {
    private static String[] addresses(int number, int step) {
        return IntStream.range(0, number)
                .map(n -> n * step)
                .mapToObj(n -> "203." + (n >> 16) + "." + ((n >> 8) & 255) + "." + (n & 255))
                .toArray(String[]::new);
    }

    private static EgressDestinations withTheBank(String... others) {
        return EgressDestinations.of(IntStream.rangeClosed(0, others.length)
                .mapToObj(n -> n == 0 ? "203.0.113.0/24" : others[n - 1])
                .toArray(String[]::new));
    }

    @Test
    void asManyNetworksAsMayBeCountAndTheWidestOfTheOthersAreLeftOutWhichIsSaid() {
        var world = new DestinationsWorld();
        var all = withTheBank(addresses(Destinations.MOST_NETWORKS - 1, 7));
        world.cluster.start(seed(TO_BANK.edit().destinations(all).build()));
        world.seconds();
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(world.conditions("bank")).noneMatch(condition -> condition.startsWith("InvalidSpec"));

        world.seconds(TO_BANK.edit()
                .destinations(withTheBank(addresses(Destinations.MOST_NETWORKS + 4, 7)))
                .build());
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("node");
        assertThat(world.leaves(HOMER, "203.0.0.7")).isEqualTo("192.168.126.101");
        assertThat(world.conditions("bank")).contains("InvalidSpec true TooManyDestinations");
        assertThat(world.message("bank", "InvalidSpec"))
                .contains("5 networks are left out", "EgressIP bank 10000 count", "list fewer or wider networks");

        world.seconds(TO_BANK);
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");
        assertThat(world.conditions("bank")).noneMatch(condition -> condition.startsWith("InvalidSpec"));
    }

    @Test
    void whatIsExcludedLeavesNoMorePartsThanMayBe() {
        var world = new DestinationsWorld();
        world.cluster.start(seed(TO_BANK.edit()
                .destinations(
                        EgressDestinations.of("203.0.0.0/8", "192.0.2.0/24").without(addresses(9000, 2)))
                .build()));
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.101");
        assertThat(world.leaves(HOMER, "203.0.0.1")).isEqualTo("192.168.126.101");
        assertThat(world.leaves(HOMER, "203.0.0.2")).isEqualTo("node");
        assertThat(world.conditions("bank")).noneMatch(condition -> condition.startsWith("InvalidSpec"));

        world.seconds(TO_BANK.edit()
                .destinations(
                        EgressDestinations.of("203.0.0.0/8", "192.0.2.0/24").without(addresses(9990, 2)))
                .build());
        assertThat(world.leaves(HOMER, "192.0.2.1")).isEqualTo("192.168.126.101");
        assertThat(world.leaves(HOMER, "203.0.0.1")).isEqualTo("node");
        assertThat(world.conditions("bank")).contains("InvalidSpec true TooManyDestinations");
    }

    /** What a pod's event takes beside so many objects that are not concerned, in bytes: those are the same on a busy machine. */
    private static long costOfAPod(int others) {
        var world = new DestinationsWorld();
        var objects = new ArrayList<InputObject>();
        for (int n = 0; n < others; n++) {
            objects.add(namespace("other" + n, "house=other" + n));
            objects.add(egressIp("other" + n, 10 + n, where("house=other" + n), LabelSelector.EVERYTHING)
                    .edit()
                    .form(EgressForm.FLOATING)
                    .destinations(EgressDestinations.of("10." + n + ".0.0/16"))
                    .build());
        }
        objects.add(TO_BANK);
        objects.add(forSome("younger", 2, "192.168.126.102", "203.0.113.0/24"));
        world.cluster.start(seed(objects.toArray(InputObject[]::new)));
        world.seconds();
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int turn = 0; turn < 10; turn++) {
            var event = pod("simpson", "homer", 1, Map.of("app", "homer", "turn", "" + turn), HOMER);
            long before = threads.getCurrentThreadAllocatedBytes();
            world.cluster.put(event);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    /** A look-up in the set of each, and no more. */
    @Test
    void aPodCostsHardlyMoreWithManyObjectsThatAreNotConcerned() {
        long perObject = (costOfAPod(203) - costOfAPod(3)) / 200;
        assertThat(perObject).as("bytes for each object").isLessThan(256);
    }
}
