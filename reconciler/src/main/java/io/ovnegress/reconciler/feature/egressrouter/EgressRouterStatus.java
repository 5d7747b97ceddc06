package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterConditionType;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterShortfall;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterState;
import io.ovnegress.reconciler.input.FailoverGaps;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.ResolvedName;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tells users how it is with their egress routers, each change once. What it says of rows follows the commit. Not thread safe. */
final class EgressRouterStatus {
    /** Of what waits for something that is said elsewhere, and is no news by itself. */
    private static final Set<StatusCondition.Reason> WAITING =
            Set.of(EgressRouterReason.Pending, EgressRouterReason.NotReady);

    /** What is False without an event: that, and what may become a trouble one day. */
    private static final Set<StatusCondition.Reason> NO_EVENTS =
            Set.of(EgressRouterReason.Pending, EgressRouterReason.NotReady, EgressRouterReason.NoOtherNode);

    private final Inputs inputs;
    private final BiFunction<Target, Set<IpFamily>, Stream<IpAddress>> addresses;
    private final Predicate<Plan> isLedTo;
    private final Function<String, Optional<String>> serviceHolder;

    private final Set<Owner> unsettled = new HashSet<>();
    private final Map<Owner, String> refusals = new HashMap<>();
    /** Since when names stand for what they stand for. */
    private final Map<String, Instant> since = new HashMap<>();

    private final Set<String> unsaid = new TreeSet<>();
    private final Map<String, StatusChange> said = new HashMap<>();
    private Instant now = Instant.EPOCH;

    /** @param serviceHolder whose router a Service leads to */
    EgressRouterStatus(
            Inputs inputs,
            BiFunction<Target, Set<IpFamily>, Stream<IpAddress>> addresses,
            Predicate<Plan> isLedTo,
            Function<String, Optional<String>> serviceHolder) {
        this.serviceHolder = serviceHolder;
        this.inputs = inputs;
        this.addresses = addresses;
        this.isLedTo = isLedTo;
    }

    void now(Instant time) {
        now = time;
    }

    /** A name stands for something else, or there is an answer again. */
    void answered(String name) {
        since.put(name, now.truncatedTo(ChronoUnit.SECONDS));
        unsaid.addAll(said.keySet());
    }

    /** Something became of a Service, or of a destination. */
    void lookAgain() {
        unsaid.addAll(said.keySet());
    }

    /** What was told last. */
    Optional<StatusChange> said(String object) {
        return Optional.ofNullable(said.get(object));
    }

    void gone(String object) {
        said.remove(object);
        unsaid.remove(object);
    }

    /** Another plan is to be carried out, by the rows of these. */
    void planned(String object, Optional<Plan> plan, Set<Owner> owners) {
        plan.ifPresent(there -> {
            unsettled.addAll(owners);
            unsaid.add(object);
        });
    }

    void settled(EgressRouterOwner owner) {
        unsettled.remove(owner);
        refusals.remove(owner);
        unsaid.add(owner.object());
    }

    void refused(EgressRouterOwner owner, String error) {
        refusals.put(owner, error);
        unsaid.add(owner.object());
    }

    List<StatusChange> take(Map<String, Plan> plans) {
        var changes = new ArrayList<StatusChange>();
        for (var object : unsaid) {
            Optional.ofNullable(plans.get(object)).flatMap(this::tell).ifPresent(changes::add);
        }
        unsaid.clear();
        return changes;
    }

