package io.ovnegress.controller.reachability;

import com.google.inject.Inject;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.reachability.NodeProbe.Answer;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.NodeInput;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which egress nodes are alive: all of them are probed at the same time, each by a virtual thread of its own, and the
 * loop is told when one is lost or has come back.
 *
 * <p>It learns the nodes from the stream of input changes, before the loop does: nothing is said about a node that the loop
 * has been told to forget. Thread safe; no lock is held while a node is asked.
 */
public final class NodeReachability implements Consumer<InputChange>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeReachability.class);

    private final ReachabilityConfig config;
    private final Supplier<NodeProbe> probes;
    private final Consumer<InputChange> inbox;
    private final Clock clock;
    private final MeterRegistry registry;
    private final Timer detection;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    /** Changed by {@link #accept}, one change at a time. */
    private final Map<String, Watched> nodes = new ConcurrentHashMap<>();

    private boolean closed;

    /** A node that is, or was, an egress node; guarded by itself. What was found out outlives the label. */
    private static final class Watched {
        private final NodeHealth health;
        private Optional<NodeProber> prober = Optional.empty();
        private boolean warned;

        private Watched(NodeHealth health) {
            this.health = health;
        }
    }

    @Inject
    public NodeReachability(ControllerConfig config, LoopInbox inbox, Clock clock, MeterRegistry registry) {
        this(config.reachability(), probes(config.reachability()), inbox::input, clock, registry);
    }

    NodeReachability(
            ReachabilityConfig config,
            Supplier<NodeProbe> probes,
            Consumer<InputChange> inbox,
            Clock clock,
            MeterRegistry registry) {
        this.config = config;
        this.probes = probes;
        this.inbox = inbox;
        this.clock = clock;
        this.registry = registry;
        this.detection = Timer.builder("ovn.egress.node.loss.detection")
                .description("From a node's last answer to its being taken for unreachable")
                .serviceLevelObjectives(Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(5))
                .register(registry);
        gauge("reachable", true);
        gauge("unreachable", false);
    }

    static Supplier<NodeProbe> probes(ReachabilityConfig config) {
        return config.healthCheckPort() == 0
                ? () -> new TcpProbe(TcpProbe.DISCARD, config.probeTimeout())
                : () -> new GrpcHealthProbe(config.healthCheckPort(), config.probeTimeout());
    }

    /** Follows the nodes; other kinds are none of its business. Must be called before the loop gets the change. */
    @Override
    public void accept(InputChange change) {
        if (!config.isOn()) {
            return;
        }
        switch (change) {
            case InputChange.Put(NodeInput node) -> follow(node);
            case InputChange.Removed(InputKind kind, String name) when kind.equals(InputKind.NODE) -> forget(name);
            case InputChange.Listed listed when listed.kind().equals(InputKind.NODE) -> followAll(listed);
            default -> {}
        }
    }

    private synchronized void followAll(InputChange.Listed listed) {
        var gone = new HashSet<>(nodes.keySet());
        for (var object : listed.objects()) {
            if (object instanceof NodeInput node) {
                gone.remove(node.name());
                follow(node);
            }
        }
        gone.forEach(this::forget);
    }

    private synchronized void follow(NodeInput node) {
        boolean wanted =
                !closed && node.egressAssignable() && !node.probeAddresses().isEmpty();
        if (!wanted) {
            Optional.ofNullable(nodes.get(node.name())).ifPresent(NodeReachability::stop);
            return;
        }
        var watched = nodes.computeIfAbsent(
                node.name(),
                unused -> new Watched(new NodeHealth(config.failures(), config.recovery(), clock.instant())));
        synchronized (watched) {
            if (watched.prober.isPresent()) {
                watched.prober.get().moveTo(node.probeAddresses());
                return;
            }
            var prober = new NodeProber(
                    node.name(),
                    node.probeAddresses(),
                    probes.get(),
                    config.interval(),
                    threads,
                    answer -> answered(node.name(), watched, answer));
            watched.prober = Optional.of(prober);
            prober.start();
        }
    }

    private synchronized void forget(String node) {
        Optional.ofNullable(nodes.remove(node)).ifPresent(NodeReachability::stop);
    }

    private static void stop(Watched watched) {
        synchronized (watched) {
            watched.prober.ifPresent(NodeProber::close);
            watched.prober = Optional.empty();
        }
    }

    private void answered(String node, Watched watched, Answer answer) {
        registry.counter("ovn.egress.node.probes", "result", answer.name().toLowerCase(Locale.ROOT))
                .increment();
        synchronized (watched) {
            if (watched.prober.isEmpty() || Thread.currentThread().isInterrupted()) {
                return;
            }
            var now = clock.instant();
            var silent = Duration.between(watched.health.lastHeard(), now);
            switch (answer) {
                case ALIVE -> {
                    watched.warned = false;
                    if (watched.health.heard(now)) {
                        LOG.atInfo().addKeyValue("node", node).log("node is reachable again");
                        inbox.accept(new InputChange.Reachability(node, true));
                    }
                }
                case SILENT -> {
                    if (watched.health.missed()) {
                        detection.record(silent);
                        LOG.atWarn()
                                .addKeyValue("node", node)
                                .addKeyValue("silentMilliseconds", silent.toMillis())
                                .log("node is unreachable");
                        inbox.accept(new InputChange.Reachability(node, false));
                    }
                }
                case INCONCLUSIVE -> {
                    if (!watched.warned) {
                        watched.warned = true;
                        LOG.atWarn().addKeyValue("node", node).log("node cannot be probed from here");
                    }
                }
            }
        }
    }

    private void gauge(String state, boolean reachable) {
        Gauge.builder("ovn.egress.nodes", this, all -> all.count(reachable))
                .description("Egress nodes that are probed")
                .tag("state", state)
                .register(registry);
    }

    private long count(boolean reachable) {
        return nodes.values().stream()
                .filter(watched -> {
                    synchronized (watched) {
                        return watched.prober.isPresent() && watched.health.isReachable() == reachable;
                    }
                })
                .count();
    }

    /** Nothing is said about any node after this. */
    @Override
    public synchronized void close() {
        closed = true;
        nodes.values().forEach(NodeReachability::stop);
        threads.shutdownNow();
    }
}
