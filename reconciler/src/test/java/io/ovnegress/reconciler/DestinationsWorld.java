package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A small cluster with EgressIPs for some destinations: as what packets leave is read from the rows after every transaction. */
final class DestinationsWorld {
    static final LabelSelector SIMPSON = where("house=simpson");
    static final String HOMER = "10.128.0.5";
    static final String MARGE = "10.128.4.5";
    static final String SELMA = "10.128.0.6";
    static final String BANK = "203.0.113.7";
    static final String ELSEWHERE = "198.51.100.7";

    static final EgressIpInput GENERAL = egressIp("general", SIMPSON, "192.168.126.100");
    static final EgressIpInput GENERAL_ROUTER =
            GENERAL.edit().form(EgressForm.FLOATING).build();
    static final EgressIpInput TO_BANK = forSome("bank", 1, "192.168.126.101", "203.0.113.0/24");

    final TestCluster cluster;
    private final Map<String, Set<String>> groups = new HashMap<>();

    DestinationsWorld() {
        this(500);
    }

    /** @param maxRows how many rows fit into a transaction */
    DestinationsWorld(int maxRows) {
        cluster = TestCluster.inSteps(TestCluster.config(false, maxRows))
                .topology(1, 2, 3)
                .uplinks(1, 2, 3)
                .routesBySource(1, 2, 3);
        group("simpson", HOMER, MARGE, "fd01:0:0:1::5");
    }

    void group(String namespace, String... pods) {
        cluster.portGroup(namespace);
        groups.put(groupOf(namespace), Set.of(pods));
    }

    static EgressIpInput forSome(String name, int created, String egressIp, String... destinations) {
        return egressIp(name, created, SIMPSON, LabelSelector.EVERYTHING, egressIp)
                .edit()
                .form(EgressForm.FLOATING)
                .destinations(EgressDestinations.of(destinations))
                .build();
    }

    static NodeInput node(int n) {
        return TestCluster.nodeWithGateways(n);
    }

    static InputObject[] seed(InputObject... more) {
        var all = new ArrayList<InputObject>(List.of(
                node(1),
                node(2),
                node(3),
                namespace("simpson", "house=simpson"),
                namespace("bouvier", "house=bouvier"),
                pod("simpson", "homer", 1, HOMER, "fd01:0:0:1::5"),
                pod("simpson", "marge", 3, MARGE),
                pod("bouvier", "selma", 1, SELMA)));
        all.addAll(List.of(more));
        return all.toArray(InputObject[]::new);
    }

    void seconds(InputObject... objects) {
        cluster.seconds(5, objects);
    }

    String leaves(String pod, String destination) {
        return LeavingByDestination.of(cluster, groups).as(pod, destination);
    }

    /** What packets leave as during the change, by pod and destination, in the order in which it was seen. */
    Map<String, List<String>> during(Runnable change, List<String> pods, List<String> destinations) {
        var seen = new TreeMap<String, List<String>>();
        Runnable look = () -> pods.forEach(pod -> destinations.forEach(destination -> {
            var all = seen.computeIfAbsent(pod + " to " + destination, unused -> new ArrayList<>());
            var now = leaves(pod, destination);
            if (all.isEmpty() || !all.getLast().equals(now)) {
                all.add(now);
            }
        }));
        look.run();
        cluster.database.keep(new FakeNorthbound.Journal() {
            @Override
            public void committed(FakeNorthbound database, List<Operation> operations, CommitOutcome outcome) {
                look.run();
            }

            @Override
            public void tampered(FakeNorthbound database, List<Operation> operations) {}
        });
        change.run();
        return seen;
    }

    void assertSeen(Runnable change, String pod, String destination, String... expected) {
        assertThat(during(change, List.of(pod), List.of(destination)).get(pod + " to " + destination))
                .containsExactly(expected);
    }

    List<Row> destined() {
        return cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.EXTERNAL_IDS)
                        .getOrDefault("ovn-egress.io/id", "")
                        .startsWith("destined/"))
                .toList();
    }

    /** By their names without what they are hashed from: {@code to_24_v4}. */
    Map<String, Set<String>> sets() {
        var sets = new TreeMap<String, Set<String>>();
        cluster.database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).startsWith("ovn_egress_destined_"))
                .forEach(row -> sets.merge(
                        row.get(AddressSet.NAME).substring("ovn_egress_destined_".length() + 17),
                        new TreeSet<>(row.get(AddressSet.ADDRESSES)),
                        (one, other) -> {
                            one.addAll(other);
                            return one;
                        }));
        return sets;
    }

    boolean hasRouters() {
        return cluster.database.rows(LogicalRouter.TABLE).stream()
                .anyMatch(row -> row.get(LogicalRouter.NAME).startsWith("egressip_"));
    }

    List<String> conditions(String object) {
        return cluster.statuses.get(object).conditions().stream()
                .map(condition -> condition.type() + " " + condition.status() + " " + condition.reason())
                .toList();
    }

    String message(String object, String type) {
        return cluster.statuses.get(object).conditions().stream()
                .filter(condition -> condition.type().toString().equals(type))
                .map(StatusCondition::message)
                .findFirst()
                .orElse("");
    }
}
