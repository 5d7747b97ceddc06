package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.explain.Overview;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Passage;
import io.ovnegress.reconciler.explain.PodAddress;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.DialTargets;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.FollowedObjects;
import io.ovnegress.reconciler.feature.HostNames;
import io.ovnegress.reconciler.feature.Installed;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.ServiceTargets;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.JoinAddresses;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The features of a machine over its one world: each event goes to all of them, each owner to the one that understands it. Not
 * thread safe.
 */
final class FeatureSet {
    private final Map<String, Decisions> decisions = new LinkedHashMap<>();
    private final PodPorts podPorts = new PodPorts();
    private final Installation installation = new Installation();
    private final boolean steps;
    private final BorrowedOptions options;
    private final World world;

    /**
     * @param steps whether changes that packets must not see half done are made in steps
     * @param options of {@code NB_Global} that are asked for
     * @param asks whose rows are on their way in a transaction that asks how far what is in the database comes
     */
    FeatureSet(List<Feature> features, boolean steps, Signals signals, Predicate<Owner> asks, BorrowedOptions options) {
        var inputs = new Inputs(new InputEvents(), new PodsInDatabase());
        var view = new NorthboundView(monitored(features), new AllClaims(features), new DatabaseEvents(signals, asks));
        this.steps = steps;
        this.options = options;
        this.world = new World(
                inputs,
                view,
                new Holds(view, new AllHolds(features)),
                steps ? installation : Installed.ALWAYS,
                new JoinAddresses(view));
        for (var feature : features) {
            feature.inputs().forEach(inputs::expect);
            if (decisions.put(feature.mark(), feature.over(world, signals)) != null) {
                throw new IllegalArgumentException("two features with the mark " + feature.mark());
            }
        }
    }

    /** What a session must monitor, whatever the server: columns that it lacks are left out by whoever asks it. */
    static MonitorSpec monitored(List<Feature> features) {
        var spec = MonitorSpec.builder();
        PodPorts.addTo(spec);
        Installation.addTo(spec);
        BorrowedOptions.addTo(spec);
        features.forEach(feature -> feature.monitor(spec));
        return spec.build();
    }

    Installation installation() {
        return installation;
    }

    World world() {
        return world;
    }

    Decisions of(Owner owner) {
        return decisions.get(owner.feature());
    }

    Wanted want(Owner owner) {
        return of(owner).want(owner);
    }

    void all(Consumer<Decisions> action) {
        decisions.values().forEach(action);
    }

    void forgetDatabase() {
        world.northbound().forget();
        podPorts.forget(world.inputs()::portChanged);
        world.holds().forget();
        all(Decisions::forgetDatabase);
    }

    /** What the cluster says to the flags. */
    SubnetFindings subnets() {
        return decisions.values().stream().map(Decisions::subnets).reduce(SubnetFindings.NONE, SubnetFindings::and);
    }

    /** Whether a feature has found something that would better be otherwise, now that there is nothing else to do. */
    boolean improve(Instant now) {
        for (var each : decisions.values()) {
            if (each.improve(now)) {
                return true;
            }
        }
        return false;
    }

    /** Whether something would better be otherwise, and waits for its time. */
    boolean willImprove() {
        return decisions.values().stream().anyMatch(Decisions::willImprove);
    }

    List<StatusChange> statuses(Instant now) {
        var changes = new ArrayList<StatusChange>();
        all(each -> changes.addAll(each.statuses(now)));
        return changes;
    }

    List<Decision> takeDecisions() {
        var taken = new ArrayList<Decision>();
        all(each -> taken.addAll(each.takeDecisions()));
        return taken;
    }

    Shortfall shortfall() {
        return decisions.values().stream().map(Decisions::shortfall).reduce(Shortfall.NONE, Shortfall::plus);
    }

    /** What all features say to it together; empty if none knows what is asked about. */
    Optional<Explanation> explain(Question question, OwnerRows rows) {
        var all = decisions.values().stream()
                .flatMap(each -> each.explain(question, rows).stream())
                .reduce(Explanation::and);
        return question instanceof Question.OfWay(var name, var to)
                ? all.map(explanation -> world.inputs()
                        .pod(name)
                        .map(pod -> explanation.passing(to, source -> passages(pod, source, to)))
                        .orElse(explanation))
                : all;
    }

    private List<Passage> passages(PodInput pod, IpAddress source, Destination to) {
        return source.family() == to.address().family()
                ? decisions.values().stream()
                        .flatMap(each -> each.passages(pod, source, to).stream())
                        .toList()
                : List.of();
    }

    /** By the marks of the features. */
    Map<String, Object> memories() {
        var memories = new HashMap<String, Object>();
        decisions.forEach((mark, each) -> each.memory().ifPresent(memory -> memories.put(mark, memory)));
        return memories;
    }

    void remember(Map<String, Object> memories) {
        memories.forEach((mark, memory) -> decisions.get(mark).remember(memory));
    }

    Map<PodAddress, Departure> departures() {
        var departures = new HashMap<PodAddress, Departure>();
        all(each -> departures.putAll(each.departures()));
        return departures;
    }

    Set<PodName> sharing(IpAddress address) {
        var pods = new HashSet<PodName>();
        all(each -> pods.addAll(each.sharing(address)));
        return pods;
    }

    Outlook outlook() {
        return decisions.values().stream().map(Decisions::outlook).reduce(new Outlook.None(), Outlook::and);
    }

    /** All owners that rows may be wanted for, beside those that have some. */
    List<Supplier<Iterator<? extends Owner>>> everyOwner() {
        var parts = new ArrayList<Supplier<Iterator<? extends Owner>>>();
        all(each -> parts.addAll(each.everyOwner()));
        return parts;
    }

