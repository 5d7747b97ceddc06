package io.ovnegress.controller.reachability;

import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import com.google.inject.Inject;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.reconciler.feature.DialTargets;
import io.ovnegress.reconciler.feature.egressrouter.DialResult;
import io.ovnegress.reconciler.input.InputChange;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries TCP connections to where the loop says, each by a virtual thread of its own, and tells it what becomes of them: a success at
 * once, a failure when it has come three times in a row. Thread safe; no lock is held while it is tried.
 */
public final class DestinationDialing implements Consumer<DialTargets>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DestinationDialing.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final Duration USUAL_INTERVAL = Duration.ofSeconds(10);
    private static final int FAILURES = 3;
    private static final int AT_A_TIME = 32;

    private final Consumer<InputChange> inbox;
    private final Duration interval;
    private final Semaphore dials = new Semaphore(AT_A_TIME);
    /** Guarded by this. */
    private final Map<String, Dialled> dialled = new HashMap<>();

    private boolean closed;

    @Inject
    public DestinationDialing(LoopInbox inbox, MeterRegistry registry) {
        this(inbox::input, registry, USUAL_INTERVAL);
    }

    DestinationDialing(Consumer<InputChange> inbox, MeterRegistry registry, Duration interval) {
        this.inbox = inbox;
        this.interval = interval;
        gauge(registry, "reachable", true);
        gauge(registry, "unreachable", false);
    }

    /** From now on these are to be tried, and no others. */
    @Override
    public synchronized void accept(DialTargets wanted) {
        if (closed) {
            return;
        }
        var gone = new ArrayList<>(dialled.keySet());
        gone.removeAll(wanted.endpoints());
        for (var endpoint : gone) {
            dialled.remove(endpoint).thread.interrupt();
            inbox.accept(new InputChange.Removed(DialResult.KIND, endpoint));
        }
        for (var endpoint : wanted.endpoints()) {
            if (!dialled.containsKey(endpoint)) {
                var added = new Dialled(endpoint);
                dialled.put(endpoint, added);
                added.thread.start();
            }
        }
    }

    /** An endpoint while it is tried. */
    private final class Dialled {
        private final String endpoint;
        private final Thread thread;
        /** In a row; only the thread's. */
        private int failures;
        /** What the loop was told; guarded by the dialing. */
        private Optional<DialResult> told = Optional.empty();

        private Dialled(String endpoint) {
            this.endpoint = endpoint;
            this.thread = Thread.ofVirtual().name("dial-" + endpoint).unstarted(this::run);
        }

        private void run() {
            try {
                while (true) {
                    var error = tryOnce();
                    failures = error.isPresent() ? failures + 1 : 0;
                    if (error.isEmpty() || failures >= FAILURES) {
                        tell(error);
                    }
                    Thread.sleep(interval);
                }
            } catch (InterruptedException e) {
                // Told to end.
            } catch (RuntimeException e) { // ours
                LOG.atError().addKeyValue("endpoint", endpoint).setCause(e).log("fault while an endpoint is dialled");
            }
        }

        private Optional<String> tryOnce() throws InterruptedException {
            var at = HostAndPort.fromString(endpoint);
            dials.acquire();
            try (var socket = new Socket(Proxy.NO_PROXY)) {
                socket.connect(
                        new InetSocketAddress(InetAddresses.forString(at.getHost()), at.getPort()),
                        Math.toIntExact(TIMEOUT.toMillis()));
                return Optional.empty();
            } catch (IOException e) {
                return Optional.of(e.getMessage() == null ? e.toString() : e.getMessage());
            } finally {
                dials.release();
            }
        }

        private void tell(Optional<String> error) {
            var now = new DialResult(endpoint, error);
            synchronized (DestinationDialing.this) {
                if (dialled.get(endpoint) == this && !closed && !told.equals(Optional.of(now))) {
                    told = Optional.of(now);
                    inbox.accept(new InputChange.Put(now));
                }
            }
        }
    }

    private void gauge(MeterRegistry registry, String state, boolean reachable) {
        Gauge.builder("ovn.egress.destinations", this, all -> all.count(reachable))
                .description("Destinations of egress routers that are dialled")
                .tag("state", state)
                .register(registry);
    }

    private synchronized long count(boolean reachable) {
        return dialled.values().stream()
                .flatMap(each -> each.told.stream())
                .filter(result -> result.error().isEmpty() == reachable)
                .count();
    }

    /** Nothing is said after this. */
    @Override
    public synchronized void close() {
        closed = true;
        List.copyOf(dialled.values()).forEach(each -> each.thread.interrupt());
    }
}
