package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.audit.AuditReport;
import io.ovnegress.reconciler.audit.RowClass;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Nearest;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.explain.Overview;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.DialTargets;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.FollowedObjects;
import io.ovnegress.reconciler.feature.HostNames;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.ServiceTargets;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.HiddenRows;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The whole of the decisions as a state machine without I/O: inputs and database updates in; transactions and status changes
 * out. The same inputs in any order end in the same rows. Not thread safe: one thread drives it.
 */
public final class Reconciler {
    /** While one transaction is being committed the next one is prepared and sent: neither side waits for the other. */
    private static final int MAX_IN_FLIGHT = 2;
    /** Of so many it is said what they wait for. */
    private static final int MOST_TROUBLED = 20;

    private final int maxRows;
    private final boolean inSteps;
    private final NorthboundView view;
    private final MonitorSpec monitorSpec;
    private final FeatureSet features;
    private final Inputs inputs;
    private final Groups groups;
    private final DirtyOwners dirty = new DirtyOwners();
    private final InFlight inFlight = new InFlight();
    private final Causes causes = new Causes();
    private final BorrowedOptions options;
    private final Steps steps;
    private final Batch.Work work;
    private final Outcomes outcomes;

    private DecisionPhase phase = DecisionPhase.STARTING;
    private ReplicaPhase replica = ReplicaPhase.BEHIND;
    /** The last transaction that the replica has, in the words of the server. */
    private String databaseAt = TableUpdates.NO_TRANSACTION;

    private long lastNumber;
    private Instant now = Instant.MIN;

    /** Without steps: every change is one transaction. */
    public Reconciler(List<Feature> features, int maxRows) {
        this(features, maxRows, false);
    }

    /**
     * @param maxRows rows after which a transaction takes no further owners; what belongs together still goes as a whole
     * @param inSteps whether changes that packets must not see half done are made in steps
     */
    public Reconciler(List<Feature> features, int maxRows, boolean inSteps) {
        this(features, maxRows, inSteps, Map.of());
    }

    /** @param options of {@code NB_Global} that are to be there, if nobody else has set them; what was set so before and is not named goes */
    public Reconciler(List<Feature> features, int maxRows, boolean inSteps, Map<String, String> options) {
        this.maxRows = maxRows;
        this.inSteps = inSteps;
        this.options = new BorrowedOptions(options);
        this.monitorSpec = FeatureSet.monitored(features);
        this.features = new FeatureSet(features, inSteps, new Dirtying(), inFlight::asks, this.options);
        this.inputs = this.features.world().inputs();
        this.view = this.features.world().northbound();
        this.groups = new Groups(this.features::want, this.features.world().holds());
        this.steps = new Steps(this.features.installation());
        this.work = new Batch.Work(
                this.features, groups, dirty, new RepairPacing(), inFlight, steps, causes, new HiddenRows());
        this.outcomes = new Outcomes(work, maxRows);
    }

    /** What a session must monitor, whatever the server: columns that it lacks are left out by whoever asks it. */
    public MonitorSpec monitorSpec() {
        return monitorSpec;
    }

    /** A session is up: what follows in {@link #apply(TableUpdates)} comes from a server with this schema. */
    public void connected(ServerSchema serverSchema) {
        view.serve(serverSchema);
    }

    /**
     * Whether this controller decides; it does if nothing else is said. One that stands by follows inputs and database, and so is
     * ready at once; when it takes over, what was decided meanwhile is where it goes on from.
     */
    public void setLeader(boolean leads) {
        phase = phase.lead(leads);
        causes.lead(phase.leads());
        if (!leads) {
            groups.forgetLinks(); // the rows that others write tell what belongs together
            steps.follow();
        }
        features.all(each -> each.setLeader(leads));
    }

    /** The session is gone; no transaction is planned until it is back and has caught up. */
    public void disconnected() {
        replica = replica.disconnected();
        outcomes.disconnected();
    }

    public void apply(InputChange change, Instant time) {
        now = time;
        causes.begin(cause(change));
        try {
            inputs.apply(change);
        } finally {
            causes.end();
        }
    }

