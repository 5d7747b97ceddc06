package io.ovnegress.controller.leader;

import static io.ovnegress.controller.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.ovnegress.controller.ReservedPort;
import io.ovnegress.controller.kube.KubernetesClients;
import io.ovnegress.controller.loop.CapturedLog;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several controllers and one API server, which can go away. */
class LeaseElectionTest {
    private static final LeaderElectionConfig QUICK = new LeaderElectionConfig(
            true,
            "ovn-egress",
            Optional.of("ovn"),
            Duration.ofSeconds(10),
            Duration.ofSeconds(8),
            Duration.ofMillis(100));

    /** For how long the lock of a leader that is gone is kept. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final KubernetesCrudDispatcher state = new KubernetesCrudDispatcher() {
        @Override
        public MockResponse dispatch(RecordedRequest request) {
            return forbidden ? new MockResponse().setResponseCode(403).setBody(FORBIDDEN) : super.dispatch(request);
        }
    };
    /** As API servers without a fitting Role answer. */
    private static final String FORBIDDEN = """
            {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
             "message": "leases.coordination.k8s.io \\"ovn-egress\\" is forbidden: User \\"us\\" cannot get it"}""";

    private volatile boolean forbidden;
    private final List<Candidate> candidates = new ArrayList<>();
    /** Who began (+) and ceased (-) to lead, in this order. */
    private final List<String> history = new ArrayList<>();

    private KubernetesMockServer server;
    /** Of a server that comes back where it was. */
    private int port;

    private final class Candidate implements AutoCloseable {
        private final KubernetesClient client = KubernetesClients.create(
                new ConfigBuilder(Config.empty())
                        .withMasterUrl("http://localhost:" + port)
                        .build(),
                "test");
        private final Mandate mandate;
        private final Leadership leadership;
        private final LeaseElection election;
        private boolean leads;

        private Candidate(String name, LeaderElectionConfig config) {
            mandate = new Mandate(false, config.renewDeadline(), System::nanoTime);
            leadership = new Leadership(mandate, PATIENCE, now -> noteChange(now, name), Clock.systemUTC());
            election = new LeaseElection(config, client, mandate, name, leadership, this::grantLock);
            election.start();
        }

        private void noteChange(boolean now, String name) {
            if (now != leads) {
                leads = now;
                note((now ? "+" : "-") + name);
            }
        }

        /** The database gives the lock to whoever is elected. */
        private void grantLock() {
            if (mandate.isHeld() && leadership.wantsLock()) {
                leadership.lock(true, Duration.ZERO);
            }
        }

        @Override
        public void close() {
            election.close();
            client.close();
        }
    }

    @BeforeEach
    void startServer() {
        port = ReservedPort.next();
        start(port);
    }

    private void start(int atPort) {
        server = new KubernetesMockServer(
                new Context(new ObjectMapper()), new MockWebServer(), new HashMap<>(), state, false);
        server.start(InetAddress.getLoopbackAddress(), atPort);
    }

    private void stopServer() {
        try {
            server.shutdown();
        } catch (IllegalStateException e) {
            System.err.println("The mock server takes longer than it allows itself to close: " + e.getCause());
        }
    }

    @AfterEach
    void stop() {
        candidates.forEach(Candidate::close);
        stopServer();
    }

    private Candidate candidate(String name) {
        return candidate(name, QUICK);
    }

    private Candidate candidate(String name, LeaderElectionConfig config) {
        var candidate = new Candidate(name, config);
        candidates.add(candidate);
        return candidate;
    }

    private synchronized void note(String event) {
        history.add(event);
    }

    private synchronized List<String> history() {
        return List.copyOf(history);
    }

    @Test
    void oneLeadsAndTheOtherStandsBy() {
        var first = candidate("one");
        eventually().until(() -> history().equals(List.of("+one")));
        var second = candidate("two");
        // Longer than the lease.
        eventually()
                .during(QUICK.leaseDuration().plusSeconds(2))
                .until(() -> history().equals(List.of("+one")));

        assertThat(first.mandate.isHeld()).isTrue();
        assertThat(second.mandate.isHeld()).isFalse();
    }

    @Test
    void whoEndsInOrderHandsOverAtOnce() {
        var first = candidate("one");
        eventually().until(() -> history().equals(List.of("+one")));
        candidate("two");
        eventually().during(Duration.ofMillis(500)).until(() -> history().size() == 1);

        first.election.close();

        eventually().until(() -> history().size() > 1);
        assertThat(history()).startsWith("+one", "-one");
        assertThat(first.mandate.isHeld()).isFalse();
        eventually().until(() -> history().equals(List.of("+one", "-one", "+two")));
    }

