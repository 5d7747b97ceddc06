package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.Meter;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Passage;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.HostNames;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.firewall.rows.AddressSource;
import io.ovnegress.reconciler.feature.firewall.rows.AdminRows;
import io.ovnegress.reconciler.feature.firewall.rows.FirewallOwner;
import io.ovnegress.reconciler.feature.firewall.rows.FirewallWants;
import io.ovnegress.reconciler.feature.firewall.rows.Matches;
import io.ovnegress.reconciler.feature.firewall.rows.RuleCompiler;
import io.ovnegress.reconciler.feature.firewall.rows.SetUsers;
import io.ovnegress.reconciler.feature.firewall.status.FirewallConditions.Standing;
import io.ovnegress.reconciler.feature.firewall.status.FirewallReason;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.ResolvedName;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Which ACLs each namespace is to have, and which addresses their sets. Driven by the machine's thread. */
final class FirewallDecisions implements Decisions {
    /** Every database has one whose nodes have databases of their own. */
    private static final String TRANSIT_SWITCH = "transit_switch";

    private final Inputs inputs;
    private final NorthboundView view;
    private final Signals signals;
    private final Matches matches;
    private final FirewallWants wants;
    private final Rulings rulings;
    private final FirewallStatus status;
    private final NamespaceGroups groups = new NamespaceGroups();
    private final SetUsers setUsers = new SetUsers();
    private final AdminPolicies admin;
    private final FirewallExplanations explanations;
    private HostNames names = HostNames.NONE;
    /** Everything is known; until then nothing has to be looked at since all will be. */
    private boolean started;
    /** As long as somebody else decides: of which namespaces it is not known what would be decided. */
    private final Set<String> undecided = new TreeSet<>();

    FirewallDecisions(Matches matches, World world, Signals signals) {
        this.inputs = world.inputs();
        this.view = world.northbound();
        this.signals = signals;
        this.matches = matches;
        this.wants = new FirewallWants(view, matches);
        this.rulings = new Rulings(new RuleCompiler(matches));
        this.status = new FirewallStatus(this::resolved);
        this.admin = new AdminPolicies(inputs, view, groups, matches, wants, this::isSupported, signals);
        this.explanations = new FirewallExplanations(
                inputs,
                view,
                groups,
                rulings,
                admin,
                policy -> policy.kind().equals(AdminPolicyInput.KIND) ? admin.said(policy.key()) : status.said(policy),
                this::want);
    }

    private Map<String, ResolvedName> resolved() {
        return inputs.objects(ResolvedName.KIND, ResolvedName.class);
    }

    @Override
    public Wanted want(Owner owner) {
        return switch ((FirewallOwner) owner) {
            case FirewallOwner.Namespace namespace -> acls(namespace);
            case FirewallOwner.Admin policy -> admin.want(policy);
            case FirewallOwner.AdminNamespace namespace -> admin.want(namespace);
            case FirewallOwner.Source source ->
                rulings.source(source.key())
                        .filter(unused -> isSupported())
                        .map(from -> wants.sets(source, addresses(from)))
                        .orElseGet(() -> setUsers.uses(source.key())
                                ? wants.sets(source, Optional.empty())
                                : wants.nothing(source));
        };
    }

    private Wanted acls(FirewallOwner.Namespace owner) {
        var ruling = rulings.of(owner.name());
        var group = groups.of(owner.name());
        return ruling.compiled()
                .filter(unused -> group.isPresent() && isSupported())
                .map(compiled -> wants.acls(owner, group.orElseThrow(), compiled, ruling.object()))
                .orElseGet(() -> wants.nothing(owner));
    }

    private boolean isSupported() {
        return view.logicalSwitch(TRANSIT_SWITCH).isEmpty();
    }

    /** Empty if they are not known yet. */
    private Optional<Collection<IpAddress>> addresses(AddressSource source) {
        return switch (source) {
            case AddressSource.Name(var name) ->
                Optional.ofNullable(resolved().get(name))
                        .filter(answer ->
                                answer.error().isEmpty() || !answer.addresses().isEmpty())
                        .map(answer -> outside(answer.addresses()));
            case AddressSource.Nodes(var selector) ->
                Optional.of(outside(inputs.nodes().stream()
                        .filter(node -> selector.matches(node.labels()))
                        .flatMap(node -> node.addresses().stream())
                        .collect(Collectors.toSet())));
        };
    }