    private Cause cause(InputChange change) {
        return switch (change) {
            case InputChange.Put(var object, var version) ->
                new Cause.Input(
                        object.kind(),
                        object.key(),
                        version,
                        inputs.object(object.kind(), object.key()),
                        Optional.of(object));
            case InputChange.Removed(var kind, var key) ->
                new Cause.Input(kind, key, "", inputs.object(kind, key), Optional.empty());
            case InputChange.Listed(var kind, var objects) -> new Cause.Listed(kind);
        };
    }

    /**
     * The database changed.
     *
     * @throws RuntimeException if the updates do not fit what is known; everything is forgotten then, and nothing is planned until
     *     a complete update has come
     */
    public void apply(TableUpdates updates) {
        if (!replica.takes(updates)) {
            return;
        }
        if (replica == ReplicaPhase.BROKEN) {
            view.schema().ifPresent(view::serve);
        }
        boolean first = replica != ReplicaPhase.SYNCHRONISED || updates.complete();
        features.installation().begin(first);
        if (first) {
            steps.wakeAll(dirty::add);
        }
        causes.begin(Causes.DATABASE);
        try {
            view.apply(updates);
        } catch (RuntimeException e) {
            features.forgetDatabase();
            replica = ReplicaPhase.BROKEN;
            throw e;
        } finally {
            causes.end();
        }
        replica = ReplicaPhase.SYNCHRONISED;
        databaseAt = updates.transactionId();
    }

    /**
     * What changes while it is on its way is most likely our own writing. What changed while nobody was connected, before the
     * first plan or while somebody else decides tells nothing about who did it.
     */
    private void changedInDatabase(Owner key) {
        if (inFlight.isInFlight(key)) {
            dirty.addUnverified(key);
        } else if (phase == DecisionPhase.DECIDING && replica == ReplicaPhase.SYNCHRONISED) {
            causes.add(key);
            dirty.addTampered(key);
        } else {
            dirty.add(key);
        }
    }

    /** One whose repair is put off is looked at when that is due. */
    private void wake(Owner owner) {
        causes.add(owner, Causes.STEP);
        if (steps.isTampered(owner)) {
            dirty.addUrgentTampered(owner);
        } else if (!dirty.isPaused(owner)) {
            dirty.addUrgent(owner);
        }
    }

    private final class Dirtying implements Signals {
        @Override
        public void dirty(Owner owner) {
            causes.add(owner);
            dirty.add(owner);
        }

        @Override
        public void urgent(Owner owner) {
            causes.add(owner);
            dirty.addUrgent(owner);
        }

        @Override
        public void changedInDatabase(Owner owner) {
            Reconciler.this.changedInDatabase(owner);
        }

        @Override
        public void betweenSteps() {
            steps.wakeAll(Reconciler.this::wake);
        }

        @Override
        public void together(Set<? extends Owner> owners) {
            if (phase.leads()) {
                groups.link(owners);
            }
        }
    }

    /** The next transaction to submit; empty if there is nothing to do, or not before another one has ended. */
    public Optional<PlannedTransaction> nextTransaction(Instant time) {
        now = time;
        if (!phase.leads()) {
            features.installation().follow();
        }
        if (!isReady()) {
            return Optional.empty();
        }
        decide();
        features.all(each -> each.settle(now));
        causes.decided();
        if (features.subnets().writesNothing()) {
            return Optional.empty();
        }
        dirty.wake(now);
        steps.wake(now, this::wake);
        if (outcomes.pausedUntil(now).isPresent()) {
            return Optional.empty();
        }
        if (outcomes.isolation().isUnderWay()) {
            return inFlight.size() == 0 ? nextIsolated() : Optional.empty();
        }
        if (inFlight.size() >= MAX_IN_FLIGHT) {
            return Optional.empty();
        }
        var change = options.next(now);
        if (!change.isEmpty()) {
            return Optional.of(batch(false).send(++lastNumber, change));
        }
        var planned = nextOfTheDirty();
        if (planned.isEmpty() && steps.mustAsk() && !inFlight.asks()) {
            return Optional.of(question());
        }
        if (planned.isEmpty() && isIdle() && features.improve(now)) {
            features.all(each -> each.settle(now));
            return nextOfTheDirty();
        }
        return planned;
    }

