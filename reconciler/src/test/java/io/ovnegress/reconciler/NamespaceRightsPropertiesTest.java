package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.dropping;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpItems;
import io.ovnegress.reconciler.input.AddressClaim;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Whoever may do with the pods of one namespace what he likes (make them, delete them, call them anything, write their labels,
 * annotations and status) changes no row and no condition that serves a pod of another one.
 *
 * <p>What he may change of an object that selects his pods as well: how many of them stand by, and what is said about his own pods'
 * addresses.
 */
class NamespaceRightsPropertiesTest {
    private static final Set<EgressIpConditionType> ABOUT_HIS_OWN_PODS =
            Set.of(EgressIpConditionType.Standby, EgressIpConditionType.AddressRefused, EgressIpConditionType.Unused);

    /** Pods of others: with and without ports, served, cut off and selected by nothing. */
    private static final List<PodInput> OTHERS = List.of(
            pod("simpson", "homer", 1, "10.128.0.5", "fd01::5"),
            pod("simpson", "marge", 2, "10.128.2.5"),
            pod("bouvier", "selma", 1, "10.128.0.6"),
            pod("flanders", "ned", 2, "10.128.2.6"),
            pod("flanders", "todd", 1, "10.128.0.7"));
    /** Others whose address is known by the word of their objects alone; those that are selected. */
    private static final Set<PodName> WITHOUT_PORT =
            Set.of(new PodName("simpson", "marge"), new PodName("bouvier", "selma"), new PodName("flanders", "todd"));

    private static final List<String> ADDRESSES = List.of(
            "10.128.0.5",
            "fd01::5",
            "10.128.2.5",
            "10.128.0.6",
            "10.128.2.6",
            "10.128.0.7",
            "10.128.2.20",
            "10.128.2.21",
            "fd01::20",
            "8.8.8.8",
            "192.168.126.11",
            "192.168.126.100",
            "100.64.0.2");

    private static final List<InputObject> WORLD = List.of(
            node(1),
            notLabelled(node(2)),
            namespace("simpson", "house=simpson", "shared=yes"),
            namespace("bouvier", "house=bouvier"),
            namespace("flanders", "house=flanders"),
            namespace("burns", "house=burns", "shared=yes"),
            egressIp("shared", 1, where("shared=yes"), LabelSelector.EVERYTHING, "192.168.126.100", "fd00:126::100"),
            dropping(egressIp("bouvier", 2, where("house=bouvier"), LabelSelector.EVERYTHING, "192.168.127.9")),
            egressIp("burns", 0, where("house=burns"), where("app=web"), "192.168.126.103"),
            dropping(egressIp("burns-unplaced", 3, where("house=burns"), LabelSelector.EVERYTHING, "192.168.127.8")));
    /** Objects that select pods of others alone, and must not change in any way. */
    private static final Set<String> OF_OTHERS = Set.of("bouvier");

    /** What he does. */
    sealed interface Step {
        record Put(PodInput pod) implements Step {}

        record Delete(String pod) implements Step {}

        /** ovnkube sets up the network of one of his pods, with an address that is free, or takes it away. */
        record Port(String pod, boolean there) implements Step {}

        record Restart() implements Step {}

        record Relist() implements Step {}

        record Wait() implements Step {}
    }

    private static final List<String> PODS = List.of("homer", "marge", "smithers", "hounds");

    @Provide
    Arbitrary<List<Step>> steps() {
        var pods = Arbitraries.of(PODS);
        var kinds = Arbitraries.frequency(
                Tuple.of(4, AddressClaim.Kind.AGREED),
                Tuple.of(1, AddressClaim.Kind.ANNOTATION_ONLY),
                Tuple.of(1, AddressClaim.Kind.STATUS_ONLY),
                Tuple.of(1, AddressClaim.Kind.DISAGREED),
                Tuple.of(1, AddressClaim.Kind.TOO_LONG));
        var addresses = Arbitraries.of(ADDRESSES).list().uniqueElements().ofMaxSize(2);
        var put = Combinators.combine(
                        pods,
                        Arbitraries.longs().between(-9, 9),
                        Arbitraries.of("web", "db"),
                        Arbitraries.of("node1", "node2", "node9", ""),
                        kinds,
                        addresses,
                        Arbitraries.frequency(Tuple.of(6, ""), Tuple.of(1, "host"), Tuple.of(1, "done")))
                .as((name, created, app, node, kind, ips, special) -> {
                    boolean named = kind != AddressClaim.Kind.DISAGREED && kind != AddressClaim.Kind.TOO_LONG;
                    return (Step) new Step.Put(new PodInput(
                            new PodName("burns", name),
                            Instant.ofEpochSecond(created),
                            Map.of("app", app, "house", "simpson"),
                            node,
                            named ? ips.stream().map(TestCluster::ip).toList() : List.of(),
                            kind,
                            special.equals("host"),
                            special.equals("done")));
                });
        return Arbitraries.frequencyOf(
                        Tuple.of(8, put),
                        Tuple.of(1, pods.map(Step.Delete::new)),
                        Tuple.of(
                                2,
                                Combinators.combine(pods, Arbitraries.of(true, false))
                                        .as(Step.Port::new)),
                        Tuple.of(1, Arbitraries.just(new Step.Restart())),
                        Tuple.of(1, Arbitraries.just(new Step.Relist())),
                        Tuple.of(1, Arbitraries.just(new Step.Wait())))
                .list()
                .ofMinSize(1)
                .ofMaxSize(12);
    }

