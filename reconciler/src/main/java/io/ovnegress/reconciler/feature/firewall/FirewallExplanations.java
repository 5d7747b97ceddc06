package io.ovnegress.reconciler.feature.firewall;

import io.ovnegress.reconciler.explain.AclRules;
import io.ovnegress.reconciler.explain.AclRules.Verdict;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Match.Packet;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Passage;
import io.ovnegress.reconciler.explain.Passage.Station;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.firewall.rows.AdminRows;
import io.ovnegress.reconciler.feature.firewall.rows.FirewallOwner;
import io.ovnegress.reconciler.feature.firewall.rows.RuleCompiler;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What becomes of what leaves a namespace, by the rule that decides, and how it is with policies. Looks only. */
final class FirewallExplanations {
    /** Of a policy: as many rows are told one by one. */
    private static final int MOST_ROWS = 50;

    private final Inputs inputs;
    private final NorthboundView view;
    private final NamespaceGroups groups;
    private final Rulings rulings;
    private final AdminPolicies admin;
    private final Function<ObjectRef, Optional<StatusChange>> said;
    private final Function<FirewallOwner, Wanted> want;

    /** @param said what users have been told last of a policy */
    FirewallExplanations(
            Inputs inputs,
            NorthboundView view,
            NamespaceGroups groups,
            Rulings rulings,
            AdminPolicies admin,
            Function<ObjectRef, Optional<StatusChange>> said,
            Function<FirewallOwner, Wanted> want) {
        this.inputs = inputs;
        this.view = view;
        this.groups = groups;
        this.rulings = rulings;
        this.admin = admin;
        this.said = said;
        this.want = want;
    }

    Optional<Explanation> of(Question question, OwnerRows rows) {
        if (!(question instanceof Question.OfObject(var object))) {
            return Optional.empty();
        }
        if (object.kind().equals(InputKind.POD)) {
            return PodName.parse(object.key())
                    .filter(name -> inputs.pod(name).isPresent())
                    .flatMap(this::pod);
        }
        if (object.kind().equals(AdminPolicyInput.KIND)) {
            return Optional.ofNullable(inputs.objects(AdminPolicyInput.KIND, AdminPolicyInput.class)
                            .get(object.key()))
                    .map(policy -> policy(
                            object,
                            Map.of("namespaces", String.join(", ", admin.selected(policy))),
                            admin.owners(policy),
                            rows));
        }
        return object.kind().equals(FirewallInput.EGRESS_FIREWALL)
                        || object.kind().equals(FirewallInput.EGRESS_NETWORK_POLICY)
                ? Optional.ofNullable(inputs.objects(object.kind(), FirewallInput.class)
                                .get(object.key()))
                        .map(policy -> policy(
                                object,
                                Map.of("rules", Integer.toString(policy.rules().size())),
                                List.of(new FirewallOwner.Namespace(policy.namespace())),
                                rows))
                : Optional.empty();
    }

    private Explanation policy(
            ObjectRef object, Map<String, String> facts, List<FirewallOwner> owners, OwnerRows rows) {
        var states = owners.stream()
                .map(owner -> rows.of(owner, want.apply(owner).rows()))
                .toList();
        var reasons = new ArrayList<Reason>();
        said.apply(object).ifPresent(told -> reasons.addAll(told.reasons()));
        var answer = reasons.isEmpty()
                ? "nothing has been said of it yet"
                : reasons.getFirst().message();
        reasons.add(states.stream()
                .filter(state -> !state.settled())
                .findFirst()
                .orElse(states.getFirst())
                .standing());
        return new Explanation(
                object.kind().word(),
                object.key(),
                answer,
                facts,
                Optional.empty(),
                Optional.empty(),
                reasons,
                states.stream()
                        .flatMap(state -> state.rows().stream())
                        .limit(MOST_ROWS)
                        .toList(),
                List.of());
    }

