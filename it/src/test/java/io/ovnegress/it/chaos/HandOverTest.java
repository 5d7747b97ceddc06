package io.ovnegress.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.it.chaos.OvnkubeEgressIp.Served;
import io.ovnegress.it.chaos.OvnkubeSyncers.Features;
import io.ovnegress.it.harness.oracle.DatabaseState;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * 200 pods and two egress IPs go from ovnkube to the controller and back, with an ovnkube that starts again and again. After every
 * single transaction each pod has its policy and its SNAT, and no writer has a row twice.
 */
class HandOverTest {
    private static final int PODS = 200;
    private static final List<String> OUR_TABLES = List.of("Logical_Router_Policy", "NAT", "QoS", "Address_Set");
    private static final String OUR_ID = "ovn-egress.io/id";
    private static final String OUR_OWNER = "ovn-egress.io/owner";

    private final ChaosDatabase database = new ChaosDatabase();
    private final List<Served> served = new ArrayList<>();
    private final List<InputObject> pods = new ArrayList<>();
    private final OvnkubeSyncers ovnkube = new OvnkubeSyncers(database.client(), Set.of("10.128.0.0/14", "fd01::/48"));

    @BeforeEach
    void cluster() {
        database.clear();
        for (int i = 0; i < PODS; i++) {
            var address = "10.128." + i / 100 + "." + (10 + i % 100);
            boolean web = i % 2 == 0;
            pods.add(new PodInput(
                    new PodName("ns", "pod-" + i),
                    Instant.ofEpochSecond(i),
                    Map.of("app", web ? "web" : "db"),
                    Landscape.node(1 + i % Landscape.NODES),
                    List.of(RandomObjects.ip(address)),
                    false,
                    false));
            served.add(new Served(
                    web ? "eip-web" : "eip-db",
                    "ns/pod-" + i,
                    address,
                    web ? "192.168.126.100" : "192.168.126.101",
                    web ? 1 : 2));
        }
    }

    @AfterEach
    void close() {
        database.close();
    }

    private ChaosController controller(boolean podSnats) {
        var controller = new ChaosController(
                database.address(),
                Optional.empty(),
                "1",
                ChaosController.config(podSnats, false, 100, EgressForm.Kind.PER_POD),
                List.of(),
                status -> {},
                pools -> {});
        var nodes = new ArrayList<InputObject>();
        for (int n = 1; n <= Landscape.NODES; n++) {
            nodes.add(RandomObjects.node(n));
        }
        controller.post(new InputChange.Listed(InputKind.NODE, nodes));
        controller.post(new InputChange.Listed(EgressTrafficInput.KIND, List.of()));
        controller.post(
                new InputChange.Listed(InputKind.NAMESPACE, List.of(new NamespaceInput("ns", Map.of("team", "red")))));
        controller.post(new InputChange.Listed(InputKind.POD, pods));
        controller.post(new InputChange.Listed(
                EgressIpInput.KIND,
                List.of(
                        egressIp("eip-web", "web", "192.168.126.100", 1),
                        egressIp("eip-db", "db", "192.168.126.101", 2))));
        controller.awaitQuiet(Optional.empty());
        return controller;
    }

    private static EgressIpInput egressIp(String name, String app, String address, int node) {
        return EgressIpInput.named(name)
                .uid("uid-" + name)
                .egressIps(List.of(address))
                .namespaceSelector(new LabelSelector(List.of(new Requirement("team", Operator.IN, Set.of("red")))))
                .podSelector(new LabelSelector(List.of(new Requirement("app", Operator.IN, Set.of(app)))))
                .statusItems(List.of(new EgressIpInput.StatusItem(Landscape.node(node), address)))
                .build();
    }

    /** What ovnkube knows of the cluster. */
    private OvnkubeSyncers.Cluster known(boolean egressIps) {
        var nodeAddresses = new TreeMap<String, Set<String>>();
        var podsOf = new TreeMap<String, Set<String>>();
        for (int n = 1; n <= Landscape.NODES; n++) {
            nodeAddresses.put(Landscape.gateway(n), Set.of(new NumberedNode(n).address(IpFamily.V4)));
            podsOf.put(Landscape.gateway(n), new TreeSet<>());
        }
        pods.forEach(object -> {
            var pod = (PodInput) object;
            podsOf.get("GR_" + pod.node()).add(pod.ips().get(0).text());
        });
        return new OvnkubeSyncers.Cluster(
                egressIps ? served.stream().map(Served::name).collect(Collectors.toSet()) : Set.of(),
                nodeAddresses,
                podsOf);
    }

    private int mark() {
        return database.log().size();
    }

