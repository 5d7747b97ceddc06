package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.reconciler.explain.AclRules;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Departure.Exit;
import io.ovnegress.reconciler.explain.Departure.Outcome;
import io.ovnegress.reconciler.explain.Destination;
import io.ovnegress.reconciler.explain.Match.Fits;
import io.ovnegress.reconciler.explain.Match.Packet;
import io.ovnegress.reconciler.explain.Passage;
import io.ovnegress.reconciler.explain.Reason;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Way;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterRows;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.router.NodeUplinks;
import io.ovnegress.reconciler.router.RouterExits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What becomes of what a pod sends to a virtual IP, or to a router's address on the join switch, to which Services lead: at the ACLs
 * before the router, at its load balancers, its policies, its routes and SNATs, in this order. Of what is not said in the question
 * everything is tried that makes a difference. Looks only.
 */
final class VirtualIpWays {
    private final NorthboundView view;
    private final NamespaceGroups groups;
    private final Wants wants;
    private final KnownRouters known;
    private final NodeUplinks uplinks;
    private final RouterExits exits;
    private final Supplier<Map<String, Plan>> plans;
    private final Function<EgressRouterOwner, Wanted> want;

    VirtualIpWays(
            NorthboundView view,
            NamespaceGroups groups,
            Wants wants,
            KnownRouters known,
            NodeUplinks uplinks,
            Supplier<Map<String, Plan>> plans,
            Function<EgressRouterOwner, Wanted> want) {
        this.view = view;
        this.groups = groups;
        this.wants = wants;
        this.known = known;
        this.uplinks = uplinks;
        this.exits = new RouterExits(view);
        this.plans = plans;
        this.want = want;
    }

    /** What a router makes of a packet: it leaves, or is dropped for this reason; neither if that cannot be told for this reason. */
    private record Fate(Optional<Exit> exit, boolean isDropped, Optional<Reason> why) {
        static Fate leaves(Exit exit) {
            return new Fate(Optional.of(exit), false, Optional.empty());
        }

        static Fate dropped(EgressRouterFinding code, String why) {
            return new Fate(Optional.empty(), true, Optional.of(new Reason(code, why)));
        }

        static Fate unknown(String why) {
            return new Fate(
                    Optional.empty(), false, Optional.of(new Reason(EgressRouterFinding.NotToldByEgressRouter, why)));
        }
    }

    List<Passage> of(PodInput pod, IpAddress source, Destination to) {
        var objects = new TreeSet<String>();
        plans.get().values().stream()
                .filter(plan -> plan.virtualIps().containsValue(to.address()))
                .forEach(plan -> objects.add(plan.object().key()));
        known.virtualIps().forEach((place, ip) -> {
            if (ip.equals(to.address())) {
                objects.add(place.object());
            }
        });
        // It answers to a ping of its own address itself.
        if (!to.protocol().equals(Optional.of("icmp"))) {
            known.all().stream()
                    .filter(router -> hasInside(router, to.address()))
                    .forEach(router -> objects.add(router.object()));
        }
        return objects.stream()
                .flatMap(object -> passages(object, pod, source, to))
                .toList();
    }

    private boolean hasInside(Router router, IpAddress address) {
        return wants.inside(router, address.family()).filter(address::equals).isPresent();
    }

    /** The ACLs are asked about what is sent there on other ways too: the policy that leads to the router may not be there. */
    private Stream<Passage> passages(String object, PodInput pod, IpAddress source, Destination to) {
        var way = new Way(object);
        var plan = Optional.ofNullable(plans.get().get(object));
        var acls = new AclRules(
                view,
                groups.of(pod.name().namespace()),
                new Packet(EgressRouterRows.FROM_PORT, source, to.address(), to.protocol(), to.port()));
        var reasons = new LinkedHashSet<Reason>();
        plan.filter(there -> there.virtualIps().containsValue(to.address()))
                .ifPresent(there -> reasons.add(virtualIp(there, to)));
        var verdict = acls.now(view.rowsOf(way));
        reason(verdict, object).ifPresent(reasons::add);
        var now = verdict.departure().orElseGet(() -> now(object, pod, source, to, reasons));
        var decided = plan.map(there -> acls.wanted(want.apply(way).rows()));
        return Stream.of(
                new Passage(
                        Passage.Station.OWN_ROUTER,
                        Optional.of(now),
                        Optional.of(decided.map(
                                        there -> there.departure().orElseGet(() -> wanted(plan.orElseThrow(), to)))
                                .orElseGet(Departure::unknown)),
                        List.copyOf(reasons)),
                new Passage(
                        Passage.Station.JOIN_SWITCH,
                        verdict.departure(),
                        decided.flatMap(AclRules.Verdict::departure),
                        List.of()));
    }

