package io.ovnegress.controller.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.query.AskedController;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whoever sends too many headers, too long ones, or holds too many connections is turned away; others are not. */
class AdminLimitsTest {
    private static final int MOST_CONNECTIONS = 1024;

    private final AskedController controller = new AskedController();

    @AfterEach
    void stop() {
        controller.close();
    }

    private Socket connect() throws IOException {
        var address = URI.create(controller.address());
        var socket = new Socket(address.getHost(), address.getPort());
        socket.setSoTimeout(10_000);
        return socket;
    }

    /** The first line of the answer; empty if the connection ends without one. */
    private static String answer(Socket socket, String headers) throws IOException {
        try {
            socket.getOutputStream()
                    .write(("GET /healthz HTTP/1.1\r\nHost: here\r\n" + headers + "Connection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            var text = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return text.lines().findFirst().orElse("");
        } catch (SocketException e) {
            return ""; // it was reset while something was still being sent
        }
    }

    private String answer(String headers) throws IOException {
        try (var socket = connect()) {
            return answer(socket, headers);
        }
    }

    private static String headers(int number) {
        var headers = new StringBuilder();
        for (int i = 0; i < number; i++) {
            headers.append("X-Number-").append(i).append(": 1\r\n");
        }
        return headers.toString();
    }

    @Test
    void tooManyHeadersAreRefused() throws IOException {
        assertThat(answer(headers(60))).isEqualTo("HTTP/1.1 200 OK");
        assertThat(answer(headers(70))).doesNotContain(" 200 ");
        assertThat(answer("")).as("others are served").isEqualTo("HTTP/1.1 200 OK");
    }

    @Test
    void headersThatAreTooLongAreRefused() throws IOException {
        assertThat(answer("X-Long: " + "x".repeat(30_000) + "\r\n")).isEqualTo("HTTP/1.1 200 OK");
        assertThat(answer("X-Long: " + "x".repeat(33_000) + "\r\n")).doesNotContain(" 200 ");
        assertThat(answer("")).as("others are served").isEqualTo("HTTP/1.1 200 OK");
    }

    @Test
    void moreConnectionsThanThereMayBeAreClosedAtOnce() throws IOException {
        var held = new ArrayList<Socket>();
        try {
            for (int i = 0; i < MOST_CONNECTIONS; i++) {
                held.add(connect());
            }
            assertThat(answer("")).as("one too many").isEmpty();
            assertThat(answer(held.getFirst(), ""))
                    .as("one of those that are held")
                    .isEqualTo("HTTP/1.1 200 OK");
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
    }
}