    private Optional<StatusChange> tell(Plan plan) {
        var object = plan.object();
        var conditions = new ArrayList<StatusCondition>();
        var ready = ready(plan);
        conditions.add(ready);
        if (object.highlyAvailable()) {
            conditions.add(availability(plan, ready));
        }
        failover(plan).ifPresent(conditions::add);
        conditions.add(names(plan));
        if (object.dialled()) {
            conditions.add(reachable(plan));
        }
        plan.serviceKey().ifPresent(service -> conditions.add(service(plan, service)));
        object.notes().ifPresent(notes -> conditions.add(annotation(plan, notes)));
        var change =
                new StatusChange(object.ref(), object.uid(), object.generation(), state(plan), conditions, List.of());
        var before = said.put(object.key(), change);
        if (change.equals(before)) {
            return Optional.empty();
        }
        return Optional.of(change.with(conditions.stream()
                .filter(condition -> !condition.status() && !NO_EVENTS.contains(condition.reason()))
                .filter(condition -> before == null
                        || before.conditions().stream()
                                .noneMatch(former -> former.type().equals(condition.type())
                                        && former.reason().equals(condition.reason())))
                .map(condition -> new StatusChange.Event((EgressRouterReason) condition.reason(), condition.message()))
                .toList()));
    }

    private EgressRouterState state(Plan plan) {
        var families = plan.object().families();
        var lines = new ArrayList<EgressRouterState.Line>();
        plan.destinations()
                .listed()
                .forEach(each -> lines.add(line(
                        Integer.toString(each.port()),
                        each.protocol().name().toUpperCase(Locale.ROOT),
                        each.to(),
                        Optional.of(each.targetPort()),
                        families)));
        plan.destinations().fallback().ifPresent(to -> lines.add(line("*", "", to, Optional.empty(), families)));
        return new EgressRouterState(
                plan.inOrder().map(IpAddress::text).toList(),
                plan.seats().stream()
                        .flatMap(seat -> seat.sources().stream()
                                .map(source -> new EgressRouterState.Source(source.text(), seat.node())))
                        .toList(),
                lines,
                plan.seats().isEmpty() || failover(plan).isPresent());
    }

    private EgressRouterState.Line line(
            String port, String protocol, Target to, Optional<Integer> targetPort, Set<IpFamily> families) {
        return new EgressRouterState.Line(
                port,
                protocol,
                to.toString(),
                targetPort,
                addresses.apply(to, families).map(IpAddress::text).toList(),
                to instanceof Target.Name(var name) ? Optional.ofNullable(since.get(name)) : Optional.empty());
    }

    private StatusCondition ready(Plan plan) {
        var refusal = refusals.entrySet().stream()
                .filter(entry -> isOf(entry.getKey(), plan))
                .map(Map.Entry::getValue)
                .findFirst();
        if (plan.problem().isPresent()) {
            var problem = plan.problem().get();
            return condition(
                    plan, EgressRouterConditionType.Ready, problem.reason(), words(problem.reason(), problem.what()));
        }
        if (refusal.isPresent()) {
            var reason = EgressRouterReason.RefusedByDatabase;
            return condition(plan, EgressRouterConditionType.Ready, reason, words(reason, refusal.get()));
        }
        boolean isSettled = unsettled.stream().noneMatch(owner -> isOf(owner, plan));
        return isSettled && plan.backends().isPresent() && isLedTo.test(plan)
                ? condition(
                        plan,
                        EgressRouterConditionType.Ready,
                        EgressRouterReason.Serving,
                        "clients that send to "
                                + plan.inOrder().map(IpAddress::text).collect(Collectors.joining(" and "))
                                + " leave as "
                                + plan.seats().stream()
                                        .map(seat -> seat.sources().stream()
                                                        .map(IpAddress::text)
                                                        .collect(Collectors.joining(" and "))
                                                + " by node " + seat.node())
                                        .collect(Collectors.joining(", or ")))
                : condition(
                        plan,
                        EgressRouterConditionType.Ready,
                        EgressRouterReason.Pending,
                        words(EgressRouterReason.Pending, "its rows are on their way"));
    }

    private static boolean isOf(Owner owner, Plan plan) {
        return ((EgressRouterOwner) owner).object().equals(plan.object().key());
    }

    private static StatusCondition condition(
            Plan plan, EgressRouterConditionType type, EgressRouterReason reason, String message) {
        boolean isGood = switch (reason) {
            case Serving,
                    OnTwoNodes,
                    FailoverReady,
                    NamesResolved,
                    DestinationsReachable,
                    ServiceFilled,
                    AnnotationObeyed -> true;
            default -> false;
        };
        return new StatusCondition(type, isGood, reason, message, plan.object().generation());
    }

