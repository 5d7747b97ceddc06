package io.ovnegress.reconciler.feature.egressip.placement;

import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.assignments;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.node;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.object;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.withAddresses;
import static io.ovnegress.reconciler.feature.egressip.placement.Clusters.withNextHop;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.ReservedSubnet.Use;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InUseByAnotherObject;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.InvalidSelector;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressIp;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoEgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NoMatchingNode;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.NodeAddressConflict;
import io.ovnegress.reconciler.feature.egressip.placement.PlacementProblem.ReservedAddress;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

class EgressIpPlacementPropertiesTest {

    /** 10.0.0.12 and 10.0.0.13. */
    private static final List<ReservedSubnet> RESERVED = List.of(
            new ReservedSubnet(Use.SERVICE, IpNetwork.parse("10.0.0.12/31").orElseThrow()));

    /** Objects and nodes at one moment; an absent one does not exist at that moment. */
    record Cluster(Map<String, EgressIpInput> objects, Map<String, EgressNode> nodes) {
        Map<String, Placement> place(Map<String, List<Assignment>> previous) {
            return EgressIpPlacement.place(objects.values(), index(), previous);
        }

        Optional<EgressIpInput> object(String name) {
            return Optional.ofNullable(objects.get(name));
        }

        Optional<Map<String, Placement>> goingBack(Map<String, Placement> from) {
            return EgressIpPlacement.goingBack(objects.values(), index(), assignments(from));
        }

        NodeIndex index() {
            return new NodeIndex(nodes.values(), objects.values(), RESERVED);
        }

        Cluster after(Change change) {
            var objectsThen = new TreeMap<>(objects);
            var nodesThen = new TreeMap<>(nodes);
            switch (change) {
                case Change.OfObject c -> replace(objectsThen, c.name(), c.object());
                case Change.OfNode c -> replace(nodesThen, c.name(), c.node());
            }
            return new Cluster(objectsThen, nodesThen);
        }

        private static <T> void replace(Map<String, T> all, String name, Optional<T> value) {
            value.ifPresentOrElse(present -> all.put(name, present), () -> all.remove(name));
        }
    }

    sealed interface Change {
        record OfObject(String name, Optional<EgressIpInput> object) implements Change {}

        record OfNode(String name, Optional<EgressNode> node) implements Change {}
    }

    /** A history in which each answer is the next question's previous assignment. */
    record Step(Cluster cluster, Map<String, List<Assignment>> previous, Map<String, Placement> answer) {}

    /** A cluster, and the assignments that its objects claim to have. */
    record Found(Cluster cluster, Map<String, List<Assignment>> previous) {}

