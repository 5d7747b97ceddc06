package io.ovnegress.it.chaos;

import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.BeforeServed;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.EgressCapacity;
import io.ovnegress.reconciler.input.EgressLimits;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What the objects of a small cluster are made of: few enough names and addresses that everything collides with everything sooner or later.
 * Stateless.
 */
final class RandomObjects {
    static final List<String> TEAMS = List.of("red", "blue");
    static final List<String> APPS = List.of("web", "db");
    private static final List<String> ADDRESSES = List.of(
            "192.168.126.100",
            "192.168.126.101",
            "192.168.126.102",
            "192.168.126.103",
            "192.168.126.104",
            "192.168.127.100",
            "fd00:126::100",
            "fd00:126::101",
            "fd00:0126:0::0101",
            "fd00:126::102",
            "192.168.126.12",
            "192.168.200.1");
    private static final int V4_ADDRESSES = 6;

    private RandomObjects() {}

    static NamespaceInput namespace(String name, Random random) {
        return new NamespaceInput(name, Map.of("team", pick(TEAMS, random)));
    }

    /**
     * The fourth node can host another network as well, and nothing of IPv6. All pods of this cluster have addresses of the first
     * one's, wherever they are: the others are no nodes of theirs to a guard.
     */
    static NodeInput node(int n) {
        var node = new NumberedNode(n);
        var input = n == Landscape.NODES
                ? node.input(List.of(node.networks().getFirst(), "192.168.127.14/24"))
                : node.input();
        return input.edit()
                .nextHops(Set.of(ip("192.168.126.1"), ip("fd00:126::fe")))
                .podSubnets(List.of(
                        network("10.128.%d.0/23".formatted(2 * (n - 1))), network("fd01:0:0:%d::/64".formatted(n - 1))))
                .build();
    }

    /** Half of all nodes take anything; the others claim an address, stay within a range, or take few. */
    static NodeInput limited(NodeInput node, Random random) {
        var pinned =
                random.nextInt(4) == 0 ? Set.of(ip(ADDRESSES.get(random.nextInt(V4_ADDRESSES)))) : Set.<IpAddress>of();
        var ranges = random.nextInt(4) == 0
                ? Optional.of(List.of(network("192.168.126.100/31"), network("fd00:126::/64")))
                : Optional.<List<IpNetwork>>empty();
        var capacity = random.nextInt(4) == 0 ? EgressCapacity.of(random.nextInt(3)) : EgressCapacity.UNLIMITED;
        return node.edit()
                .limits(new EgressLimits(pinned, ranges, capacity, List.of()))
                .build();
    }

    /** Mostly none of its own; else nodes in an order, whatever their labels or not. */
    static NodeChoice nodeChoice(Random random) {
        if (random.nextInt(3) > 0) {
            return NodeChoice.USUAL;
        }
        var nodes = new ArrayList<>(IntStream.rangeClosed(1, Landscape.NODES)
                .mapToObj(Landscape::node)
                .toList());
        Collections.shuffle(nodes, random);
        return new NodeChoice(
                Optional.of(random.nextBoolean() ? NodeChoice.LABELLED : LabelSelector.EVERYTHING),
                nodes.subList(0, random.nextInt(3)),
                random.nextBoolean(),
                List.of());
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    static List<IpAddress> addresses(Random random) {
        var addresses = new ArrayList<IpAddress>();
        int which = random.nextInt(10);
        if (which < 8) {
            addresses.add(ip("10.128.0." + (5 + random.nextInt(10))));
        }
        if (which > 5) {
            addresses.add(ip("fd01::" + (5 + random.nextInt(5))));
        }
        return addresses;
    }

    static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    static OnUnassigned onUnassigned(Random random) {
        return random.nextInt(3) == 0 ? OnUnassigned.DROP : OnUnassigned.NODE_ADDRESS;
    }

    static BeforeServed beforeServed(Random random) {
        return random.nextInt(3) == 0 ? BeforeServed.DROP : BeforeServed.NODE_ADDRESS;
    }

    static List<String> someEgressIps(Random random) {
        if (random.nextInt(40) == 0) {
            return List.of("not an address");
        }
        var addresses = new TreeSet<String>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            addresses.add(
                    random.nextInt(3) > 0 ? ADDRESSES.get(random.nextInt(V4_ADDRESSES)) : pick(ADDRESSES, random));
        }
        var list = new ArrayList<>(addresses);
        Collections.shuffle(list, random);
        return list;
    }

    static LabelSelector selector(String key, List<String> values, Random random) {
        return random.nextInt(3) == 0
                ? LabelSelector.EVERYTHING
                : new LabelSelector(List.of(new Requirement(key, Operator.IN, Set.of(pick(values, random)))));
    }

    static <T> T pick(List<T> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }
}
