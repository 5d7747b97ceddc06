package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.DestinationsWorld.BANK;
import static io.ovnegress.reconciler.DestinationsWorld.ELSEWHERE;
import static io.ovnegress.reconciler.DestinationsWorld.GENERAL;
import static io.ovnegress.reconciler.DestinationsWorld.GENERAL_ROUTER;
import static io.ovnegress.reconciler.DestinationsWorld.HOMER;
import static io.ovnegress.reconciler.DestinationsWorld.MARGE;
import static io.ovnegress.reconciler.DestinationsWorld.SIMPSON;
import static io.ovnegress.reconciler.DestinationsWorld.seed;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * EgressIPs that get destinations, or lose them, whatever tells their pods before and after: what pods send there leaves as their egress
 * IP all the time.
 */
final class DestinationChangesTest {
    private static final String HERS = "192.168.126.100";
    private static final String OTHERS = "192.168.126.105";
    private static final EgressIpInput OTHER = egressIp("other", 5, SIMPSON, LabelSelector.EVERYTHING, OTHERS);

    enum For {
        ALL,
        BANK
    }

    enum Pods {
        ALL,
        HOMERS
    }

    private static EgressIpInput object(EgressForm form, For what, Pods pods) {
        return GENERAL.edit()
                .form(form)
                .destinations(what == For.ALL ? EgressDestinations.ALL : EgressDestinations.of("203.0.113.0/24"))
                .podSelector(pods == Pods.ALL ? LabelSelector.EVERYTHING : where("app=homer"))
                .build();
    }

    static Stream<Arguments> changes() {
        var changes = Stream.<Arguments>builder();
        for (int rows : List.of(500, 1)) {
            for (var form : List.of(EgressForm.FLOATING, EgressForm.PINNED, EgressForm.USUAL)) {
                for (var before : Pods.values()) {
                    for (var after : Pods.values()) {
                        changes.add(Arguments.of(rows, form, before, after));
                    }
                }
            }
        }
        return changes.build();
    }

    @ParameterizedTest
    @MethodSource("changes")
    void anObjectGetsDestinationsAndLosesThem(int rows, EgressForm form, Pods before, Pods after) {
        var wide = object(form, For.ALL, before);
        var some = object(EgressForm.FLOATING, For.BANK, after);
        var world = new DestinationsWorld(rows);
        world.cluster.start(seed(wide));
        world.seconds();

        var seen = world.during(() -> world.seconds(some), List.of(HOMER), List.of(BANK, ELSEWHERE));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly(HERS);
        assertThat(seen.get(HOMER + " to " + ELSEWHERE)).containsExactly(HERS, "node");

        seen = world.during(() -> world.seconds(wide), List.of(HOMER), List.of(BANK, ELSEWHERE));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly(HERS);
        assertThat(seen.get(HOMER + " to " + ELSEWHERE)).containsExactly("node", HERS);
        assertThat(world.destined()).isEmpty();
        assertThat(world.sets()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("changes")
    void besideAnotherThatServesTheRest(int rows, EgressForm form, Pods before, Pods after) {
        var wide = object(form, For.ALL, before);
        var some = object(EgressForm.FLOATING, For.BANK, after);
        var world = new DestinationsWorld(rows);
        world.cluster.start(seed(wide, OTHER));
        world.seconds();

        var seen = world.during(() -> world.seconds(some), List.of(HOMER), List.of(BANK, ELSEWHERE));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly(HERS);
        assertThat(seen.get(HOMER + " to " + ELSEWHERE)).containsExactly(HERS, OTHERS);

        seen = world.during(() -> world.seconds(wide), List.of(HOMER), List.of(BANK, ELSEWHERE));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly(HERS);
        assertThat(seen.get(HOMER + " to " + ELSEWHERE)).containsExactly(OTHERS, HERS);
        assertThat(world.destined()).isEmpty();
        assertThat(world.sets()).isEmpty();
    }

    @Test
    void whoIsSelectedNoMoreGoesAndTheOthersStay() {
        var some = object(EgressForm.FLOATING, For.BANK, Pods.ALL);
        var world = new DestinationsWorld();
        world.cluster.start(seed(GENERAL_ROUTER, OTHER));
        world.seconds();

        var seen = world.during(
                () -> world.seconds(object(EgressForm.FLOATING, For.BANK, Pods.HOMERS)),
                List.of(HOMER, MARGE),
                List.of(BANK));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly(HERS);
        assertThat(seen.get(MARGE + " to " + BANK)).containsExactly(HERS, OTHERS);
        seen = world.during(() -> world.seconds(some), List.of(HOMER, MARGE), List.of(BANK));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly(HERS);
        assertThat(seen.get(MARGE + " to " + BANK)).containsExactly(OTHERS, HERS);
    }
}
