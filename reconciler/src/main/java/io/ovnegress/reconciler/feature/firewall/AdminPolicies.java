package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.Meter;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.firewall.rows.AdminRows;
import io.ovnegress.reconciler.feature.firewall.rows.FirewallOwner;
import io.ovnegress.reconciler.feature.firewall.rows.FirewallWants;
import io.ovnegress.reconciler.feature.firewall.rows.Matches;
import io.ovnegress.reconciler.feature.firewall.status.FirewallConditionType;
import io.ovnegress.reconciler.feature.firewall.status.FirewallReason;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * What administrators want done with what leaves, and what they are told of it. Each namespace of a policy is an owner: another one
 * that is selected makes nothing be looked at but its own rows, and what limits all of them together. Not thread safe.
 */
final class AdminPolicies {
    private final Inputs inputs;
    private final NorthboundView view;
    private final NamespaceGroups groups;
    private final Matches matches;
    private final FirewallWants wants;
    private final BooleanSupplier supported;
    private final Signals signals;
    /** By policy those whose rows have to be looked at, as far as is known. */
    private final Map<String, Set<FirewallOwner>> unsettled = new HashMap<>();

    /** By policy what the database has said to rows. */
    private final Map<String, Map<FirewallOwner, String>> refusals = new HashMap<>();

    /** Those that limit what ACLs log; without one nothing is logged. */
    private final Set<UUID> meters = new HashSet<>();

    private final SortedSet<String> unsaid = new TreeSet<>();
    private final Map<String, StatusChange> said = new HashMap<>();

    AdminPolicies(
            Inputs inputs,
            NorthboundView view,
            NamespaceGroups groups,
            Matches matches,
            FirewallWants wants,
            BooleanSupplier supported,
            Signals signals) {
        this.inputs = inputs;
        this.view = view;
        this.groups = groups;
        this.matches = matches;
        this.wants = wants;
        this.supported = supported;
        this.signals = signals;
    }

    private Map<String, AdminPolicyInput> policies() {
        return inputs.objects(AdminPolicyInput.KIND, AdminPolicyInput.class);
    }

    private Optional<AdminPolicyInput> obeyed(String name) {
        return Optional.ofNullable(policies().get(name))
                .filter(policy -> policy.errors().isEmpty())
                .filter(unused -> supported.getAsBoolean());
    }

    private static boolean selects(AdminPolicyInput policy, Optional<NamespaceInput> namespace) {
        return namespace
                .filter(there -> policy.namespaces().matches(there.labels()))
                .isPresent();
    }

    void policyChanged(Optional<AdminPolicyInput> before, Optional<AdminPolicyInput> after) {
        var concerned = new TreeSet<String>();
        before.ifPresent(policy -> concerned.addAll(selected(policy)));
        after.ifPresent(policy -> concerned.addAll(selected(policy)));
        var name = after.or(() -> before).orElseThrow().name();
        if (after.isEmpty()) {
            unsettled.remove(name);
            refusals.remove(name);
            unsaid.remove(name);
            said.remove(name);
        }
        lookAt(name, concerned);
    }

    void namespaceChanged(Optional<NamespaceInput> before, Optional<NamespaceInput> after) {
        var name = after.or(() -> before).orElseThrow().name();
        for (var policy : policies().values()) {
            if (selects(policy, before) != selects(policy, after)) {
                lookAt(policy.name(), Set.of(name));
            }
        }
    }

    /** There is another port group for the namespace, or none any more. */
    void groupChanged(String namespace) {
        for (var policy : policies().values()) {
            if (selects(policy, inputs.namespace(namespace))) {
                lookAt(policy.name(), Set.of(namespace));
            }
        }
    }

    void meterChanged(Optional<Row> before, Optional<Row> after) {
        before.ifPresent(row -> meters.remove(row.id()));
        after.filter(row -> row.get(Meter.NAME).equals(AdminRows.METER)).ifPresent(row -> meters.add(row.id()));
        unsaid.addAll(said.keySet());
    }

    void forgetDatabase() {
        meters.clear();
    }

    void lookAtEverything() {
        policies().values().forEach(policy -> lookAt(policy.name(), selected(policy)));
    }

