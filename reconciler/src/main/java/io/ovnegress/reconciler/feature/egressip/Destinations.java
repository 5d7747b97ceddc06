package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.ReconcilerConfig;
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

    private final ReconcilerConfig config;
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final Map<String, EgressTrafficInput> traffic;
    private final Map<String, Listed> listed = new TreeMap<>();
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
     */
    public record Listed(Map<IpNetwork, List<IpNetwork>> networks, List<IpNetwork> excluded, List<String> invalid) {
        static final Listed NOTHING = new Listed(Map.of(), List.of(), List.of());
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
                .map(this::read);
        now.ifPresentOrElse(found -> listed.put(name, found), () -> listed.remove(name));
        isStale |= before.isPresent() || now.isPresent();
        return before.equals(now) ? Set.of() : Set.of(name);
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

    private Listed read(EgressIpInput object) {
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
        var parts = new LinkedHashMap<IpNetwork, List<IpNetwork>>();
        networks.forEach(network -> parts.put(network, whole(network.without(excluded))));
        return new Listed(Collections.unmodifiableMap(parts), widest(excluded), List.copyOf(reader.invalid));
    }

    private List<EgressTrafficInput> selected(LabelSelector selector) {
        return traffic.values().stream()
                .filter(each -> selector.matches(each.labels()))
                .toList();
    }

    /** What the object lists of the cluster's own networks, which are never led anywhere. */
    public List<IpNetwork> inCluster(String egressIp) {
        return of(egressIp).networks().keySet().stream()
                .filter(this::isInCluster)
                .toList();
    }

    private boolean isInCluster(IpNetwork network) {
        return config.clusterSubnets().stream().anyMatch(subnet -> subnet.contains(network))
                || config.joinSubnets().stream().anyMatch(subnet -> subnet.contains(network))
                || (network.prefixLength() == network.family().bits()
                        && cluster.nodes().stream()
                                .anyMatch(node -> node.addresses().contains(network.address())));
    }

    /** Those that are in none of the others. */
    private static List<IpNetwork> widest(Collection<IpNetwork> networks) {
        return whole(networks.stream()
                .filter(network ->
                        networks.stream().noneMatch(other -> !other.equals(network) && other.contains(network)))
                .toList());
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
            isStale = true;
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
        if (!isStale) {
            return Settled.NOTHING;
        }
        isStale = false;
        var before = ranks;
        var now = new HashMap<String, Rank>();
        listed.keySet().stream()
                .flatMap(name -> selection.egressIp(name).stream())
                .filter(object -> object.isForSome() && (areServable(object) || object.cutsOff()))
                .sorted(EgressIpSelection.SENIORITY)
                .forEach(object -> now.put(object.name(), rank(object.name(), now)));
        now.values().removeIf(Rank.FIRST::equals);
        ranks = now;
        var names = new TreeSet<>(before.keySet());
        names.addAll(now.keySet());
        names.removeIf(name -> Optional.ofNullable(before.get(name)).equals(Optional.ofNullable(now.get(name))));
        var settled = new Settled(names, Set.copyOf(changedNamespaces));
        changedNamespaces.clear();
        return settled;
    }

    /** @param older those of all objects that are more senior */
    private Rank rank(String name, Map<String, Rank> older) {
        var networks = of(name).networks().keySet();
        var seniors = new TreeSet<String>();
        for (var namespace : selection.namespacesOf(name)) {
            for (var other : selection.selectingForSomeIn(namespace)) {
                if (older.containsKey(other.name())
                        && !Collections.disjoint(of(other.name()).networks().keySet(), networks)) {
                    seniors.add(other.name());
                }
            }
        }
        int number = seniors.stream()
                .mapToInt(senior -> older.get(senior).number() + 1)
                .max()
                .orElse(0);
        return new Rank(number, Set.copyOf(seniors));
    }
}
