package io.ovnegress.reconciler.feature.egressip.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementChange.Besides;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlacementChangeTest {
    private static final IpAddress IP = IpAddress.parse("192.168.126.100").orElseThrow();
    private static final Placement ON_WORKER_0 = on("worker-0");
    private static final Placement ON_WORKER_1 = on("worker-1");
    private static final Placement NOWHERE =
            new Placement(List.of(), List.of(new PlacementProblem.NoEgressNode(IP, false, "no nodes")));
    private static final Besides NOTHING_ELSE = new Besides(Set.of(), Set.of(), Set.of());

    private static Placement on(String node) {
        return new Placement(List.of(new Assignment(IP, node)), List.of());
    }

    private static Placements placed(Placement placement) {
        return new Placements(Map.of("demo", placement), Map.of("demo", placement));
    }

    private static List<PlacementChange> between(Placement before, Placement after, Besides besides) {
        return PlacementChange.between(placed(before), placed(after), besides);
    }

    @Test
    void whatStaysIsNoChange() {
        assertThat(between(ON_WORKER_0, ON_WORKER_0, NOTHING_ELSE)).isEmpty();
    }

    @Test
    void aMoveReroutesPodsThatWereServed() {
        assertThat(between(ON_WORKER_0, ON_WORKER_1, NOTHING_ELSE))
                .containsExactly(new PlacementChange("demo", ON_WORKER_1, true, true));
    }

    @Test
    void whatIsPlacedForTheFirstTimeReroutesPodsThatWereNotServed() {
        var after = placed(ON_WORKER_0);

        assertThat(PlacementChange.between(Placements.NONE, after, NOTHING_ELSE))
                .containsExactly(new PlacementChange("demo", ON_WORKER_0, false, true));
        assertThat(between(NOWHERE, ON_WORKER_0, NOTHING_ELSE))
                .containsExactly(new PlacementChange("demo", ON_WORKER_0, false, true));
    }

    @Test
    void anotherProblemIsToldAndReroutesNobody() {
        var otherwise = new Placement(List.of(), List.of(new PlacementProblem.NoMatchingNode(IP, "none has it")));

        assertThat(between(NOWHERE, otherwise, NOTHING_ELSE))
                .containsExactly(new PlacementChange("demo", otherwise, false, false));
    }

    @Test
    void anotherObjectOfTheNameIsPlacedAsIfThereHadBeenNone() {
        var besides = new Besides(Set.of("demo"), Set.of(), Set.of());

        assertThat(between(ON_WORKER_0, ON_WORKER_0, besides))
                .containsExactly(new PlacementChange("demo", ON_WORKER_0, false, true));
    }

    @Test
    void otherPodsAndOtherRoutersAreReroutedThoughTheEgressIpStays() {
        var rerouted = new PlacementChange("demo", ON_WORKER_0, true, true);

        assertThat(between(ON_WORKER_0, ON_WORKER_0, new Besides(Set.of(), Set.of("demo"), Set.of())))
                .containsExactly(rerouted);
        assertThat(between(ON_WORKER_0, ON_WORKER_0, new Besides(Set.of(), Set.of(), Set.of("worker-0"))))
                .containsExactly(rerouted);
        assertThat(between(ON_WORKER_0, ON_WORKER_0, new Besides(Set.of(), Set.of(), Set.of("worker-1"))))
                .isEmpty();
    }

    @Test
    void whatLeavesItsRouterForAWhileReroutes() {
        var before = placed(ON_WORKER_0);
        var leaving = new Placements(Map.of("demo", ON_WORKER_1), Map.of("demo", new Placement(List.of(), List.of())));

        assertThat(PlacementChange.between(before, leaving, NOTHING_ELSE))
                .containsExactly(new PlacementChange("demo", ON_WORKER_1, true, true));
        assertThat(PlacementChange.between(leaving, placed(ON_WORKER_1), NOTHING_ELSE))
                .containsExactly(new PlacementChange("demo", ON_WORKER_1, true, true));
    }
}
