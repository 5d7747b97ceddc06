package io.ovnegress.controller.reachability;

import com.google.inject.Inject;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.reachability.NodeProbe.Answer;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NodeReachability;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
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
 * <p>The loop says which nodes; what is found out is an input like any other. Thread safe; no lock is held while a node is asked.
 */
public final class NodeProbing implements Consumer<NodeProbes>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeProbing.class);

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
    public NodeProbing(ControllerConfig config, LoopInbox inbox, Clock clock, MeterRegistry registry) {
        this(config.reachability(), probes(config.reachability()), inbox::input, clock, registry);
    }

    NodeProbing(
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

    /** From now on these are to be probed, and no others. */
    @Override
    public synchronized void accept(NodeProbes probes) {
        if (!config.isOn() || closed) {
            return;
        }
        var gone = new HashSet<>(nodes.keySet());
        gone.removeAll(probes.addresses().keySet());
        gone.forEach(this::forget);
        probes.addresses().forEach(this::follow);
    }

    private void follow(String node, List<IpAddress> addresses) {
        if (addresses.isEmpty()) {
            Optional.ofNullable(nodes.get(node)).ifPresent(NodeProbing::stop);
            return;
        }
        var watched = nodes.computeIfAbsent(
                node, unused -> new Watched(new NodeHealth(config.failures(), config.recovery(), clock.instant())));
        synchronized (watched) {
            if (watched.prober.isPresent()) {
                watched.prober.get().moveTo(addresses);
                return;
            }
            var prober = new NodeProber(
                    node,
                    addresses,
                    probes.get(),
                    config.interval(),
                    threads,
                    answer -> answered(node, watched, answer));
            watched.prober = Optional.of(prober);
            prober.start();
        }
    }

    /** What was said of the node is taken back, last. */
    private void forget(String node) {
        Optional.ofNullable(nodes.remove(node)).ifPresent(watched -> {
            stop(watched);
            inbox.accept(new InputChange.Removed(NodeReachability.KIND, node));
        });
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
                        inbox.accept(new InputChange.Put(new NodeReachability(node, true)));
                    }
                }
                case SILENT -> {
                    if (watched.health.missed()) {
                        detection.record(silent);
                        LOG.atWarn()
                                .addKeyValue("node", node)
                                .addKeyValue("silentMilliseconds", silent.toMillis())
                                .log("node is unreachable");
                        inbox.accept(new InputChange.Put(new NodeReachability(node, false)));
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
        nodes.values().forEach(NodeProbing::stop);
        threads.shutdownNow();
    }
}
