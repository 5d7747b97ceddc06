package io.ovnegress.controller.loop;

import com.google.inject.Inject;
import io.ovnegress.controller.history.History;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.reconciler.feature.DialTargets;
import io.ovnegress.reconciler.feature.FollowedObjects;
import io.ovnegress.reconciler.feature.HostNames;
import io.ovnegress.reconciler.feature.LogLine;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.ServiceTargets;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.OptionsStanding;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.machine.Silence;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns the reconciler. Each turn applies everything that has been posted, then plans: while a transaction
 * is in flight changes collect, and when it ends everything collected becomes the next one (group commit). It wakes for
 * messages, for the reconciler's next deadline, and once a second to show that it is alive.
 *
 * <p>{@link #start}, {@link #close} and {@link #state} may be called from any thread; everything else is the loop thread's.
 */
public final class ReconcileLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReconcileLoop.class);
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);
    /** Of a turn for which there is no message: whatever is due and cannot be done yet is not looked at all the time. */
    private static final Duration SHORTEST_WAIT = Duration.ofMillis(1);

    /** For so long a turn answers questions; what is left waits for the next one. */
    private static final Duration ANSWERING = Duration.ofMillis(10);

    /** How long a stop waits for the outcome of the transaction in flight. */
    static final Duration STOP_GRACE = Duration.ofSeconds(2);

    private final LoopInbox inbox;
    private final Reconciler reconciler;
    private final Database database;
    private final Statuses statuses;
    private final Consumer<NodeProbes> probing;
    private final Consumer<HostNames> resolving;
    private final Consumer<DialTargets> dialing;
    private final ClusterObjects objects;
    private final Consumer<PoolWrites> pooling;
    private final FaultPolicy faults;
    private final ControllerMetrics metrics;
    private final History history;
    private final Clock clock;
    private final Thread thread =
            Thread.ofPlatform().name("reconcile-loop").daemon().unstarted(this::run);

    private final Map<Long, SentTransaction> inFlight = new LinkedHashMap<>();
    private final Deque<LoopMessage.Ask> asked = new ArrayDeque<>();
    private final Backlog backlog = new Backlog();
    private final TransactionLog log = new TransactionLog();
    private final OvnkubeStarts ovnkubeStarts = new OvnkubeStarts();
    private final SubnetLog subnetLog = new SubnetLog();
    private final SilenceLog silenceLog = new SilenceLog();
    private final OptionsLog optionsLog = new OptionsLog();
    private Optional<Instant> oldestUnanswered = Optional.empty();
    private Optional<Instant> wakeBy = Optional.empty();
    private Optional<Instant> stopBy = Optional.empty();
    private boolean connected;
    /** As long as nothing else is said: then there is no lock. */
    private boolean leader = true;

    private boolean initialDifferenceDone;
    /** As they were handed over last. */
    private NodeProbes probes = NodeProbes.NONE;
    /** Likewise. */
    private HostNames names = HostNames.NONE;
    /** Likewise. */
    private FollowedObjects followed = FollowedObjects.NONE;
    /** Likewise. */
    private DialTargets dials = DialTargets.NONE;
    /** Likewise, while this one leads. */
    private Optional<ServiceTargets> services = Optional.empty();
    /** Likewise. */
    private PoolWrites pools = PoolWrites.NONE;

    private String lastError = "";
    private volatile LoopState state;

    /** @param since when the oldest input change that the transaction answers was received */
    private record SentTransaction(
            PlannedTransaction transaction, int bytes, Instant submitted, Optional<Instant> since) {}

    @Inject
    public ReconcileLoop(
            LoopInbox inbox,
            Reconciler reconciler,
            Database database,
            Statuses statuses,
            Consumer<NodeProbes> probing,
            Consumer<HostNames> resolving,
            Consumer<DialTargets> dialing,
            ClusterObjects objects,
            Consumer<PoolWrites> pooling,
            FaultPolicy faults,
            ControllerMetrics metrics,
            History history,
            Clock clock) {
        this.inbox = inbox;
        this.reconciler = reconciler;
        this.database = database;
        this.statuses = statuses;
        this.probing = probing;
        this.resolving = resolving;
        this.dialing = dialing;
        this.objects = objects;
        this.pooling = pooling;
        this.faults = faults;
        this.metrics = metrics;
        this.history = history;
        this.clock = clock;
        this.state = LoopState.initial(clock.instant(), reconciler.progress());
    }

    public void start() {
        thread.start();
    }

    /** How the loop stood at the end of its last turn. */
    public LoopState state() {
        return state;
    }

    public boolean isAlive() {
        return thread.isAlive();
    }

    /** Plans nothing more, and ends when the transaction in flight has, or two seconds later. */
    @Override
    public void close() {
        if (!thread.isAlive()) {
            return;
        }
        inbox.stop();
        try {
            thread.join(STOP_GRACE.plus(HEARTBEAT));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!hasEnded()) {
                turn(waiting());
            }
        } catch (Throwable e) {
            faults.fatal(e);
        }
    }

    /** One turn: everything that has been posted, then the plan, then what follows from both. */
    void turn(Duration wait) throws InterruptedException {
        for (var message : inbox.take(wait)) {
            guarded(message.kind(), () -> subject(message), () -> apply(message));
        }
        guarded("plan", () -> "", this::plan);
        answer();
        guarded("status", () -> "", this::handOverStatus);
        guarded("probes", () -> "", this::handOverProbes);
        guarded("names", () -> "", this::handOverNames);
        guarded("dials", () -> "", this::handOverDials);
        guarded("objects", () -> "", this::handOverObjects);
        guarded("pools", () -> "", this::handOverPools);
        guarded("log", () -> "", this::writeDown);
        guarded("progress", () -> "", this::report);
    }

    boolean hasEnded() {
        return stopBy.filter(by -> inFlight.isEmpty() || !clock.instant().isBefore(by))
                .isPresent();
    }

    private Duration waiting() {
        if (!asked.isEmpty()) {
            return Duration.ZERO;
        }
        return wakeBy.filter(deadline -> stopBy.isEmpty())
                .map(deadline -> Duration.between(clock.instant(), deadline))
                .filter(wait -> wait.compareTo(HEARTBEAT) < 0)
                .map(wait -> wait.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : wait)
                .orElse(HEARTBEAT);
    }

    private void apply(LoopMessage message) {
        switch (message) {
            case LoopMessage.Input(var change, var received) -> {
                metrics.inputReceived(kind(change));
                oldestUnanswered = oldestUnanswered.or(() -> Optional.of(received));
                reconciler.apply(change, clock.instant());
            }
            case LoopMessage.Connected(var schema) -> {
                connected = true;
                history.happened(LogLine.of(LogLine.Level.INFO, "database connected"), clock.instant());
                metrics.sessionUp();
                reconciler.connected(schema);
            }
            case LoopMessage.Updates(var updates) -> {
                reconciler.apply(updates);
                metrics.updatesApplied(updates);
            }
            case LoopMessage.Disconnected(var reason) -> {
                connected = false;
                history.happened(
                        LogLine.of(LogLine.Level.WARN, "database lost").with("reason", reason), clock.instant());
                lastError = reason;
                reconciler.disconnected();
            }
            case LoopMessage.Leads(var leads) -> lead(leads);
            case LoopMessage.Ask ask -> asked.add(ask);
            case LoopMessage.Outcome(var number, var outcome) -> {
                var ended = inFlight.remove(number);
                if (ended != null) {
                    complete(ended, outcome);
                }
            }
            case LoopMessage.Stop() -> stopBy = Optional.of(clock.instant().plus(STOP_GRACE));
        }
    }

    private void lead(boolean leads) {
        if (leads != leader) {
            var word = leads ? "leading" : "standing by";
            LOG.info(word);
            history.happened(LogLine.of(LogLine.Level.INFO, word), clock.instant());
            if (!leads) {
                statuses.forgetWaiting();
                services = Optional.empty();
            }
        }
        leader = leads;
        history.leads(leads, clock.instant());
        reconciler.setLeader(leads);
    }

    private void plan() {
        while (stopBy.isEmpty()) {
            var next = reconciler.nextTransaction(clock.instant());
            if (next.isEmpty()) {
                break;
            }
            submit(next.get());
        }
        if (!leader || (inFlight.isEmpty() && reconciler.progress().dirty() == 0)) {
            oldestUnanswered = Optional.empty(); // the changes needed no transaction, or not one of ours
        }
    }

    /** Questions find decided what has changed before them. */
    private void answer() {
        var until = clock.instant().plus(ANSWERING);
        while (!asked.isEmpty()) {
            asked.poll().question().accept(reconciler);
            if (clock.instant().isAfter(until)) {
                return;
            }
        }
    }

    private void submit(PlannedTransaction transaction) {
        var submitted = clock.instant();
        var since = oldestUnanswered;
        oldestUnanswered = Optional.empty();
        try {
            int bytes =
                    database.submit(transaction.operations(), outcome -> inbox.outcome(transaction.number(), outcome));
            inFlight.put(transaction.number(), new SentTransaction(transaction, bytes, submitted, since));
        } catch (RuntimeException e) {
            // It may be half sent: whoever decided it must hear of an end, and the fault takes its own way.
            reconciler.complete(transaction, new CommitOutcome.Lost("not sent: " + e), clock.instant());
            throw e;
        }
    }

    private void complete(SentTransaction ended, CommitOutcome outcome) {
        var now = clock.instant();
        var duration = Duration.between(ended.submitted(), now);
        log.ended(ended.transaction(), ended.bytes(), duration, outcome, now);
        history.ended(
                ended.transaction(), outcome, duration, ended.since().map(since -> Duration.between(since, now)), now);
        metrics.transactionEnded(outcome, duration, ended.transaction().rows(), ended.bytes());
        if (outcome instanceof CommitOutcome.Committed) {
            log.repaired(ended.transaction().repairs(), now);
            ovnkubeStarts.takenBack(ended.transaction().takenBack(), now);
            metrics.repaired(
                    ended.transaction().repairs().size(), ended.transaction().takenBack());
            ended.since().ifPresent(since -> metrics.committedAfter(Duration.between(since, now)));
        } else {
            oldestUnanswered = ended.since().or(() -> oldestUnanswered);
        }
        reconciler.complete(ended.transaction(), outcome, now);
        reconciler.takeEndOfSteps().ifPresent(began -> metrics.stepsEnded(Duration.between(began, now)));
    }

    private void handOverStatus() {
        var changes = reconciler.takeStatusChanges();
        metrics.statusChanged(changes.size());
        changes.forEach(statuses::write);
    }

    private void handOverProbes() {
        var now = reconciler.probes();
        if (!now.equals(probes)) {
            probes = now;
            probing.accept(now);
        }
    }

    private void handOverNames() {
        var now = reconciler.names();
        if (!now.equals(names)) {
            names = now;
            resolving.accept(now);
        }
    }

    private void handOverDials() {
        var now = reconciler.dials();
        if (!now.equals(dials)) {
            dials = now;
            dialing.accept(now);
        }
    }

    private void handOverObjects() {
        var now = reconciler.followed();
        if (!now.equals(followed)) {
            followed = now;
            objects.follow(now);
        }
        var wanted = reconciler.services();
        if (wanted.isPresent() && !wanted.equals(services)) {
            services = wanted;
            objects.lead(wanted.get());
        }
    }

    private void handOverPools() {
        var now = leader ? reconciler.pools(clock.instant()) : PoolWrites.NONE;
        if (!now.equals(pools)) {
            pools = now;
            pooling.accept(now);
        }
    }

    private void writeDown() {
        var now = clock.instant();
        var decisions = reconciler.takeDecisions();
        decisions.forEach(decision -> history.happened(decision.line(), now));
        log.decided(decisions, now);
        metrics.decided(decisions);
        log.tick(now);
        if (stopBy.isPresent()) {
            log.end();
        }
    }

    private void report() {
        var now = clock.instant();
        wakeBy = reconciler.nextDeadline();
        var progress = reconciler.progress();
        boolean canWork = leader
                && progress.synchronised()
                && progress.missing().isEmpty()
                && !progress.subnets().writesNothing();
        int left = progress.dirty() + progress.inFlight() + progress.inSteps();
        initialDifferenceDone |= canWork && left == 0;
        backlog.observe(canWork ? left : 0, now)
                .ifPresent(report -> LOG.atInfo()
                        .addKeyValue("done", report.work().done())
                        .addKeyValue("total", report.work().total())
                        .addKeyValue("perSecond", report.perSecond())
                        .log(report.ended() ? "bulk finished" : "bulk progress"));
        if (progress.synchronised() && progress.missing().isEmpty()) {
            subnetLog.observe(progress.subnets());
        }
        silenceLog.observe(leader ? progress.silence() : Silence.NONE);
        if (progress.synchronised()) {
            optionsLog.observe(leader ? progress.options() : OptionsStanding.NONE);
        }
        metrics.progress(progress, leader);
        metrics.shortfall(leader ? reconciler.shortfall() : Shortfall.NONE);
        state = new LoopState(
                now,
                phase(progress.synchronised()),
                lastError,
                progress,
                initialDifferenceDone,
                leader,
                backlog.work());
    }

    private LoopState.SessionPhase phase(boolean synchronised) {
        if (!connected) {
            return LoopState.SessionPhase.CONNECTING;
        }
        return synchronised ? LoopState.SessionPhase.SYNCHRONISED : LoopState.SessionPhase.SYNCHRONISING;
    }

    /** Faults end here: an error of ours must stop neither the loop nor the messages after it. */
    private void guarded(String during, Supplier<String> subject, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | StackOverflowError | AssertionError e) {
            faults.fault(during, subject.get(), e);
        }
    }

    private static String subject(LoopMessage message) {
        return switch (message) {
            case LoopMessage.Input(InputChange.Put(var object, var version), var received) ->
                object.kind() + " " + object.key();
            case LoopMessage.Input(InputChange.Removed(var kind, var name), var received) -> kind + " " + name;
            case LoopMessage.Input(InputChange.Listed(var kind, var objects), var received) ->
                kind + ", all " + objects.size();
            case LoopMessage.Outcome(var number, var outcome) -> "transaction " + number;
            case LoopMessage.Updates(var updates) -> updates.rows().size() + " rows";
            case LoopMessage.Connected connected -> "";
            case LoopMessage.Disconnected(var reason) -> reason;
            case LoopMessage.Leads(var leads) -> leads ? "leads" : "stands by";
            case LoopMessage.Ask ask -> "";
            case LoopMessage.Stop stop -> "";
        };
    }

    private static String kind(InputChange change) {
        return switch (change) {
            case InputChange.Put put -> "put";
            case InputChange.Removed removed -> "removed";
            case InputChange.Listed listed -> "listed";
        };
    }
}
