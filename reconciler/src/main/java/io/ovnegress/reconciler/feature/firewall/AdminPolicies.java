package io.ovnegress.reconciler.feature.firewall;

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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** What administrators want done with what leaves, and what they are told of it. Not thread safe. */
final class AdminPolicies {
    private final Inputs inputs;
    private final NorthboundView view;
    private final NamespaceGroups groups;
    private final Matches matches;
    private final FirewallWants wants;
    private final BooleanSupplier supported;
    private final Map<String, Optional<String>> unsaid = new TreeMap<>();
    private final Map<String, StatusChange> said = new HashMap<>();

    AdminPolicies(
            Inputs inputs,
            NorthboundView view,
            NamespaceGroups groups,
            Matches matches,
            FirewallWants wants,
            BooleanSupplier supported) {
        this.inputs = inputs;
        this.view = view;
        this.groups = groups;
        this.matches = matches;
        this.wants = wants;
        this.supported = supported;
    }

    private Map<String, AdminPolicyInput> policies() {
        return inputs.objects(AdminPolicyInput.KIND, AdminPolicyInput.class);
    }

    /** Of all that there are. */
    Collection<FirewallOwner> owners() {
        return policies().keySet().stream()
                .<FirewallOwner>map(FirewallOwner.Admin::new)
                .toList();
    }

    Wanted want(FirewallOwner.Admin owner) {
        var policy = policies().get(owner.name());
        var join = view.logicalSwitch(AdminRows.JOIN_SWITCH);
        if (policy == null || !policy.errors().isEmpty() || join.isEmpty() || !supported.getAsBoolean()) {
            return wants.nothing(owner);
        }
        var names = new TreeMap<String, String>();
        selected(policy)
                .forEach(namespace -> groups.of(namespace).ifPresent(group -> names.put(namespace, group.name())));
        return names.isEmpty()
                ? wants.nothing(owner)
                : wants.rows(
                        owner, AdminRows.of(join.get(), policy, names, matches), "EgressAdminPolicy " + policy.name());
    }

    /** The names of those that select the namespace. */
    List<String> selecting(String namespace) {
        return policies().values().stream()
                .filter(policy -> policy.errors().isEmpty())
                .filter(policy -> inputs.namespace(namespace)
                        .filter(found -> policy.namespaces().matches(found.labels()))
                        .isPresent())
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

    /** The policy's rows are in the database, or were refused by it. */
    void settled(String policy, Optional<String> refusal) {
        unsaid.put(policy, refusal);
    }

    void gone(String policy) {
        unsaid.remove(policy);
        said.remove(policy);
    }

    List<StatusChange> take() {
        var changes = new ArrayList<StatusChange>();
        unsaid.forEach((name, refusal) -> Optional.ofNullable(policies().get(name))
                .map(policy -> status(policy, refusal))
                .filter(change -> !change.equals(said.put(name, change)))
                .ifPresent(change -> changes.add(withEvent(change))));
        unsaid.clear();
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
        return new StatusChange(
                policy.ref(),
                policy.uid(),
                policy.generation(),
                StatusChange.Fields.NONE,
                List.of(new StatusCondition(
                        FirewallConditionType.Applied,
                        reason == FirewallReason.RulesApplied,
                        reason,
                        message(policy, reason, refusal),
                        policy.generation())),
                List.of());
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