    private static Optional<Reason> reason(AclRules.Verdict verdict, String object) {
        return verdict.by()
                .filter(unused -> verdict.drops() != Fits.NO)
                .map(rule -> verdict.drops() == Fits.YES
                        ? new Reason(
                                EgressRouterFinding.NoClient,
                                "the pod is no client of EgressRouter " + object + " (spec.clients), and is refused: "
                                        + rule.command())
                        : new Reason(
                                EgressRouterFinding.NotToldByEgressRouter,
                                "whether the pod is a client of EgressRouter " + object + " is not known: "
                                        + rule.command()));
    }

    private Reason virtualIp(Plan plan, Destination to) {
        var hosts = new TreeSet<String>();
        plan.seats().forEach(seat -> {
            var balancers = balancers(seat.key());
            balancers.meant(to).forEach(meant -> balancers.behind(meant).ifPresent(hosts::addAll));
        });
        return new Reason(
                EgressRouterFinding.VirtualIp,
                to.address() + " is the virtual IP of EgressRouter "
                        + plan.object().key()
                        + ", by which clients leave as " + EgressRouterExplanations.places(plan.seats())
                        + (hosts.isEmpty() ? "" : ", to " + String.join(" or ", hosts)));
    }

    /** As the rows are. */
    private Departure now(String object, PodInput pod, IpAddress source, Destination to, Set<Reason> reasons) {
        var hops = known.all().stream().anyMatch(router -> hasInside(router, to.address()))
                ? Set.of(to.address().text())
                : hops(object, to.address());
        var fates = new ArrayList<Fate>();
        var droppedOn = new ArrayList<String>();
        for (var hop : hops) {
            var router = known.all().stream()
                    .filter(each -> IpAddress.parse(hop)
                            .filter(address -> hasInside(each, address))
                            .isPresent())
                    .min(Comparator.comparing(Router::routerName));
            if (router.isEmpty()) {
                return Departure.elsewhere();
            }
            var key = router.get();
            var fate = inOneWay(object, balancers(key), to, (meant, behind) -> now(key, pod, source, meant, behind));
            if (fate.isDropped()) {
                droppedOn.add(nodeOf(key));
            }
            fate.why().ifPresent(reasons::add);
            fates.add(fate);
        }
        return departure(fates, droppedOn);
    }

