package io.ovnegress.controller;

import static io.ovnegress.controller.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Stage;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.ovnegress.controller.admin.AdminServer;
import io.ovnegress.controller.cli.EgressCommand;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.kube.KubernetesClients;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process as it is wired, with nobody at the other ends. */
class ControllerProcessTest {
    @TempDir
    private Path directory;

    private final KubernetesClient client = KubernetesClients.create(
            new ConfigBuilder(Config.empty())
                    .withMasterUrl("http://127.0.0.1:1")
                    .build(),
            "test");

    /** Gauges hold what they measure weakly: once it is collected they say NaN. */
    private final List<Injector> kept = new ArrayList<>();

    @AfterEach
    void closeClient() {
        client.close();
    }

    private Injector wired(String... flags) {
        var configs = new ArrayList<ControllerConfig>();
        var arguments = new ArrayList<>(List.of("run", "--nb-address=unix:" + directory.resolve("nb.sock")));
        arguments.addAll(List.of(flags));
        EgressCommand.commandLine(Map.of(), (config, changed) -> {
                    configs.add(config);
                    return 0;
                })
                .execute(arguments.toArray(String[]::new));
        var injector = Guice.createInjector(Stage.PRODUCTION, new ControllerModule(configs.getFirst(), client));
        kept.add(injector);
        return injector;
    }

    @Test
    void unreachableEndpointsAreTriedAgainAndNamedAndNeverEndTheProcess() {
        var process = wired("--metrics-bind-address=127.0.0.1:0");
        var code = CompletableFuture.supplyAsync(
                () -> process.getInstance(ControllerProcess.class).run(List.of()));
        var health = process.getInstance(Health.class);

        eventually()
                .untilAsserted(() -> assertThat(health.readiness().toText())
                        .contains(
                                "ConnectException: Connection refused (egress_ip, egress_ip_traffic, namespace, node, pod)")
                        .containsPattern("nb.sock: No such file or directory .failed attempts: ([3-9]|\\d\\d)"));
        assertThat(health.complaint()).isEmpty();
        assertThat(code).isNotDone();

        process.getInstance(ProcessExit.class).request(ProcessExit.FAULT);
        assertThat(code.join()).isEqualTo(ProcessExit.FAULT);
        eventually().untilAsserted(() -> assertThat(health.complaint()).contains("the reconcile loop has ended"));
    }

    @Test
    void whatHoldsBackWritesIsInTheMetrics() {
        var metrics = wired().getInstance(PrometheusMeterRegistry.class).scrape();

        assertThat(metrics)
                .contains("resilience4j_circuitbreaker_state{name=\"status\",state=\"closed\"} 1.0")
                .contains("resilience4j_retry_calls_total{kind=\"failed_with_retry\",name=\"status\"} 0.0")
                .contains("resilience4j_ratelimiter_available_permissions{name=\"status\"}")
                .contains("ovn_egress_repairs_total{by=\"ovnkube\"} 0.0", "ovn_egress_repairs_total{by=\"other\"} 0.0")
                .contains("ovn_egress_contested_owners 0.0", "ovn_egress_failovers_total 0.0")
                .contains("ovn_egress_transaction_duration_seconds_count{outcome=\"unable\"} 0");
    }

    @Test
    void anAdminAddressThatIsTakenIsNamedAndNothingIsLeftRunning() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var address = "127.0.0.1:" + taken.getLocalPort();
            var process = wired("--metrics-bind-address=" + address);

            assertThatThrownBy(
                            () -> process.getInstance(ControllerProcess.class).run(List.of()))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("--metrics-bind-address=" + address + ": Address already in use");

            assertThat(process.getInstance(AdminServer.class).address()).isEmpty();
            assertThat(process.getInstance(Health.class).complaint()).contains("the reconcile loop has ended");
        }
    }
}
