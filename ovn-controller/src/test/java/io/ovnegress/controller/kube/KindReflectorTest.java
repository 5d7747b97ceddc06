package io.ovnegress.controller.kube;

import static io.ovnegress.controller.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NamespaceListBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a server that stands still is told from one on which nothing happens. */
class KindReflectorTest {
    /** Asks soon, and waits long: a machine that stands still for a while is no silent server. */
    private static final KindReflector.Watchdog QUICK =
            new KindReflector.Watchdog(Duration.ofMillis(50), Duration.ofSeconds(3));

    private final ConcurrentLinkedQueue<InputChange> inbox = new ConcurrentLinkedQueue<>();
    private final Server server = new Server();
    private final KindReflector<Namespace> reflector = new KindReflector<>(
            InputKind.NAMESPACE,
            server,
            new InputMappers()::namespace,
            error -> "explained: " + error.getMessage(),
            this::isNotInstalled,
            inbox::add,
            failures -> 1L,
            QUICK,
            Clock.systemUTC());
    private volatile boolean definitionsAnswer = true;
    private final Thread thread = Thread.ofPlatform().daemon().unstarted(reflector);

    /** Has one namespace, answers questions as it is told to, and says in a watch only what the test says. */
    private static final class Server implements KindReflector.Source<Namespace> {
        private final AtomicInteger lists = new AtomicInteger();
        private final AtomicInteger questions = new AtomicInteger();
        private final AtomicInteger watches = new AtomicInteger();
        private final AtomicInteger closed = new AtomicInteger();
        private volatile CountDownLatch frozen = new CountDownLatch(0);
        private volatile Optional<KubernetesClientException> answer = Optional.empty();
        private volatile Optional<KubernetesClientException> refusal = Optional.empty();
        private volatile Watcher<Namespace> watcher;

        @Override
        public KubernetesResourceList<Namespace> list(ListOptions options) {
            try {
                frozen.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new KubernetesClientException("interrupted");
            }
            if (options.getLimit() == 1) {
                questions.incrementAndGet();
                if (answer.isPresent()) {
                    throw answer.get();
                }
            } else {
                lists.incrementAndGet();
                if (refusal.isPresent()) {
                    throw refusal.get();
                }
            }
            return new NamespaceListBuilder()
                    .withNewMetadata()
                    .withResourceVersion("7")
                    .endMetadata()
                    .build();
        }

        @Override
        public Watch watch(ListOptions options, Watcher<Namespace> opened) {
            watcher = opened;
            watches.incrementAndGet();
            return closed::incrementAndGet;
        }
    }

    @BeforeEach
    void start() {
        thread.start();
        eventually().until(() -> reflector.health().isWatching());
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.frozen.countDown();
        thread.interrupt();
        thread.join();
    }

    @Test
    void aServerOnWhichNothingHappensIsAskedNowAndThenAndLeftAlone() {
        eventually().until(() -> server.questions.get() >= 5);

        assertThat(server.watches.get()).isEqualTo(1);
        assertThat(server.lists.get()).isEqualTo(1);
        assertThat(reflector.health().isWatching()).isTrue();
    }

    @Test
    void aServerThatStandsStillIsNoticedAndListedAgainWhenItGoesOn() {
        server.frozen = new CountDownLatch(1);

        eventually().until(() -> reflector.health().error().isPresent());
        assertThat(reflector.health().error().orElseThrow()).startsWith("the API server has been silent for ");
        assertThat(reflector.health().isWatching()).isFalse();
        assertThat(reflector.health().listed()).isTrue();
        assertThat(server.closed.get()).isEqualTo(1);

        server.frozen.countDown();

        eventually().until(() -> reflector.health().isWatching());
        assertThat(server.lists.get()).isEqualTo(2);
        assertThat(inbox).hasSize(2).allMatch(InputChange.Listed.class::isInstance);
    }

    @Test
    void ofAKindThatIsNotInstalledThereAreNoneWhichIsSaidOnceAndLookedForAgain() {
        server.refusal = Optional.of(new KubernetesClientException("not found", 404, null));
        server.answer = Optional.of(new KubernetesClientException("connection reset"));

        eventually().until(() -> server.lists.get() >= 5);

        assertThat(inbox).hasSize(2).last().isEqualTo(new InputChange.Listed(InputKind.NAMESPACE, List.of()));
        assertThat(reflector.health().isWatching()).isTrue();
        assertThat(reflector.health().error()).isEmpty();

        server.answer = Optional.empty();
        server.refusal = Optional.empty();

        eventually().until(() -> inbox.size() == 3);
    }

    private boolean isNotInstalled(KubernetesClientException error) {
        if (!definitionsAnswer) {
            throw new KubernetesClientException("the server is overloaded", 503, null);
        }
        return error.getCode() == 404;
    }

    /** Whether the kind is installed is not known then: it is asked again. */
    @Test
    void aServerThatDoesNotSayWhetherAKindIsInstalledIsAskedAgain() {
        definitionsAnswer = false;
        server.refusal = Optional.of(new KubernetesClientException("not found", 404, null));
        server.answer = Optional.of(new KubernetesClientException("connection reset"));
        eventually().until(() -> server.lists.get() >= 5);
        assertThat(thread.isAlive()).isTrue();
        assertThat(inbox).hasSize(1);

        definitionsAnswer = true;

        eventually().until(() -> inbox.size() == 2);
    }

    @Test
    void aServerThatRefusesIsThere() {
        server.answer = Optional.of(new KubernetesClientException("too many requests", 429, null));

        eventually().until(() -> server.questions.get() >= 5);

        assertThat(server.watches.get()).isEqualTo(1);
    }

    @Test
    void aServerThatCannotBeReachedIsNotThere() {
        server.answer = Optional.of(new KubernetesClientException("connection reset"));

        eventually().until(() -> server.watches.get() >= 2);

        assertThat(server.closed.get()).isGreaterThanOrEqualTo(1);
    }

    @Test
    void whoTalksIsNotDeadHoweverSlowlyItAnswers() {
        server.frozen = new CountDownLatch(1);

        var namespace = new NamespaceBuilder()
                .withNewMetadata()
                .withName("simpson")
                .endMetadata()
                .build();
        // Longer than the server may take to answer.
        eventually().during(QUICK.answer().plus(QUICK.silence()).plusSeconds(1)).until(() -> {
            server.watcher.eventReceived(Watcher.Action.MODIFIED, namespace);
            return reflector.health().isWatching();
        });

        assertThat(server.watches.get()).isEqualTo(1);
    }
}
