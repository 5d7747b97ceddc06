package io.ovnegress.controller.names;

import com.google.inject.Inject;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.names.NameLookup.Answer;
import io.ovnegress.reconciler.feature.HostNames;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.ResolvedName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the loop told what host names stand for: each is asked for by a virtual thread of its own, and again when its answer is no
 * longer good. The loop says which names; what is found out is an input like any other. An answer that does not come leaves the last
 * one as it was. Thread safe; no lock is held while a server is asked.
 */
public final class NameResolving implements Consumer<HostNames>, AutoCloseable {
    /** A change is noticed within this time, however long its predecessor was good for; where that is not said, it is this. */
    static final Duration LONGEST = Duration.ofMinutes(30);

    private static final Logger LOG = LoggerFactory.getLogger(NameResolving.class);
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);
    /** A family of which nothing has been heard is asked for at pauses up to this one, before the other one is told alone. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final int QUESTIONS_AT_A_TIME = 32;

    private final NameLookup lookup;
    private final Consumer<InputChange> inbox;
    private final MeterRegistry registry;
    private final Semaphore questions = new Semaphore(QUESTIONS_AT_A_TIME);
    /** Guarded by this. */
    private final Map<String, Followed> names = new HashMap<>();

    private boolean closed;

    @Inject
    public NameResolving(ControllerConfig config, LoopInbox inbox, MeterRegistry registry) {
        this(NameLookup.at(config.dnsServers()), inbox::input, registry);
    }

    NameResolving(NameLookup lookup, Consumer<InputChange> inbox, MeterRegistry registry) {
        this.lookup = lookup;
        this.inbox = inbox;
        this.registry = registry;
        gauge("resolved", true);
        gauge("unresolved", false);
    }

    /** From now on these are to be followed, and no others. */
    @Override
    public synchronized void accept(HostNames wanted) {
        if (closed) {
            return;
        }
        var gone = new ArrayList<>(names.keySet());
        gone.removeAll(wanted.names());
        for (var name : gone) {
            names.remove(name).thread.interrupt();
            inbox.accept(new InputChange.Removed(ResolvedName.KIND, name));
        }
        for (var name : wanted.names()) {
            if (!names.containsKey(name)) {
                var followed = new Followed(name);
                names.put(name, followed);
                followed.thread.start();
            }
        }
    }

    /** A name while it is asked for. */
    private final class Followed {
        private final String name;
        private final Thread thread;
        /** The last answers; only the thread's. */
        private final Map<IpFamily, Set<IpAddress>> addresses = new EnumMap<>(IpFamily.class);

        private Duration retry = FIRST_RETRY;
        /** What the loop was told; guarded by the resolving. */
        private Optional<ResolvedName> told = Optional.empty();

        private Followed(String name) {
            this.name = name;
            this.thread = Thread.ofVirtual().name("resolve-" + name).unstarted(this::run);
        }

        private void run() {
            try {
                while (true) {
                    Thread.sleep(ask());
                }
            } catch (InterruptedException e) {
                // Told to end.
            } catch (RuntimeException e) { // ours
                LOG.atError().addKeyValue("name", name).setCause(e).log("fault while a name is followed");
            }
        }

        /** Returns after which time to ask again. */
        private Duration ask() throws InterruptedException {
            var failures = new TreeSet<String>();
            Optional<Duration> goodFor = Optional.empty();
            for (var family : IpFamily.values()) {
                switch (question(family)) {
                    case Answer.Addresses(var found, var good) -> {
                        addresses.put(family, found);
                        goodFor = Optional.of(shorter(goodFor.orElse(LONGEST), good.orElse(LONGEST)));
                    }
                    case Answer.Failed(var why) -> failures.add(why);
                }
            }
            if (failures.isEmpty()) {
                tell(Optional.empty());
                retry = FIRST_RETRY;
                return goodFor.filter(good -> good.compareTo(SHORTEST) > 0).orElse(SHORTEST);
            }
            // There are servers that answer for one family only: what they say is enough, if it is something, and the
            // other one has
            // been asked for more than once and never been answered.
            boolean isEnough = addresses.size() < IpFamily.values().length
                    && addresses.values().stream().anyMatch(found -> !found.isEmpty());
            if (!isEnough) {
                tell(Optional.of(String.join(", ", failures)));
            } else if (retry.compareTo(PATIENCE) >= 0) {
                tell(Optional.empty());
            }
            var pause = retry;
            retry = shorter(retry.multipliedBy(2), LONGEST_RETRY);
            return pause;
        }

        private Answer question(IpFamily family) throws InterruptedException {
            questions.acquire();
            try {
                var answer = lookup.ask(name, family);
                registry.counter(
                                "ovn.egress.name.lookups",
                                "result",
                                answer instanceof Answer.Addresses ? "answered" : "failed")
                        .increment();
                return answer;
            } finally {
                questions.release();
            }
        }

        private void tell(Optional<String> error) {
            var all = new TreeSet<IpAddress>();
            addresses.values().forEach(all::addAll);
            var now = new ResolvedName(name, all, error);
            synchronized (NameResolving.this) {
                if (names.get(name) != this || closed || told.equals(Optional.of(now))) {
                    return;
                }
                told = Optional.of(now);
                inbox.accept(new InputChange.Put(now));
            }
            (error.isPresent() ? LOG.atWarn() : LOG.atInfo())
                    .addKeyValue("name", name)
                    .addKeyValue("addresses", all)
                    .addKeyValue("error", error.orElse(""))
                    .log(error.isPresent() ? "name is not resolved" : "name is resolved");
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    private void gauge(String state, boolean resolved) {
        Gauge.builder("ovn.egress.names", this, all -> all.count(resolved))
                .description("Host names that are followed")
                .tag("state", state)
                .register(registry);
    }

    private synchronized long count(boolean resolved) {
        return names.values().stream()
                .filter(name -> name.told.filter(told -> told.error().isEmpty()).isPresent() == resolved)
                .count();
    }

    /** Nothing is said about any name after this. */
    @Override
    public synchronized void close() {
        closed = true;
        List.copyOf(names.values()).forEach(name -> name.thread.interrupt());
    }
}