    private static String words(EgressRouterReason reason, String what) {
        return switch (reason) {
            case InvalidSpec -> what + ": correct it, nothing is routed until then";
            case AddressConflict -> what + ": choose another source";
            case NoAddress ->
                what + ": see that one has a free address and that its spec.routerNamespaceSelector selects this"
                        + " namespace (--enable-egress-ip-pools), or write spec.addresses";
            case VirtualIPConflict -> what + ": choose another one, or leave it out to be given one";
            case NoVirtualIP -> what + ": widen --egress-router-vips";
            case NoNode -> what;
            case InvalidDestinations -> what + ": correct them, what was valid before is served until then";
            case NoSourceOfFamily ->
                what + ": add one to spec.addresses, or take that out; what was valid before is served until then";
            case NoConfigMap -> what + ": create it, what was there before is served until then";
            case NoPortGroup ->
                "ovnkube has no port group for " + what + ": pods there are refused, see that its version makes them";
            case UnsupportedTopology ->
                "the nodes have databases of their own (interconnect), which is not served yet: nothing is routed";
            case RefusedByDatabase -> "the database refused the rows, they are tried again: " + what;
            default -> what;
        };
    }

    /** What does not serve does not go on serving either, on however many nodes it is. */
    private StatusCondition availability(Plan plan, StatusCondition ready) {
        var type = EgressRouterConditionType.HighlyAvailable;
        if (plan.seats().isEmpty()) {
            return condition(
                    plan,
                    type,
                    EgressRouterReason.Pending,
                    "it is on no node yet, condition Ready says what becomes of it");
        }
        if (plan.alone().isPresent()) {
            return condition(
                    plan, type, EgressRouterReason.NotOnTwoNodes, plan.alone().get());
        }
        if (ready.reason() != EgressRouterReason.Pending && !ready.status()) {
            return condition(
                    plan,
                    type,
                    EgressRouterReason.NotReady,
                    "its sources are on two nodes, but it does not do what it is to: condition Ready says why ("
                            + ready.reason().name() + ")");
        }
        return isLedTo.test(plan)
                ? condition(
                        plan,
                        type,
                        EgressRouterReason.OnTwoNodes,
                        "what one of its nodes loses the other one goes on with")
                : condition(plan, type, EgressRouterReason.Pending, "its rows are on their way");
    }

    /** What has been found out, if anything has. */
    private Collection<FailoverGaps> gaps() {
        return inputs.objects(FailoverGaps.KIND, FailoverGaps.class).values();
    }

    private Optional<StatusCondition> failover(Plan plan) {
        return gaps().stream()
                .flatMap(found -> found.of(plan.object().ref()).stream())
                .findFirst()
                .filter(unused -> !plan.seats().isEmpty())
                .map(gaps -> condition(
                        plan,
                        EgressRouterConditionType.FailoverReady,
                        gaps.isEmpty() ? EgressRouterReason.FailoverReady : EgressRouterReason.NoOtherNode,
                        gaps.isEmpty()
                                ? "if any one node is lost, another one has each source"
                                : "a source would have no node if one of these were lost (ovn-egress whatif --lose NODE"
                                        + " says why): " + String.join(", ", new TreeSet<>(gaps))));
    }

    private static StatusCondition annotation(Plan plan, String notes) {
        var type = EgressRouterConditionType.AnnotationObeyed;
        var errors = plan.object().errors();
        return errors.isEmpty()
                ? condition(plan, type, EgressRouterReason.AnnotationObeyed, notes)
                : condition(plan, type, EgressRouterReason.AnnotationRefused, String.join("; ", errors));
    }

