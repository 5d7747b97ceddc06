package io.ovnegress.controller.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.reconciler.feature.DialTargets;
import io.ovnegress.reconciler.feature.egressrouter.DialResult;
import io.ovnegress.reconciler.input.InputChange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether destinations take connections, from real sockets. */
@Timeout(60)
class DestinationDialingTest {
    private final BlockingQueue<InputChange> told = new LinkedBlockingQueue<>();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final DestinationDialing dialing = new DestinationDialing(told::add, registry, Duration.ofMillis(10));

    @AfterEach
    void close() {
        dialing.close();
    }

    private static ServerSocket listen(int port) throws IOException {
        return new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    }

    private DialResult next() throws InterruptedException {
        return (DialResult) ((InputChange.Put) told.take()).object();
    }

    private double count(String state) {
        return registry.get("ovn.egress.destinations")
                .tag("state", state)
                .gauge()
                .value();
    }

    @Test
    void whoListensIsReachableAndWhoStopsIsNot() throws IOException, InterruptedException {
        int port;
        try (var server = listen(0)) {
            port = server.getLocalPort();
            dialing.accept(new DialTargets(Set.of("127.0.0.1:" + port)));
            assertThat(next()).isEqualTo(new DialResult("127.0.0.1:" + port, Optional.empty()));
            assertThat(count("reachable")).isEqualTo(1);
        }
        assertThat(next().error()).hasValueSatisfying(error -> assertThat(error).contains("refused"));
        assertThat(count("unreachable")).isEqualTo(1);

        try (var again = listen(port)) {
            assertThat(again.isBound()).isTrue();
            assertThat(next().error()).isEmpty();
        }
    }

    @Test
    void whatIsNotAskedForAnyMoreIsForgotten() throws IOException, InterruptedException {
        try (var server = listen(0)) {
            var endpoint = "127.0.0.1:" + server.getLocalPort();
            dialing.accept(new DialTargets(Set.of(endpoint)));
            next();

            dialing.accept(DialTargets.NONE);
            assertThat(told.take()).isEqualTo(new InputChange.Removed(DialResult.KIND, endpoint));
            assertThat(count("reachable")).isZero();
        }
    }
}