    private Collection<IpAddress> outside(Set<IpAddress> addresses) {
        return addresses.stream().filter(matches::isOutside).toList();
    }

    @Override
    public Inputs.Listener inputs() {
        return new Inputs.Listener() {
            @Override
            public void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
                switch (after.or(() -> before).orElseThrow()) {
                    case FirewallInput policy -> {
                        if (after.isEmpty()) {
                            status.gone(policy.ref());
                        }
                        decide(rulings.policyChanged(
                                before.map(FirewallInput.class::cast), after.map(FirewallInput.class::cast)));
                    }
                    case AdminPolicyInput unused ->
                        ifStarted(() -> admin.policyChanged(
                                before.map(AdminPolicyInput.class::cast), after.map(AdminPolicyInput.class::cast)));
                    case NamespaceInput unused ->
                        ifStarted(() -> admin.namespaceChanged(
                                before.map(NamespaceInput.class::cast), after.map(NamespaceInput.class::cast)));
                    case NetNamespaceInput unused ->
                        decide(rulings.netNamespaceChanged(
                                before.map(NetNamespaceInput.class::cast), after.map(NetNamespaceInput.class::cast)));
                    case NodeInput unused ->
                        nodeChanged(before.map(NodeInput.class::cast), after.map(NodeInput.class::cast));
                    case ResolvedName answer -> lookAt(new AddressSource.Name(answer.name()));
                    default -> {
                        // of no concern here
                    }
                }
            }
        };
    }

    private void decide(Collection<String> namespaces) {
        if (!started) {
            undecided.addAll(namespaces);
            return;
        }
        for (var namespace : namespaces) {
            var sources = rulings.decide(namespace);
            sources.forEach(key -> signals.urgent(new FirewallOwner.Source(key)));
            signals.dirty(new FirewallOwner.Namespace(namespace));
            if (!sources.isEmpty()) {
                nameNames();
            }
        }
    }

    private void nameNames() {
        names = new HostNames(rulings.sources().stream()
                .filter(AddressSource.Name.class::isInstance)
                .map(source -> ((AddressSource.Name) source).name())
                .collect(Collectors.toSet()));
    }

    @Override
    public void presume() {
        undecided.forEach(rulings::decide);
        undecided.clear();
        nameNames();
    }

    @Override
    public List<Supplier<Iterator<? extends Owner>>> everyOwner() {
        var parts = new ArrayList<Supplier<Iterator<? extends Owner>>>();
        parts.add(() -> rulings.sources().stream()
                .map(source -> new FirewallOwner.Source(source.key()))
                .toList()
                .iterator());
        parts.add(() -> rulings.namespaces().stream()
                .map(FirewallOwner.Namespace::new)
                .toList()
                .iterator());
        for (var policy :
                inputs.objects(AdminPolicyInput.KIND, AdminPolicyInput.class).values()) {
            parts.add(() -> admin.owners(policy).iterator());
        }
        return parts;
    }

    private void nodeChanged(Optional<NodeInput> before, Optional<NodeInput> after) {
        if (before.map(NodeInput::labels).equals(after.map(NodeInput::labels))
                && before.map(NodeInput::addresses).equals(after.map(NodeInput::addresses))) {
            return;
        }
        rulings.sources().stream().filter(AddressSource.Nodes.class::isInstance).forEach(this::lookAt);
    }

    private void lookAt(AddressSource source) {
        if (started && rulings.source(source.key()).isPresent()) {
            signals.dirty(new FirewallOwner.Source(source.key()));
        }
    }

    @Override
    public Database database() {
        return new Database() {
            @Override
            public void switchChanged(String name) {
                if (name.equals(TRANSIT_SWITCH) || name.equals(AdminRows.JOIN_SWITCH)) {
                    lookAtEverything();
                }
            }

            @Override
            public void rowChanged(Optional<Row> before, Optional<Row> after) {
                var table = after.or(() -> before).orElseThrow().table();
                if (table == PortGroup.TABLE) {
                    groups.rowChanged(before, after, FirewallDecisions.this::groupChanged);
                } else if (table == Acl.TABLE) {
                    setUsers.rowChanged(before, after).forEach(FirewallDecisions.this::unused);
                } else if (table == Meter.TABLE) {
                    admin.meterChanged(before, after);
                }
            }
        };
    }

    private void groupChanged(String namespace) {
        if (started) {
            signals.dirty(new FirewallOwner.Namespace(namespace));
            admin.groupChanged(namespace);
        }
    }

    /** Otherwise everything will be looked at. */
    private void ifStarted(Runnable look) {
        if (started) {
            look.run();
        }
    }

    private void unused(String set) {
        view.addressSet(set).flatMap(FirewallOwner::of).ifPresent(signals::dirty);
    }

    private void lookAtEverything() {
        if (!started) {
            return;
        }
        rulings.sources().forEach(source -> signals.urgent(new FirewallOwner.Source(source.key())));
        view.owners().stream().filter(FirewallOwner.class::isInstance).toList().forEach(signals::dirty);
        rulings.namespaces().forEach(namespace -> signals.dirty(new FirewallOwner.Namespace(namespace)));
        admin.lookAtEverything();
    }

    @Override
    public void start() {
        started = true;
        undecided.clear();
        decide(rulings.namespaces());
        nameNames();
        lookAtEverything();
    }

    @Override
    public void forgetDatabase() {
        admin.forgetDatabase();
        groups.forget();
        setUsers.forget();
        lookAtEverything();
    }

    @Override
    public void settled(Owner owner) {
        switch ((FirewallOwner) owner) {
            case FirewallOwner.Namespace(var namespace) -> tell(namespace, Optional.empty());
            case FirewallOwner.Admin all -> admin.settled(all.name(), all);
            case FirewallOwner.AdminNamespace one -> admin.settled(one.policy(), one);
            case FirewallOwner.Source(var key) -> rulings.users(key).forEach(status::namesChanged);
        }
    }

    @Override
    public void refused(Owner owner, String error, Duration retryIn) {
        switch ((FirewallOwner) owner) {
            case FirewallOwner.Namespace(var namespace) -> tell(namespace, Optional.of(error));
            case FirewallOwner.Admin all -> admin.refused(all.name(), all, error);
            case FirewallOwner.AdminNamespace one -> admin.refused(one.policy(), one, error);
            case FirewallOwner.Source unused -> {
                // who names it waits for it
            }
        }
    }

    private void tell(String namespace, Optional<String> refusal) {
        var standings = new HashMap<FirewallInput, Standing>();
        rulings.of(namespace)
                .standings()
                .forEach((policy, standing) -> standings.put(policy, now(namespace, standing, refusal)));
        status.standing(namespace, standings);
    }

    /** What hinders it beside what its rules and its neighbours say. */
    private Standing now(String namespace, Standing standing, Optional<String> refusal) {
        if (rulings.of(namespace).compiled().isEmpty() || standing.reason() == FirewallReason.Superseded) {
            return standing;
        }
        if (!isSupported()) {
            return new Standing(FirewallReason.UnsupportedTopology, List.of(), List.of());
        }
        if (groups.of(namespace).isEmpty()) {
            return new Standing(FirewallReason.NoPortGroup, List.of(), List.of());
        }
        return refusal.map(error -> new Standing(FirewallReason.RefusedByDatabase, List.of(error), List.of()))
                .orElse(standing);
    }

    @Override
    public List<StatusChange> statuses(Instant now) {
        var changes = status.take(this::isThere);
        changes.addAll(admin.take());
        return changes;
    }

    private boolean isThere(ObjectRef policy) {
        return inputs.objects(policy.kind(), FirewallInput.class).containsKey(policy.key());
    }

    @Override
    public Shortfall shortfall() {
        return status.shortfall();
    }

    @Override
    public Optional<Explanation> explain(Question question, OwnerRows rows) {
        return explanations.of(question, rows);
    }

    @Override
    public List<Passage> passages(PodInput pod, IpAddress source, Destination to) {
        return explanations.passages(pod, source, to);
    }

    @Override
    public HostNames names() {
        return names;
    }
}
