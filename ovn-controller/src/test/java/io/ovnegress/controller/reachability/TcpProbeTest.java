package io.ovnegress.controller.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.reachability.NodeProbe.Answer;
import io.ovnegress.reconciler.input.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TcpProbeTest {
    private static final IpAddress LOOPBACK = new IpAddress("127.0.0.1");

    private static Answer ask(int port, Duration timeout) {
        try (var probe = new TcpProbe(port, timeout)) {
            return probe.ask(LOOPBACK);
        }
    }

    @Test
    void whoListensIsAlive() throws IOException {
        try (var listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            assertThat(ask(listener.getLocalPort(), Duration.ofSeconds(10))).isEqualTo(Answer.ALIVE);
        }
    }

    @Test
    void whoRefusesIsAlive() throws IOException {
        int port;
        try (var listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            port = listener.getLocalPort();
        }
        assertThat(ask(port, Duration.ofSeconds(10))).isEqualTo(Answer.ALIVE);
    }

    @Test
    void whoDoesNotAnswerIsSilent() {
        try (var hole = new BlackHole()) {
            assertThat(ask(hole.port(), Duration.ofMillis(100))).isEqualTo(Answer.SILENT);
        }
    }

    @Test
    void anAddressThatNobodyMayDialSaysNothingAboutTheNode() {
        // The kernel refuses to dial a broadcast address.
        try (var probe = new TcpProbe(TcpProbe.DISCARD, Duration.ofSeconds(10))) {
            assertThat(probe.ask(new IpAddress("255.255.255.255"))).isEqualTo(Answer.INCONCLUSIVE);
        }
    }
}
