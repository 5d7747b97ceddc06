package io.ovnegress.reconciler.feature.egressip;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class NodeMatchingTest {
    private static final int NODES = 5;

    @Property
    void takesAsManyNodesAsPossibleAndTheMostPreferredOfThem(@ForAll("hosts") List<Set<Integer>> hosts) {
        var byIp = new LinkedHashMap<IpAddress, BitSet>();
        for (int i = 0; i < hosts.size(); i++) {
            var nodes = new BitSet();
            hosts.get(i).forEach(nodes::set);
            byIp.put(new IpAddress("10.0.0." + i), nodes);
        }
        var matching = new NodeMatching(byIp);
        for (int node = 0; node < NODES; node++) {
            matching.offer(node);
        }

        assertThat(matching.serving())
                .allSatisfy((ip, node) -> assertThat(byIp.get(ip).get(node)).isTrue());
        assertThat(matching.serving().values()).doesNotHaveDuplicates();
        assertThat(new TreeSet<>(matching.serving().values())).isEqualTo(bestOfAll(hosts));
        assertThat(matching.isComplete()).isEqualTo(matching.serving().size() == hosts.size());
    }

    /** By trying every matching: the most nodes, then the smallest numbers. */
    private static Set<Integer> bestOfAll(List<Set<Integer>> hosts) {
        var all = new ArrayList<Set<Integer>>();
        enumerate(hosts, 0, new TreeSet<>(), all);
        Set<Integer> best = Set.of();
        for (var nodes : all) {
            if (nodes.size() > best.size() || (nodes.size() == best.size() && isBefore(nodes, best))) {
                best = nodes;
            }
        }
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

    private static void enumerate(List<Set<Integer>> hosts, int ip, Set<Integer> taken, List<Set<Integer>> all) {
        if (ip == hosts.size()) {
            all.add(new TreeSet<>(taken));
            return;
        }
        enumerate(hosts, ip + 1, taken, all);
        for (int node : hosts.get(ip)) {
            if (taken.add(node)) {
                enumerate(hosts, ip + 1, taken, all);
                taken.remove(node);
            }
        }
    }

    @Provide
    Arbitrary<List<Set<Integer>>> hosts() {
        return Arbitraries.integers()
                .between(0, NODES - 1)
                .set()
                .ofMaxSize(NODES)
                .list()
                .ofMaxSize(4);
    }
}
