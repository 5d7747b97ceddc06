package io.ovnegress.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import io.ovnegress.controller.query.AskedController;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Controllers in a cluster are reached through the API server, which forwards a port to the one that leads. */
class AskInClusterTest {
    @TempDir
    private Path directory;

    private final AskedController standingBy = new AskedController();
    private final AskedController leading = new AskedController();
    private final Map<String, AskedController> pods = Map.of("first", standingBy, "second", leading);
    private final List<String> forwarded = new CopyOnWriteArrayList<>();
    private final MockWebServer server = new MockWebServer();
    private boolean forbidden;
    private String kubeconfig;

    @BeforeEach
    void start() throws IOException {
        standingBy.standBy();
        server.setDispatcher(new ApiServer());
        server.start(InetAddress.getLoopbackAddress(), 0);
        kubeconfig = Files.writeString(directory.resolve("config"), """
                apiVersion: v1
                kind: Config
                clusters: [{name: here, cluster: {server: "http://127.0.0.1:%d"}}]
                contexts: [{name: here, context: {cluster: here, user: me}}]
                users: [{name: me, user: {}}]
                current-context: here
                """.formatted(server.getPort()))
                .toString();
    }

    @AfterEach
    void stop() throws IOException {
        server.shutdown();
        standingBy.close();
        leading.close();
    }

    private final class ApiServer extends Dispatcher {
        @Override
        public MockResponse dispatch(RecordedRequest request) {
            var path = URI.create(request.getPath()).getPath();
            if (forbidden) {
                return new MockResponse().setResponseCode(403).setBody("""
                        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "message": "you may not"}""");
            }
            if (path.equals("/api/v1/namespaces/egress/pods")) {
                return json("""
                        {"kind": "PodList", "apiVersion": "v1", "items": [%s, %s]}""".formatted(pod("first"), pod("second")));
            }
            var words = Splitter.on('/').splitToList(path);
            if (path.endsWith("/portforward") && pods.containsKey(words.get(6))) {
                forwarded.add(words.get(6));
                return new MockResponse().withWebSocketUpgrade(new Forwarding(pods.get(words.get(6))));
            }
            return json("{\"kind\": \"PodList\", \"apiVersion\": \"v1\", \"items\": []}");
        }

        private static MockResponse json(String body) {
            return new MockResponse()
                    .setResponseCode(200)
                    .setHeader("Content-Type", "application/json")
                    .setBody(body);
        }

        private static String pod(String name) {
            return """
                    {"metadata": {"name": "%s", "namespace": "egress"}, "status": {"phase": "Running"},
                     "spec": {"containers": [{"name": "controller", "ports": [{"name": "metrics", "containerPort": 9409}]}]}}""".formatted(name);
        }
    }

    /** What the kubelet does: bytes behind a channel's number, the port's number first on each of the two. */
    private static final class Forwarding extends WebSocketListener {
        private static final byte[] PORT = {(byte) (9409 & 0xff), (byte) (9409 >> 8)};
        private final AskedController pod;
        private Socket socket;

        private Forwarding(AskedController pod) {
            this.pod = pod;
        }

        @Override
        public void onOpen(WebSocket webSocket, Response response) {
            webSocket.send(new byte[] {0, PORT[0], PORT[1]});
            webSocket.send(new byte[] {1, PORT[0], PORT[1]});
            try {
                var address = URI.create(pod.address());
                socket = new Socket(address.getHost(), address.getPort());
                Thread.ofVirtual().start(() -> answer(webSocket));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void answer(WebSocket webSocket) {
            var buffer = new byte[8192];
            try {
                for (int read = socket.getInputStream().read(buffer, 1, buffer.length - 1);
                        read > 0;
                        read = socket.getInputStream().read(buffer, 1, buffer.length - 1)) {
                    webSocket.send(Arrays.copyOf(buffer, read + 1));
                }
            } catch (IOException e) {
                webSocket.close(1000, "closed");
            }
        }

        @Override
        public void onMessage(WebSocket webSocket, byte[] bytes) {
            try {
                socket.getOutputStream().write(bytes, 1, bytes.length - 1);
                socket.getOutputStream().flush();
            } catch (IOException e) {
                webSocket.close(1000, "closed");
            }
        }

        @Override
        public void onClosed(WebSocket webSocket, int code, String reason) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private record Asked(int code, String out, String err) {}

    private Asked ask(String namespace, String... words) {
        var out = new StringWriter();
        var err = new StringWriter();
        var command = EgressCommand.commandLine(Map.of(), (config, changed) -> 0)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        var arguments = new ArrayList<>(List.of(words));
        arguments.addAll(List.of("-n", namespace, "--kubeconfig", kubeconfig));
        return new Asked(command.execute(arguments.toArray(String[]::new)), out.toString(), err.toString());
    }

    @Test
    void theOneThatLeadsAnswers() {
        var asked = ask("egress", "whatif", "--lose", "node1");

        assertThat(asked.err()).isEmpty();
        assertThat(asked.out()).startsWith("losing node1: 1 address moves").doesNotContain("stands by");
        assertThat(forwarded).containsExactly("first", "second");
    }

    @Test
    void aPlanIsAskedThatWayToo() {
        assertThat(ask("egress", "plan", "node", "node1", "--drain").out()).contains("node1 -> node2");
    }

    @Test
    void ifNoneLeadsOneThatStandsByAnswersAndSaysSo() {
        leading.standBy();

        assertThat(ask("egress", "whatif").out()).startsWith("this controller stands by");
    }

    @Test
    void whoMayNotIsToldWhatIsNeeded() {
        forbidden = true;
        var asked = ask("egress", "whatif");

        assertThat(asked.code()).isEqualTo(3);
        assertThat(asked.err())
                .startsWith("ovn-egress: namespace egress: the API server refuses")
                .contains("create of pods/portforward");
    }

    @Test
    void whereNoneRunsThatIsSaid() {
        assertThat(ask("elsewhere", "whatif").err())
                .isEqualTo("ovn-egress: namespace elsewhere: no pod runs there with the labels of deploy/base"
                        + System.lineSeparator());
    }
}
