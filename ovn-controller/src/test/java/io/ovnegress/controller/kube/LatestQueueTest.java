package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Work by key that fails, or ends with a fault. */
class LatestQueueTest {
    private static final Duration PAUSE = Duration.ofMillis(10);

    private final List<String> offered = new CopyOnWriteArrayList<>();

    private LatestQueue<String, String> queue(LatestQueue.Worker<String> worker) {
        return new LatestQueue<>("test", 1, PAUSE, (older, newer) -> newer, (value, first) -> {
            offered.add(value + (first ? "" : " again"));
            return worker.process(value, first);
        });
    }

    @Test
    void aFaultIsTriedAgainAndHoldsUpNoOtherKey() {
        try (var queue = queue((value, first) -> {
            if (value.equals("bad") && first) {
                throw new IllegalStateException("a fault");
            }
            return true;
        })) {
            queue.put("a", "bad");
            queue.put("b", "good");

            await().untilAsserted(() -> assertThat(offered).containsExactlyInAnyOrder("bad", "good", "bad again"));
            await().until(() -> queue.size() == 0);
        }
    }

    @Test
    void aNewerValueIsTakenAfterAFault() {
        try (var queue = queue((value, first) -> {
            if (value.equals("bad")) {
                throw new IllegalStateException("a fault");
            }
            return true;
        })) {
            queue.put("a", "bad");
            await().until(() -> offered.contains("bad"));
            queue.put("a", "good");

            await().until(() -> queue.size() == 0);
            assertThat(offered.getLast()).startsWith("good");
        }
    }
}
