package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.github.resilience4j.core.IntervalFunction;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the inbox told about one kind: lists it in pages and posts the whole, then watches from the list's version and posts
 * each change; a watch that ends in order goes on from the last version seen, and after any failure everything is listed again.
 * So a missed deletion never stays unnoticed: the next {@code Listed} lacks the object. Nothing is stored here.
 *
 * <p>A watch that says nothing may be one on which nothing happens, or one on a server that stands still. After a while of
 * silence the server is asked for anything at all; without an answer the watch is given up.
 *
 * <p>Runs in one thread of its own, which alone posts to the inbox: changes of the kind arrive in order. The client's threads
 * only map objects and append to the present watch's queue; what a former watch still says is never read.
 */
final class KindReflector<T extends HasMetadata> implements Runnable {
    /** A page of a list. */
    static final long PAGE = 500;

    private static final Logger LOG = LoggerFactory.getLogger(KindReflector.class);
    /** The server is asked to end a watch in about this time (and sends a bookmark then, which keeps the version fresh). */
    private static final Duration WATCH_TIME = Duration.ofMinutes(5);
    /** A watch that the server has not ended by then is taken for dead. */
    private static final Duration WATCH_GRACE = Duration.ofSeconds(30);
    /** A watch that lasted this long, or told us anything, was no failure. */
    private static final Duration PROVEN = Duration.ofSeconds(10);

    /**
     * How a server that stands still is told from one on which nothing happens.
     *
     * @param silence after which the server is asked
     * @param answer how long it may take to answer
     */
    record Watchdog(Duration silence, Duration answer) {
        /** Twenty seconds in all: a frozen API server is noticed within thirty, with room for a slow machine. */
        static final Watchdog USUAL = new Watchdog(Duration.ofSeconds(10), Duration.ofSeconds(10));
    }

    /** The two requests that the API server answers for a kind. */
    interface Source<T extends HasMetadata> {
        KubernetesResourceList<T> list(ListOptions options);

        Watch watch(ListOptions options, Watcher<T> watcher);
    }

    private final InputKind kind;
    private final Source<T> source;
    private final Function<T, InputObject> mapper;
    private final Function<KubernetesClientException, String> explanation;
    private final Predicate<KubernetesClientException> notInstalled;
    private final Consumer<InputChange> inbox;
    private final IntervalFunction backoff;
    private final Watchdog watchdog;
    private final Clock clock;
    private volatile WatchHealth health = WatchHealth.NOT_STARTED;
    /** In a row; only the reflector's thread. */
    private int failures;
    /** The cluster knew no such kind when it was asked last; likewise. */
    private boolean absent;

    /**
     * @param explanation a failed request in words
     * @param notInstalled whether it means that the cluster knows no such kind, and may
     * @param backoff milliseconds to wait after the n-th failure in a row
     */
    KindReflector(
            InputKind kind,
            Source<T> source,
            Function<T, InputObject> mapper,
            Function<KubernetesClientException, String> explanation,
            Predicate<KubernetesClientException> notInstalled,
            Consumer<InputChange> inbox,
            IntervalFunction backoff,
            Watchdog watchdog,
            Clock clock) {
        this.kind = kind;
        this.source = source;
        this.mapper = mapper;
        this.explanation = explanation;
        this.notInstalled = notInstalled;
        this.inbox = inbox;
        this.backoff = backoff;
        this.watchdog = watchdog;
        this.clock = clock;
    }

    WatchHealth health() {
        return health;
    }

