package io.ovnegress.it.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.ovnegress.it.harness.bulk.Inputs;
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
 * writes that it takes without keeping them. Pods are of the size that real ones have (about 3 KB).
 */
final class BenchApi implements AutoCloseable {
    private static final String FILLER = "x".repeat(1_600);

    private final HttpServer server;
    private final int pods;
    private final int namespaces;
    private final AtomicBoolean closed = new AtomicBoolean();

    BenchApi(int pods, int namespaces) {
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
    Path kubeconfig(Path directory) {
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
                page(exchange, "Pod", "v1", pods, query, this::pod);
            } else if (path.endsWith("/namespaces")) {
                page(exchange, "Namespace", "v1", namespaces, query, BenchApi::namespace);
            } else if (path.endsWith("/nodes")) {
                page(exchange, "Node", "v1", 2, query, BenchApi::node);
            } else if (path.endsWith("/egressips")) {
                page(exchange, "EgressIP", "k8s.ovn.org/v1", namespaces, query, BenchApi::egressIp);
            } else if (path.contains("/egressips/eip")) {
                var name = path.replaceFirst(".*/eip(\\d+).*", "$1");
                send(exchange, egressIp(Integer.parseInt(name)));
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

    private static String metadata(String name, String more) {
        return "\"metadata\":{\"name\":\"" + name + "\",\"uid\":\"" + name
                + "\",\"resourceVersion\":\"50\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"generation\":1" + more
                + "}";
    }

    private String pod(int pod) {
        int namespace = pod % namespaces;
        var ip = Inputs.podIp(pod).text();
        return "{\"kind\":\"Pod\",\"apiVersion\":\"v1\","
                + metadata(
                        "pod-" + pod,
                        ",\"namespace\":\"ns" + namespace + "\",\"labels\":{\"app\":\"app" + namespace
                                + "\",\"tier\":\"web\"},\"annotations\":{\"k8s.ovn.org/pod-networks\":"
                                + "\"{\\\"default\\\":{\\\"ip_addresses\\\":[\\\"" + ip
                                + "/23\\\"],\\\"mac_address\\\":\\\"0a:58:0a:80:00:05\\\",\\\"ip_address\\\":\\\""
                                + ip + "/23\\\"}}\",\"filler\":\"" + FILLER + "\"}")
                + ",\"spec\":{\"nodeName\":\"node" + (1 + pod % 2)
                + "\",\"containers\":[{\"name\":\"main\",\"image\":\"registry.example/app:1\",\"env\":[{\"name\":\"A\","
                + "\"value\":\"b\"}],\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}}]},"
                + "\"status\":{\"phase\":\"Running\",\"podIP\":\"" + ip + "\",\"podIPs\":[{\"ip\":\"" + ip + "\"}],"
                + "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}";
    }

    private static String namespace(int namespace) {
        return "{\"kind\":\"Namespace\",\"apiVersion\":\"v1\","
                + metadata("ns" + namespace, ",\"labels\":{\"team\":\"team" + namespace + "\"}") + "}";
    }

    private static String node(int index) {
        int n = index + 1;
        return "{\"kind\":\"Node\",\"apiVersion\":\"v1\","
                + metadata(
                        "node" + n,
                        ",\"labels\":{\"k8s.ovn.org/egress-assignable\":\"\"},\"annotations\":{"
                                + "\"k8s.ovn.org/node-primary-ifaddr\":\"{\\\"ipv4\\\":\\\"192.168.0." + n
                                + "/16\\\"}\"}")
                + ",\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"192.168.0." + n
                + "\"}],\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}";
    }

    private static String egressIp(int namespace) {
        return "{\"kind\":\"EgressIP\",\"apiVersion\":\"k8s.ovn.org/v1\"," + metadata("eip" + namespace, "")
                + ",\"spec\":{\"egressIPs\":[\"" + Inputs.egressIpText(namespace)
                + "\"],\"namespaceSelector\":{\"matchLabels\":{\"team\":\"team" + namespace
                + "\"}},\"podSelector\":{\"matchLabels\":{\"tier\":\"web\"}}}}";
    }

    @Override
    public void close() {
        closed.set(true);
        server.stop(0);
    }
}
