package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Work by key that fails, ends with a fault, or is forgotten. */
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

    /** As when a controller no longer leads while the server does not answer it: another one writes from then on. */
    @Test
    void whatFailsAfterEverythingWasForgottenIsNotTriedAgain() {
        var forget = new AtomicReference<Runnable>(() -> {});
        try (var queue = queue((value, first) -> {
            forget.get().run();
            return !value.equals("old");
        })) {
            forget.set(() -> {
                queue.clear();
                assertThat(queue.isOutdated("a")).isTrue();
            });
            queue.put("a", "old");
            await().until(() -> queue.size() == 0);
            forget.set(() -> assertThat(queue.isOutdated("a")).isFalse());
            queue.put("a", "new");
            await().until(() -> queue.size() == 0);
        }

        assertThat(offered).containsExactly("old", "new");
    }
}