    /** What decides by destination is said of, since without one nothing is decided. */
    private Optional<Explanation> pod(PodName name) {
        var reasons = new ArrayList<Reason>();
        rulings.of(name.namespace())
                .compiled()
                .ifPresent(compiled -> reasons.add(new Reason(
                        FirewallFinding.HasFirewall,
                        by(name.namespace()) + " decides what leaves, and where to ("
                                + compiled.lines().size() + " ACLs): ask for a destination, with --to")));
        admin.selecting(name.namespace())
                .forEach(policy -> reasons.add(new Reason(
                        FirewallFinding.HasAdminPolicy,
                        "EgressAdminPolicy " + policy + " selects its namespace, and may drop what leaves: ask for a"
                                + " destination, with --to")));
        return reasons.isEmpty()
                ? Optional.empty()
                : Optional.of(new Explanation("pod", name.toString(), "", Map.of(), reasons, List.of()));
    }

    private String by(String namespace) {
        return rulings.of(namespace)
                .object()
                .orElse("more than one policy together, of which none can be obeyed, for namespace " + namespace);
    }

    List<Passage> passages(PodInput pod, IpAddress source, Destination to) {
        var passages = new ArrayList<Passage>();
        var namespace = pod.name().namespace();
        var owner = new FirewallOwner.Namespace(namespace);
        if (view.hasRows(owner) || rulings.of(namespace).compiled().isPresent()) {
            passages.add(passage(
                    Station.POD_SWITCH,
                    List.of(owner),
                    rules(pod, source, to, pod.name().toString()),
                    rule -> by(namespace) + ", " + ruleWords(rule)));
        }
        var policies = admin.deciding(namespace);
        if (!policies.isEmpty()) {
            passages.add(passage(
                    Station.JOIN_SWITCH,
                    policies,
                    rules(pod, source, to, AdminRows.FROM_PORT),
                    rule -> "an EgressAdminPolicy"));
        }
        return passages;
    }

    private AclRules rules(PodInput pod, IpAddress source, Destination to, String inport) {
        return new AclRules(
                view,
                groups.of(pod.name().namespace()),
                new Packet(inport, source, to.address(), to.protocol(), to.port()));
    }

    private Passage passage(
            Station station,
            Collection<? extends FirewallOwner> owners,
            AclRules rules,
            Function<AclRules.Rule, String> who) {
        var now = rules.now(
                owners.stream().flatMap(owner -> view.rowsOf(owner).stream()).toList());
        var wanted = rules.wanted(owners.stream()
                .flatMap(owner -> want.apply(owner).rows().stream())
                .<DesiredRow>map(row -> row)
                .toList());
        var reasons = new ArrayList<Reason>();
        reason(now, who, "").ifPresent(reasons::add);
        if (now.drops() != wanted.drops()) {
            reason(wanted, who, "as decided: ").ifPresent(reasons::add);
        }
        if (reasons.isEmpty() && station == Station.POD_SWITCH) {
            reasons.add(new Reason(
                    FirewallFinding.NotRuled, "no rule of the namespace's firewall has to do with this destination"));
        }
        return new Passage(station, now.departure(), wanted.departure(), reasons);
    }

    private static Optional<Reason> reason(Verdict verdict, Function<AclRules.Rule, String> who, String when) {
        return verdict.by().map(rule -> switch (verdict.drops()) {
            case YES -> new Reason(FirewallFinding.Denied, when + who.apply(rule) + " drops it: " + rule.command());
            case NO -> new Reason(FirewallFinding.Allowed, when + who.apply(rule) + " lets it pass: " + rule.command());
            case UNKNOWN ->
                new Reason(
                        FirewallFinding.NotToldByFirewall,
                        when + "whether this decides cannot be told from what is asked (say port and protocol), or"
                                + " from what is known here: " + who.apply(rule) + ": " + rule.command());
        });
    }

    private static String ruleWords(AclRules.Rule rule) {
        return RuleCompiler.ruleOf(rule.priority())
                .<String>map(number -> "rule " + number)
                .orElse("what lets every namespace ask the DNS servers of nodes");
    }
}
