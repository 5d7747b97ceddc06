package io.ovnegress.it.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;

/**
 * An API server that answers with a fixed cluster: paged lists as a real one sends them, watches in which nothing happens, and
 * writes that it takes without keeping them.
 */
public final class BenchApi implements AutoCloseable {
    private final HttpServer server;
    private final int pods;
    private final int namespaces;
    private final AtomicBoolean closed = new AtomicBoolean();

    public BenchApi(int pods, int namespaces) {
        this.pods = pods;
        this.namespaces = namespaces;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().daemon().name("bench-api").factory()));
        server.start();
    }

    /** A kubeconfig for it. */
    public Path kubeconfig(Path directory) {
        var file = directory.resolve("kubeconfig");
        try {
            return Files.writeString(file, """
                    apiVersion: v1
                    kind: Config
                    clusters: [{name: bench, cluster: {server: "http://127.0.0.1:%d"}}]
                    contexts: [{name: bench, context: {cluster: bench, user: bench}}]
                    current-context: bench
                    users: [{name: bench, user: {}}]
                    """.formatted(server.getAddress().getPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            var query = String.valueOf(exchange.getRequestURI().getQuery());
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            if (query.contains("watch=")) {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().flush();
                while (!closed.get()) {
                    Thread.sleep(100);
                }
            } else if (path.endsWith("/pods")) {
                page(exchange, "Pod", "v1", pods, query, pod -> BenchObjects.pod(pod, namespaces));
            } else if (path.endsWith("/namespaces")) {
                page(exchange, "Namespace", "v1", namespaces, query, BenchObjects::namespace);
            } else if (path.endsWith("/nodes")) {
                page(exchange, "Node", "v1", 2, query, BenchObjects::node);
            } else if (path.endsWith("/egressips")) {
                page(exchange, "EgressIP", "k8s.ovn.org/v1", namespaces, query, BenchObjects::egressIp);
            } else if (path.endsWith("/egressiptraffics")) {
                page(exchange, "EgressIPTraffic", "k8s.ovn.org/v1", 0, query, none -> "");
            } else if (path.contains("/egressips/eip")) {
                var name = path.replaceFirst(".*/eip(\\d+).*", "$1");
                send(exchange, BenchObjects.egressIp(Integer.parseInt(name)));
            } else {
                exchange.getRequestBody().readAllBytes();
                send(exchange, "{}");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void page(
            HttpExchange exchange, String kind, String apiVersion, int count, String query, IntFunction<String> item)
            throws IOException {
        int limit = number(query, "limit=", count);
        int from = number(query, "continue=", 0);
        int to = Math.min(count, from + limit);
        var text = new StringBuilder("{\"kind\":\"" + kind + "List\",\"apiVersion\":\"" + apiVersion
                + "\",\"metadata\":{\"resourceVersion\":\"100\""
                + (to < count ? ",\"continue\":\"" + to + "\"" : "") + "},\"items\":[");
        for (int i = from; i < to; i++) {
            text.append(i == from ? "" : ",").append(item.apply(i));
        }
        send(exchange, text.append("]}").toString());
    }

    private static int number(String query, String key, int otherwise) {
        int start = query.indexOf(key);
        if (start < 0) {
            return otherwise;
        }
        var digits = query.substring(start + key.length()).replaceFirst("\\D.*", "");
        return digits.isEmpty() ? otherwise : Integer.parseInt(digits);
    }

    private static void send(HttpExchange exchange, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        closed.set(true);
        server.stop(0);
    }
}
