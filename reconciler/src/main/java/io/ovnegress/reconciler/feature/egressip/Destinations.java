package io.ovnegress.reconciler.feature.egressip;

import com.google.common.collect.HashMultimap;
import com.google.common.collect.SetMultimap;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.PodInput;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which destinations EgressIPs are for. Where several objects select a pod, each of their networks counts by itself: a destination
 * belongs to the object that lists the longest network with it; of several that list the same network, to the most senior. That one
 * is told from the others by its rank, which is the same for all pods of an object. Follows from the inputs; not thread safe.
 */
public final class Destinations {
    /** Longer networks first, then by their text: a defined order. */
    private static final Comparator<IpNetwork> ORDER =
            Comparator.comparingInt(IpNetwork::prefixLength).reversed().thenComparing(IpNetwork::text);

    /**
     * So many networks of an object count, and so many that it excludes, and so many parts may be left of the ones without the others:
     * each is a flow of every chassis, and they are looked at on the thread that all else waits for.
     */
    public static final int MOST_NETWORKS = 10_000;

    private final ReconcilerConfig config;
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final Map<String, EgressTrafficInput> traffic;
    private final Map<String, Listed> listed = new TreeMap<>();
    /** Which objects list a network, and by object those that list one which it lists too. */
    private final SetMultimap<IpNetwork, String> listing = HashMultimap.create();

    private final SetMultimap<String, String> sharing = HashMultimap.create();
    private Map<String, Rank> ranks = Map.of();
    private final Set<String> changedNamespaces = new HashSet<>();
    private boolean isStale;

    public Destinations(ReconcilerConfig config, Inputs cluster, EgressIpSelection selection) {
        this.config = config;
        this.cluster = cluster;
        this.selection = selection;
        this.traffic = cluster.objects(EgressTrafficInput.KIND, EgressTrafficInput.class);
    }

    /**
     * What an object lists.
     *
     * @param networks each network that it is for, without host bits, with the parts of it that are not excluded
     * @param excluded the networks that are not to leave as its egress IPs
     * @param invalid what is listed and is no network, with where it stands
     * @param tooMany how many networks are left out, those of the shortest prefixes; 0 if all that are listed count
     */
    public record Listed(
            Map<IpNetwork, List<IpNetwork>> networks, List<IpNetwork> excluded, List<String> invalid, int tooMany) {
        static final Listed NOTHING = new Listed(Map.of(), List.of(), List.of(), 0);
    }

    /**
     * Where an object is among those that list the same networks.
     *
     * @param number 0 for one that nobody of them is senior to
     * @param seniors those that are, with a network in common and a namespace
     */
    private record Rank(int number, Set<String> seniors) {
        static final Rank FIRST = new Rank(0, Set.of());
    }

    /** Whether any object is for some destinations, or for all but some. */
    public boolean areUsed() {
        return !listed.isEmpty();
    }

    /** The objects that are, by name. */
    public Set<String> objects() {
        return Collections.unmodifiableSet(listed.keySet());
    }

    /** What the object lists; nothing if it is for all destinations. */
    public Listed of(String egressIp) {
        return listed.getOrDefault(egressIp, Listed.NOTHING);
    }

    /** Whether the object's pods can leave by destination: in form Router only. */
    public boolean areServable(EgressIpInput object) {
        return object.form().kind().orElse(config.form()) == EgressForm.Kind.ROUTER;
    }

    /** So many objects that list the same network can be told apart where they select pods of the same namespace. */
    public static int ranks(IpFamily family) {
        return switch (family) {
            case V4 -> 12;
            case V6 -> 3;
        };
    }

    /** The rank of the object: of two that list the same network for the same pod, the one with the lower number has it. */
    public int rankOf(String egressIp, IpFamily family) {
        return Math.min(ranks.getOrDefault(egressIp, Rank.FIRST).number(), ranks(family) - 1);
    }

    /** By length the networks of the family that the object has, in parts that are not excluded. */
    public Map<Integer, List<IpNetwork>> byLength(String egressIp, IpFamily family) {
        var rank = ranks.getOrDefault(egressIp, Rank.FIRST);
        var byLength = new TreeMap<Integer, List<IpNetwork>>();
        of(egressIp).networks().forEach((network, parts) -> {
            boolean isTooYoung = rank.number() >= ranks(family)
                    && rank.seniors().stream()
                            .anyMatch(senior -> of(senior).networks().containsKey(network));
            if (network.family() == family && !parts.isEmpty() && !isTooYoung) {
                byLength.computeIfAbsent(network.prefixLength(), unused -> new ArrayList<>())
                        .addAll(parts);
            }
        });
        return byLength;
    }

