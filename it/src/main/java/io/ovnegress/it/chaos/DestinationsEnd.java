package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.RandomObjects.ip;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.it.harness.oracle.DestinationRules;
import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Whether what leads pods by destination is what the objects ask for, when there is nothing left to do: exactly these policies and
 * sets, and of all policies that a packet meets the one that is to decide. Works it out from
 * the objects and their status in another way than the controller does. Not thread safe.
 */
final class DestinationsEnd {
    private static final int EXCLUDED = 103;
    private static final int EXEMPT = 500;
    private static final String SET_PREFIX = "ovn_egress_destined_";

    private final Expectation expectation;
    private final Map<String, JsonNode> tables = new HashMap<>();
    private final OwnRouters routers;
    private final Map<String, Set<String>> members = new HashMap<>();
    private final List<Policy> policies = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    /** One of ours by destination, with what its sets have. */
    private record Policy(String object, int priority, Set<String> pods, Set<IpNetwork> networks, String action) {
        /** What it says of every pod and network. */
        private List<String> words() {
            return pods.stream()
                    .flatMap(pod -> networks.stream()
                            .map(network ->
                                    DestinationsEnd.words(object, pod, network, action, length(network.family()))))
                    .toList();
        }

        /** 12 ranks for each length of IPv4, 3 of IPv6; nothing of what is excluded. */
        private int length(IpFamily family) {
            return priority == EXCLUDED ? -1 : (priority - EXCLUDED - 1) / (family == IpFamily.V4 ? 12 : 3);
        }
    }

    private static String words(String object, String pod, IpNetwork network, String action, int length) {
        return "%s: %s to %s %s".formatted(object, pod, network.masked(), action)
                + (length < 0 ? "" : " as a network of length " + length);
    }

    private DestinationsEnd(OtherClient client, Expectation expectation) {
        this.expectation = expectation;
        var selected = client.select(Content.TABLES);
        for (int i = 0; i < Content.TABLES.size(); i++) {
            tables.put(Content.TABLES.get(i), selected.get(i));
        }
        routers = new OwnRouters(tables);
        tables.get("Address_Set")
                .forEach(set -> members.put("$" + set.get("name").asText(), Content.texts(set.get("addresses"))));
    }

    static List<String> problems(OtherClient client, Expectation expectation) {
        var end = new DestinationsEnd(client, expectation);
        var exempt = end.readPolicies();
        end.compare("by destination", end.policies.stream().flatMap(policy -> policy.words().stream()), end.expected());
        end.judgeWinners();
        end.judgeSets();
        end.judgeExemptions(exempt);
        return end.problems;
    }

    private void compare(String what, Stream<String> there, List<String> wanted) {
        var difference = Content.difference(
                "in the database",
                there.distinct().sorted().toList(),
                "by the objects",
                wanted.stream().distinct().sorted().toList());
        if (!difference.isEmpty()) {
            problems.add(what + ":" + difference);
        }
    }

    /** @return by priority what the policies of ours that exempt something match */
    private Map<Integer, Set<String>> readPolicies() {
        var exempt = new HashMap<Integer, Set<String>>();
        tables.get("Logical_Router_Policy").forEach(row -> {
            var id = Content.map(row.get("external_ids")).getOrDefault("ovn-egress.io/id", "");
            int priority = row.get("priority").asInt();
            var match = row.get("match").asText();
            if (id.startsWith("allow/") && match.contains(".dst ==")) {
                exempt.computeIfAbsent(priority, unused -> new TreeSet<>()).add(match);
            }
            DestinationRules.objectOf(id).filter(object -> priority < EXEMPT).ifPresent(object -> {
                var terms = List.of(match.split(" && "));
                if (terms.size() != 3 || !terms.get(2).equals("pkt.mark == 0")) {
                    problems.add("policy " + id + " matches " + match);
                    return;
                }
                var pods = setOf(terms.get(0));
                var networks = new HashSet<IpNetwork>();
                members.getOrDefault(setOf(terms.get(1)), Set.of())
                        .forEach(text -> networks.add(network(text).orElseThrow()));
                var action = row.get("action").asText();
                policies.add(new Policy(
                        object,
                        priority,
                        members.getOrDefault(pods, Set.of(pods)),
                        networks,
                        action.equals("reroute") ? "by " + routers.ledTo(Content.texts(row.get("nexthops"))) : action));
            });
        });
        return exempt;
    }

