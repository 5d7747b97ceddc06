package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.reconciler.feature.firewall.rows.AddressSource;
import io.ovnegress.reconciler.feature.firewall.rows.RuleCompiler;
import io.ovnegress.reconciler.feature.firewall.status.FirewallConditions.Standing;
import io.ovnegress.reconciler.feature.firewall.status.FirewallReason;
import io.ovnegress.reconciler.input.InputKind;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What holds for each namespace: which of its policies count, as OpenShift SDN and ovn-kubernetes have it, and what comes of their
 * rules. Not thread safe.
 */
final class Rulings {
    private final RuleCompiler compiler;
    private final Projects projects = new Projects();
    /** By namespace, by key. */
    private final Map<String, NavigableMap<String, FirewallInput>> policies = new TreeMap<>();

    private final Map<String, Ruling> rulings = new HashMap<>();
    /** Where the sets come from that the rulings name, and for which namespaces. */
    private final Map<String, AddressSource> sources = new TreeMap<>();

    private final Map<String, Set<String>> users = new HashMap<>();

    Rulings(RuleCompiler compiler) {
        this.compiler = compiler;
    }

    /**
     * What holds for a namespace.
     *
     * @param compiled what is to be in the database; empty if nothing
     * @param standings of its policies
     */
    record Ruling(Optional<RuleCompiler.Compiled> compiled, Map<FirewallInput, Standing> standings) {
        private static final Ruling NONE = new Ruling(Optional.empty(), Map.of());

        private Set<AddressSource> sources() {
            return compiled.map(RuleCompiler.Compiled::sources).orElse(Set.of());
        }

        /** The policy that is the only one to count, as the log has it. */
        Optional<String> object() {
            return standings.size() == 1
                    ? Optional.of(standings.keySet().iterator().next().words())
                    : Optional.empty();
        }
    }

    /** @return the namespaces for which something else may hold now */
    SortedSet<String> policyChanged(Optional<FirewallInput> before, Optional<FirewallInput> after) {
        var concerned = new TreeSet<String>();
        before.ifPresent(policy -> policies.computeIfPresent(policy.namespace(), (namespace, there) -> {
            there.remove(id(policy));
            return there.isEmpty() ? null : there;
        }));
        after.ifPresent(policy -> policies.computeIfAbsent(policy.namespace(), unused -> new TreeMap<>())
                .put(id(policy), policy));
        concerned.addAll(projects.together(after.or(() -> before).orElseThrow().namespace()));
        return concerned;
    }

    /** Names of the two kinds are apart. */
    private static String id(FirewallInput policy) {
        return policy.kind() + " " + policy.key();
    }

    /** Likewise. */
    SortedSet<String> netNamespaceChanged(Optional<NetNamespaceInput> before, Optional<NetNamespaceInput> after) {
        return projects.changed(before, after);
    }

    /** All namespaces that may have one. */
    SortedSet<String> namespaces() {
        var all = new TreeSet<String>();
        policies.keySet().forEach(namespace -> all.addAll(projects.together(namespace)));
        all.addAll(rulings.keySet());
        return all;
    }

    Ruling of(String namespace) {
        return rulings.getOrDefault(namespace, Ruling.NONE);
    }

    /**
     * Decides again for the namespace.
     *
     * @return the sources of sets that it needs, or needs no more
     */
    Set<String> decide(String namespace) {
        var before = of(namespace).sources();
        var ruling = ruling(namespace);
        if (ruling.equals(Ruling.NONE)) {
            rulings.remove(namespace);
        } else {
            rulings.put(namespace, ruling);
        }
        var changed = new TreeSet<String>();
        for (var source : ruling.sources()) {
            if (users.computeIfAbsent(source.key(), unused -> new TreeSet<>()).add(namespace)) {
                sources.put(source.key(), source);
                changed.add(source.key());
            }
        }
        for (var source : before) {
            if (!ruling.sources().contains(source)) {
                changed.add(source.key());
                users.computeIfPresent(source.key(), (key, namespaces) -> {
                    namespaces.remove(namespace);
                    return namespaces.isEmpty() ? null : namespaces;
                });
                if (!users.containsKey(source.key())) {
                    sources.remove(source.key());
                }
            }
        }
        return changed;
    }