    /** Whether there is nothing to do, and nothing that is waited for. */
    private boolean isIdle() {
        return inFlight.size() == 0 && dirty.isEmpty() && steps.size() == 0;
    }

    /** What has to be made up for before anything is planned. */
    private void decide() {
        switch (phase) {
            case STARTING -> {
                inputs.settleContests();
                features.all(Decisions::start);
            }
            case RETURNING -> {
                inputs.settleContests();
                features.all(Decisions::resume);
            }
            case DECIDING -> {}
            case WAITING, STANDING_BY -> throw new IllegalStateException("another one decides: " + phase);
        }
        phase = DecisionPhase.DECIDING;
    }

    private Optional<PlannedTransaction> nextOfTheDirty() {
        if (dirty.isEmpty()) {
            return Optional.empty();
        }
        var batch = batch(false);
        try {
            batch.fill(maxRows);
            return send(batch);
        } catch (RuntimeException e) {
            batch.giveBack();
            throw e;
        }
    }

    /** A transaction that changes nothing, and asks how far what is in the database has come. */
    private PlannedTransaction question() {
        var batch = batch(false);
        batch.ask();
        return batch.send(++lastNumber);
    }

    private boolean isReady() {
        return phase.leads() && isKnown();
    }

    private boolean isKnown() {
        return replica == ReplicaPhase.SYNCHRONISED
                && view.schema().isPresent()
                && inputs.missing().isEmpty();
    }

    private Optional<PlannedTransaction> nextIsolated() {
        var isolation = outcomes.isolation();
        while (isolation.isUnderWay()) {
            var batch = batch(true);
            isolation.next().forEach(group -> group.forEach(batch::take));
            var planned = send(batch);
            if (planned.isPresent()) {
                return planned;
            }
            isolation.tried();
        }
        return Optional.empty();
    }

    private Batch batch(boolean isolated) {
        return new Batch(work, view.schema().orElseThrow(), isolated, now);
    }

    private Optional<PlannedTransaction> send(Batch batch) {
        return batch.isEmpty() ? Optional.empty() : Optional.of(batch.send(++lastNumber));
    }

    /** Ends a transaction. Its updates must have been applied before if it was committed. */
    public void complete(PlannedTransaction transaction, CommitOutcome outcome, Instant time) {
        now = time;
        outcomes.ended(transaction, outcome, replica == ReplicaPhase.SYNCHRONISED, now);
    }

    /** The status changes since the last call, each once. */
    public List<StatusChange> takeStatusChanges() {
        if (phase != DecisionPhase.DECIDING) {
            return List.of();
        }
        features.all(each -> each.settle(now));
        return features.statuses(now);
    }

    /** What has been decided since the last call: to be told to whoever runs the controller. */
    public List<Decision> takeDecisions() {
        return features.takeDecisions();
    }

    /** What users have asked for and do not get, as far as has been looked at. */
    public Shortfall shortfall() {
        return features.shortfall();
    }

    /** When the eldest change in steps began whose last step has been committed since the last call; empty if there is none. */
    public Optional<Instant> takeEndOfSteps() {
        return steps.takeEldest();
    }

    /** Which nodes are to be probed, for whoever does; what that finds out is an input, {@link NodeReachability}. */
    public NodeProbes probes() {
        return features.probes();
    }

    /** Which host names features want to know the addresses of. */
    public HostNames names() {
        return features.names();
    }

    /** Which ConfigMaps features want to know. */
    public FollowedObjects followed() {
        return features.followed();
    }

    /** Where features want connections to be tried; nowhere while that is not decided here. */
    public DialTargets dials() {
        return phase == DecisionPhase.DECIDING ? features.dials() : DialTargets.NONE;
    }