    @Test
    void whoLosesTheApiServerCeasesBeforeAnotherOneBegins() {
        var first = candidate("one");
        eventually().until(() -> history().equals(List.of("+one")));
        candidate("two");

        first.client.close();

        eventually().until(() -> history().contains("+two"));
        assertThat(history()).containsExactly("+one", "-one", "+two");
    }

    @Test
    void whoHasComeIntoTheLeadersPlaceInTheDatabaseDoesNotWaitForTheLeaseToExpire() {
        var hours = new LeaderElectionConfig(
                true,
                "ovn-egress",
                Optional.of("ovn"),
                Duration.ofHours(3),
                Duration.ofHours(2),
                Duration.ofMillis(100));
        var first = candidate("one", hours);
        eventually().until(() -> history().equals(List.of("+one")));
        var second = candidate("two", hours);
        eventually().during(Duration.ofMillis(500)).until(() -> history().size() == 1);

        second.leadership.lock(true, Duration.ofMinutes(1)); // as the database says it when the leader has left

        eventually().until(() -> history().containsAll(List.of("+two", "-one")));
        assertThat(second.mandate.isHeld()).isTrue();
        assertThat(first.mandate.isHeld())
                .as("whoever is deposed sees it at its next renewal")
                .isFalse();
        eventually().during(Duration.ofMillis(500)).until(() -> history().size() == 3);
    }

    @Test
    void whoMayNotReadTheLeaseSaysSoInOneLineHoweverOftenItTriesAndLeadsOnceItMay() {
        forbidden = true;
        try (var log = new CapturedLog(LeaseAccess.class.getPackageName());
                var libraries = new CapturedLog("io.fabric8.kubernetes.client.extended.leaderelection")) {
            var one = candidate("one");
            eventually()
                    .until(() -> one.election.lastError().isPresent()
                            && one.election.lastError().get().contains("HTTP 403"));
            int asked = server.getRequestCount();
            eventually().until(() -> server.getRequestCount() > asked + 10);

            assertThat(one.election.lastError().orElseThrow())
                    .startsWith("Lease ovn/ovn-egress cannot be read: HTTP 403: leases.coordination.k8s.io")
                    .endsWith("(Role ovn-egress-leader-election of deploy/base grants it)");
            assertThat(log.lines().stream().filter(line -> line.startsWith("WARN")))
                    .singleElement()
                    .asString()
                    .startsWith("WARN the lease cannot be read, this controller does not lead lease=ovn/ovn-egress")
                    .contains("HTTP 403");

            forbidden = false;
            eventually().until(() -> history().equals(List.of("+one")));
            eventually().until(() -> one.election.lastError().isEmpty());
            assertThat(log.lines()).anyMatch(line -> line.startsWith("INFO the lease can be used again"));
            assertThat(libraries.lines()).isEmpty();
        }
    }

    @Test
    void withoutAnApiServerItIsNotKnownWhoLeads() {
        stopServer();
        var one = candidate("one");

        eventually().until(() -> one.election.lastError().orElse("").contains("the API server does not answer"));
        start(port);
        eventually().until(() -> history().equals(List.of("+one")));
        eventually().until(() -> one.election.lastError().isEmpty());
    }

    @Test
    void aLeaseThatSomebodyHasDamagedDoesNotEndTheElection() {
        var admin = candidate("one");
        eventually().until(() -> history().equals(List.of("+one")));
        admin.election.close();
        var leases = admin.client.leases().inNamespace("ovn");
        leases.withName("ovn-egress").edit(lease -> {
            lease.getSpec().setLeaseDurationSeconds(null);
            return lease;
        });
        var two = candidate("two");
        eventually().until(() -> two.election.lastError().orElse("").endsWith("delete it"));

        leases.withName("ovn-egress").delete();

        eventually().until(() -> history().contains("+two"));
    }

    @Test
    void withoutAnApiServerNobodyLeadsUntilItIsBack() {
        candidate("one");
        candidate("two");
        eventually().until(() -> history().size() == 1);

        stopServer();
        eventually().until(() -> history().size() == 2);
        start(port);
        eventually().until(() -> history().size() == 3);

        var leader = history().getFirst();
        assertThat(history().get(1)).isEqualTo("-" + leader.substring(1));
        assertThat(history().get(2)).startsWith("+");
    }

    @Test
    void anElectionThatIsOffTellsNothing() {
        var off = new LeaderElectionConfig(
                false, "x", Optional.empty(), Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofSeconds(1));
        var client = candidate("one").client;
        eventually().until(() -> history().equals(List.of("+one")));
        var always = new Mandate(true, Duration.ZERO, System::nanoTime);
        var leadership = new Leadership(always, PATIENCE, leads -> note("off"), Clock.systemUTC());
        var election = new LeaseElection(off, client, always, "off", leadership, () -> {});

        election.start();
        election.close();

        assertThat(history()).containsExactly("+one");
    }
}
