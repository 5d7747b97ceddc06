package io.ovnegress.controller.endpoint;

import static io.ovnegress.controller.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RestartableTest {
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final AtomicInteger made = new AtomicInteger();
    private final CountDownLatch mayStop = new CountDownLatch(1);

    private Restartable<Integer> restartable() {
        return new Restartable<>("test", made::incrementAndGet, one -> events.add("start " + one), one -> {
            try {
                mayStop.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            events.add("stop " + one);
        });
    }

    @Test
    void theOldOneHasEndedBeforeTheNewOneStarts() {
        mayStop.countDown();
        try (var tested = restartable()) {
            tested.start();
            tested.restart("why not");
            eventually().until(() -> tested.current().equals(Optional.of(2)) && events.size() == 3);
            assertThat(events).containsExactly("start 1", "stop 1", "start 2");
        }
        assertThat(events).containsExactly("start 1", "stop 1", "start 2", "stop 2");
    }

    @Test
    void severalRequestsWhileOneIsUnderWayAreOneMore() {
        try (var tested = restartable()) {
            tested.start();
            tested.restart("first");
            eventually().until(() -> tested.current().isEmpty());
            tested.restart("second");
            tested.restart("third");
            mayStop.countDown();

            eventually().until(() -> events.contains("start 3"));
        }
        assertThat(events).endsWith("start 3", "stop 3");
    }

    @Test
    void nothingStartsAfterTheClose() {
        mayStop.countDown();
        var tested = restartable();
        tested.start();
        tested.close();

        tested.restart("too late");
        tested.start();

        assertThat(tested.current()).isEmpty();
        assertThat(events).containsExactly("start 1", "stop 1");
    }
}
