package io.ovnegress.it.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The program as its users start it. */
final class BenchProcess implements AutoCloseable {
    private final Process process;
    private final Path log;
    private final URI ready;
    private final HttpClient client = HttpClient.newHttpClient();

    private BenchProcess(Process process, Path log, URI ready) {
        this.process = process;
        this.log = log;
        this.ready = ready;
    }

    static BenchProcess start(Path kubeconfig, String database, Path log) {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            var process = new ProcessBuilder(
                            "./ovn-egress",
                            "run",
                            "--kubeconfig=" + kubeconfig,
                            "--nb-address=" + database,
                            "--egressip-reachability-total-timeout=0",
                            "--metrics-bind-address=127.0.0.1:" + port)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            return new BenchProcess(process, log, URI.create("http://127.0.0.1:" + port + "/readyz"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitReady() {
        long deadline = System.nanoTime() + 120_000_000_000L;
        while (!isReady()) {
            if (System.nanoTime() > deadline || !process.isAlive()) {
                throw new IllegalStateException("not ready: " + text(log));
            }
            LockSupport.parkNanos(10_000_000);
        }
    }

    private boolean isReady() {
        try {
            return client.send(HttpRequest.newBuilder(ready).build(), HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false; // not listening yet
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Transactions it has logged. */
    long transactions() {
        return text(log)
                .lines()
                .filter(line -> line.contains("transaction committed"))
                .count();
    }

    /** The peak of the resident set so far, see proc(5), VmHWM. */
    double largestResidentMegabytes() {
        var status = text(Path.of("/proc", Long.toString(process.pid()), "status"));
        var line = status.lines()
                .filter(entry -> entry.startsWith("VmHWM:"))
                .findAny()
                .orElseThrow();
        return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