    private void lookAt(String policy, Collection<String> namespaces) {
        namespaces.forEach(namespace -> lookAt(policy, new FirewallOwner.AdminNamespace(policy, namespace)));
        lookAt(policy, new FirewallOwner.Admin(policy));
    }

    private void lookAt(String policy, FirewallOwner owner) {
        unsettled.computeIfAbsent(policy, unused -> new HashSet<>()).add(owner);
        signals.dirty(owner);
    }

    Wanted want(FirewallOwner.Admin owner) {
        var join = view.logicalSwitch(AdminRows.JOIN_SWITCH);
        var policy = obeyed(owner.name());
        if (policy.isEmpty() || join.isEmpty()) {
            return wants.nothing(owner);
        }
        var names = new TreeSet<String>();
        if (policy.get().bandwidth().isPresent()) {
            selected(policy.get())
                    .forEach(namespace -> groups.of(namespace).ifPresent(group -> names.add(group.name())));
        }
        var rows = policy.get()
                .bandwidth()
                .filter(unused -> !names.isEmpty())
                .map(bandwidth -> AdminRows.bandwidth(join.get(), policy.get(), bandwidth, names, matches))
                .orElse(List.of());
        // ACLs of all namespaces together, as they once were, act until each namespace has its own
        boolean stay = unsettled.getOrDefault(owner.name(), Set.of()).stream()
                .anyMatch(FirewallOwner.AdminNamespace.class::isInstance);
        var present = view.rowsOf(owner).stream()
                .filter(row -> !stay || row.table() != Acl.TABLE)
                .toList();
        return wants.rows(rows, present, words(owner.name()));
    }

    Wanted want(FirewallOwner.AdminNamespace owner) {
        var join = view.logicalSwitch(AdminRows.JOIN_SWITCH);
        var group = groups.of(owner.namespace());
        return obeyed(owner.policy())
                .filter(policy -> selects(policy, inputs.namespace(owner.namespace())))
                .filter(unused -> join.isPresent() && group.isPresent())
                .map(policy -> wants.rows(
                        AdminRows.acls(
                                join.orElseThrow(),
                                policy,
                                owner,
                                group.orElseThrow().name(),
                                matches),
                        view.rowsOf(owner),
                        words(owner.policy())))
                .orElseGet(() -> wants.nothing(owner));
    }

    private static String words(String policy) {
        return "EgressAdminPolicy " + policy;
    }

    /** Those that decide about what the namespace sends. */
    List<FirewallOwner> deciding(String namespace) {
        return policies().keySet().stream()
                .<FirewallOwner>map(policy -> new FirewallOwner.AdminNamespace(policy, namespace))
                .toList();
    }

    /** All that is written for the policy. */
    List<FirewallOwner> owners(AdminPolicyInput policy) {
        var owners = new ArrayList<FirewallOwner>();
        owners.add(new FirewallOwner.Admin(policy.name()));
        selected(policy).forEach(namespace -> owners.add(new FirewallOwner.AdminNamespace(policy.name(), namespace)));
        return owners;
    }

    /** The names of those that select the namespace. */
    List<String> selecting(String namespace) {
        return policies().values().stream()
                .filter(policy -> policy.errors().isEmpty())
                .filter(policy -> selects(policy, inputs.namespace(namespace)))
                .map(AdminPolicyInput::name)
                .sorted()
                .toList();
    }

    Optional<StatusChange> said(String policy) {
        return Optional.ofNullable(said.get(policy));
    }

    List<String> selected(AdminPolicyInput policy) {
        return inputs.namespaces().stream()
                .filter(namespace -> policy.namespaces().matches(namespace.labels()))
                .map(NamespaceInput::name)
                .sorted()
                .toList();
    }

    /** The owner's rows are in the database. */
    void settled(String policy, FirewallOwner owner) {
        unsettled.computeIfPresent(policy, (unused, owners) -> {
            owners.remove(owner);
            return owners.isEmpty() ? null : owners;
        });
        refusals.computeIfPresent(policy, (unused, errors) -> {
            errors.remove(owner);
            return errors.isEmpty() ? null : errors;
        });
        unsaid.add(policy);
        var all = new FirewallOwner.Admin(policy);
        if (!owner.equals(all) && view.rowsOf(all).stream().anyMatch(row -> row.table() == Acl.TABLE)) {
            signals.dirty(all);
        }
    }

