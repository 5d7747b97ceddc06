package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.inject.Inject;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.controller.history.Pace;
import io.ovnegress.controller.loop.LoopInbox;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What changes, for whoever looks on: where addresses are, and how much is written. While somebody listens it asks the loop twice a
 * second, as a question like any other, on a thread of its own. Who does not read fast enough is told to come again: nobody waits for
 * a listener. Thread safe.
 */
public final class LiveEvents implements AutoCloseable {
    public static final String PATH = "/api/v1/events";

    private static final Logger LOG = LoggerFactory.getLogger(LiveEvents.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    private static final int MOST_LISTENERS = 16;
    private static final int MOST_WAITING = 32;

    private final LoopInbox loop;
    private final HistoryReader history;
    private final Clock clock;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("live-events").daemon().factory());

    private final Object looking = new Object();
    /** Of whoever looks: what was told last. */
    private MapJson map = MapJson.NOTHING;

    private JsonNode pace = JsonNodeFactory.instance.nullNode();
    private final String instance = Long.toHexString(System.nanoTime());
    private long version;

    @Inject
    public LiveEvents(LoopInbox loop, HistoryReader history, Clock clock) {
        this.loop = loop;
        this.history = history;
        this.clock = clock;
    }

    /** Somebody who looks on. */
    public final class Listener implements AutoCloseable {
        private final BlockingQueue<String> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
        private final String known;
        private boolean isNew = true;
        private volatile boolean behind;

        private Listener(String known) {
            this.known = known;
        }

        /** The next of what has happened, as a stream of events has it; empty if nothing does for so long. */
        public Optional<String> next(Duration longest) throws InterruptedException {
            return Optional.ofNullable(waiting.poll(longest.toNanos(), TimeUnit.NANOSECONDS));
        }

        /** Whether it has missed something, since it did not read. */
        public boolean isBehind() {
            return behind;
        }

        private void tell(String event) {
            if (!waiting.offer(event)) {
                behind = true;
                close();
            }
        }

        @Override
        public void close() {
            listeners.remove(this);
        }
    }

    public void start() {
        var unused = thread.scheduleWithFixedDelay(
                this::turn, BETWEEN_LOOKS.toNanos(), BETWEEN_LOOKS.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    /**
     * Listens from now on, beginning with all there is.
     *
     * @param known the number of the last event that was seen before: if nothing has happened since, it goes on from there
     * @return empty if there are enough
     */
    public synchronized Optional<Listener> listen(Optional<String> known) {
        if (listeners.size() >= MOST_LISTENERS) {
            return Optional.empty();
        }
        var listener = new Listener(known.orElse(""));
        listeners.add(listener);
        try {
            thread.execute(this::turn);
        } catch (RejectedExecutionException e) {
            return Optional.empty(); // the controller stops
        }
        return Optional.of(listener);
    }

    /** Looks now. */
    void turn() {
        if (listeners.isEmpty()) {
            return;
        }
        try {
            synchronized (looking) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            LOG.debug("the loop is busy");
        } catch (ExecutionException | RuntimeException e) {
            LOG.atError().setCause(e).log("what has changed could not be told");
        }
    }

    private void look() throws InterruptedException, ExecutionException, TimeoutException {
        var listening = List.copyOf(listeners);
        var asked = loop.ask(MapJson.Seen::of);
        MapJson now;
        try {
            now = MapJson.of(asked.get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS));
        } finally {
            asked.cancel(false);
        }
        var last = history.pace().since(clock.instant().minus(Pace.SLICE));
        var paceNow = JsonNodeFactory.instance.objectNode().put("moments", history.moments());
        var slices = paceNow.putArray("slices");
        last.forEach(slice -> slices.add(PaceApi.json(slice)));

        var news = new ArrayList<String>();
        var before = id();
        now.since(map).ifPresent(change -> {
            version++;
            news.add(event("map", change));
        });
        if (!paceNow.equals(pace)) {
            news.add(event("pace", paceNow));
        }
        map = now;
        pace = paceNow;
        for (var listener : listening) {
            if (listener.isNew && !listener.known.equals(before)) {
                listener.tell(event("map", map.whole()));
                listener.tell(event("pace", paceNow));
            } else {
                news.forEach(listener::tell);
            }
            listener.isNew = false;
        }
    }

    private String id() {
        return instance + "-" + version;
    }

    private String event(String kind, JsonNode data) {
        return "event: " + kind + "\nid: " + id() + "\ndata: " + data + "\n\n";
    }
}
