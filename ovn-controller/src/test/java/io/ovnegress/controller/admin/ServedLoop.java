package io.ovnegress.controller.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.TypeLiteral;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.TestingClock;
import io.ovnegress.controller.cli.EgressCommand;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.controller.leader.Leadership;
import io.ovnegress.controller.leader.Mandate;
import io.ovnegress.controller.loop.LoopFixture;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.controller.metrics.MetricsModule;
import io.ovnegress.controller.query.Asking;
import io.ovnegress.controller.query.AuditApi;
import io.ovnegress.controller.query.Audits;
import io.ovnegress.controller.query.ExplainApi;
import io.ovnegress.controller.query.HistoryApi;
import io.ovnegress.controller.query.LiveEvents;
import io.ovnegress.controller.query.StatusApi;
import io.ovnegress.controller.query.WhatIfApi;
import io.ovnegress.controller.query.WhoisApi;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpShortfall;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Help;

/** A loop that is served over HTTP, and asked on the command line. One test drives it. */
final class ServedLoop implements AutoCloseable {
    final LoopFixture given = new LoopFixture();
    final Injector injector = Guice.createInjector(
            new MetricsModule(),
            binder -> binder.bind(new TypeLiteral<Set<Shortfall.Lack>>() {}).toInstance(EgressIpShortfall.LACKS));
    final List<String> sessionErrors = new ArrayList<>();
    final List<String> inputErrors = new ArrayList<>();
    final List<String> leaseErrors = new ArrayList<>();
    private final HttpClient client = HttpClient.newHttpClient();
    final TestingClock healthClock = new TestingClock();
    AdminServer server;

    ServedLoop() {
        server = serverOn("--metrics-bind-address=127.0.0.1:0");
        server.start();
    }

    /** Served with other flags from now on. */
    void serveAgain(String... flags) {
        server.close();
        server = serverOn(flags);
        server.start();
    }

    @Override
    public void close() {
        server.close();
        client.close();
        given.loop.close();
    }

    AdminServer serverOn(String... flags) {
        var configs = new ArrayList<ControllerConfig>();
        var arguments = new ArrayList<>(List.of("run", "--nb-address=tcp:db:6641"));
        arguments.addAll(List.of(flags));
        EgressCommand.commandLine(Map.of(), (config, changed) -> {
                    configs.add(config);
                    return 0;
                })
                .execute(arguments.toArray(String[]::new));
        var health = new Health(
                given.loop,
                () -> sessionErrors.stream().findFirst(),
                () -> inputErrors.stream().findFirst(),
                () -> leaseErrors.stream().findFirst(),
                configs.getFirst(),
                new Leadership(configs.getFirst(), new Mandate(configs.getFirst()), given.inbox, healthClock),
                healthClock);
        var asking = new Asking(given.inbox);
        var history = new HistoryReader(given.history, given.inbox, Optional.empty());
        return new AdminServer(
                configs.getFirst(),
                health,
                injector.getInstance(PrometheusMeterRegistry.class),
                List.of(
                        new ExplainApi(asking, given.features(), history, given.clock),
                        new WhatIfApi(asking),
                        new StatusApi(
                                asking, configs.getFirst(), given.loop, health, Optional::empty, history, given.clock),
                        new HistoryApi(history, given.features(), given.clock),
                        new WhoisApi(asking, history, given.clock),
                        new AuditApi(new Audits(asking, injector.getInstance(ControllerMetrics.class), given.clock))),
                new LiveEvents(given.inbox, history, given.clock));
    }

    HttpResponse<String> get(String path, String... headers) {
        return send(request(path).GET(), headers);
    }

    HttpRequest.Builder request(String path) {
        int port = server.address().orElseThrow().getPort();
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    HttpResponse<String> send(HttpRequest.Builder request, String... headers) {
        try {
            return client.send(
                    (headers.length == 0 ? request : request.headers(headers)).build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    JsonNode readiness(int code) throws IOException {
        var response = get("/readyz");
        assertThat(response.statusCode()).isEqualTo(code);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        return new ObjectMapper().readTree(response.body());
    }

    static List<String> missing(JsonNode readiness) {
        var messages = new ArrayList<String>();
        readiness.get("conditions").forEach(condition -> {
            if (!condition.get("ok").asBoolean()) {
                messages.add(condition.get("name").asText() + ": "
                        + condition.get("message").asText());
            }
        });
        return messages;
    }

    /** Asked on the command line, as a user does. */
    Asked explain(String... words) {
        var arguments = new ArrayList<>(List.of("explain"));
        arguments.addAll(List.of(words));
        return ask(arguments);
    }

    Asked ask(List<String> words) {
        var out = new StringWriter();
        var err = new StringWriter();
        var command = EgressCommand.commandLine(Map.of(), (config, changed) -> 0)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF));
        var arguments = new ArrayList<>(words);
        arguments.add(
                "--server=http://127.0.0.1:" + server.address().orElseThrow().getPort());
        return new Asked(command.execute(arguments.toArray(String[]::new)), out.toString(), err.toString());
    }

    record Asked(int code, String out, String err) {}

    void isRunning() {
        given.ready().put("teddy", "riddle");
        given.turn();
        given.commit();
        given.turn();
        given.loop.start();
    }
}
