package io.ovnegress.controller.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.inject.Inject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.ovnegress.controller.ConfigurationException;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.health.Readiness;
import io.ovnegress.controller.query.Api;
import io.ovnegress.controller.query.LiveEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * {@code /metrics}, {@code /healthz}, {@code /readyz}, the questions of {@code /api/v1/...} and a page that asks them, over HTTP, on
 * the metrics address; nothing if there is none. Nothing can be changed over it.
 * Requests are answered on virtual threads, from what others publish and what the loop answers; they touch no other state.
 */
public final class AdminServer implements AutoCloseable {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final String JSON = "application/json";

    private static final List<String> READ = List.of("GET", "HEAD");
    /** What is asked is longer than an address may be; it changes nothing either. */
    private static final List<String> ASK = List.of("POST");

    private static final int MOST_SCRAPES = 4;
    private static final int MOST_PROBES = 32;
    private static final int MOST_QUESTIONS = 8;
    private static final int MOST_FILES = 64;
    private static final int MOST_STREAMS = 32;
    /** What the page may do: nothing from anywhere else, nothing that is not in its files, in nobody's frame. */
    private static final Map<String, String> SAFETY = Map.of(
            "Content-Security-Policy",
            "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "Referrer-Policy",
            "no-referrer",
            "Cache-Control",
            "no-cache");
    /**
     * Seconds that a client may take to send a request, and that it may take until an answer has been made and read; then its
     * connection is closed. How many connections there may be, and how many headers, of how many bytes together.
     */
    private static final Map<String, String> LIMITS = Map.of(
            "sun.net.httpserver.maxReqTime", "10",
            "sun.net.httpserver.maxRspTime", "30",
            "jdk.httpserver.maxConnections", "1024",
            "sun.net.httpserver.maxReqHeaders", "64",
            "sun.net.httpserver.maxReqHeaderSize", "32768");

    private final ControllerConfig config;
    private final Health health;
    private final PrometheusMeterRegistry registry;
    private final List<Api> apis;
    private final EventStream events;
    private final PageFiles files = new PageFiles();
    private final ObjectMapper json = new ObjectMapper();
    private Optional<HttpServer> server = Optional.empty();

    @Inject
    public AdminServer(
            ControllerConfig config,
            Health health,
            PrometheusMeterRegistry registry,
            List<Api> apis,
            LiveEvents events) {
        this.config = config;
        this.health = health;
        this.registry = registry;
        this.apis = List.copyOf(apis);
        this.events = new EventStream(events);
    }

    private record Answer(int code, String type, String body) {}

    private interface Page {
        Answer answer(HttpExchange request) throws IOException;
    }

    /** @throws ConfigurationException if the address cannot be listened on */
    public void start() {
        server = config.metricsBindAddress().map(this::listen);
    }

    /** Where it listens, the port chosen if the configured one was 0; empty if it does not. */
    public Optional<InetSocketAddress> address() {
        return server.map(HttpServer::getAddress);
    }

    @Override
    public void close() {
        server.ifPresent(running -> running.stop(0));
    }