    private StatusCondition names(Plan plan) {
        var unresolved = new ArrayList<String>();
        for (var name : new TreeSet<>(plan.names())) {
            var answer = inputs.objects(ResolvedName.KIND, ResolvedName.class).get(name);
            if (answer == null) {
                unresolved.add(name + " has not been answered yet");
            } else if (answer.error().isPresent()) {
                unresolved.add(name + ": " + answer.error().get()
                        + (answer.addresses().isEmpty() ? "" : ", its last addresses stay"));
            } else if (addresses
                    .apply(new Target.Name(name), plan.object().families())
                    .findAny()
                    .isEmpty()) {
                unresolved.add(name + " has no "
                        + plan.object().families().stream().map(IpFamily::words).collect(Collectors.joining(" or "))
                        + " address outside of the cluster");
            }
        }
        return unresolved.isEmpty()
                ? condition(
                        plan,
                        EgressRouterConditionType.NamesResolved,
                        EgressRouterReason.NamesResolved,
                        "the addresses of all names are known")
                : condition(
                        plan,
                        EgressRouterConditionType.NamesResolved,
                        EgressRouterReason.NamesUnresolved,
                        String.join("; ", unresolved)
                                + ": correct the name, or the DNS servers that the controller asks (--dns-servers)");
    }

    private StatusCondition reachable(Plan plan) {
        var results = inputs.objects(DialResult.KIND, DialResult.class);
        var asked = plan.backends().stream()
                .flatMap(backends -> backends.tcp().values().stream())
                .flatMap(Set::stream)
                .collect(Collectors.toCollection(TreeSet::new));
        var unreachable = asked.stream()
                .flatMap(endpoint -> Optional.ofNullable(results.get(endpoint)).stream())
                .flatMap(result -> result.error().map(error -> result.key() + ": " + error).stream())
                .toList();
        if (!unreachable.isEmpty()) {
            return condition(
                    plan,
                    EgressRouterConditionType.DestinationsReachable,
                    EgressRouterReason.DestinationsUnreachable,
                    unreachable.stream().limit(5).collect(Collectors.joining("; "))
                            + (unreachable.size() > 5 ? " and " + (unreachable.size() - 5) + " more" : "")
                            + ", asked from the controller's own address");
        }
        return results.keySet().containsAll(asked)
                ? condition(
                        plan,
                        EgressRouterConditionType.DestinationsReachable,
                        EgressRouterReason.DestinationsReachable,
                        asked.size() + " destinations take connections")
                : condition(
                        plan,
                        EgressRouterConditionType.DestinationsReachable,
                        EgressRouterReason.Pending,
                        "some have not been tried yet");
    }

    private StatusCondition service(Plan plan, String key) {
        var other = serviceHolder
                .apply(key)
                .filter(holder ->
                        !plan.seats().isEmpty() && !holder.equals(plan.object().key()));
        if (other.isPresent()) {
            return condition(
                    plan,
                    EgressRouterConditionType.ServiceFilled,
                    EgressRouterReason.ServiceUnusable,
                    "Service " + key + " leads to EgressRouter " + other.get() + ", which is older: name another one");
        }
        var filling = inputs.objects(ServiceFilling.KIND, ServiceFilling.class).get(key);
        if (filling == null) {
            return condition(
                    plan,
                    EgressRouterConditionType.ServiceFilled,
                    EgressRouterReason.Pending,
                    "Service " + key + " is to be filled");
        }
        return filling.error()
                .map(error -> condition(
                        plan,
                        EgressRouterConditionType.ServiceFilled,
                        EgressRouterReason.ServiceUnusable,
                        "Service " + key + ": " + error))
                .orElseGet(() -> condition(
                        plan,
                        EgressRouterConditionType.ServiceFilled,
                        EgressRouterReason.ServiceFilled,
                        "Service " + key + " leads there"));
    }

    Shortfall shortfall() {
        return EgressRouterShortfall.of(said.values().stream()
                .flatMap(EgressRouterStatus::lacks)
                .map(condition -> (EgressRouterReason) condition.reason())
                .toList());
    }

    /** What is not ready is counted for its reason, and not for what waits for that. */
    private static Stream<StatusCondition> lacks(StatusChange change) {
        var ready = change.conditions().getFirst();
        boolean isWrong = !ready.status() && ready.reason() != EgressRouterReason.Pending;
        return change.conditions().stream()
                .filter(condition -> !condition.status() && !(isWrong && WAITING.contains(condition.reason())));
    }
}
