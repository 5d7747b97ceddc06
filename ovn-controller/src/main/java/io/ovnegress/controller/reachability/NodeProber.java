package io.ovnegress.controller.reachability;

import io.ovnegress.controller.reachability.NodeProbe.Answer;
import io.ovnegress.reconciler.input.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks one node again and again, until it is closed. Runs in a virtual thread of its own. */
final class NodeProber implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeProber.class);

    private final NodeProbe probe;
    private final Duration interval;
    private final ExecutorService threads;
    private final Consumer<Answer> answers;
    private final Thread thread;
    private volatile List<IpAddress> addresses;

    /**
     * @param threads run the probes of nodes that have several addresses
     * @param answers told what each round has found out
     */
    NodeProber(
            String node,
            List<IpAddress> addresses,
            NodeProbe probe,
            Duration interval,
            ExecutorService threads,
            Consumer<Answer> answers) {
        this.probe = probe;
        this.interval = interval;
        this.threads = threads;
        this.answers = answers;
        this.addresses = addresses;
        // Spreads the nodes over the interval.
        var phase = Duration.ofNanos(Math.floorMod((long) node.hashCode() * 0x9E3779B97F4A7C15L, interval.toNanos()));
        this.thread = Thread.ofVirtual().name("probe-" + node).unstarted(() -> run(phase));
    }

    void start() {
        thread.start();
    }

    /** From the next round on. */
    void moveTo(List<IpAddress> others) {
        addresses = others;
    }

    private void run(Duration phase) {
        try (probe) {
            long next = System.nanoTime() + phase.toNanos();
            while (true) {
                Thread.sleep(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
                // Rounds that a slow one has used up are not made up for.
                next = Math.max(next, System.nanoTime()) + interval.toNanos();
                answers.accept(round());
            }
        } catch (InterruptedException e) {
            // Told to end.
        }
    }

    /** Asks every address at the same time; the first that answers ends the round. */
    private Answer round() throws InterruptedException {
        var asked = addresses;
        if (asked.size() == 1) {
            return ask(asked.getFirst());
        }
        var asking = new ExecutorCompletionService<Answer>(threads);
        for (var address : asked) {
            var unused = asking.submit(() -> ask(address));
        }
        var answer = Answer.INCONCLUSIVE;
        for (int i = 0; i < asked.size() && answer != Answer.ALIVE; i++) {
            try {
                answer = answer.or(asking.take().get());
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        return answer;
    }

    private Answer ask(IpAddress address) {
        try {
            return probe.ask(address);
        } catch (RuntimeException e) { // ours: it must not end the probing of the node
            LOG.error("Fault in a probe address={}", address, e);
            return Answer.INCONCLUSIVE;
        }
    }

    /** Returns at once; what the present round finds out is for nobody. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
