package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Destination;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** From rules in their order to what ACLs say. Pure. */
public final class RuleCompiler {
    /** As in ovn-kubernetes: the priorities from 10000 down to 2001. */
    public static final int MOST_RULES = 8000;

    private static final long DNS_PRIORITY = 10_001;
    private static final long FIRST_PRIORITY = 10_000;
    private static final long LAST_PRIORITY = FIRST_PRIORITY - MOST_RULES;
    /** Nobody sends there; OpenShift SDN took it for everything. */
    private static final String MEANT_AS_EVERYTHING = "0.0.0.0/32";

    private static final IpNetwork EVERYTHING = IpNetwork.parse("0.0.0.0/0").orElseThrow();

    private final Matches matches;

    public RuleCompiler(Matches matches) {
        this.matches = matches;
    }

    /**
     * @param lines by falling priority
     * @param sources whose sets they name
     * @param wrong what was not understood, and what is made of it, each naming the number of its rule
     * @param notes what is not as it seems, likewise
     */
    public record Compiled(
            List<FirewallLine> lines, Set<AddressSource> sources, List<String> wrong, List<String> notes) {}

    /** Nothing may leave but what every namespace may: questions to the DNS servers of nodes. */
    public Compiled dropsEverything() {
        var collected = new Collected();
        collected.lines.add(new FirewallLine(LAST_PRIORITY, matches.toEverything(), false));
        return collected.compiled();
    }

    /** The number of the rule that an ACL of this priority is made of; empty: of none. */
    public static Optional<Integer> ruleOf(long priority) {
        return priority > FIRST_PRIORITY ? Optional.empty() : Optional.of((int) (FIRST_PRIORITY - priority) + 1);
    }

    public Compiled compile(List<FirewallRule> rules) {
        var collected = new Collected();
        for (int i = 0; i < Math.min(rules.size(), MOST_RULES); i++) {
            collected.add(i, rules.get(i));
        }
        if (rules.size() > MOST_RULES) {
            collected.lines.add(new FirewallLine(LAST_PRIORITY, matches.toEverything(), false));
        }
        return collected.compiled();
    }

    private final class Collected {
        private final List<FirewallLine> lines = new ArrayList<>();
        private final Set<AddressSource> sources = new LinkedHashSet<>();
        private final List<String> wrong = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();

        private Collected() {
            sources.add(AddressSource.Nodes.ALL);
            lines.add(new FirewallLine(DNS_PRIORITY, Matches.dnsOf(AddressSource.Nodes.ALL), true));
        }

        private void add(int index, FirewallRule rule) {
            match(index + 1, rule)
                    .map(match -> rule.to() instanceof Destination.Unknown ? match : Matches.on(rule.ports(), match))
                    .ifPresent(match -> lines.add(new FirewallLine(FIRST_PRIORITY - index, match, rule.allows())));
        }

        private Optional<String> match(int number, FirewallRule rule) {
            return switch (rule.to()) {
                case Destination.Network(var network) -> network(number, network);
                case Destination.Name(var name) -> Optional.of(set(new AddressSource.Name(name)));
                case Destination.Nodes(var selector) -> Optional.of(set(new AddressSource.Nodes(selector)));
                case Destination.Unknown(var why) -> {
                    wrong.add("rule " + number + ": " + why + "; until then it "
                            + (rule.allows() ? "allows nothing" : "denies everything"));
                    yield rule.allows() ? Optional.empty() : Optional.of(matches.toEverything());
                }
            };
        }

        private String set(AddressSource source) {
            sources.add(source);
            return Matches.to(source);
        }

        private Optional<String> network(int number, IpNetwork network) {
            if (network.text().equals(MEANT_AS_EVERYTHING)) {
                notes.add("rule " + number + ": " + MEANT_AS_EVERYTHING + " is taken for " + EVERYTHING
                        + ", as OpenShift SDN did: write that");
                return matches.to(EVERYTHING);
            }
            var match = matches.to(network);
            if (match.isEmpty()) {
                notes.add("rule " + number + ": " + network + " lies inside of the cluster, where a firewall decides"
                        + " nothing: use a NetworkPolicy");
            }
            return match;
        }

        private Compiled compiled() {
            return new Compiled(List.copyOf(lines), Set.copyOf(sources), List.copyOf(wrong), List.copyOf(notes));
        }
    }
}