    /** Which Services are to lead where; empty while that is not decided here. */
    public Optional<ServiceTargets> services() {
        return phase == DecisionPhase.DECIDING ? Optional.of(features.services()) : Optional.empty();
    }

    /** What is to be changed of the EgressIPs that address pools make; nothing while another controller leads. */
    public PoolWrites pools(Instant time) {
        return phase == DecisionPhase.DECIDING ? features.pools(time) : PoolWrites.NONE;
    }

    /**
     * When {@link #nextTransaction} should be asked again although nothing happened: something is due then. Nothing that cannot be done
     * before something happens counts: it would be due all the time.
     */
    public Optional<Instant> nextDeadline() {
        if (!phase.leads()) {
            return Optional.empty();
        }
        boolean canWrite = isReady() && !features.subnets().writesNothing();
        boolean mayImprove = canWrite && isIdle() && outcomes.pausedUntil(now).isEmpty();
        return Stream.of(
                        canWrite ? dirty.nextRetry() : Optional.<Instant>empty(),
                        canWrite ? steps.nextDeadline() : Optional.<Instant>empty(),
                        phase == DecisionPhase.DECIDING ? features.nextDeadline() : Optional.<Instant>empty(),
                        mayImprove ? features.nextImprovement() : Optional.<Instant>empty(),
                        outcomes.pausedUntil(now))
                .flatMap(Optional::stream)
                .min(Instant::compareTo);
    }

    /**
     * Answers from what is decided and known at the moment, and changes nothing. One that stands by says what it would decide. To be
     * asked after {@link #nextTransaction}, which decides what inputs have changed.
     */
    public Answer answer(Question question, Instant time) {
        var nothingYet = nothingYet();
        if (nothingYet.isPresent()) {
            return new Answer.NotYet(nothingYet.get());
        }
        return features.explain(question, ownersAt(time))
                .<Answer>map(explanation -> new Answer.Explained(explanation, phase.leads()))
                .orElseGet(() -> new Answer.Unknown(question.toString(), nearest(question)));
    }

    /** Why no question can be answered yet; empty if it can. */
    public Optional<String> nothingYet() {
        if (!inputs.missing().isEmpty()) {
            return Optional.of("not listed yet: "
                    + inputs.missing().stream()
                            .sorted()
                            .map(InputKind::toString)
                            .collect(Collectors.joining(", ")));
        }
        return view.schema().isEmpty() || phase == DecisionPhase.STARTING || phase == DecisionPhase.RETURNING
                ? Optional.of("the database has not been read yet")
                : Optional.empty();
    }

    /** Whether this controller decides; otherwise it says what it would decide. */
    public boolean leads() {
        return phase.leads();
    }

    /**
     * Where addresses are, or would be if it were decided here: a copy, to be asked elsewhere what would become of them. To be taken
     * after {@link #nextTransaction}, once there is something to be said.
     */
    public Outlook outlook() {
        return features.outlook();
    }

    private OwnersNow ownersAt(Instant time) {
        return new OwnersNow(work, outcomes, phase.leads(), replica == ReplicaPhase.SYNCHRONISED, time);
    }

    /**
     * Begins to compare all rows with what is wanted; {@link #goOn} does it. To be asked when {@link #nothingYet} is empty.
     *
     * @param told the classes of which rows are told one by one
     * @param most how many of these are told; all are counted
     */
    public Audit audit(Set<RowClass> told, int most) {
        return new Audit(features, told, most);
    }

    /**
     * Goes on with it, and changes nothing.
     *
     * @param enough whether it has taken long enough for this time
     * @return whether it has come to its end
     */
    public boolean goOn(Audit audit, BooleanSupplier enough, Instant time) {
        return audit.goOn(ownersAt(time), enough);
    }

    /** How things stand as a whole; as {@link #answer}. */
    public Overview overview(Instant time) {
        var owners = ownersAt(time);
        var troubled = dirty.someWaiting(MOST_TROUBLED).stream()
                .map(owner -> {
                    var wanted = features.want(owner);
                    return new Overview.Troubled(
                            owner.toString(), wanted.why().object(), owners.standing(owner, wanted, false));
                })
                .toList();
        return features.overview().and(new Overview(0, 0, Map.of(), List.of(), troubled));
    }

