package io.ovnegress.reconciler.feature.egressip.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressip.placement.NodeMatching.Cost;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class NodeMatchingTest {
    private static final int NODES = 5;

    /** The nodes that may serve each IP, with what that costs. */
    private static Map<IpAddress, Integer> matched(List<Map<Integer, Cost>> hosts) {
        var costs = new HashMap<IpAddress, Map<Integer, Cost>>();
        var matching = new NodeMatching(new NodeMatching.Preference() {
            @Override
            public Cost cost(IpAddress ip, int node) {
                return costs.get(ip).get(node);
            }

            @Override
            public Iterable<Integer> cheapestFirst() {
                return List.of();
            }

            @Override
            public int compare(int node, int other) {
                return Integer.compare(node, other);
            }
        });
        for (int i = 0; i < hosts.size(); i++) {
            costs.put(ip(i), hosts.get(i));
            var nodes = new BitSet();
            hosts.get(i).keySet().forEach(nodes::set);
            matching.add(ip(i), nodes);
        }
        return matching.serving();
    }

    private static IpAddress ip(int number) {
        return new IpAddress("10.0.0." + number);
    }

    @Property
    void takesAsManyNodesAsPossibleAndTheMostPreferredOfThem(@ForAll("free") List<Map<Integer, Cost>> hosts) {
        var matched = matched(hosts);

        assertThat(matched.values()).doesNotHaveDuplicates();
        matched.forEach((ip, node) ->
                assertThat(hosts.get(Integer.parseInt(ip.text().substring(7)))).containsKey(node));
        assertThat(new TreeSet<>(matched.values())).isEqualTo(bestOfAll(hosts));
    }

    @Property
    void nothingElseWouldCostLessForTheSameIps(@ForAll("hosts") List<Map<Integer, Cost>> hosts) {
        var matched = matched(hosts);

        var least = new ArrayList<Cost>();
        enumerate(hosts, 0, new HashMap<>(), other -> {
            if (other.keySet().equals(matched.keySet())) {
                least.add(cost(hosts, other));
            }
        });
        assertThat(cost(hosts, matched))
                .isEqualTo(least.stream().min(Cost::compareTo).orElseThrow());
    }

    @Property
    void whatCameFirstKeepsANode(@ForAll("hosts") List<Map<Integer, Cost>> hosts) {
        var matched = matched(hosts).keySet();
        for (int i = 0; i < hosts.size(); i++) {
            assertThat(matched(hosts.subList(0, i)))
                    .allSatisfy((ip, node) -> assertThat(matched).contains(ip));
        }
    }

    private static Cost cost(List<Map<Integer, Cost>> hosts, Map<IpAddress, Integer> matched) {
        var sum = Cost.NOTHING;
        for (int i = 0; i < hosts.size(); i++) {
            if (matched.containsKey(ip(i))) {
                sum = sum.plus(hosts.get(i).get(matched.get(ip(i))));
            }
        }
        return sum;
    }

    /** By trying every matching: the most nodes, then the smallest numbers. */
    private static Set<Integer> bestOfAll(List<Map<Integer, Cost>> hosts) {
        var best = new TreeSet<Integer>();
        enumerate(hosts, 0, new HashMap<>(), matched -> {
            var nodes = new TreeSet<>(matched.values());
            if (nodes.size() > best.size() || (nodes.size() == best.size() && isBefore(nodes, best))) {
                best.clear();
                best.addAll(nodes);
            }
        });
        return best;
    }

    private static boolean isBefore(Set<Integer> nodes, Set<Integer> others) {
        var mine = List.copyOf(new TreeSet<>(nodes));
        var theirs = List.copyOf(new TreeSet<>(others));
        for (int i = 0; i < mine.size(); i++) {
            if (!mine.get(i).equals(theirs.get(i))) {
                return mine.get(i) < theirs.get(i);
            }
        }
        return false;
    }

    private static void enumerate(
            List<Map<Integer, Cost>> hosts,
            int next,
            Map<IpAddress, Integer> matched,
            Consumer<Map<IpAddress, Integer>> action) {
        if (next == hosts.size()) {
            action.accept(matched);
            return;
        }
        enumerate(hosts, next + 1, matched, action);
        for (int node : hosts.get(next).keySet()) {
            if (!matched.containsValue(node)) {
                matched.put(ip(next), node);
                enumerate(hosts, next + 1, matched, action);
                matched.remove(ip(next));
            }
        }
    }

    @Provide
    Arbitrary<List<Map<Integer, Cost>>> free() {
        return lists(Arbitraries.just(Cost.NOTHING));
    }

    @Provide
    Arbitrary<List<Map<Integer, Cost>>> hosts() {
        var some = Arbitraries.integers().between(0, 2);
        return lists(Combinators.combine(some, some, some, some).as(Cost::new));
    }

    private static Arbitrary<List<Map<Integer, Cost>>> lists(Arbitrary<Cost> costs) {
        return Arbitraries.maps(Arbitraries.integers().between(0, NODES - 1), costs)
                .ofMaxSize(NODES)
                .list()
                .ofMaxSize(4);
    }
}