    private static String setOf(String term) {
        return term.substring(term.lastIndexOf(' ') + 1);
    }

    private static Optional<IpNetwork> network(String text) {
        return IpNetwork.parse(text)
                .or(() -> IpAddress.parse(text)
                        .flatMap(ip -> IpNetwork.parse(ip + "/" + ip.family().bits())))
                .flatMap(network -> IpNetwork.parse(network.masked()));
    }

    private List<String> expected() {
        var expected = new ArrayList<String>();
        for (var object : expectation.egressIps()) {
            for (var family : IpFamily.values()) {
                if (object.isForSome()) {
                    action(object, family)
                            .ifPresent(action -> listed(object.destinations(), family)
                                    .forEach(network -> parts(network, object.destinations())
                                            .forEach(part -> podsOf(object, family)
                                                    .forEach(pod -> expected.add(words(
                                                            object.name(),
                                                            pod,
                                                            part,
                                                            action,
                                                            network.prefixLength()))))));
                } else if (expectation.forms().hasRouters(object)
                        && !object.statusItems().isEmpty()) {
                    excluded(object.destinations(), family)
                            .forEach(network -> servedBy(object, family)
                                    .forEach(pod -> expected.add(words(object.name(), pod, network, "allow", -1))));
                }
            }
        }
        return expected;
    }

    /** What becomes of what pods of an object for some destinations send there; empty if it has no say. */
    private Optional<String> action(EgressIpInput object, IpFamily family) {
        if (!Expectation.items(object, family).isEmpty()) {
            return Optional.of("by " + expectation.routersOf(object, family));
        }
        return object.onUnassigned() == OnUnassigned.DROP ? Optional.of("drop") : Optional.empty();
    }

    private Set<IpNetwork> listed(EgressDestinations destinations, IpFamily family) {
        var texts = new ArrayList<>(destinations.listed());
        expectation.traffic().stream()
                .filter(each -> destinations
                        .traffic()
                        .filter(selector -> selector.matches(each.labels()))
                        .isPresent())
                .forEach(each -> texts.addAll(each.networks()));
        return networks(texts, family);
    }

    private static Set<IpNetwork> networks(Collection<String> texts, IpFamily family) {
        var networks = new TreeSet<>(Comparator.comparing(IpNetwork::text));
        texts.forEach(
                text -> network(text).filter(found -> found.family() == family).ifPresent(networks::add));
        return networks;
    }

    /** The widest, each once. */
    private static List<IpNetwork> excluded(EgressDestinations destinations, IpFamily family) {
        var all = networks(destinations.excluded(), family);
        return all.stream()
                .filter(network -> all.stream().noneMatch(other -> !other.equals(network) && other.contains(network)))
                .flatMap(network -> halvesOfEverything(network).stream())
                .toList();
    }

    private static List<IpNetwork> parts(IpNetwork network, EgressDestinations destinations) {
        return network.without(networks(destinations.excluded(), network.family())).stream()
                .flatMap(part -> halvesOfEverything(part).stream())
                .toList();
    }

    /** OVN takes a match with no bits for none at all. */
    private static List<IpNetwork> halvesOfEverything(IpNetwork network) {
        return network.prefixLength() > 0
                ? List.of(network)
                : (network.family() == IpFamily.V4 ? List.of("0.0.0.0/1", "128.0.0.0/1") : List.of("::/1", "8000::/1"))
                        .stream().flatMap(half -> network(half).stream()).toList();
    }

    /** Those of an object for some destinations: namespaces as a whole, and addresses where it chooses among pods. */
    private Set<String> podsOf(EgressIpInput object, IpFamily family) {
        var pods = new TreeSet<String>();
        if (object.podSelector().equals(Optional.of(LabelSelector.EVERYTHING))) {
            expectation.namespaces().keySet().stream()
                    .filter(namespace -> expectation.selectsSomeOf(object, namespace))
                    .forEach(namespace -> pods.add(groupOf(namespace, family)));
        } else {
            expectation.holders().forEach((address, pod) -> {
                if (ip(address).family() == family && expectation.selects(object, pod)) {
                    pods.add(address);
                }
            });
        }
        return pods;
    }