    private HttpServer listen(InetSocketAddress address) {
        try {
            LIMITS.forEach(System::setProperty); // there is no other way, nor another server
            var listening = HttpServer.create(address, 0);
            listening.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            page(
                    listening,
                    "/metrics",
                    READ,
                    request -> new Answer(200, PROMETHEUS, registry.scrape()),
                    new Semaphore(MOST_SCRAPES));
            page(listening, "/healthz", READ, this::healthz, new Semaphore(MOST_PROBES));
            page(listening, "/readyz", READ, this::readyz, new Semaphore(MOST_PROBES));
            var questions = new Semaphore(MOST_QUESTIONS);
            apis.forEach(api -> page(
                    listening,
                    api.path(),
                    api.longestBody().isPresent() ? ASK : READ,
                    request -> ask(api, request),
                    questions));
            stream(listening);
            page(listening, "/", READ, this::file, new Semaphore(MOST_FILES));
            listening.start();
            return listening;
        } catch (IOException e) {
            throw new ConfigurationException(
                    "--metrics-bind-address=" + address.getHostString() + ":" + address.getPort() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private Answer healthz(HttpExchange request) {
        return health.complaint()
                .map(complaint -> new Answer(503, TEXT, complaint + "\n"))
                .orElseGet(() -> new Answer(200, TEXT, "ok\n"));
    }

    private Answer readyz(HttpExchange request) {
        var readiness = health.readiness();
        int code = readiness.ready() ? 200 : 503;
        return wantsText(request)
                ? new Answer(code, TEXT, readiness.toText())
                : new Answer(code, JSON, toJson(readiness));
    }

    private Answer file(HttpExchange request) {
        return files.at(request.getRequestURI().getPath())
                .map(file -> {
                    SAFETY.forEach(request.getResponseHeaders()::set);
                    return new Answer(200, file.type(), file.text());
                })
                .orElseGet(() -> new Answer(404, TEXT, "not found\n"));
    }

    private void stream(HttpServer listening) {
        var free = new Semaphore(MOST_STREAMS);
        listening.createContext(LiveEvents.PATH, request -> {
            boolean has = free.tryAcquire();
            try (request) {
                if (!request.getRequestURI().getPath().equals(LiveEvents.PATH)) {
                    send(request, new Answer(404, TEXT, "not found\n"));
                } else if (!request.getRequestMethod().equals("GET")) {
                    request.getResponseHeaders().set("Allow", "GET");
                    send(request, new Answer(405, TEXT, "GET only\n"));
                } else if (!has || !events.stream(request)) {
                    send(request, new Answer(503, TEXT, "too many listen\n"));
                }
            } finally {
                if (has) {
                    free.release();
                }
            }
        });
    }

    private static Answer ask(Api api, HttpExchange request) throws IOException {
        var body = "";
        if (api.longestBody().isPresent()) {
            int longest = api.longestBody().get();
            // A page of somebody else's in a browser is not allowed to send this type here.
            if (!String.valueOf(request.getRequestHeaders().getFirst("Content-Type"))
                    .startsWith(JSON)) {
                return new Answer(415, TEXT, "Content-Type: application/json only\n");
            }
            var bytes = request.getRequestBody().readNBytes(longest + 1);
            if (bytes.length > longest) {
                return new Answer(413, TEXT, "longer than " + longest + " bytes\n");
            }
            body = new String(bytes, StandardCharsets.UTF_8);
        }
        var address = request.getRequestURI();
        var reply = api.answer(
                Api.Request.of(api.path(), address.getRawPath(), Optional.ofNullable(address.getRawQuery()), body));
        return new Answer(reply.code(), JSON, reply.body().toPrettyString() + "\n");
    }

    private static boolean wantsText(HttpExchange request) {
        var query = Optional.ofNullable(request.getRequestURI().getQuery()).orElse("");
        var accept = Optional.ofNullable(request.getRequestHeaders().getFirst("Accept"))
                .orElse("");
        return query.contains("verbose") || accept.startsWith("text/plain");
    }

    private String toJson(Readiness readiness) {
        try {
            return json.writeValueAsString(readiness) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * A context answers every path below its own as well: only the path itself is ours, if it does not end with a slash.
     *
     * @param methods that it takes
     * @param free places, one for each that is answered at a time: what is read slowly, or asked for by many, holds up nothing else
     */
    private static void page(HttpServer server, String path, List<String> methods, Page page, Semaphore free) {
        server.createContext(path, request -> {
            if (!free.tryAcquire()) {
                try (request) {
                    send(request, new Answer(503, TEXT, "too many requests at a time\n"));
                }
                return;
            }
            try (request) {
                if (!path.endsWith("/") && !request.getRequestURI().getPath().equals(path)) {
                    send(request, new Answer(404, TEXT, "not found\n"));
                } else if (!methods.contains(request.getRequestMethod())) {
                    request.getResponseHeaders().set("Allow", String.join(", ", methods));
                    send(request, new Answer(405, TEXT, String.join(" or ", methods) + " only\n"));
                } else {
                    send(request, page.answer(request));
                }
            } finally {
                free.release();
            }
        });
    }

    private static void send(HttpExchange request, Answer answer) throws IOException {
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        request.getResponseHeaders().set("Content-Type", answer.type());
        if (request.getRequestMethod().equals("HEAD")) {
            request.sendResponseHeaders(answer.code(), -1);
            return;
        }
        request.sendResponseHeaders(answer.code(), body.length);
        request.getResponseBody().write(body);
    }
}
