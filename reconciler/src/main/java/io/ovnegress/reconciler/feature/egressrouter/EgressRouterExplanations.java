package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.explain.RowState;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Clients;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Way;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What became of egress routers, and whose addresses are theirs. Looks only. */
final class EgressRouterExplanations {
    private static final int MOST_ROWS = 50;

    private final Supplier<Map<String, Plan>> plans;
    private final Function<String, Optional<StatusChange>> said;
    private final Function<EgressRouterOwner, Wanted> want;

    /** @param said what users have been told last of an object */
    EgressRouterExplanations(
            Supplier<Map<String, Plan>> plans,
            Function<String, Optional<StatusChange>> said,
            Function<EgressRouterOwner, Wanted> want) {
        this.plans = plans;
        this.said = said;
        this.want = want;
    }

    Optional<Explanation> of(Question question, OwnerRows rows) {
        return switch (question) {
            case Question.OfObject(var object)
            when object.kind().equals(EgressRouterInput.KIND) ->
                Optional.ofNullable(plans.get().get(object.key())).map(plan -> object(plan, rows));
            case Question.OfObject(var object) when object.kind().equals(InputKind.NODE) -> node(object.key());
            case Question.OfAddress(var address) -> address(address);
            default -> Optional.empty();
        };
    }

    private static String name(Plan plan) {
        return "EgressRouter " + plan.object().key();
    }

    static String places(Collection<Plan.Seat> seats) {
        return seats.isEmpty()
                ? "nowhere"
                : seats.stream()
                        .map(seat ->
                                seat.sources().stream().map(IpAddress::text).collect(Collectors.joining(" and "))
                                        + " from " + seat.node())
                        .collect(Collectors.joining(" or as "));
    }

    private Explanation object(Plan plan, OwnerRows rows) {
        var object = plan.object();
        var reasons = new ArrayList<Reason>();
        said.apply(object.key()).ifPresent(told -> reasons.addAll(told.reasons()));
        var answer = reasons.isEmpty()
                ? "nothing has been said of it yet"
                : reasons.getFirst().message();
        var states = new ArrayList<RowState>();
        var owners = Stream.<EgressRouterOwner>concat(
                Stream.of(new Way(object.key()), new Clients(object.key())),
                plan.seats().stream().map(Plan.Seat::key));
        owners.forEach(owner -> {
            var state = rows.of(owner, want.apply(owner).rows());
            states.addAll(state.rows());
            if (!state.settled()) {
                reasons.add(state.standing());
            }
        });
        var facts = new Explanation.Facts();
        if (!plan.virtualIps().isEmpty()) {
            facts.with("virtualIp", plan.inOrder().map(IpAddress::text).collect(Collectors.joining(" and ")));
        }
        facts.with("leavesAs", places(plan.seats()));
        facts.with(
                "clients", plan.namespaces().isEmpty() ? "none" : String.join(", ", new TreeSet<>(plan.namespaces())));
        facts.with("destinations", plan.destinations().targets().count());
        return new Explanation(
                object.ref().kind().word(),
                object.key(),
                answer,
                facts.map(),
                Optional.empty(),
                Optional.empty(),
                reasons,
                states.stream().limit(MOST_ROWS).toList(),
                List.of());
    }

    private Optional<Explanation> node(String name) {
        var reasons = new ArrayList<Reason>();
        each(
                seat -> seat.node().equals(name),
                (plan, seat) -> reasons.add(new Reason(
                        EgressRouterFinding.HasRouter,
                        "it has a router of " + name(plan) + ", by which clients leave as "
                                + seat.sources().stream().map(IpAddress::text).collect(Collectors.joining(" and ")))));
        return reasons.isEmpty()
                ? Optional.empty()
                : Optional.of(new Explanation(
                        "node",
                        name,
                        "has " + reasons.size() + (reasons.size() == 1 ? " router" : " routers") + " of EgressRouters",
                        Map.of(),
                        reasons,
                        List.of()));
    }

    private Optional<Explanation> address(IpAddress address) {
        var answers = new ArrayList<String>();
        var reasons = new ArrayList<Reason>();
        plans.get().values().stream()
                .filter(plan -> plan.virtualIps().containsValue(address))
                .forEach(plan -> {
                    answers.add("is the virtual IP of " + name(plan) + ": what clients send there leaves as "
                            + places(plan.seats()));
                    reasons.add(new Reason(
                            EgressRouterFinding.VirtualIp,
                            name(plan) + " has it, for clients of "
                                    + String.join(", ", new TreeSet<>(plan.namespaces()))));
                });
        each(seat -> seat.sources().contains(address), (plan, seat) -> {
            answers.add("is the source of " + name(plan) + " on node " + seat.node());
            reasons.add(new Reason(
                    EgressRouterFinding.Source,
                    "what goes through " + name(plan) + " leaves as it; clients are pods of "
                            + String.join(", ", new TreeSet<>(plan.namespaces()))));
        });
        return answers.isEmpty()
                ? Optional.empty()
                : Optional.of(new Explanation(
                        "ip", address.text(), String.join("; ", answers), Map.of(), reasons, List.of()));
    }

    private void each(Predicate<Plan.Seat> which, BiConsumer<Plan, Plan.Seat> action) {
        plans.get()
                .values()
                .forEach(plan -> plan.seats().stream().filter(which).forEach(seat -> action.accept(plan, seat)));
    }
}