    private static List<Step> history(Cluster first, List<Change> changes) {
        var steps = new ArrayList<Step>();
        var cluster = first;
        Map<String, List<Assignment>> previous = Map.of();
        for (int i = 0; i <= changes.size(); i++) {
            var answer = cluster.place(previous);
            steps.add(new Step(cluster, previous, answer));
            previous = assignments(answer);
            if (i < changes.size()) {
                cluster = cluster.after(changes.get(i));
            }
        }
        return steps;
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void theInvariantsHoldThroughAnyHistory(
            @ForAll("clusters") Cluster first, @ForAll("changes") List<Change> changes) {
        for (var step : history(first, changes)) {
            assertInvariants(step);
            assertMaximal(step);
        }
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void rebalancingEndsKeepsTheInvariantsAndMovesOneIpAtATime(@ForAll("clustersWithStatus") Found found) {
        var cluster = found.cluster();
        var answer = cluster.place(found.previous());
        int steps = 0;
        for (var next = EgressIpRebalance.next(cluster.index(), cluster::object, answer);
                next.isPresent();
                next = EgressIpRebalance.next(cluster.index(), cluster::object, answer)) {
            var move = next.get();
            assertThat(load(answer, move.from().node()) - load(answer, move.to()))
                    .isGreaterThanOrEqualTo(2);
            var preferred = cluster.objects().get(move.object()).nodes().preferred();
            assertThat(rankOf(preferred, move.to()))
                    .isLessThanOrEqualTo(rankOf(preferred, move.from().node()));
            var history = move.appliedTo(answer);
            var after = cluster.place(history);
            assertInvariants(new Step(cluster, history, after));
            history.forEach((name, assignments) -> assertThat(after.get(name).assignments())
                    .as("nothing else moves, though what had no place, or no router, may find one")
                    .containsAll(assignments.stream()
                            .filter(assignment -> hasRouter(cluster, assignment))
                            .toList()));
            answer = after;
            assertThat(++steps).as("steps").isLessThan(100);
        }
    }

    private static int rankOf(List<String> preferred, String node) {
        int rank = preferred.indexOf(node);
        return rank < 0 ? preferred.size() : rank;
    }

    private static long load(Map<String, Placement> placements, String node) {
        return placements.values().stream()
                .flatMap(placement -> placement.assignments().stream())
                .filter(assignment -> assignment.node().equals(node))
                .count();
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void theInvariantsHoldWhateverTheStatusSaid(@ForAll("clustersWithStatus") Found found) {
        var step = new Step(found.cluster(), found.previous(), found.cluster().place(found.previous()));

        assertInvariants(step);
        assertMaximal(step);
    }

    private static void assertInvariants(Step step) {
        var cluster = step.cluster();
        assertThat(step.answer().keySet()).isEqualTo(cluster.objects().keySet());
        var served = new HashSet<IpAddress>();
        step.answer().forEach((name, placement) -> {
            var object = cluster.objects().get(name);
            var used = new HashSet<String>();
            for (var assignment : placement.assignments()) {
                assertThat(served.add(assignment.egressIp()))
                        .as("%s is on one node for one object", assignment)
                        .isTrue();
                assertThat(used.add(assignment.node()))
                        .as("%s has no other IP of %s", assignment, name)
                        .isTrue();
                assertThat(mayServe(cluster, name, assignment))
                        .as("%s is valid", assignment)
                        .isTrue();
            }
            assertAccountedFor(object, placement);
        });
    }

    /** Every IP once, in the order of the spec: assigned or with its problem; a refused object has neither. */
    private static void assertAccountedFor(EgressIpInput object, Placement placement) {
        var ips = new LinkedHashSet<IpAddress>();
        object.egressIps().forEach(text -> IpAddress.parse(text).ifPresent(ips::add));
        if (isRefused(object)) {
            assertThat(placement.assignments()).isEmpty();
            assertThat(placement.problems())
                    .isNotEmpty()
                    .allMatch(problem -> problem instanceof InvalidEgressIp
                            || problem instanceof InvalidSelector
                            || problem instanceof NoEgressIp);
            return;
        }
        var assigned =
                placement.assignments().stream().map(Assignment::egressIp).toList();
        var unassigned = placement.problems().stream()
                .map(EgressIpPlacementPropertiesTest::ipOf)
                .toList();
        assertThat(assigned).isEqualTo(ips.stream().filter(assigned::contains).toList());
        assertThat(unassigned)
                .isEqualTo(ips.stream().filter(ip -> !assigned.contains(ip)).toList());
    }

    private static IpAddress ipOf(PlacementProblem problem) {
        return switch (problem) {
            case NodeAddressConflict p -> p.ip();
            case ReservedAddress p -> p.ip();
            case InUseByAnotherObject p -> p.ip();
            case NoEgressNode p -> p.ip();
            case NoMatchingNode p -> p.ip();
            case InvalidEgressIp p -> throw new AssertionError(p);
            case InvalidSelector p -> throw new AssertionError(p);
            case PlacementProblem.UnsupportedForm p -> throw new AssertionError(p);
            case NoEgressIp p -> throw new AssertionError(p);
        };
    }

    /** No way of placing what was not kept places more of it, and each problem is true. */
    private static void assertMaximal(Step step) {
        step.answer().forEach((name, placement) -> {
            if (isRefused(step.cluster().objects().get(name))) {
                return;
            }
            var kept = new HashSet<>(placement.assignments());
            kept.retainAll(step.previous().getOrDefault(name, List.of()));
            var keptNodes = kept.stream().map(Assignment::node).collect(Collectors.toSet());
            var open = placement.assignments().stream()
                    .filter(assignment -> !kept.contains(assignment))
                    .map(Assignment::egressIp)
                    .collect(Collectors.toCollection(ArrayList::new));
            int placed = open.size();
            for (var problem : placement.problems()) {
                var ip = ipOf(problem);
                switch (problem) {
                    case NodeAddressConflict p ->
                        assertThat(step.cluster().nodes().get(p.node()).addresses())
                                .contains(ip);
                    case ReservedAddress p ->
                        assertThat(step.cluster().nodes().keySet())
                                .as("%s is reserved", ip)
                                .noneMatch(node -> mayServe(step.cluster(), name, new Assignment(ip, node)));
                    case InUseByAnotherObject p -> assertClaimed(step, ip, name, p.object());
                    case NoEgressNode p ->
                        assertThat(step.cluster().nodes().values())
                                .noneMatch(node -> node.isUsable()
                                        && selectorOf(step.cluster(), name).matches(node.labels()));
                    default -> open.add(ip);
                }
            }
            assertThat(mostThatCanBePlaced(
                            step.cluster().nodes().keySet(),
                            open,
                            0,
                            keptNodes,
                            (ip, node) -> mayServe(step.cluster(), name, new Assignment(ip, node))
                                    && !exhausted(
                                            step.cluster().nodes().get(node),
                                            ip.family(),
                                            step.answer(),
                                            placement.assignments().stream()
                                                    .filter(own -> own.node().equals(node))
                                                    .findFirst())))
                    .as("of %s on other nodes than %s", open, keptNodes)
                    .isEqualTo(placed);
        });
    }

    /** The claimant lists the IP, and it holds it since before or is the oldest that lists it. */
    private static void assertClaimed(Step step, IpAddress ip, String name, String claimant) {
        var oldest = step.cluster().objects().values().stream()
                .filter(object -> !isRefused(object) && lists(object, ip))
                .min(Comparator.comparing(EgressIpInput::created).thenComparing(EgressIpInput::name))
                .orElseThrow();
        var held = step.previous().getOrDefault(claimant, List.of()).stream()
                .anyMatch(assignment ->
                        assignment.egressIp().equals(ip) && mayServe(step.cluster(), claimant, assignment));
        assertThat(claimant).isNotEqualTo(name);
        assertThat(held || oldest.name().equals(claimant))
                .as("%s has the claim to %s", claimant, ip)
                .isTrue();
    }

    private static boolean lists(EgressIpInput object, IpAddress ip) {
        return object.egressIps().stream()
                .flatMap(text -> IpAddress.parse(text).stream())
                .anyMatch(ip::equals);
    }

    private static int mostThatCanBePlaced(
            Set<String> nodes,
            List<IpAddress> ips,
            int from,
            Set<String> taken,
            BiPredicate<IpAddress, String> mayServe) {
        if (from == ips.size()) {
            return 0;
        }
        int most = mostThatCanBePlaced(nodes, ips, from + 1, taken, mayServe);
        for (var node : nodes) {
            if (!taken.contains(node) && mayServe.test(ips.get(from), node)) {
                var takenThen = new HashSet<>(taken);
                takenThen.add(node);
                most = Math.max(most, 1 + mostThatCanBePlaced(nodes, ips, from + 1, takenThen, mayServe));
            }
        }
        return most;
    }

    private static boolean mayServe(Cluster cluster, String object, Assignment assignment) {
        var node = cluster.nodes().get(assignment.node());
        return node != null
                && selectorOf(cluster, object).matches(node.labels())
                && node.ready()
                && node.reachable()
                && mayServeByItsLimits(cluster, node, assignment.egressIp())
                && node.networks().stream().anyMatch(network -> network.contains(assignment.egressIp()))
                && node.networks().stream().noneMatch(network -> isNoHost(assignment.egressIp(), network))
                && !assignment.egressIp().text().matches("10\\.0\\.0\\.1[23]")
                && cluster.nodes().values().stream()
                        .noneMatch(any -> any.addresses().contains(assignment.egressIp())
                                || any.nextHops().contains(assignment.egressIp()));
    }

    /** The networks of these tests are so small that the last number of an address tells its place in them. */
    private static boolean isNoHost(IpAddress ip, IpNetwork network) {
        int hosts = switch (network.text()) {
            case "10.0.0.1/28", "fd00::1/124" -> 16;
            case "10.0.0.2/29", "10.0.0.9/29", "fd00::9/125" -> 8;
            default -> 0;
        };
        if (hosts == 0 || !network.contains(ip)) {
            return false;
        }
        boolean v4 = ip.family() == IpFamily.V4;
        var last = ip.text().substring(ip.text().lastIndexOf(v4 ? '.' : ':') + 1);
        int place = last.isEmpty() ? 0 : Integer.parseInt(last, v4 ? 10 : 16) % hosts;
        return place == 0 || (v4 && place == hosts - 1);
    }

    private static boolean hasRouter(Cluster cluster, Assignment assignment) {
        return cluster.nodes()
                .get(assignment.node())
                .hasRouter(assignment.egressIp().family());
    }

    /** Nothing waits for a router where another node could serve it. */
    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void aNodeWithoutRouterHasOnlyWhatNoNodeWithOneCouldServe(
            @ForAll("clusters") Cluster first, @ForAll("changes") List<Change> changes) {
        for (var step : history(first, changes)) {
            step.answer().forEach((object, placement) -> {
                var used =
                        placement.assignments().stream().map(Assignment::node).collect(Collectors.toSet());
                for (var assignment : placement.assignments()) {
                    if (!hasRouter(step.cluster(), assignment)) {
                        assertThat(step.cluster().nodes().keySet())
                                .as("instead of %s", assignment)
                                .noneMatch(name -> {
                                    var other = new Assignment(assignment.egressIp(), name);
                                    return !used.contains(name)
                                            && mayServe(step.cluster(), object, other)
                                            && !exhausted(
                                                    step.cluster().nodes().get(name),
                                                    assignment.egressIp().family(),
                                                    step.answer(),
                                                    Optional.empty())
                                            && hasRouter(step.cluster(), other);
                                });
                    }
                }
            });
        }
    }

    private static LabelSelector selectorOf(Cluster cluster, String object) {
        return cluster.objects().get(object).nodes().selector().orElseThrow();
    }

    private static boolean mayServeByItsLimits(Cluster cluster, EgressNode node, IpAddress ip) {
        boolean isPinned = cluster.nodes().values().stream()
                .anyMatch(any -> any.limits().pinned().contains(ip));
        return isPinned
                ? node.limits().pinned().contains(ip)
                : node.limits().ranges().isEmpty()
                        || node.limits().ranges().get().stream().anyMatch(range -> range.contains(ip));
    }

    private static boolean usedBy(Placement placement, String node) {
        return placement.assignments().stream().anyMatch(used -> used.node().equals(node));
    }

    /** Whether the node takes no more, not counting one that it has. */
    private static boolean exhausted(
            EgressNode node, IpFamily family, Map<String, Placement> answer, Optional<Assignment> without) {
        var served = answer.values().stream()
                .flatMap(placement -> placement.assignments().stream())
                .filter(assignment -> assignment.node().equals(node.name()))
                .filter(assignment -> !without.equals(Optional.of(assignment)))
                .map(assignment -> assignment.egressIp().family())
                .toList();
        int v4 = Collections.frequency(served, IpFamily.V4);
        return node.limits()
                .capacity()
                .exhausted(family, v4, served.size() - v4)
                .isPresent();
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void noNodeTakesMoreThanItsCapacity(@ForAll("clusters") Cluster first, @ForAll("changes") List<Change> changes) {
        for (var step : history(first, changes)) {
            step.answer()
                    .forEach((name, placement) -> placement.assignments().stream()
                            .filter(assignment -> !step.previous()
                                    .getOrDefault(name, List.of())
                                    .contains(assignment))
                            .forEach(taken -> assertThat(exhausted(
                                            step.cluster().nodes().get(taken.node()),
                                            taken.egressIp().family(),
                                            step.answer(),
                                            Optional.of(taken)))
                                    .as("%s has room for %s", taken.node(), taken)
                                    .isFalse()));
        }
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void oneObjectAfterTheOtherGoesBackUntilNoPreferredNodeCouldServeWhatAsksForIt(
            @ForAll("clusters") Cluster first, @ForAll("changes") List<Change> changes) {
        for (var before : history(first, changes)) {
            var cluster = before.cluster();
            var answer = before.answer();
            for (var next = cluster.goingBack(answer); next.isPresent(); next = cluster.goingBack(answer)) {
                var step = new Step(cluster, assignments(answer), next.get());
                assertInvariants(step);
                assertThat(leaving(step))
                        .as("objects of which an egress IP leaves a node with router")
                        .hasSize(1);
                answer = next.get();
            }
            var step = new Step(cluster, before.previous(), answer);
            assertThat(assignments(cluster.place(assignments(answer)))).isEqualTo(assignments(answer));
            step.answer().forEach((name, placement) -> {
                var choice = step.cluster().objects().get(name).nodes();
                if (!choice.movesBack()) {
                    return;
                }
                for (var assignment : placement.assignments()) {
                    int rank = choice.preferred().indexOf(assignment.node());
                    var better = choice.preferred()
                            .subList(0, rank < 0 ? choice.preferred().size() : rank);
                    assertThat(better).as("instead of %s", assignment).noneMatch(node -> {
                        var other = new Assignment(assignment.egressIp(), node);
                        return step.cluster().nodes().containsKey(node)
                                && !usedBy(placement, node)
                                && mayServe(step.cluster(), name, other)
                                && !exhausted(
                                        step.cluster().nodes().get(node),
                                        assignment.egressIp().family(),
                                        step.answer(),
                                        Optional.empty())
                                && (hasRouter(step.cluster(), other) || !hasRouter(step.cluster(), assignment));
                    });
                }
            });
        }
    }

    private static Set<String> leaving(Step step) {
        return step.previous().entrySet().stream()
                .filter(object -> object.getValue().stream()
                        .anyMatch(assignment -> hasRouter(step.cluster(), assignment)
                                && !step.answer()
                                        .get(object.getKey())
                                        .assignments()
                                        .contains(assignment)))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private static boolean isRefused(EgressIpInput object) {
        return object.egressIps().isEmpty()
                || object.namespaceSelector().isEmpty()
                || object.podSelector().isEmpty()
                || object.egressIps().stream()
                        .anyMatch(text -> IpAddress.parse(text).isEmpty());
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void aValidAssignmentNeverMoves(@ForAll("clusters") Cluster first, @ForAll("changes") List<Change> changes) {
        for (var step : history(first, changes)) {
            step.previous().forEach((name, before) -> {
                var object = step.cluster().objects().get(name);
                if (object == null || isRefused(object)) {
                    return;
                }
                var listed = object.egressIps().stream()
                        .flatMap(text -> IpAddress.parse(text).stream())
                        .collect(Collectors.toSet());
                assertThat(step.answer().get(name).assignments())
                        .containsAll(before.stream()
                                .filter(assignment -> listed.contains(assignment.egressIp())
                                        && mayServe(step.cluster(), name, assignment)
                                        && hasRouter(step.cluster(), assignment))
                                .toList());
            });
        }
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void anAnswerAsPreviousAssignmentGivesTheSameAnswer(
            @ForAll("clusters") Cluster first, @ForAll("changes") List<Change> changes) {
        for (var step : history(first, changes)) {
            assertThat(assignments(step.cluster().place(assignments(step.answer()))))
                    .isEqualTo(assignments(step.answer()));
        }
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void theOrderOfTheInputsDoesNotMatter(@ForAll("clustersWithStatus") Found found, @ForAll Random random) {
        assertThat(EgressIpPlacement.place(
                        shuffled(found.cluster().objects().values(), random),
                        new NodeIndex(
                                shuffled(found.cluster().nodes().values(), random),
                                found.cluster().objects().values(),
                                RESERVED),
                        new HashMap<>(found.previous())))
                .isEqualTo(found.cluster().place(found.previous()));
    }

    private static <T> List<T> shuffled(Collection<T> values, Random random) {
        var list = new ArrayList<>(values);
        Collections.shuffle(list, random);
        return list;
    }

    @Property(tries = 200)
    void nodesThatCanHostEverythingDifferByOneAtMost(
            @ForAll @IntRange(min = 1, max = 7) int nodeCount, @ForAll("sizes") List<Integer> sizes) {
        var nodes = IntStream.range(0, nodeCount)
                .mapToObj(i -> node("node-" + i, "10.0.0.1/16"))
                .toList();
        var objects = new ArrayList<EgressIpInput>();
        for (int i = 0; i < sizes.size(); i++) {
            int number = i;
            objects.add(object(
                    "object-" + i,
                    i % 3,
                    IntStream.range(0, sizes.get(i))
                            .mapToObj(j -> "10.0." + (number + 1) + "." + j)
                            .toArray(String[]::new)));
        }

        var perNode = EgressIpPlacement.place(objects, nodes, Map.of()).values().stream()
                .flatMap(placement -> placement.assignments().stream())
                .collect(Collectors.groupingBy(Assignment::node, Collectors.summingInt(assignment -> 1)));

        var counts =
                nodes.stream().map(node -> perNode.getOrDefault(node.name(), 0)).toList();
        assertThat(Collections.max(counts) - Collections.min(counts)).isLessThanOrEqualTo(1);
        assertThat(counts.stream().mapToInt(count -> count).sum())
                .isEqualTo(sizes.stream()
                        .mapToInt(size -> Math.min(size, nodeCount))
                        .sum());
    }

    /** Where there is room everywhere a family is without a way out only if no node has one for it. */
    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void aNewPairFindsTheWaysOutThatThereAre(@ForAll("uplinks") List<EgressNode> nodes) {
        var pair = object("pair", 0, "10.0.0.1", "fd00::1")
                .edit()
                .form(EgressForm.FLOATING)
                .build();

        var placed = EgressIpPlacement.place(List.of(pair), nodes, Map.of());

        for (var assignment : placed.get("pair").assignments()) {
            var family = assignment.egressIp().family();
            var leading = nodes.stream()
                    .filter(node -> node.leadsOut(family)
                            && node.networks().stream().anyMatch(network -> network.contains(assignment.egressIp())))
                    .map(EgressNode::name)
                    .toList();
            if (!leading.isEmpty()) {
                assertThat(leading).contains(assignment.node());
            }
        }
        assertThat(EgressIpPlacement.place(List.of(pair), nodes, assignments(placed)))
                .isEqualTo(placed);
    }

    @Provide
    Arbitrary<List<EgressNode>> uplinks() {
        var networks = Arbitraries.of("10.0.0.13/28", "fd00::d/124").set();
        var gateways = Arbitraries.of("10.0.0.14", "fd00::e").set();
        var routers = Arbitraries.frequency(
                Tuple.of(4, EnumSet.allOf(IpFamily.class)),
                Tuple.of(1, EnumSet.of(IpFamily.V4)),
                Tuple.of(1, EnumSet.noneOf(IpFamily.class)));
        return Combinators.combine(networks, gateways, routers)
                .as((in, hops, routed) -> withRouters(
                        routed, withNextHop(node("n", in.toArray(String[]::new)), hops.toArray(String[]::new))))
                .list()
                .ofMinSize(1)
                .ofMaxSize(5)
                .map(all -> IntStream.range(0, all.size())
                        .mapToObj(number -> named("n" + number, all.get(number)))
                        .toList());
    }

    private static EgressNode withRouters(Set<IpFamily> families, EgressNode node) {
        return new EgressNode(
                node.name(),
                node.labels(),
                true,
                true,
                families,
                node.networks(),
                Set.of(),
                node.nextHops(),
                EgressLimits.NONE,
                false);
    }

    private static EgressNode named(String name, EgressNode node) {
        return new EgressNode(
                name,
                node.labels(),
                true,
                true,
                node.routers(),
                node.networks(),
                Set.of(),
                node.nextHops(),
                EgressLimits.NONE,
                false);
    }

    @Provide
    Arbitrary<List<Integer>> sizes() {
        return Arbitraries.integers().between(1, 9).list().ofMaxSize(20);
    }

    @Provide
    Arbitrary<Cluster> clusters() {
        var objects = objectNames().flatMap(this::objects).set().ofMaxSize(7).map(set -> {
            var byName = new TreeMap<String, EgressIpInput>();
            set.forEach(object -> byName.put(object.name(), object));
            return byName;
        });
        var nodes = nodeNames().flatMap(this::nodes).set().ofMaxSize(6).map(set -> {
            var byName = new TreeMap<String, EgressNode>();
            set.forEach(node -> byName.put(node.name(), node));
            return byName;
        });
        return Combinators.combine(objects, nodes).as(Cluster::new);
    }

    @Provide
    Arbitrary<List<Change>> changes() {
        Arbitrary<Change> ofObject = objectNames()
                .flatMap(name -> objects(name).optional(0.8).map(object -> new Change.OfObject(name, object)));
        Arbitrary<Change> ofNode =
                nodeNames().flatMap(name -> nodes(name).optional(0.8).map(node -> new Change.OfNode(name, node)));
        return Arbitraries.frequencyOf(Tuple.of(1, ofObject), Tuple.of(2, ofNode))
                .list()
                .ofMaxSize(8);
    }

    /** Status as users, bugs and other controllers leave it: mostly of listed IPs, on any nodes, several at once. */
    @Provide
    Arbitrary<Found> clustersWithStatus() {
        return clusters().flatMap(cluster -> statuses(cluster).map(previous -> new Found(cluster, previous)));
    }

    private static Arbitrary<Map<String, List<Assignment>>> statuses(Cluster cluster) {
        Arbitrary<Map<String, List<Assignment>>> statuses = Arbitraries.just(Map.of());
        for (var object : cluster.objects().values()) {
            var listed = object.egressIps().stream()
                    .flatMap(text -> IpAddress.parse(text).stream())
                    .toList();
            var ips = listed.isEmpty() ? ips().map(Clusters::ip) : Arbitraries.of(listed);
            var items = Combinators.combine(ips, nodeNames())
                    .as(Assignment::new)
                    .list()
                    .ofMaxSize(6);
            statuses = Combinators.combine(statuses, items).as((others, mine) -> {
                var all = new TreeMap<>(others);
                all.put(object.name(), mine);
                return all;
            });
        }
        return statuses;
    }

    private static Arbitrary<String> objectNames() {
        return Arbitraries.of("a", "b", "c", "d", "e", "f", "gone");
    }

    private static Arbitrary<String> nodeNames() {
        return Arbitraries.of("n1", "n2", "n3", "n4", "n5", "n6");
    }

    /** Few addresses, so that objects and nodes often want the same one. */
    private static Arbitrary<String> ips() {
        return Arbitraries.of(IntStream.range(0, 16)
                .boxed()
                .flatMap(i -> Stream.of("10.0.0." + i, "fd00::%x".formatted(i)))
                .toList());
    }

    private static Arbitrary<String> spellings() {
        return Arbitraries.frequencyOf(
                Tuple.of(60, ips()),
                Tuple.of(10, Arbitraries.of("FD00:0::00a", "fd00:0:0:0:0:0:0:1", "::ffff:10.0.0.3", "fd00::0:2")),
                Tuple.of(1, Arbitraries.of("10.0.0.1/24", "homer", "")));
    }

    private Arbitrary<EgressIpInput> objects(String name) {
        return Combinators.combine(
                        spellings().list().ofMaxSize(5),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.frequency(Tuple.of(15, true), Tuple.of(1, false)),
                        choices())
                .as((texts, created, selects, choice) -> {
                    var object = object(name, created, texts.toArray(String[]::new))
                            .edit()
                            .nodes(choice)
                            .build();
                    return selects ? object : Clusters.withoutNamespaceSelector(object, "missing");
                });
    }

    private static Arbitrary<NodeChoice> choices() {
        var selectors = Arbitraries.frequency(
                Tuple.of(5, NodeChoice.LABELLED),
                Tuple.of(2, new LabelSelector(List.of(new Requirement("pool", Operator.IN, Set.of("a"))))),
                Tuple.of(1, LabelSelector.EVERYTHING));
        var preferred = Arbitraries.frequencyOf(
                Tuple.of(2, Arbitraries.just(List.<String>of())),
                Tuple.of(1, nodeNames().list().uniqueElements().ofMaxSize(3)));
        return Combinators.combine(selectors, preferred, Arbitraries.of(true, false))
                .as((selector, names, movesBack) -> new NodeChoice(Optional.of(selector), names, movesBack, List.of()));
    }

    private static Arbitrary<EgressLimits> limits() {
        var pins = ips().map(Clusters::ip).set().ofMaxSize(2);
        var ranges = Arbitraries.of("10.0.0.0/29", "10.0.0.8/29", "fd00::/125")
                .map(text -> IpNetwork.parse(text).orElseThrow())
                .list()
                .ofMaxSize(2)
                .optional(0.5);
        var numbers = Arbitraries.integers()
                .between(0, 3)
                .optional(0.5)
                .map(some -> some.stream().mapToInt(number -> number).findFirst());
        var capacities = Combinators.combine(numbers, numbers, numbers).as(EgressCapacity::new);
        return Arbitraries.frequencyOf(
                Tuple.of(3, Arbitraries.just(EgressLimits.NONE)),
                Tuple.of(
                        2,
                        Combinators.combine(pins, ranges, capacities)
                                .as((addresses, networks, capacity) ->
                                        new EgressLimits(addresses, networks, capacity, List.of()))));
    }

    private Arbitrary<EgressNode> nodes(String name) {
        var networks = Arbitraries.of(
                        "10.0.0.1/28",
                        "10.0.0.2/29",
                        "10.0.0.9/29",
                        "10.0.0.5/32",
                        "fd00::1/124",
                        "fd00::9/125",
                        "::/0")
                .set()
                .ofMaxSize(4);
        var mostly = Arbitraries.frequency(Tuple.of(5, true), Tuple.of(1, false));
        var addresses = Arbitraries.frequencyOf(
                Tuple.of(4, Arbitraries.just(Set.<String>of())),
                Tuple.of(1, ips().set().ofMaxSize(2)));
        var routers = Arbitraries.frequency(
                Tuple.of(4, EnumSet.allOf(IpFamily.class)),
                Tuple.of(1, EnumSet.of(IpFamily.V4)),
                Tuple.of(1, EnumSet.noneOf(IpFamily.class)));
        var nextHops = Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.just(Set.<IpAddress>of())),
                Tuple.of(1, ips().map(Clusters::ip).set().ofSize(1)));
        var labels = Combinators.combine(mostly, Arbitraries.of("a", "b"), Arbitraries.of("", "z1", "z2"))
                .as((assignable, pool, zone) -> {
                    var all = new HashMap<>(Map.of("pool", pool));
                    if (assignable) {
                        all.put(NodeInput.EGRESS_ASSIGNABLE, "");
                    }
                    if (!zone.isEmpty()) {
                        all.put("topology.kubernetes.io/zone", zone);
                    }
                    return all;
                });
        return Combinators.combine(networks, labels, mostly, mostly, routers, addresses, nextHops, limits())
                .as((cidrs, all, ready, reachable, routed, own, gateways, limits) -> {
                    var plain = withAddresses(node(name, cidrs.toArray(String[]::new)), own.toArray(String[]::new));
                    return new EgressNode(
                            name,
                            all,
                            ready,
                            reachable,
                            routed,
                            plain.networks(),
                            plain.addresses(),
                            gateways,
                            limits,
                            false);
                });
    }
}