    /** Runs until the thread is interrupted. */
    @Override
    public void run() {
        try {
            while (true) {
                var why = listAndWatch();
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
                if (why.isPresent()) {
                    absent = false;
                    logFailure(why.get());
                    health = health.failed(why.get());
                }
                failures++;
                Thread.sleep(backoff.apply(failures));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            health = health.failed("stopped");
        }
    }

    /** Returns why it could not go on; empty if there is nothing to go on with. */
    private Optional<String> listAndWatch() throws InterruptedException {
        try {
            var version = list();
            absent = false;
            return Optional.of(watchFrom(version));
        } catch (KubernetesClientException e) {
            return isNotInstalled(e) ? Optional.empty() : Optional.of(explanation.apply(e));
        } catch (RuntimeException e) { // ours
            LOG.error("Fault while watching kind={}", kind, e);
            return Optional.of("fault: " + ApiErrors.firstLine(e));
        }
    }

    /** Also asks the server, which may not answer: then it is not known, and asked again. */
    private boolean isNotInstalled(KubernetesClientException error) {
        try {
            if (!notInstalled.test(error)) {
                return false;
            }
        } catch (KubernetesClientException e) {
            return false;
        }
        thereAreNone();
        return true;
    }

    /** With the definition its objects are gone too. It is looked for again and again, and said once. */
    private void thereAreNone() {
        if (!absent) {
            LOG.info("Not installed kind={}", kind);
            inbox.accept(new InputChange.Listed(kind, List.of()));
            health = health.list().watching(clock.instant());
        }
        absent = true;
    }

    private void logFailure(String why) {
        if (!health.error().equals(Optional.of(why))) {
            LOG.warn("Watch failed, listing again kind={} error=\"{}\"", kind, why);
        }
    }

    /** Posts the complete list and returns its version. */
    private String list() {
        var objects = new ArrayList<InputObject>();
        var options = new ListOptionsBuilder().withLimit(PAGE);
        while (true) {
            var page = source.list(options.build());
            for (var object : page.getItems()) {
                map(object).ifPresent(objects::add);
            }
            var next = page.getMetadata().getContinue();
            if (next == null || next.isEmpty()) {
                inbox.accept(new InputChange.Listed(kind, objects));
                health = health.list();
                LOG.info("Listed kind={} objects={}", kind, objects.size());
                return page.getMetadata().getResourceVersion();
            }
            options = options.withContinue(next);
        }
    }

    /** Posts changes since the version, through as many watches as it takes, until one fails; returns why. */
    private String watchFrom(String listed) throws InterruptedException {
        var version = listed;
        while (true) {
            var session = new Session(clock.instant());
            long seconds = WATCH_TIME.toSeconds() - ThreadLocalRandom.current().nextLong(60);
            var options = new ListOptionsBuilder()
                    .withResourceVersion(version)
                    .withAllowWatchBookmarks(true)
                    .withTimeoutSeconds(seconds)
                    .build();
            var watch = source.watch(options, session);
            try {
                health = health.watching(session.began);
                var ended = session.drain(version, Duration.ofSeconds(seconds).plus(WATCH_GRACE));
                failures = ended.proven() ? 0 : failures;
                if (!ended.proven() || ended.gone()) {
                    return ended.why();
                }
                LOG.debug("Watching on kind={} version={} because=\"{}\"", kind, ended.version(), ended.why());
                version = ended.version();
            } finally {
                watch.close();
            }
            Thread.sleep(backoff.apply(1)); // whoever cuts watches short does not make us spin
        }
    }

    private Optional<InputObject> map(T object) {
        try {
            return Optional.of(mapper.apply(object));
        } catch (RuntimeException e) { // ours: mappers are total
            LOG.error("Object not understood kind={} name={}", kind, InputMappers.nameOf(object), e);
            return Optional.empty();
        }
    }

    /**
     * How a watch ended.
     *
     * @param version the last one seen
     * @param proven whether it had worked until then
     * @param gone whether the server no longer knows the versions after it
     * @param why in words
     */
    private record Ended(String version, boolean proven, boolean gone, String why) {}

    private sealed interface Signal {
        /** An event: the change it means, if any, and the version it brings. */
        record Event(Optional<InputChange> change, String version) implements Signal {}

        /** Nothing follows. */
        record Closed(Optional<WatcherException> cause) implements Signal {}

        /** The server was asked whether it is there; the failure if it does not seem so. */
        record Asked(Optional<KubernetesClientException> failure) implements Signal {}
    }

    /** One watch: its callbacks run in the client's threads, {@link #drain} in the reflector's. */
    private final class Session implements Watcher<T> {
        private final Instant began;
        private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();

        private Session(Instant began) {
            this.began = began;
        }

        @Override
        public void eventReceived(Action action, T object) {
            var version = InputMappers.text(InputMappers.metadata(object).getResourceVersion());
            Optional<InputChange> change = switch (action) {
                case ADDED, MODIFIED ->
                    map(object)
                            .map(mapped -> new InputChange.Put(
                                    mapped,
                                    Optional.ofNullable(object.getMetadata().getResourceVersion())
                                            .orElse("")));
                case DELETED -> Optional.of(new InputChange.Removed(kind, InputMappers.nameOf(object)));
                case BOOKMARK, ERROR -> Optional.empty();
            };
            signals.add(new Signal.Event(change, version));
        }

        @Override
        public void onClose() {
            signals.add(new Signal.Closed(Optional.empty()));
        }

        @Override
        public void onClose(WatcherException cause) {
            signals.add(new Signal.Closed(Optional.of(cause)));
        }

        private Ended drain(String from, Duration atMost) throws InterruptedException {
            var version = from;
            boolean told = false;
            var deadline = began.plus(atMost);
            var heard = clock.instant();
            boolean asking = false;
            while (true) {
                var patience = heard.plus(watchdog.silence()).plus(asking ? watchdog.answer() : Duration.ZERO);
                var wait = Duration.between(clock.instant(), patience.isBefore(deadline) ? patience : deadline);
                switch (signals.poll(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                    case null -> {
                        if (!clock.instant().isBefore(deadline)) {
                            return new Ended(version, true, false, "the server did not end the watch in time");
                        }
                        if (asking) {
                            var silent = Duration.between(heard, clock.instant());
                            return new Ended(
                                    version,
                                    false,
                                    false,
                                    "the API server has been silent for " + silent.toSeconds() + " s");
                        }
                        asking = true;
                        Thread.ofVirtual().name("ask-api-server").start(this::ask);
                    }
                    case Signal.Event event -> {
                        event.change().ifPresent(inbox);
                        version = event.version().isEmpty() ? version : event.version();
                        told = true;
                        heard = clock.instant();
                        asking = false;
                    }
                    case Signal.Asked asked -> {
                        if (asked.failure().isPresent()) {
                            return new Ended(
                                    version,
                                    false,
                                    false,
                                    explanation.apply(asked.failure().get()));
                        }
                        heard = clock.instant();
                        asking = false;
                    }
                    case Signal.Closed closed -> {
                        boolean proven = told || clock.instant().isAfter(began.plus(PROVEN));
                        boolean gone =
                                closed.cause().map(WatcherException::isHttpGone).orElse(false);
                        return new Ended(version, proven, gone, words(closed, gone));
                    }
                }
            }
        }

        /** Any answer will do, a refusal too. */
        private void ask() {
            Optional<KubernetesClientException> failure = Optional.empty();
            try {
                source.list(new ListOptionsBuilder().withLimit(1L).build());
            } catch (KubernetesClientException e) {
                failure = Optional.of(e).filter(error -> error.getCode() <= 0);
            }
            signals.add(new Signal.Asked(failure));
        }

        private String words(Signal.Closed closed, boolean gone) {
            if (gone) {
                return "the version watched from is gone";
            }
            return closed.cause()
                    .flatMap(cause -> Optional.ofNullable(cause.getCause()))
                    .map(cause -> "the watch was closed: " + ApiErrors.describe(cause))
                    .orElse("the watch was closed");
        }
    }
}
