package io.ovnegress.controller.metrics;

import com.google.inject.Inject;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.audit.AuditReport;
import io.ovnegress.reconciler.audit.RowClass;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.SubnetContradiction;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.machine.Silence;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The meters of the controller, all named {@code ovn.egress.*} (Prometheus: {@code ovn_egress_*}, with the unit at the end).
 * The words in the labels are those of the log. Thread safe.
 */
public final class ControllerMetrics {
    private static final Duration[] LATENCIES = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30)
    };

    private final MeterRegistry registry;
    private final DistributionSummary rows;
    private final DistributionSummary bytes;
    private final Timer eventToCommit;
    private final Timer steps;
    private final Timer auditSlices;
    private final Counter sessions;
    private final Counter resyncs;
    private final Counter statusChanges;
    private final Counter failovers;
    private final AtomicInteger synchronisedSession = new AtomicInteger();
    private final AtomicInteger leader = new AtomicInteger();
    private final AtomicInteger dirty = new AtomicInteger();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger backedOff = new AtomicInteger();
    private final AtomicInteger contested = new AtomicInteger();
    private final AtomicInteger inSteps = new AtomicInteger();
    private final Map<Silence, AtomicInteger> silence = new EnumMap<>(Silence.class);
    private final Counter repairs;
    private final Counter takenBack;
    private final AtomicInteger writesNothing = new AtomicInteger();
    private final Map<SubnetContradiction.Flag, AtomicInteger> subnetContradictions =
            new EnumMap<>(SubnetContradiction.Flag.class);
    private final Map<String, AtomicLong> replicaRows = new ConcurrentHashMap<>();
    private final Map<Shortfall.Lack, AtomicInteger> shortfall = new HashMap<>();
    private final Map<RowClass, AtomicInteger> auditedRows = new ConcurrentHashMap<>();

    /** @param lacks all that a {@link Shortfall} may count: zero is an answer too */
    @Inject
    public ControllerMetrics(MeterRegistry registry, Set<Shortfall.Lack> lacks) {
        this.registry = registry;
        rows = DistributionSummary.builder("ovn.egress.transaction.rows")
                .description("Rows that a transaction inserts, changes or removes")
                .serviceLevelObjectives(1, 2, 5, 10, 50, 100, 250, 500, 1000, 5000)
                .register(registry);
        bytes = DistributionSummary.builder("ovn.egress.transaction.size")
                .description("Length of a transaction's request")
                .baseUnit("bytes")
                .serviceLevelObjectives(1e3, 1e4, 1e5, 1e6, 1e7)
                .register(registry);
        eventToCommit = Timer.builder("ovn.egress.event.to.commit")
                .description("From the oldest input change that a transaction answers to its commit")
                .serviceLevelObjectives(LATENCIES)
                .register(registry);
        steps = Timer.builder("ovn.egress.steps.duration")
                .description("From the first step of the oldest change that a transaction ends to its commit")
                .serviceLevelObjectives(LATENCIES)
                .register(registry);
        auditSlices = Timer.builder("ovn.egress.audit.slice.duration")
                .description("For how long an audit kept the loop from its own work, slice by slice")
                .register(registry);
        sessions = counter("ovn.egress.sessions", "Sessions with the northbound database that came up");
        resyncs = counter("ovn.egress.resyncs", "Complete readings of the monitored tables");
        statusChanges = counter("ovn.egress.status.changes", "Status changes decided; not all need to be written");
        failovers = counter(
                "ovn.egress.failovers", "Egress IPs whose router OVN has moved by itself since a node fell silent");
        repairs = repairs("other");
        takenBack = repairs("ovnkube");
        gauge(
                "ovn.egress.session.synchronised",
                "1 while the northbound database is connected and read",
                synchronisedSession);
        gauge("ovn.egress.leader", "1 while this controller is the one that writes", leader);
        gauge("ovn.egress.backlog.owners", "Owners whose rows are to be looked at", dirty);
        gauge("ovn.egress.transactions.in.flight", "Transactions sent and not answered", inFlight);
        gauge("ovn.egress.backed.off.owners", "Owners that wait before they are tried again", backedOff);
        gauge(
                "ovn.egress.steps.owners",
                "Owners between two steps: what is written has to be installed before the next",
                inSteps);
        for (var who : List.of(Silence.CHASSIS, Silence.NORTHD)) {
            var silent = new AtomicInteger();
            silence.put(who, silent);
            Gauge.builder("ovn.egress.steps.silent", silent, AtomicInteger::get)
                    .description("1 while steps do not wait for who does not say what is installed")
                    .tag("who", who.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        gauge("ovn.egress.contested.owners", "Owners whose next repair waits: another writer keeps at it", contested);
        for (var lack : lacks) {
            var count = new AtomicInteger();
            shortfall.put(lack, count);
            Gauge.builder("ovn.egress." + lack.measure().name(), count, AtomicInteger::get)
                    .description(lack.measure().description())
                    .tag("reason", lack.reason())
                    .register(registry);
        }
        for (var flag : SubnetContradiction.Flag.values()) {
            var count = new AtomicInteger();
            subnetContradictions.put(flag, count);
            Gauge.builder("ovn.egress.subnet.contradictions", count, AtomicInteger::get)
                    .description("Nodes and router ports that contradict the flag")
                    .tag("flag", flag.toString())
                    .register(registry);
        }
        gauge("ovn.egress.writes.nothing", "1 while nothing is written because flags are contradicted", writesNothing);
        for (var outcome : new String[] {"committed", "conflict", "not_leader", "lost", "unable", "refused"}) {
            transactions(outcome); // zero is an answer too
        }
    }

    /** The word for an outcome in logs and labels. */
    public static String word(CommitOutcome outcome) {
        return switch (outcome) {
            case CommitOutcome.Committed committed -> "committed";
            case CommitOutcome.Conflict conflict -> "conflict";
            case CommitOutcome.NotLeader notLeader -> "not_leader";
            case CommitOutcome.Lost lost -> "lost";
            case CommitOutcome.Unable unable -> "unable";
            case CommitOutcome.Refused refused -> "refused";
        };
    }

    public void inputReceived(String change) {
        registry.counter("ovn.egress.input.changes", "change", change).increment();
    }

    public void transactionEnded(CommitOutcome outcome, Duration duration, int changedRows, int requestBytes) {
        transactions(word(outcome)).record(duration);
        rows.record(changedRows);
        bytes.record(requestBytes);
    }

    /**
     * Rows of so many owners that another writer had changed are right again, and of so many that ovnkube had made its own at a
     * start.
     */
    public void repaired(int owners, int ownersTakenBack) {
        repairs.increment(owners);
        takenBack.increment(ownersTakenBack);
    }

    /** What has been decided, or was done by others and is followed. */
    public void decided(List<Decision> decisions) {
        decisions.stream().filter(Decision::isFailover).forEach(one -> failovers.increment());
    }

    public void committedAfter(Duration oldestChange) {
        eventToCommit.record(oldestChange);
    }

    public void stepsEnded(Duration oldest) {
        steps.record(oldest);
    }

    public void sessionUp() {
        sessions.increment();
    }

    /** Counts the rows of the replica by table. */
    public void updatesApplied(TableUpdates updates) {
        if (updates.complete()) {
            resyncs.increment();
            replicaRows.values().forEach(count -> count.set(0));
        }
        for (var row : updates.rows()) {
            switch (row.kind()) {
                case INITIAL, INSERT -> replicaRows(row.table()).incrementAndGet();
                case DELETE -> replicaRows(row.table()).decrementAndGet();
                case MODIFY -> {}
            }
        }
    }

    /** @param leads whether what is to be looked at is for this controller to look at */
    public void progress(Reconciler.Progress progress, boolean leads) {
        leader.set(leads ? 1 : 0);
        synchronisedSession.set(progress.synchronised() ? 1 : 0);
        dirty.set(leads ? progress.dirty() : 0);
        inFlight.set(progress.inFlight());
        backedOff.set(progress.backedOff());
        contested.set(progress.contested());
        inSteps.set(leads ? progress.inSteps() : 0);
        silence.forEach((who, silent) -> silent.set(leads && progress.silence() == who ? 1 : 0));
        writesNothing.set(progress.subnets().writesNothing() ? 1 : 0);
        subnetContradictions.forEach(
                (flag, count) -> count.set((int) progress.subnets().against(flag)));
    }

    /** What an audit has found; before the first one nothing is said of any class. */
    public void audited(AuditReport report) {
        report.rows()
                .forEach((rowClass, count) ->
                        auditedRows.computeIfAbsent(rowClass, this::auditedRows).set(count));
    }

    public void auditSlice(Duration duration) {
        auditSlices.record(duration);
    }

    private AtomicInteger auditedRows(RowClass rowClass) {
        var count = new AtomicInteger();
        Gauge.builder("ovn.egress.audit.rows", count, AtomicInteger::get)
                .description("Rows that the last audit found to be of the class")
                .tag("class", rowClass.name())
                .register(registry);
        return count;
    }

    /** By reason: those of which there is none are zero. */
    public void shortfall(Shortfall now) {
        shortfall.forEach((lack, gauge) -> gauge.set(now.counts().getOrDefault(lack, 0)));
    }

    public void statusChanged(int changes) {
        statusChanges.increment(changes);
    }

    /** @param during the kind of message that was being worked on */
    public void fault(String during) {
        Counter.builder("ovn.egress.faults")
                .description("Errors of the controller itself; each is in the log with its cause")
                .tag("during", during)
                .register(registry)
                .increment();
    }

    private Timer transactions(String outcome) {
        return Timer.builder("ovn.egress.transaction.duration")
                .description("From sending a transaction to its outcome")
                .tag("outcome", outcome)
                .serviceLevelObjectives(LATENCIES)
                .register(registry);
    }

    private AtomicLong replicaRows(Table table) {
        return replicaRows.computeIfAbsent(table.name(), name -> {
            var count = new AtomicLong();
            Gauge.builder("ovn.egress.replica.rows", count, AtomicLong::get)
                    .description("Rows of the northbound database held in memory")
                    .tag("table", name)
                    .register(registry);
            return count;
        });
    }

    private Counter repairs(String by) {
        return Counter.builder("ovn.egress.repairs")
                .description(
                        "Owners put right after their rows had been changed by ovnkube at a start, or by any other writer")
                .tag("by", by)
                .register(registry);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    private void gauge(String name, String description, AtomicInteger value) {
        Gauge.builder(name, value, AtomicInteger::get).description(description).register(registry);
    }
}