    private Set<String> hops(String object, IpAddress virtualIp) {
        return view.rowsOf(new Way(object)).stream()
                .filter(row -> EgressRouterRows.virtualIpOf(row)
                        .filter(virtualIp::equals)
                        .isPresent())
                .flatMap(row -> row.get(LogicalRouterPolicy.NEXTHOPS).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Departure departure(List<Fate> fates, List<String> droppedOn) {
        var leaving = fates.stream().flatMap(fate -> fate.exit().stream()).toList();
        if (fates.stream().anyMatch(fate -> fate.exit().isEmpty() && !fate.isDropped())) {
            return Departure.unknown();
        }
        return leaving.isEmpty() ? Departure.dropped() : new Departure(Outcome.EgressAddress, leaving, droppedOn);
    }

    private Balancers balancers(Router key) {
        return Balancers.of(view.rowsOf(key).stream()
                .filter(row -> view.parentsOf(row.id()).stream()
                        .anyMatch(parent -> view.router(key.routerName())
                                .filter(parent.parent()::equals)
                                .isPresent())));
    }

    private String nodeOf(Router key) {
        return known.chassis(key).flatMap(uplinks::nodeOf).orElse("a node that is not known");
    }

    /**
     * What becomes of each of those that may be meant, if it is the same of all.
     *
     * @param each of what is meant, and where load balancers send it
     */
    private static Fate inOneWay(
            String object, Balancers balancers, Destination to, BiFunction<Destination, Optional<String>, Fate> each) {
        var fates = new ArrayList<Fate>();
        for (var meant : balancers.meant(to)) {
            var behind = balancers.behind(meant);
            if (behind.isEmpty()) {
                fates.add(each.apply(meant, Optional.empty()));
            } else if (behind.get().isEmpty()) {
                fates.add(Fate.dropped(
                        EgressRouterFinding.NoDestination,
                        "EgressRouter " + object + " has no destination for " + meant
                                + ", and no fallback: it is refused; see spec.destinations"));
            } else {
                behind.get().forEach(host -> fates.add(each.apply(meant, Optional.of(host))));
            }
        }
        boolean isSame = fates.stream().map(Fate::exit).distinct().count() == 1
                && fates.stream().map(Fate::isDropped).distinct().count() == 1;
        return isSame
                ? fates.getFirst()
                : Fate.unknown("EgressRouter " + object
                        + " sends some of it on and not all: that hangs on protocol and port, so say both");
    }

    /** @param behind where load balancers have sent it; empty if none has taken it */
    private Fate now(Router key, PodInput pod, IpAddress source, Destination to, Optional<String> behind) {
        var there = behind.map(host -> Balancers.translated(to, host)).orElse(to);
        var name = key.routerName();
        if (hasInside(key, there.address())) {
            return lacking(name, "a load balancer that takes it");
        }
        var policies = new AclRules(
                view,
                groups.of(pod.name().namespace()),
                new Packet(key.insidePort(), source, there.address(), there.protocol(), there.port()));
        var verdict =
                policies.policies(exits.rows(key, LogicalRouterPolicy.TABLE).toList());
        if (verdict.drops() != Fits.NO) {
            var command = verdict.by().map(AclRules.Rule::command).orElse("");
            return verdict.drops() == Fits.UNKNOWN
                    ? Fate.unknown("whether router " + name + " lets the pod pass is not known: " + command)
                    : behind.isEmpty()
                            ? lacking(name, "a load balancer that takes it")
                            : Fate.dropped(
                                    EgressRouterFinding.RouterLacks,
                                    "what is sent to router " + name + " is dropped there: " + command);
        }
        var exit = exits.of(key, source);
        return exit.lacks()
                .map(what -> lacking(name, what))
                .orElseGet(() -> Fate.leaves(new Exit(exit.source(), nodeOf(key))));
    }

    private static Fate lacking(String router, String what) {
        return Fate.dropped(
                EgressRouterFinding.RouterLacks,
                "what is sent to router " + router + " is dropped there, since it lacks " + what + ": ovn-nbctl show "
                        + router);
    }

    /** As decided; load balancers of which nobody knows what they are to be stay as they are. */
    private Departure wanted(Plan plan, Destination to) {
        var family = to.address().family();
        boolean isVirtual = plan.virtualIps().containsValue(to.address());
        var fates = new ArrayList<Fate>();
        var droppedOn = new ArrayList<String>();
        for (var seat : plan.seats()) {
            var source = seat.source(family);
            if (source.isEmpty() || (!isVirtual && !hasInside(seat.key(), to.address()))) {
                continue;
            }
            var decided = Balancers.wanted(want.apply(seat.key()).rows());
            var fate = inOneWay(
                    plan.object().key(),
                    decided.isEmpty() ? balancers(seat.key()) : decided,
                    to,
                    (meant, behind) -> behind.isEmpty()
                            ? lacking(seat.key().routerName(), "a load balancer that takes it")
                            : Fate.leaves(new Exit(source.map(IpAddress::text), seat.node())));
            if (fate.isDropped()) {
                droppedOn.add(seat.node());
            }
            fates.add(fate);
        }
        return departure(fates, droppedOn);
    }
}