    /** Where sets that are needed come from. */
    Collection<AddressSource> sources() {
        return sources.values();
    }

    Optional<AddressSource> source(String key) {
        return Optional.ofNullable(sources.get(key));
    }

    /** The namespaces whose ACLs name the source's sets. */
    Set<String> users(String key) {
        return users.getOrDefault(key, Set.of());
    }

    private List<FirewallInput> policies(String namespace, InputKind kind) {
        return policies.getOrDefault(namespace, new TreeMap<>()).values().stream()
                .filter(policy -> policy.kind().equals(kind))
                .toList();
    }

    private Ruling ruling(String namespace) {
        var firewalls = policies(namespace, FirewallInput.EGRESS_FIREWALL);
        var networkPolicies = policies(namespace, FirewallInput.EGRESS_NETWORK_POLICY);
        if (firewalls.isEmpty()) {
            return ofNetworkPolicies(namespace, networkPolicies);
        }
        var ruling = ofTheOnly(firewalls);
        var standings = new HashMap<>(ruling.standings());
        networkPolicies.forEach(policy ->
                standings.put(policy, standing(FirewallReason.Superseded, words(firewalls, Optional.empty()))));
        return new Ruling(ruling.compiled(), standings);
    }

    private Ruling ofNetworkPolicies(String namespace, List<FirewallInput> networkPolicies) {
        var together = projects.together(namespace);
        if (projects.isGlobal(namespace)) {
            return new Ruling(
                    Optional.empty(),
                    all(networkPolicies, policy -> standing(FirewallReason.GlobalProject, List.of())));
        }
        boolean concerned = together.stream()
                .anyMatch(project ->
                        !policies(project, FirewallInput.EGRESS_NETWORK_POLICY).isEmpty());
        if (concerned && together.size() > 1) {
            var others = together.stream()
                    .filter(project -> !project.equals(namespace))
                    .toList();
            return new Ruling(
                    Optional.of(compiler.dropsEverything()),
                    all(networkPolicies, policy -> standing(FirewallReason.JoinedProjects, others)));
        }
        return networkPolicies.isEmpty() ? Ruling.NONE : ofTheOnly(networkPolicies);
    }

    private Ruling ofTheOnly(List<FirewallInput> policies) {
        if (policies.size() > 1) {
            return new Ruling(
                    Optional.of(compiler.dropsEverything()),
                    all(
                            policies,
                            policy -> standing(FirewallReason.SeveralPolicies, words(policies, Optional.of(policy)))));
        }
        var policy = policies.getFirst();
        var compiled = compiler.compile(policy.rules());
        return new Ruling(Optional.of(compiled), Map.of(policy, standing(policy, compiled)));
    }

    private static Standing standing(FirewallInput policy, RuleCompiler.Compiled compiled) {
        if (!compiled.wrong().isEmpty()) {
            return new Standing(FirewallReason.InvalidRule, compiled.wrong(), compiled.notes());
        }
        if (policy.rules().size() > RuleCompiler.MOST_RULES) {
            return new Standing(
                    FirewallReason.TooManyRules, List.of(RuleCompiler.MOST_RULES + " are allowed"), compiled.notes());
        }
        return new Standing(FirewallReason.RulesApplied, List.of(), compiled.notes());
    }

    private static Standing standing(FirewallReason reason, List<String> details) {
        return new Standing(reason, details, List.of());
    }

    private static Map<FirewallInput, Standing> all(
            List<FirewallInput> policies, Function<FirewallInput, Standing> standing) {
        var standings = new HashMap<FirewallInput, Standing>();
        policies.forEach(policy -> standings.put(policy, standing.apply(policy)));
        return standings;
    }

    private static List<String> words(List<FirewallInput> policies, Optional<FirewallInput> without) {
        return policies.stream()
                .filter(policy -> !Optional.of(policy).equals(without))
                .map(FirewallInput::words)
                .toList();
    }
}