    /** Who leaves by the routers of an object for all destinations. */
    private Set<String> servedBy(EgressIpInput object, IpFamily family) {
        var pods = new TreeSet<String>();
        expectation.namespaces().keySet().stream()
                .filter(namespace -> expectation.carrier(namespace).equals(Optional.of(object)))
                .forEach(namespace -> pods.add(groupOf(namespace, family)));
        expectation.holders().forEach((address, pod) -> {
            boolean isCarried = expectation.carrier(pod.name().namespace()).equals(Optional.of(object));
            if (ip(address).family() == family
                    && !isCarried
                    && !Expectation.items(object, family).isEmpty()
                    && expectation.serving(pod).equals(Optional.of(object))) {
                pods.add(address);
            }
        });
        return pods;
    }

    private static String groupOf(String namespace, IpFamily family) {
        return "$" + Landscape.portGroup(namespace) + "_" + family.matchField();
    }

    /** Of all networks that list a destination the longest decides, of several objects that list it the oldest. */
    private void judgeWinners() {
        var probes = new TreeMap<String, IpAddress>();
        policies.forEach(
                policy -> policy.networks().forEach(network -> probes.put(network.masked(), network.address())));
        expectation.holders().forEach((address, pod) -> {
            var sources =
                    Set.of(address, groupOf(pod.name().namespace(), ip(address).family()));
            probes.values().stream()
                    .distinct()
                    .filter(probe -> probe.family() == ip(address).family())
                    .forEach(probe -> {
                        var matching = policies.stream()
                                .filter(policy -> policy.priority() > EXCLUDED
                                        && policy.pods().stream().anyMatch(sources::contains)
                                        && policy.networks().stream().anyMatch(network -> network.contains(probe)))
                                .sorted(Comparator.comparingInt(Policy::priority)
                                        .reversed())
                                .toList();
                        var best = matching.stream()
                                .filter(policy ->
                                        policy.priority() == matching.getFirst().priority())
                                .map(Policy::object)
                                .distinct()
                                .toList();
                        var wanted = expectation.egressIps().stream()
                                .filter(object -> object.isForSome()
                                        && expectation.selects(object, pod)
                                        && action(object, probe.family()).isPresent()
                                        && longest(object, probe) >= 0)
                                .sorted(Comparator.comparingInt((EgressIpInput object) -> -longest(object, probe))
                                        .thenComparing(Expectation.SENIORITY))
                                .map(EgressIpInput::name)
                                .limit(1)
                                .toList();
                        if (!best.equals(wanted)) {
                            problems.add("what %s sends to %s is decided by %s, not by %s"
                                    .formatted(address, probe, best, wanted));
                        }
                    });
        });
    }

    private int longest(EgressIpInput object, IpAddress probe) {
        boolean isExcluded = networks(object.destinations().excluded(), probe.family()).stream()
                .anyMatch(network -> network.contains(probe));
        return isExcluded
                ? -1
                : listed(object.destinations(), probe.family()).stream()
                        .filter(network -> network.contains(probe))
                        .mapToInt(IpNetwork::prefixLength)
                        .max()
                        .orElse(-1);
    }

    /** None is left over: a set of networks is in a policy, and one of pods is of an object that is for some destinations. */
    private void judgeSets() {
        var matches = new StringBuilder();
        tables.get("Logical_Router_Policy")
                .forEach(row -> matches.append(row.get("match").asText()).append(' '));
        for (var row : tables.get("Address_Set")) {
            var name = row.get("name").asText();
            var owner = Content.map(row.get("external_ids")).getOrDefault("ovn-egress.io/owner", "");
            boolean isOfSome = name.contains("_pods_")
                    && expectation.egressIps().stream()
                            .anyMatch(object -> object.isForSome() && owner.equals("EgressIP/" + object.name()));
            if (name.startsWith(SET_PREFIX) && !isOfSome && matches.indexOf("$" + name + " ") < 0) {
                problems.add("set " + name + " of " + owner + " is in no policy");
            }
        }
    }

    private void judgeExemptions(Map<Integer, Set<String>> exempt) {
        var wanted = new TreeSet<>(exempt.getOrDefault(102, Set.of()));
        var there = exempt.getOrDefault(EXEMPT, Set.of());
        boolean areUsed = expectation.egressIps().stream()
                .anyMatch(object ->
                        object.isForSome() || !object.destinations().excluded().isEmpty());
        if (!there.containsAll(wanted) && !policies.isEmpty()) {
            problems.add("exempt below destinations are " + wanted + ", and above " + there);
        }
        if (!there.isEmpty() && !areUsed) {
            problems.add("exempt from destinations though there are none: " + there);
        }
    }
}