    /** What was wrong after any transaction since the mark. */
    private List<String> problemsSince(int mark) {
        var problems = new ArrayList<String>();
        var unused = database.log().replay((index, transaction, state) -> {
            if (index >= mark) {
                var rows = new HashSet<String>();
                int fullyServed = served(state, rows, problems, index);
                if (fullyServed != PODS) {
                    problems.add("transaction " + index + ": " + fullyServed + " pods are served");
                }
            }
        });
        return problems;
    }

    private static int served(DatabaseState state, Set<String> rows, List<String> problems, int index) {
        var rerouted = new HashSet<String>();
        var translated = new HashSet<String>();
        for (var router : state.rows("Logical_Router")) {
            for (var id : router.references("policies")) {
                var policy = state.row("Logical_Router_Policy", id);
                var match = policy.text("match");
                if (policy.number("priority") == 100 && match.startsWith("ip4.src == 10.128.")) {
                    rerouted.add(match.substring("ip4.src == ".length()));
                    once(writer(policy) + " " + router.text("name") + " " + match, rows, problems, index);
                }
            }
            for (var id : router.references("nat")) {
                var nat = state.row("NAT", id);
                if (nat.text("type").equals("snat") && nat.text("logical_port").startsWith("k8s-")) {
                    translated.add(nat.text("logical_ip"));
                    once(
                            writer(nat) + " " + router.text("name") + " " + nat.text("logical_ip") + " "
                                    + nat.text("external_ip"),
                            rows,
                            problems,
                            index);
                }
            }
        }
        rerouted.retainAll(translated);
        return rerouted.size();
    }

    private static void once(String row, Set<String> rows, List<String> problems, int index) {
        if (!rows.add(row)) {
            problems.add("transaction " + index + ": twice: " + row);
        }
    }

    private static String writer(DatabaseState.Row row) {
        return row.columns().getOrDefault("external_ids", List.of()).stream()
                .filter(pair -> pair.get(0).asText().equals(OvnkubeSyncers.CONTROLLER_KEY))
                .map(pair -> pair.get(1).asText())
                .findFirst()
                .orElse("");
    }

    private List<JsonNode> rows(String table) {
        var rows = new ArrayList<JsonNode>();
        database.client().select(List.of(table)).get(0).forEach(rows::add);
        return rows;
    }

