package io.ovnegress.reconciler.feature.firewall.status;

import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import java.util.List;
import java.util.stream.Collectors;

/** The conditions of a policy, with what is wrong and what to do. */
public final class FirewallConditions {
    private static final int NAMED = 5;

    private FirewallConditions() {}

    /**
     * How it is with a policy.
     *
     * @param details what the reason is about, as sentences without full stops
     * @param notes what is not as it seems though nothing is wrong
     */
    public record Standing(FirewallReason reason, List<String> details, List<String> notes) {
        public Standing {
            details = List.copyOf(details);
            notes = List.copyOf(notes);
        }

        public boolean isApplied() {
            return reason == FirewallReason.RulesApplied;
        }
    }

    public static StatusCondition applied(FirewallInput policy, Standing standing) {
        var notes = standing.notes().isEmpty() ? "" : "; " + some(standing.notes());
        return new StatusCondition(
                FirewallConditionType.Applied,
                standing.isApplied(),
                standing.reason(),
                message(policy, standing) + notes,
                policy.generation());
    }

    /** @param unresolved names with what is known of each */
    public static StatusCondition names(FirewallInput policy, List<String> unresolved) {
        return new StatusCondition(
                FirewallConditionType.NamesResolved,
                unresolved.isEmpty(),
                unresolved.isEmpty() ? FirewallReason.NamesResolved : FirewallReason.NamesUnresolved,
                unresolved.isEmpty()
                        ? "the addresses of all names are known"
                        : some(unresolved) + ": correct the name, or the DNS servers that the controller asks"
                                + " (--dns-servers)",
                policy.generation());
    }

    private static String message(FirewallInput policy, Standing standing) {
        return switch (standing.reason()) {
            case RulesApplied -> policy.rules().size() + " rules are in the database";
            case InvalidRule -> some(standing.details()) + ": correct them, the other rules act";
            case TooManyRules ->
                "it has " + policy.rules().size() + " rules, " + some(standing.details())
                        + ": what the first ones do not allow is denied, join rules or name larger networks";
            case SeveralPolicies ->
                "the namespace has " + some(standing.details())
                        + ": nothing may leave it until there is only one, delete the others";
            case JoinedProjects ->
                "the project shares its network with " + some(standing.details())
                        + " (NetNamespace): nothing may leave them, isolate the projects or delete the policy";
            case GlobalProject ->
                "the project's network is global: the policy is ignored, as OpenShift SDN did; use an EgressFirewall";
            case Superseded ->
                "the namespace has " + some(standing.details()) + ", which counts in its place: delete this one";
            case NoPortGroup ->
                "ovnkube has no port group for the namespace in the database: nothing is denied until it has one,"
                        + " see that its version makes them";
            case UnsupportedTopology ->
                "the nodes have databases of their own (interconnect), which is not served yet: nothing is denied, use"
                        + " ovn-kubernetes' own firewall";
            case RefusedByDatabase ->
                "the database refused the rows, they are tried again: " + some(standing.details());
            case NamesResolved, NamesUnresolved, MeterThere, NoMeter -> some(standing.details());
        };
    }

    private static String some(List<String> texts) {
        var first = texts.stream().limit(NAMED).collect(Collectors.joining("; "));
        return texts.size() > NAMED ? first + " and " + (texts.size() - NAMED) + " more" : first;
    }
}
