package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.explain.AclRules;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Departure.Exit;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Match.Fits;
import io.ovnegress.reconciler.explain.Match.Packet;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Passage;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.explain.RowState;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Clients;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Way;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows.Backends;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where what is sent to a virtual IP leaves, and whose addresses are those of egress routers. Looks only. */
final class EgressRouterExplanations {
    private static final int MOST_ROWS = 50;

    private final NorthboundView view;
    private final NamespaceGroups groups;
    private final Wants wants;
    private final KnownRouters known;
    private final Supplier<Map<String, Plan>> plans;
    private final Function<String, Optional<StatusChange>> said;
    private final Function<EgressRouterOwner, Wanted> want;

    /** @param said what users have been told last of an object */
    EgressRouterExplanations(
            NorthboundView view,
            NamespaceGroups groups,
            Wants wants,
            KnownRouters known,
            Supplier<Map<String, Plan>> plans,
            Function<String, Optional<StatusChange>> said,
            Function<EgressRouterOwner, Wanted> want) {
        this.view = view;
        this.groups = groups;
        this.wants = wants;
        this.known = known;
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

    private static String places(Collection<Plan.Seat> seats) {
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

    List<Passage> passages(PodInput pod, IpAddress source, Destination to) {
        return plans.get().values().stream()
                .filter(plan -> plan.virtualIps().containsValue(to.address()))
                .map(plan -> passage(plan, pod, source, to))
                .toList();
    }

    private Passage passage(Plan plan, PodInput pod, IpAddress source, Destination to) {
        var way = new Way(plan.object().key());
        var acls = new AclRules(
                view,
                groups.of(pod.name().namespace()),
                new Packet(EgressRouterRows.FROM_PORT, source, to.address(), to.protocol(), to.port()));
        var hops = known.nextHops(plan.object().key());
        var there = plan.seats().stream()
                .filter(seat -> wants.inside(seat.key(), to.address().family())
                        .filter(inside -> hops.contains(inside.text()))
                        .isPresent())
                .toList();
        var reasons = new ArrayList<Reason>();
        var behind = plan.backends().map(backends -> behind(backends, to));
        reasons.add(new Reason(
                EgressRouterFinding.VirtualIp,
                to.address() + " is the virtual IP of " + name(plan) + ", by which clients leave as "
                        + places(plan.seats())
                        + behind.filter(hosts -> !hosts.isEmpty())
                                .map(hosts -> ", to " + String.join(" or ", new TreeSet<>(hosts)))
                                .orElse("")));
        var now = acls.now(view.rowsOf(way));
        reason(now, plan).ifPresent(reasons::add);
        boolean isRefused = behind.filter(Set::isEmpty).isPresent();
        if (isRefused && now.drops() != Fits.YES) {
            reasons.add(new Reason(
                    EgressRouterFinding.NoDestination,
                    name(plan) + " has no destination for " + to
                            + ", and no fallback: it is refused; see spec.destinations"));
        }
        return new Passage(
                Passage.Station.OWN_ROUTER,
                Optional.of(departure(now, there, to, isRefused)),
                Optional.of(departure(acls.wanted(want.apply(way).rows()), plan.seats(), to, isRefused)),
                reasons);
    }

    private static Departure departure(
            AclRules.Verdict verdict, List<Plan.Seat> seats, Destination to, boolean isRefused) {
        if (isRefused || seats.isEmpty()) {
            return Departure.dropped();
        }
        return verdict.departure()
                .orElseGet(() -> new Departure(
                        Departure.Outcome.EgressAddress,
                        seats.stream()
                                .flatMap(seat -> seat.source(to.address().family()).stream()
                                        .map(source -> new Exit(Optional.of(source.text()), seat.node())))
                                .toList()));
    }

    private static Optional<Reason> reason(AclRules.Verdict verdict, Plan plan) {
        return verdict.by()
                .filter(unused -> verdict.drops() != Fits.NO)
                .map(rule -> verdict.drops() == Fits.YES
                        ? new Reason(
                                EgressRouterFinding.NoClient,
                                "the pod is no client of " + name(plan) + " (spec.clients), and is refused: "
                                        + rule.command())
                        : new Reason(
                                EgressRouterFinding.NotToldByEgressRouter,
                                "whether the pod is a client of " + name(plan) + " is not known: " + rule.command()));
    }

    /** What takes what is sent to such a port; of one that is not said everything that there is. */
    private static Set<String> behind(Backends all, Destination to) {
        var backends = all.of(to.address().family());
        if (to.port().isEmpty() && !to.protocol().equals(Optional.of("icmp"))) {
            return Stream.of(
                            backends.tcp().values().stream().flatMap(Set::stream),
                            backends.udp().values().stream().flatMap(Set::stream),
                            backends.rest().stream())
                    .flatMap(hosts -> hosts)
                    .collect(Collectors.toSet());
        }
        var found = new TreeSet<String>();
        to.port().ifPresent(port -> {
            if (!to.protocol().equals(Optional.of("udp"))) {
                found.addAll(backends.tcp().getOrDefault(port, Set.of()));
            }
            if (!to.protocol().equals(Optional.of("tcp"))) {
                found.addAll(backends.udp().getOrDefault(port, Set.of()));
            }
        });
        boolean isListed = to.port()
                .filter(port -> (to.protocol().equals(Optional.of("tcp"))
                                && backends.tcp().containsKey(port))
                        || (to.protocol().equals(Optional.of("udp"))
                                && backends.udp().containsKey(port)))
                .isPresent();
        return found.isEmpty() && !isListed ? backends.rest() : found;
    }
}
