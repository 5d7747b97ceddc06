package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Destination;
import io.ovnegress.reconciler.feature.firewall.status.FirewallConditions;
import io.ovnegress.reconciler.feature.firewall.status.FirewallConditions.Standing;
import io.ovnegress.reconciler.feature.firewall.status.FirewallReason;
import io.ovnegress.reconciler.feature.firewall.status.FirewallShortfall;
import io.ovnegress.reconciler.feature.firewall.status.FirewallText;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.ResolvedName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Tells users how it is with their policies, each change once. Not thread safe. */
final class FirewallStatus {
    private final Supplier<Map<String, ResolvedName>> resolved;
    /** By namespace, of all that have policies. */
    private final Map<String, Map<FirewallInput, Standing>> standings = new HashMap<>();

    private final SortedSet<String> unsaid = new TreeSet<>();
    private final Map<ObjectRef, StatusChange> said = new HashMap<>();
    private final Map<ObjectRef, FirewallReason> reasons = new HashMap<>();
    private Optional<Shortfall> shortfall = Optional.empty();

    FirewallStatus(Supplier<Map<String, ResolvedName>> resolved) {
        this.resolved = resolved;
    }

    /** It is so now with the policies of the namespace. */
    void standing(String namespace, Map<FirewallInput, Standing> now) {
        if (now.isEmpty()) {
            standings.remove(namespace);
        } else {
            standings.put(namespace, now);
            unsaid.add(namespace);
        }
    }

    /** Something else may be known of the names of the namespace's policies. */
    void namesChanged(String namespace) {
        if (standings.containsKey(namespace)) {
            unsaid.add(namespace);
        }
    }

    /** What was told last. */
    Optional<StatusChange> said(ObjectRef policy) {
        return Optional.ofNullable(said.get(policy));
    }

    void gone(ObjectRef policy) {
        said.remove(policy);
        reasons.remove(policy);
        shortfall = Optional.empty();
    }

    /** @param isThere whether there is such an object at present */
    List<StatusChange> take(Predicate<ObjectRef> isThere) {
        var changes = new ArrayList<StatusChange>();
        for (var namespace : unsaid) {
            standings.getOrDefault(namespace, Map.of()).forEach((policy, standing) -> {
                if (isThere.test(policy.ref())) {
                    tell(policy, standing).ifPresent(changes::add);
                }
            });
        }
        unsaid.clear();
        return changes;
    }

    private Optional<StatusChange> tell(FirewallInput policy, Standing standing) {
        var change = new StatusChange(
                policy.ref(),
                policy.uid(),
                policy.generation(),
                fields(policy.kind(), standing),
                List.of(
                        FirewallConditions.applied(policy, standing),
                        FirewallConditions.names(policy, unresolved(policy))),
                List.of());
        if (change.equals(said.put(policy.ref(), change))) {
            return Optional.empty();
        }
        shortfall = Optional.empty();
        boolean isNews = standing.reason() != reasons.put(policy.ref(), standing.reason());
        return Optional.of(
                isNews && !standing.isApplied()
                        ? change.with(List.of(new StatusChange.Event(
                                standing.reason(),
                                change.conditions().getFirst().message())))
                        : change);
    }

    private static StatusChange.Fields fields(InputKind kind, Standing standing) {
        return kind.equals(FirewallInput.EGRESS_FIREWALL)
                ? new FirewallText(standing.isApplied())
                : StatusChange.Fields.NONE;
    }

    private List<String> unresolved(FirewallInput policy) {
        var unresolved = new TreeSet<String>();
        for (var rule : policy.rules()) {
            if (rule.to() instanceof Destination.Name(var name)) {
                var answer = resolved.get().get(name);
                if (answer == null) {
                    unresolved.add(name + " has not been answered yet");
                } else if (answer.error().isPresent()) {
                    unresolved.add(name + ": " + answer.error().get()
                            + (answer.addresses().isEmpty() ? "" : ", its last addresses stay"));
                } else if (answer.addresses().isEmpty()) {
                    unresolved.add(name + " has no address");
                }
            }
        }
        return List.copyOf(unresolved);
    }

    Shortfall shortfall() {
        if (shortfall.isEmpty()) {
            var all = new ArrayList<>(reasons.values());
            said.values().stream()
                    .filter(change -> !change.conditions().getLast().status())
                    .forEach(change -> all.add(FirewallReason.NamesUnresolved));
            shortfall = Optional.of(FirewallShortfall.of(all));
        }
        return shortfall.get();
    }
}