    /**
     * By object the more senior ones that have networks which both list, of those that select the pod.
     *
     * @param serving whether an object serves at all
     */
    public Map<String, Set<String>> standingBy(PodInput pod, Predicate<String> serving) {
        if (ranks.isEmpty()) {
            return Map.of();
        }
        var standingBy = new LinkedHashMap<String, Set<String>>();
        var seniors = new LinkedHashSet<String>();
        for (var object : selection.selectingForSome(pod)) {
            if (serving.test(object.name())) {
                var rank = ranks.getOrDefault(object.name(), Rank.FIRST);
                var served = new LinkedHashSet<>(seniors);
                served.retainAll(rank.seniors());
                if (!served.isEmpty()) {
                    standingBy.put(object.name(), served);
                }
                seniors.add(object.name());
            }
        }
        return standingBy;
    }

    /** The networks that the object lists and one of these too. */
    public List<IpNetwork> inCommon(String egressIp, Collection<String> others) {
        return of(egressIp).networks().keySet().stream()
                .filter(network ->
                        others.stream().anyMatch(other -> of(other).networks().containsKey(network)))
                .toList();
    }

    /**
     * An object of any kind but pods is another.
     *
     * @return the EgressIPs that list others than before
     */
    Set<String> objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
        return switch (after.or(() -> before).orElseThrow()) {
            case EgressIpInput object -> read(object.name(), after.map(EgressIpInput.class::cast));
            case EgressTrafficInput object -> trafficChanged(before, after);
            default -> Set.of();
        };
    }

    private Set<String> read(String name, Optional<EgressIpInput> object) {
        var before = Optional.ofNullable(listed.get(name));
        var now = object.filter(there ->
                        there.isForSome() || !there.destinations().excluded().isEmpty())
                .map(there -> read(there, before));
        now.ifPresentOrElse(found -> listed.put(name, found), () -> listed.remove(name));
        isStale |= sharing.containsKey(name); // it may be of another age or form
        if (before.equals(now)) {
            return Set.of();
        }
        before.ifPresent(found -> found.networks().keySet().forEach(network -> listing.remove(network, name)));
        sharing.removeAll(name).forEach(other -> sharing.remove(other, name));
        now.ifPresent(found -> found.networks().keySet().forEach(network -> {
            listing.get(network).forEach(other -> {
                sharing.put(name, other);
                sharing.put(other, name);
            });
            listing.put(network, name);
        }));
        isStale |= sharing.containsKey(name);
        return Set.of(name);
    }

    private Set<String> trafficChanged(Optional<InputObject> before, Optional<InputObject> after) {
        var changed = new TreeSet<String>();
        for (var name : List.copyOf(listed.keySet())) {
            var object = selection.egressIp(name);
            if (object.filter(there -> selects(there, before) || selects(there, after))
                    .isPresent()) {
                changed.addAll(read(name, object));
            }
        }
        return changed;
    }

    private static boolean selects(EgressIpInput object, Optional<InputObject> traffic) {
        return traffic.map(EgressTrafficInput.class::cast)
                .filter(there -> object.destinations()
                        .traffic()
                        .filter(selector -> selector.matches(there.labels()))
                        .isPresent())
                .isPresent();
    }

    /** Of one that says Drop, and not any more which EgressIPTraffic objects it means, what it listed last: that must not leave otherwise. */
    private Listed read(EgressIpInput object, Optional<Listed> before) {
        var reader = new Reader();
        var excluded = new TreeSet<>(ORDER);
        reader.read(
                "annotation ovn-egress.io/excluded-destinations",
                object.destinations().excluded(),
                excluded);
        var networks = new TreeSet<>(ORDER);
        reader.read(
                "annotation ovn-egress.io/destinations", object.destinations().listed(), networks);
        object.destinations()
                .traffic()
                .ifPresent(selector -> selected(selector)
                        .forEach(each -> reader.read("EgressIPTraffic " + each.name(), each.networks(), networks)));
        if (object.destinations().isMisunderstood() && object.onUnassigned() == OnUnassigned.DROP) {
            before.ifPresent(found -> networks.addAll(found.networks().keySet()));
        }
        var but = new DisjointNetworks(excluded.stream().limit(MOST_NETWORKS).toList());
        int tooMany = Math.max(0, excluded.size() - MOST_NETWORKS);
        int left = MOST_NETWORKS;
        var parts = new LinkedHashMap<IpNetwork, List<IpNetwork>>();
        for (var network : networks) {
            var some = left > 0 ? whole(but.cutOutOf(network, left)) : List.<IpNetwork>of();
            if (left > 0 && some.size() <= left) {
                parts.put(network, some);
                left -= Math.max(1, some.size());
            } else {
                tooMany++;
            }
        }
        return new Listed(
                Collections.unmodifiableMap(parts), whole(but.networks()), List.copyOf(reader.invalid), tooMany);
    }

    private List<EgressTrafficInput> selected(LabelSelector selector) {
        return traffic.values().stream()
                .filter(each -> selector.matches(each.labels()))
                .toList();
    }

    /** What the object lists of the cluster's own networks, which are never led anywhere. */
    public List<IpNetwork> inCluster(String egressIp) {
        var networks = of(egressIp).networks().keySet();
        if (networks.isEmpty()) {
            return List.of();
        }
        var nodes = new HashSet<IpAddress>();
        cluster.nodes().forEach(node -> nodes.addAll(node.addresses()));
        return networks.stream().filter(network -> isInCluster(network, nodes)).toList();
    }

    private boolean isInCluster(IpNetwork network, Set<IpAddress> nodes) {
        return config.clusterSubnets().stream().anyMatch(subnet -> subnet.contains(network))
                || config.joinSubnets().stream().anyMatch(subnet -> subnet.contains(network))
                || (network.prefixLength() == network.family().bits() && nodes.contains(network.address()));
    }

    /** What is everywhere, in two halves: OVN takes a match with no bits for none at all. */
    private static List<IpNetwork> whole(List<IpNetwork> networks) {
        return networks.stream()
                .flatMap(network -> network.prefixLength() > 0
                        ? List.of(network).stream()
                        : network.without(List.of(halfOf(network))).stream()
                                .flatMap(other -> List.of(halfOf(network), other).stream()))
                .toList();
    }

    private static IpNetwork halfOf(IpNetwork everywhere) {
        return IpNetwork.parse(everywhere.address() + "/1").orElseThrow();
    }

    /** Makes networks of texts, and keeps what is none. */
    private static final class Reader {
        private final List<String> invalid = new ArrayList<>();

        void read(String where, List<String> texts, Collection<IpNetwork> into) {
            for (var text : texts) {
                var network = IpNetwork.parse(text)
                        .or(() -> IpAddress.parse(text)
                                .flatMap(ip ->
                                        IpNetwork.parse(ip + "/" + ip.family().bits())));
                network.flatMap(found -> IpNetwork.parse(found.masked()))
                        .ifPresentOrElse(into::add, () -> invalid.add(where + ": " + text));
            }
        }
    }

    /** Other objects select the namespace, or select it otherwise. */
    void namespaceChanged(String namespace) {
        if (areUsed()) {
            changedNamespaces.add(namespace);
            isStale |= !sharing.isEmpty();
        }
    }

    /**
     * What has become of the ranks.
     *
     * @param reranked the objects that have another rank, or other seniors
     * @param namespaces those that are selected otherwise
     */
    record Settled(Set<String> reranked, Set<String> namespaces) {
        static final Settled NOTHING = new Settled(Set.of(), Set.of());
    }

    Settled settle() {
        if (!isStale && changedNamespaces.isEmpty()) {
            return Settled.NOTHING;
        }
        var names = isStale ? rank() : Set.<String>of();
        var settled = new Settled(names, Set.copyOf(changedNamespaces));
        changedNamespaces.clear();
        return settled;
    }

    /**
     * Finds the ranks of all that share a network with another object: the others have none to be told from.
     *
     * @return who has another rank than before, or other seniors
     */
    private Set<String> rank() {
        isStale = false;
        var before = ranks;
        var now = new HashMap<String, Rank>();
        sharing.keySet().stream()
                .flatMap(name -> selection.egressIp(name).stream())
                .filter(object -> object.isForSome() && (areServable(object) || object.cutsOff()))
                .sorted(EgressIpSelection.SENIORITY)
                .forEach(object -> now.put(object.name(), rank(object.name(), now)));
        now.values().removeIf(Rank.FIRST::equals);
        ranks = now;
        var names = new TreeSet<>(before.keySet());
        names.addAll(now.keySet());
        names.removeIf(name -> Optional.ofNullable(before.get(name)).equals(Optional.ofNullable(now.get(name))));
        return names;
    }

    /** @param older those of all objects that are more senior */
    private Rank rank(String name, Map<String, Rank> older) {
        var namespaces = selection.namespacesOf(name);
        var seniors = new TreeSet<String>();
        for (var other : sharing.get(name)) {
            if (older.containsKey(other) && !Collections.disjoint(namespaces, selection.namespacesOf(other))) {
                seniors.add(other);
            }
        }
        int number = seniors.stream()
                .mapToInt(senior -> older.get(senior).number() + 1)
                .max()
                .orElse(0);
        return new Rank(number, Set.copyOf(seniors));
    }
}