    void refused(String policy, FirewallOwner owner, String error) {
        refusals.computeIfAbsent(policy, unused -> new LinkedHashMap<>()).put(owner, error);
        unsaid.add(policy);
    }

    /** Nothing is told of a policy before all of it is in the database, unless some of it is refused. */
    List<StatusChange> take() {
        var changes = new ArrayList<StatusChange>();
        for (var name : List.copyOf(unsaid)) {
            var refusal =
                    refusals.getOrDefault(name, Map.of()).values().stream().findFirst();
            if (refusal.isEmpty() && unsettled.containsKey(name)) {
                continue;
            }
            unsaid.remove(name);
            Optional.ofNullable(policies().get(name))
                    .map(policy -> status(policy, refusal))
                    .filter(change -> !change.equals(said.put(name, change)))
                    .ifPresent(change -> changes.add(withEvent(change)));
        }
        return changes;
    }

    private static StatusChange withEvent(StatusChange change) {
        var applied = change.conditions().getFirst();
        return applied.status()
                ? change
                : change.with(List.of(new StatusChange.Event((FirewallReason) applied.reason(), applied.message())));
    }

    private StatusChange status(AdminPolicyInput policy, Optional<String> refusal) {
        var reason = reason(policy, refusal);
        var conditions = new ArrayList<StatusCondition>();
        conditions.add(new StatusCondition(
                FirewallConditionType.Applied,
                reason == FirewallReason.RulesApplied,
                reason,
                message(policy, reason, refusal),
                policy.generation()));
        if (obeyed(policy.name()).isPresent() && policy.rules().stream().anyMatch(AdminPolicies::logs)) {
            conditions.add(logged(policy));
        }
        return new StatusChange(
                policy.ref(), policy.uid(), policy.generation(), StatusChange.Fields.NONE, conditions, List.of());
    }

    private static boolean logs(AdminPolicyInput.Rule rule) {
        return rule.logs() || rule.action() == AdminPolicyInput.Action.LOG;
    }

    private StatusCondition logged(AdminPolicyInput policy) {
        boolean isThere = !meters.isEmpty();
        return new StatusCondition(
                FirewallConditionType.Logged,
                isThere,
                isThere ? FirewallReason.MeterThere : FirewallReason.NoMeter,
                isThere
                        ? "chassis log, limited by meter " + AdminRows.METER
                        : "nothing is logged: the database has no meter " + AdminRows.METER
                                + ", which ovnkube makes when it starts; see that it runs, or make one (ovn-nbctl"
                                + " --fair meter-add " + AdminRows.METER + " drop 20 pktps)",
                policy.generation());
    }

    private FirewallReason reason(AdminPolicyInput policy, Optional<String> refusal) {
        if (!policy.errors().isEmpty()) {
            return FirewallReason.InvalidRule;
        }
        if (!supported.getAsBoolean()) {
            return FirewallReason.UnsupportedTopology;
        }
        if (refusal.isPresent()) {
            return FirewallReason.RefusedByDatabase;
        }
        return without(policy).isEmpty() ? FirewallReason.RulesApplied : FirewallReason.NoPortGroup;
    }

    /** Selected namespaces for which ovnkube has no port group. */
    private List<String> without(AdminPolicyInput policy) {
        return selected(policy).stream()
                .filter(namespace -> groups.of(namespace).isEmpty())
                .toList();
    }

    private String message(AdminPolicyInput policy, FirewallReason reason, Optional<String> refusal) {
        return switch (reason) {
            case InvalidRule -> "the policy is not obeyed: " + String.join("; ", policy.errors()) + ": correct it";
            case UnsupportedTopology ->
                "the nodes have databases of their own (interconnect), which is not served yet: the policy is not"
                        + " obeyed";
            case RefusedByDatabase -> "the database refused the rows, they are tried again: " + refusal.orElse("");
            case NoPortGroup ->
                "ovnkube has no port group for "
                        + String.join(", ", without(policy).stream().limit(5).toList())
                        + ": the policy is obeyed for the others, see that ovnkube's version makes them";
            default -> "it is obeyed for " + selected(policy).size() + " namespaces";
        };
    }
}