    private Set<String> egressRows() {
        return Stream.concat(
                        rows("Logical_Router_Policy").stream()
                                .filter(row -> row.get("priority").asInt() == 100
                                        && row.get("match").asText().startsWith("ip4.src == 10.128.")),
                        rows("NAT").stream()
                                .filter(row ->
                                        !Content.atoms(row.get("logical_port")).isEmpty()))
                .map(Content::id)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private List<JsonNode> ours() {
        return OUR_TABLES.stream()
                .flatMap(table -> rows(table).stream())
                .filter(row -> OvnkubeSyncers.externalIds(row).containsKey(OUR_ID))
                .toList();
    }

    private static Set<String> ids(List<JsonNode> rows) {
        return rows.stream().map(Content::id).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Rows as version 0.1 wrote them: {@code name} on those of pods, and no owner of ovnkube's kind. */
    private void asTheFirstVersionWroteThem() {
        var operations = OtherClient.operations();
        for (var table : OUR_TABLES) {
            for (var row : rows(table)) {
                var ids = new HashMap<>(OvnkubeSyncers.externalIds(row));
                var owner = ids.get(OUR_OWNER);
                if (owner == null) {
                    continue;
                }
                ids.keySet().removeIf(key -> key.startsWith("k8s.ovn.org/") || key.equals("ovn-egress.io/feature"));
                if (owner.startsWith("EgressIP/")) {
                    ids.put("name", owner.substring("EgressIP/".length()));
                }
                var update = OtherClient.operation(operations, "update", table);
                update.set("where", OtherClient.whereId(Content.id(row)));
                update.putObject("row")
                        .set(
                                "external_ids",
                                OtherClient.map(ids.entrySet().stream()
                                        .flatMap(pair -> Stream.of(pair.getKey(), pair.getValue()))
                                        .toArray(String[]::new)));
            }
        }
        database.client().transact(Author.DAMAGE, "", operations);
    }

    private List<String> ovnkubeStartsInEveryWay(boolean podSnats, boolean egressIps) {
        var taken = new ArrayList<String>();
        for (boolean egressIp : new boolean[] {false, true}) {
            for (boolean egressService : new boolean[] {false, true}) {
                taken.addAll(ovnkube.start(new Features(egressIp, egressService, podSnats), known(egressIps)));
            }
        }
        return taken;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsLostWhenTheControllerTakesOverFromOvnkube(boolean podSnats) {
        OvnkubeEgressIp.exempt(database.client());
        OvnkubeEgressIp.serve(database.client(), served);
        var before = egressRows();
        assertThat(before).hasSize(2 * PODS);
        int mark = mark();

        try (var controller = controller(podSnats)) {
            assertThat(egressRows()).as("the same rows").isEqualTo(before);
            assertThat(ours())
                    .hasSizeGreaterThan(2 * PODS)
                    .allSatisfy(row -> assertThat(OvnkubeSyncers.externalIds(row))
                            .containsEntry(OvnkubeSyncers.CONTROLLER_KEY, "ovn-egress")
                            .doesNotContainKeys("name", OvnkubeSyncers.NAME_KEY, OvnkubeSyncers.ID_KEY));
            int changes = controller.changes().size();

            assertThat(ovnkubeStartsInEveryWay(podSnats, false)).isEmpty();
            assertThat(ovnkube.nodeRemoved(Set.of(new NumberedNode(1).joinAddress(IpFamily.V4))))
                    .isEmpty();

            controller.awaitQuiet(Optional.empty());
            assertThat(controller.changes()).as("nothing to repair").hasSize(changes);
        }
        assertThat(problemsSince(mark)).isEmpty();
        assertThat(LogJudge.verdicts(database.log())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsLostWhenItIsHandedBack(boolean podSnats) {
        controller(podSnats).close();
        int mark = mark();

        assertThat(ovnkubeStartsInEveryWay(podSnats, true)).isEmpty();
        OvnkubeEgressIp.exempt(database.client());
        OvnkubeEgressIp.serve(database.client(), served);
        assertThat(ovnkubeStartsInEveryWay(podSnats, true)).isEmpty();
        assertThat(egressRows()).as("both side by side").hasSize(4 * PODS);
        Command.of("../deploy/tools/remove-rows.sh", "--db", database.address()).output();

        assertThat(problemsSince(mark)).isEmpty();
        assertThat(ours()).isEmpty();
        assertThat(egressRows()).hasSize(2 * PODS);
        assertThat(rows("Logical_Router_Policy"))
                .filteredOn(row -> row.get("priority").asInt() == 102)
                .as("ovnkube's and the strangers'")
                .hasSize(3);
    }

    @Test
    void rowsOfTheFirstVersionAreUpgradedInPlace() {
        controller(false).close();
        var content = Content.of(database.client(), false).lines();
        var ids = ids(ours());
        asTheFirstVersionWroteThem();
        assertThat(Content.of(database.client(), false).lines()).isNotEqualTo(content);
        int mark = mark();

        controller(false).close();

        assertThat(problemsSince(mark)).isEmpty();
        assertThat(ids(ours())).isEqualTo(ids);
        assertThat(Content.of(database.client(), false).lines()).isEqualTo(content);
    }

    @Test
    void rowsOfTheFirstVersionThatOvnkubeHasMadeItsOwnAreTakenBackInPlace() {
        controller(false).close();
        var content = Content.of(database.client(), false).lines();
        var ids = ids(ours());
        asTheFirstVersionWroteThem();
        int mark = mark();
        assertThat(ovnkube.start(new Features(false, false, false), known(false)))
                .as("policies and SNATs of pods, four exemptions of the cluster subnets, two with sets")
                .hasSize(2 * PODS + 6)
                .allMatch(taken -> taken.startsWith("relabels "));

        controller(false).close();

        assertThat(problemsSince(mark)).isEmpty();
        assertThat(ids(ours())).isEqualTo(ids);
        assertThat(Content.of(database.client(), false).lines()).isEqualTo(content);
    }

    /** What the emulated ovnkube would do if rows were still written as at first. */
    @Test
    void rowsOfTheFirstVersionAreLostToAnOvnkubeWithEgressIps() {
        controller(false).close();
        asTheFirstVersionWroteThem();
        int mark = mark();

        var unused = ovnkube.start(new Features(true, false, false), known(false));

        assertThat(problemsSince(mark)).anyMatch(problem -> problem.endsWith(": 0 pods are served"));
    }

    @Test
    void rowsOfTheFirstVersionKeepAnOvnkubeWithEgressServicesFromStarting() {
        controller(false).close();
        asTheFirstVersionWroteThem();
        OvnkubeEgressIp.exempt(database.client());

        assertThatThrownBy(() -> ovnkube.start(new Features(false, true, false), known(false)))
                .hasMessageContaining("unexpectedly found multiple results");
    }

    @Test
    void rowsOfTheFirstVersionGoWithANode() {
        controller(false).close();
        asTheFirstVersionWroteThem();

        assertThat(ovnkube.nodeRemoved(Set.of(new NumberedNode(1).joinAddress(IpFamily.V4))))
                .hasSize(PODS / 2);
    }
}