    private static TestCluster world() {
        var cluster = new TestCluster().topology(1, 2);
        for (var pod : OTHERS) {
            if (!WITHOUT_PORT.contains(pod.name())) {
                cluster.insertPort(pod, pod.ips().stream().map(IpAddress::text).toArray(String[]::new));
            }
        }
        var objects = new ArrayList<>(WORLD);
        objects.addAll(OTHERS);
        return cluster.start(objects.toArray(InputObject[]::new));
    }

    @Property(tries = 300)
    void podsOfOneNamespaceChangeNothingForPodsOfAnother(@ForAll("steps") List<Step> steps) {
        var cluster = world();
        var rows = rowsOfOthers(cluster);
        assertThat(rows).hasSizeGreaterThan(8);
        var statuses = statusesOfOthers(cluster);
        var his = new LinkedHashMap<String, PodInput>();
        for (var step : steps) {
            cluster.events.clear();
            perform(step, cluster, his);
            assertThat(rowsOfOthers(cluster)).as("%s", step).isEqualTo(rows);
            assertThat(statusesOfOthers(cluster)).as("%s", step).isEqualTo(statuses);
            assertThat(strangeAddresses(cluster)).as("%s", step).isEmpty();
        }
    }

    /** Somebody else's pod that comes later, at an address that he has named long ago. */
    @Property(tries = 100)
    void podThatComesLaterGetsItsAddressWhoeverHasNamedItBefore(@ForAll("steps") List<Step> steps) {
        var cluster = world();
        var his = new LinkedHashMap<String, PodInput>();
        steps.forEach(step -> perform(step, cluster, his));
        var lisa = pod("simpson", "lisa", 2, "10.128.2.20");

        cluster.tamper(() -> cluster.insertPort(lisa, "10.128.2.20"));
        cluster.put(lisa);

        assertThat(cluster.snats()).contains("GR_node1 10.128.2.20 192.168.126.100");
        assertThat(cluster.content().stream().filter(line -> names(line, "10.128.2.20")))
                .noneMatch(line -> line.contains("burns/"));
    }

    private static void perform(Step step, TestCluster cluster, Map<String, PodInput> his) {
        switch (step) {
            case Step.Put(PodInput pod) -> {
                his.put(pod.name().name(), pod);
                cluster.put(pod);
            }
            case Step.Delete(String name) -> {
                his.remove(name);
                cluster.remove(InputKind.POD, "burns/" + name);
            }
            case Step.Port(String name, boolean there) -> {
                var pod = pod("burns", name, 2);
                cluster.tamper(() -> {
                    cluster.deletePort(pod);
                    if (there) {
                        cluster.insertPort(pod, ownAddress(name));
                    }
                });
            }
            case Step.Restart restart -> {
                var objects = new ArrayList<InputObject>(his.values());
                objects.addAll(WORLD);
                objects.addAll(OTHERS);
                var said = Map.copyOf(cluster.statuses);
                cluster.restart(objects.toArray(InputObject[]::new));
                said.forEach(cluster.statuses::putIfAbsent);
            }
            case Step.Relist relist -> {
                var pods = new ArrayList<InputObject>(his.values());
                pods.addAll(OTHERS);
                cluster.reconciler.apply(new InputChange.Listed(InputKind.POD, pods), cluster.now);
                cluster.settle();
            }
            case Step.Wait wait -> cluster.after(Duration.ofSeconds(6));
        }
    }

    private static String ownAddress(String pod) {
        return "10.128.2.1" + PODS.indexOf(pod) + "0";
    }

    /** Every row about an address of others, and what all pods share. */
    private static Set<String> rowsOfOthers(TestCluster cluster) {
        var rows = new TreeSet<String>();
        var addresses = addressesOfOthers();
        for (var line : cluster.content()) {
            if (line.contains("served_pods")) {
                addresses.stream()
                        .filter(ip -> cluster.servedV4().contains(ip))
                        .forEach(ip -> rows.add("served " + ip));
            } else if (line.startsWith("ovn_egress_cut_off_pods")) {
                addresses.stream().filter(ip -> names(line, ip)).forEach(ip -> rows.add("kept in " + ip));
            } else if (addresses.stream().anyMatch(ip -> names(line, ip)) || !line.contains("burns/")) {
                rows.add(line);
            }
        }
        return rows;
    }

    private static Set<String> addressesOfOthers() {
        return OTHERS.stream()
                .flatMap(pod -> pod.ips().stream())
                .map(IpAddress::text)
                .collect(Collectors.toSet());
    }

    private static boolean names(String line, String ip) {
        return Pattern.compile("(?<![0-9a-f:.])" + Pattern.quote(ip) + "(?![0-9a-f:.])")
                .matcher(line)
                .find();
    }

    /** Addresses with rows that are neither of others nor could be those of a pod. */
    private static Set<String> strangeAddresses(TestCluster cluster) {
        var addresses = new TreeSet<>(cluster.reroutes().keySet());
        addresses.addAll(cluster.dropped());
        addresses.removeIf(
                text -> TestCluster.CONFIG.clusterSubnets().stream().anyMatch(subnet -> subnet.contains(ip(text))));
        return addresses;
    }

    /** Assignment and conditions of all objects, but for those that are about his pods. */
    private static Map<String, String> statusesOfOthers(TestCluster cluster) {
        var statuses = new TreeMap<String, String>();
        cluster.statuses.forEach((name, status) -> {
            var conditions = status.conditions().stream()
                    .filter(condition -> OF_OTHERS.contains(name) || !ABOUT_HIS_OWN_PODS.contains(condition.type()))
                    .toList();
            statuses.put(
                    name,
                    EgressIpItems.of(status) + " " + conditions + (OF_OTHERS.contains(name) ? eventsOf(status) : ""));
        });
        return statuses;
    }

    private static List<StatusChange.EventReason> eventsOf(StatusChange status) {
        return status.events().stream().map(StatusChange.Event::reason).toList();
    }
}