    Overview overview() {
        return decisions.values().stream().map(Decisions::overview).reduce(Overview.NONE, Overview::and);
    }

    Optional<StatusChange> tell(String feature, String object, StatusChange.Event event) {
        return Optional.ofNullable(decisions.get(feature)).flatMap(each -> each.tell(object, event));
    }

    /** Another one decides: what is wanted is what would be wanted if it were decided here. */
    void presume() {
        all(Decisions::presume);
    }

    NodeProbes probes() {
        return decisions.values().stream().map(Decisions::probes).reduce(NodeProbes.NONE, NodeProbes::and);
    }

    HostNames names() {
        return decisions.values().stream().map(Decisions::names).reduce(HostNames.NONE, HostNames::and);
    }

    FollowedObjects followed() {
        return decisions.values().stream().map(Decisions::followed).reduce(FollowedObjects.NONE, FollowedObjects::and);
    }

    DialTargets dials() {
        return decisions.values().stream().map(Decisions::dials).reduce(DialTargets.NONE, DialTargets::and);
    }

    ServiceTargets services() {
        return decisions.values().stream().map(Decisions::services).reduce(ServiceTargets.NONE, ServiceTargets::and);
    }

    /** Of the one feature that has pools. */
    PoolWrites pools(Instant now) {
        return decisions.values().stream()
                .map(each -> each.pools(now))
                .filter(writes -> !writes.equals(PoolWrites.NONE))
                .findFirst()
                .orElse(PoolWrites.NONE);
    }

    Optional<Instant> nextImprovement() {
        return decisions.values().stream()
                .flatMap(each -> each.nextImprovement().stream())
                .min(Instant::compareTo);
    }

    Optional<Instant> nextDeadline() {
        return decisions.values().stream()
                .flatMap(each -> each.nextDeadline().stream())
                .min(Instant::compareTo);
    }

    private final class PodsInDatabase implements Inputs.PodsInDatabase {
        @Override
        public Optional<List<IpAddress>> port(PodName pod) {
            return podPorts.of(pod);
        }

        @Override
        public Optional<PodName> servedAt(IpAddress ip) {
            for (var each : decisions.values()) {
                var pod = each.servedAt(ip);
                if (pod.isPresent()) {
                    return pod;
                }
            }
            return Optional.empty();
        }
    }

    /** A row that names its feature is for that one alone to tell; all others are the first one's that says so. */
    private record AllClaims(List<Feature> features) implements NorthboundView.Claims {
        @Override
        public Optional<Owner> ownerOf(Row row) {
            var mark = Marks.featureOf(row);
            for (var feature : features) {
                if (mark.isEmpty() || mark.get().equals(feature.mark())) {
                    var owner = feature.claims().ownerOf(row);
                    if (owner.isPresent()) {
                        return owner;
                    }
                }
            }
            return Optional.empty();
        }

        @Override
        public Optional<Owner> ownerOfMember(Row set, Column<? extends Set<?>> column, Object member) {
            for (var feature : features) {
                var owner = feature.claims().ownerOfMember(set, column, member);
                if (owner.isPresent()) {
                    return owner;
                }
            }
            return Optional.empty();
        }
    }

    private record AllHolds(List<Feature> features) implements Holds.Claims {
        @Override
        public Optional<Holds.Held> heldBy(Row row, Optional<Owner> owner) {
            for (var feature : features) {
                var held = feature.holds().heldBy(row, owner);
                if (held.isPresent()) {
                    return held;
                }
            }
            return Optional.empty();
        }
    }

    private final class InputEvents implements Inputs.Listener {
        private void tell(Consumer<Inputs.Listener> event) {
            all(each -> event.accept(each.inputs()));
        }

        @Override
        public void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
            tell(listener -> listener.objectChanged(before, after));
        }

        @Override
        public void podChanged(Optional<PodInput> before, Optional<PodInput> after) {
            tell(listener -> listener.podChanged(before, after));
        }

        @Override
        public void podClaimChanged(PodName name) {
            tell(listener -> listener.podClaimChanged(name));
        }
    }

    private final class DatabaseEvents implements NorthboundView.Listener {
        private final Signals signals;

        private final Predicate<Owner> asks;

        DatabaseEvents(Signals signals, Predicate<Owner> asks) {
            this.asks = asks;
            this.signals = signals;
        }

        @Override
        public void ownerChanged(Owner owner, Table table) {
            if (steps) {
                installation.changed(owner, table, asks.test(owner));
            }
            signals.changedInDatabase(owner);
        }

        @Override
        public void routerChanged(String name) {
            all(each -> each.database().routerChanged(name));
        }

        @Override
        public void switchChanged(String name) {
            all(each -> each.database().switchChanged(name));
        }

        @Override
        public void rowChanged(Optional<Row> before, Optional<Row> after) {
            if (after.or(() -> before).orElseThrow().table() == NbGlobal.TABLE) {
                installation.globalChanged(after);
                options.globalChanged(after);
                return;
            }
            all(each -> each.database().rowChanged(before, after));
        }

        @Override
        public void switchPortChanged(Optional<Row> before, Optional<Row> after) {
            podPorts.rowChanged(before, after, world.inputs()::portChanged);
        }

        @Override
        public void ownedRowChanged(Optional<Row> before, Optional<Row> after) {
            world.holds().rowChanged(before, after);
            all(each -> each.database().ownedRowChanged(before, after));
        }

        @Override
        public void ownedRowAttached(Row row, UUID parent) {
            world.holds().attached(row, parent);
        }

        @Override
        public void ownedRowDetached(Row row, UUID parent) {
            world.holds().detached(row, parent);
        }
    }
}
