package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.DestinationsWorld.BANK;
import static io.ovnegress.reconciler.DestinationsWorld.ELSEWHERE;
import static io.ovnegress.reconciler.DestinationsWorld.GENERAL;
import static io.ovnegress.reconciler.DestinationsWorld.GENERAL_ROUTER;
import static io.ovnegress.reconciler.DestinationsWorld.HOMER;
import static io.ovnegress.reconciler.DestinationsWorld.MARGE;
import static io.ovnegress.reconciler.DestinationsWorld.SELMA;
import static io.ovnegress.reconciler.DestinationsWorld.TO_BANK;
import static io.ovnegress.reconciler.DestinationsWorld.seed;
import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.InputKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Objects that say Drop, and whose selectors cannot be read any more: nobody's packets leave as a node because of a slip. */
final class UnreadableSelectorTest {
    private static final String EGRESS_IP = "192.168.126.100";

    private final DestinationsWorld world = new DestinationsWorld();

    private static EgressIpInput slipped(EgressIpInput object) {
        return object.edit()
                .generation(2)
                .podSelector(Optional.empty())
                .selectorError("podSelector: unknown operator Like")
                .build();
    }

    private static EgressIpInput homers(EgressIpInput object) {
        return dropping(object.edit().podSelector(where("app=homer")).build());
    }

    @Test
    void whatTheObjectHadIsDroppedAndNothingElse() {
        for (var form : List.of(GENERAL, GENERAL_ROUTER)) {
            for (var object : List.of(dropping(form), homers(form))) {
                boolean areAll = object.podSelector().orElseThrow().isEverything();
                world.cluster.restart(seed(object));
                world.seconds();
                assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo(EGRESS_IP);

                var seen = world.during(
                        () -> world.seconds(slipped(object)), List.of(HOMER, MARGE, SELMA), List.of(ELSEWHERE));
                assertThat(seen.get(HOMER + " to " + ELSEWHERE)).containsExactly(EGRESS_IP, "dropped");
                assertThat(seen.get(MARGE + " to " + ELSEWHERE).getLast()).isEqualTo(areAll ? "dropped" : "node");
                assertThat(seen.get(SELMA + " to " + ELSEWHERE)).containsExactly("node");
                assertThat(world.conditions("general")).contains("Assigned false InvalidSelector");
                assertThat(world.message("general", "Assigned"))
                        .contains("what the pods that it selected when its selectors could be read send");

                world.seconds(pod("simpson", "homer2", 2, Map.of("app", "homer"), "10.128.2.9"));
                assertThat(world.leaves("10.128.2.9", ELSEWHERE)).isEqualTo("dropped");

                world.seconds(object);
                assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo(EGRESS_IP);
                assertThat(world.conditions("general")).contains("Assigned true Assigned");
                world.seconds(slipped(object));
                world.cluster.remove(InputKind.POD, "simpson/homer2");
                world.cluster.remove(EgressIpInput.KIND, "general");
                world.seconds();
                assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("node");
            }
        }
    }

    /** Then its rows alone say which pods it had. */
    @Test
    void afterARestartThoseAreDroppedThatItsRowsName() {
        for (var object : List.of(dropping(GENERAL), homers(GENERAL), dropping(GENERAL_ROUTER))) {
            world.cluster.restart(seed(object));
            world.seconds();

            world.cluster.restart(seed(slipped(object)));
            world.seconds();
            assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("dropped");
            assertThat(world.leaves(SELMA, ELSEWHERE)).isEqualTo("node");
            assertThat(world.message("general", "Assigned")).contains("that its rows in the database name");

            world.cluster.restart(seed(slipped(object)));
            world.seconds();
            assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("dropped");
            world.cluster.restart(seed());
            world.seconds();
            assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("node");
        }
    }

    @Test
    void anotherObjectOfThatNameHasNothingToKeep() {
        world.cluster.start(seed(dropping(GENERAL)));
        world.seconds(slipped(dropping(GENERAL).edit().uid("another").build()));
        assertThat(world.message("general", "Assigned")).contains("that its rows in the database name");
    }

    @Test
    void whoDoesNotSayDropLeavesAsItsNode() {
        world.cluster.start(seed(GENERAL));
        world.seconds(slipped(GENERAL));
        assertThat(world.leaves(HOMER, ELSEWHERE)).isEqualTo("node");
        world.seconds(slipped(dropping(GENERAL)));
        assertThat(world.message("general", "Assigned")).contains("that its rows in the database name");
    }

    @Test
    void theDestinationsThatItHadAreDropped() {
        var bank = dropping(TO_BANK.edit()
                .destinations(EgressDestinations.of(where("to=bank")))
                .build());
        world.cluster.start(
                seed(GENERAL, bank, new EgressTrafficInput("bank", Map.of("to", "bank"), List.of("203.0.113.0/24"))));
        world.seconds();
        assertThat(world.leaves(HOMER, BANK)).isEqualTo("192.168.126.101");

        var seen = world.during(
                () -> world.seconds(bank.edit()
                        .destinations(new EgressDestinations(true, Optional.empty(), true, List.of(), List.of()))
                        .selectorError("trafficSelector: unknown operator Like")
                        .build()),
                List.of(HOMER),
                List.of(BANK, ELSEWHERE));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly("192.168.126.101", "dropped");
        assertThat(seen.get(HOMER + " to " + ELSEWHERE)).containsExactly(EGRESS_IP);

        seen = world.during(() -> world.seconds(slipped(bank)), List.of(HOMER), List.of(BANK, ELSEWHERE));
        assertThat(seen.get(HOMER + " to " + BANK)).containsExactly("dropped");
    }
}