    /** The names of all pods, as they are at the moment: what is looked for among them is not looked for here. */
    public List<PodName> podNames() {
        return List.copyOf(inputs.podNames());
    }

    /** What a row is called; empty if it is not there, or has no name. */
    public Optional<String> nameOf(Table table, UUID id) {
        return view.row(table, id)
                .flatMap(row -> table.nameColumn().map(row::get))
                .filter(name -> !name.isEmpty());
    }

    /** The rows of a table that have an owner, and of which this is true; goes through all that there are. */
    public List<Row> rowsOfOurs(Table table, Predicate<Row> claim) {
        return view.rowsIn(table).stream()
                .filter(row -> claim.test(row) && view.ownerOf(row.id()).isPresent())
                .toList();
    }

    /** See {@link Decisions#sharing}. */
    public Set<PodName> sharing(IpAddress address) {
        return features.sharing(address);
    }

    /** An event on an object that an audit has found rows of, and nothing else of it; empty if there is no such object. */
    public Optional<StatusChange> tell(AuditReport.Subject object, StatusChange.Event event) {
        return features.tell(object.feature(), object.name(), event);
    }

    /** All that decisions are made from, as it is now; once there is something to be said, see {@link #nothingYet}. */
    public MachineCopy copy() {
        return new MachineCopy(
                new MachineCopy.Settings(maxRows, inSteps, options.asked()),
                view.schema().orElseThrow(),
                view.copy(),
                databaseAt,
                inputs.copy(),
                phase.leads() ? features.memories() : Map.of(),
                features.installation().copy(),
                phase.leads(),
                now,
                features.subnets().writesNothing()
                        ? Optional.of(features.subnets().sentence())
                        : Optional.empty());
    }

    NorthboundView view() {
        return view;
    }

    Inputs inputs() {
        return inputs;
    }

    FeatureSet features() {
        return features;
    }

    private List<String> nearest(Question question) {
        return switch (question) {
            case Question.OfObject(var object) ->
                Nearest.to(object.key(), inputs.keysLike(object.kind(), object.key()));
            case Question.OfWay(var pod, var to) ->
                Nearest.to(pod.toString(), inputs.keysLike(InputKind.POD, pod.toString()));
            case Question.OfAddress address -> List.of();
        };
    }

    public Progress progress() {
        return new Progress(
                replica == ReplicaPhase.SYNCHRONISED,
                Set.copyOf(inputs.missing()),
                dirty.size(),
                inFlight.size(),
                dirty.waiting(),
                dirty.paused(),
                steps.size(),
                features.willImprove(),
                steps.silence(),
                view.rows(),
                outcomes.serverTrouble(),
                isKnown() ? features.subnets() : SubnetFindings.NONE,
                options.standing());
    }

    /**
     * How far the work is.
     *
     * @param synchronised whether the replica is that of the connected server
     * @param missing the input kinds that have not been listed yet
     * @param dirty owners to be looked at
     * @param inFlight transactions whose outcome is not known
     * @param backedOff owners whose rows were refused, to be tried again
     * @param contested owners whose rows somebody else keeps changing, to be repaired again later
     * @param inSteps owners whose rows are written, and that wait until these are installed before the next step
     * @param improving whether something is as it may be, and will be changed when its time has come
     * @param silence who does not say what is installed, so that steps do not wait for it
     * @param replicaRows rows in the replica
     * @param serverTrouble why the server cannot write at present; empty if it can as far as is known
     * @param subnets what the cluster says to the flags; nothing while not everything is known
     * @param options how those of {@code NB_Global} stand that are asked for
     */
    public record Progress(
            boolean synchronised,
            Set<InputKind> missing,
            int dirty,
            int inFlight,
            int backedOff,
            int contested,
            int inSteps,
            boolean improving,
            Silence silence,
            int replicaRows,
            String serverTrouble,
            SubnetFindings subnets,
            OptionsStanding options) {}
}
