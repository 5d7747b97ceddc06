package io.ovnegress.controller.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.Eventually;
import io.ovnegress.controller.ReservedPort;
import io.ovnegress.controller.reachability.NodeProbe.Answer;
import io.ovnegress.reconciler.input.IpAddress;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against an HTTP/2 server that answers as grpc-go's health server does. */
class GrpcHealthProbeTest {
    private static final IpAddress LOOPBACK = new IpAddress("127.0.0.1");
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private volatile Handler handler = (request, body) -> {};
    private volatile String asked = "";
    private HttpServer server;

    private interface Handler {
        void answer(HttpServerRequest request, Buffer body);
    }

    @BeforeEach
    void startServer() throws InterruptedException {
        server = listen(ReservedPort.next());
    }

    @AfterEach
    void stopServer() throws InterruptedException {
        done(latch -> vertx.close().onComplete(closed -> latch.countDown()));
    }

    private HttpServer listen(int port) throws InterruptedException {
        var started = vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> {
                    asked = request.version() + " " + request.method() + " " + request.path() + " "
                            + request.getHeader("content-type") + " " + request.getHeader("te") + " "
                            + text(body);
                    handler.answer(request, body);
                }));
        done(latch -> started.listen(port, "127.0.0.1").onSuccess(up -> latch.countDown()));
        return started;
    }

    private static void done(java.util.function.Consumer<CountDownLatch> work) throws InterruptedException {
        var latch = new CountDownLatch(1);
        work.accept(latch);
        assertThat(latch.await(Eventually.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    private static String text(Buffer body) {
        return body.toString(StandardCharsets.ISO_8859_1)
                .replace("\0", "0")
                .replace((char) 0x13, '#')
                .replace((char) 0x11, '*')
                .replace('\n', ':');
    }

    private static void reply(HttpServerRequest request, byte... status) {
        request.response()
                .putHeader("content-type", "application/grpc")
                .putTrailer("grpc-status", "0")
                .end(Buffer.buffer(new byte[] {0, 0, 0, 0, (byte) status.length})
                        .appendBytes(status));
    }

    private Answer ask(Duration timeout) {
        try (var probe = new GrpcHealthProbe(server.actualPort(), timeout)) {
            return probe.ask(LOOPBACK);
        }
    }

    @Test
    void aServiceThatIsServingIsAlive() {
        handler = (request, body) -> reply(request, (byte) 8, (byte) 1);

        assertThat(ask(LONG)).isEqualTo(Answer.ALIVE);
        // 5 bytes of header, then field 1 of 17 bytes.
        assertThat(asked)
                .isEqualTo(HttpVersion.HTTP_2
                        + " POST /grpc.health.v1.Health/Check application/grpc trailers 0000#:*Service_Egress_IP");
    }

    @ParameterizedTest
    @CsvSource({"2", "3", "0"})
    void aServiceThatIsNotServingIsSilent(byte status) {
        handler = (request, body) -> reply(request, (byte) 8, status);

        assertThat(ask(LONG)).isEqualTo(Answer.SILENT);
    }

    @Test
    void anAnswerThatLeavesTheStatusOutIsSilent() {
        handler = (request, body) -> reply(request);

        assertThat(ask(LONG)).isEqualTo(Answer.SILENT);
    }

    @Test
    void anUnknownServiceIsSilent() {
        handler = (request, body) -> request.response()
                .putHeader("content-type", "application/grpc")
                .putHeader("grpc-status", "5")
                .putHeader("grpc-message", "unknown service")
                .end();

        assertThat(ask(LONG)).isEqualTo(Answer.SILENT);
    }

    @Test
    void aServerOfSomethingElseIsSilent() {
        handler = (request, body) ->
                request.response().setStatusCode(404).end(Buffer.buffer(new byte[] {0, 0, 0, 0, 2, 8, 1}));

        assertThat(ask(LONG)).isEqualTo(Answer.SILENT);
    }

    @Test
    void anEndlessReplyIsSilent() {
        handler = (request, body) -> request.response().end(Buffer.buffer(new byte[5_000_000]));

        assertThat(ask(LONG)).isEqualTo(Answer.SILENT);
    }

    @Test
    void aServerThatDoesNotAnswerIsSilent() {
        // Long enough for the question to arrive, on a slow machine too.
        assertThat(ask(Duration.ofSeconds(5))).isEqualTo(Answer.SILENT);
        assertThat(asked).isNotEmpty();
    }

    @Test
    void aPortThatNobodyListensOnIsSilent() throws InterruptedException {
        int port = server.actualPort();
        done(latch -> server.close().onComplete(closed -> latch.countDown()));

        try (var probe = new GrpcHealthProbe(port, LONG)) {
            assertThat(probe.ask(LOOPBACK)).isEqualTo(Answer.SILENT);
        }
    }

    @Test
    void aBlackHoleIsSilent() {
        try (var hole = new BlackHole();
                var probe = new GrpcHealthProbe(hole.port(), Duration.ofMillis(200))) {
            assertThat(probe.ask(LOOPBACK)).isEqualTo(Answer.SILENT);
        }
    }

    @Test
    void oneConnectionIsKeptAndMadeAgainAfterARestartOfTheServer() throws InterruptedException {
        handler = (request, body) -> reply(request, (byte) 8, (byte) 1);
        int port = server.actualPort();
        try (var probe = new GrpcHealthProbe(port, LONG)) {
            assertThat(probe.ask(LOOPBACK)).isEqualTo(Answer.ALIVE);
            assertThat(probe.ask(LOOPBACK)).isEqualTo(Answer.ALIVE);

            done(latch -> server.close().onComplete(closed -> latch.countDown()));
            assertThat(probe.ask(LOOPBACK)).isEqualTo(Answer.SILENT);
            server = listen(port);

            assertThat(probe.ask(LOOPBACK)).isEqualTo(Answer.ALIVE);
        }
    }
}
