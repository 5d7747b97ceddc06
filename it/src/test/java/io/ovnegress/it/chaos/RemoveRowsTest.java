package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.OtherClient.map;
import static io.ovnegress.it.chaos.OtherClient.operation;
import static io.ovnegress.it.chaos.OtherClient.operations;
import static io.ovnegress.it.chaos.OtherClient.reference;
import static io.ovnegress.it.chaos.OtherClient.set;
import static io.ovnegress.it.chaos.OtherClient.uuid;
import static io.ovnegress.it.chaos.OtherClient.whereName;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.it.chaos.OvnkubeEgressIp.Served;
import io.ovnegress.it.harness.oracle.Violation;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.reconciler.northbound.RowIds;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code deploy/tools/remove-rows.sh} on a real server. */
class RemoveRowsTest {
    private static final String SCRIPT = "../deploy/tools/remove-rows.sh";
    /** More than two transactions of the script hold, and more than one argument of a program. */
    private static final int PODS = 1_500;

    private static final int ROWS = 2 * PODS + 4 + 1 + 2;
    private static final Served THEIRS = new Served("demo", "ns/theirs", "10.129.0.1", "192.168.126.100", 1);

    private final ChaosDatabase database = new ChaosDatabase();
    private List<String> others = List.of();

    /** How a row of ours may look by now. */
    private enum Marks {
        OURS,
        FIRST_VERSION,
        RELABELLED;

        private ArrayNode externalIds(String id, String owner) {
            return switch (this) {
                case OURS ->
                    map(
                            "k8s.ovn.org/owner-controller",
                            "ovn-egress",
                            "ovn-egress.io/id",
                            id,
                            "ovn-egress.io/owner",
                            owner);
                case FIRST_VERSION -> map("name", "demo", "ovn-egress.io/id", id, "ovn-egress.io/owner", owner);
                case RELABELLED -> OvnkubeSyncers.ownerKeys("100:", "demo_UNKNOWN/UNKNOWN");
            };
        }
    }

    @BeforeEach
    void furnish() {
        database.clear();
        OvnkubeEgressIp.exempt(database.client());
        OvnkubeEgressIp.serve(database.client(), List.of(THEIRS));
        others = lines();
    }

    @AfterEach
    void close() {
        database.close();
    }

    private List<String> lines() {
        return Content.of(database.client(), false).lines();
    }

    private static ObjectNode insert(ArrayNode operations, String table, String id) {
        return operation(operations, "insert", table)
                .put("uuid", RowIds.of(id).toString())
                .putObject("row");
    }

    private static void attach(ArrayNode operations, String table, String parent, String column, String id) {
        reference(
                operations,
                table,
                whereName(parent),
                column,
                "insert",
                uuid(RowIds.of(id).toString()));
    }

    private static void policy(ArrayNode operations, Marks marks, String id, int priority, String match, String owner) {
        var row = insert(operations, "Logical_Router_Policy", id);
        row.put("priority", priority).put("match", match).put("action", priority == 100 ? "reroute" : "allow");
        row.set("nexthops", priority == 100 ? set("100.64.0.2") : set());
        row.set("external_ids", marks.externalIds(id, owner));
        attach(operations, "Logical_Router", Landscape.CLUSTER_ROUTER, "policies", id);
    }

    private void baseline() {
        var operations = operations();
        var pods = "10.128.0.0/14";
        policy(
                operations,
                Marks.RELABELLED,
                "allow/pod-to-pod/" + pods + "/" + pods,
                102,
                "ip4.src == " + pods + " && ip4.dst == " + pods,
                "Baseline");
        policy(
                operations,
                Marks.FIRST_VERSION,
                "allow/pod-to-join/" + pods + "/100.64.0.0/16",
                102,
                "ip4.src == " + pods + " && ip4.dst == 100.64.0.0/16",
                "Baseline");
        policy(
                operations,
                Marks.RELABELLED,
                "allow/pod-to-node/v4",
                102,
                "ip4.src == $ovn_egress_served_pods_v4 && ip4.dst == $ovn_egress_node_ips_v4",
                "Baseline");
        policy(operations, Marks.OURS, "allow/replies", 102, "pkt.mark == 42", "Baseline");
        for (var set : List.of("ovn_egress_served_pods_v4", "ovn_egress_node_ips_v4")) {
            insert(operations, "Address_Set", "address-set/" + set)
                    .put("name", set)
                    .set("external_ids", Marks.OURS.externalIds("address-set/" + set, "Baseline"));
        }
        var mark = "reply-mark/node1/v4";
        var row = insert(operations, "QoS", mark);
        row.put("priority", 103).put("match", "ct.rpl").put("direction", "from-lport");
        row.set("external_ids", Marks.OURS.externalIds(mark, "Baseline"));
        row.putArray("action").add("map").addArray().addArray().add("dscp").add(1);
        attach(operations, "Logical_Switch", "node1", "qos_rules", mark);
        database.client().transact(Author.CONTROLLER, "1", operations);
    }

    private void rowsOf(int pods) {
        baseline();
        for (int from = 0; from < pods; from += 500) {
            var operations = operations();
            for (int i = from; i < Math.min(pods, from + 500); i++) {
                var marks = Marks.values()[i % 3];
                var pod = "10.128." + (i >> 8) + "." + (i & 255);
                policy(operations, marks, "reroute/" + pod, 100, "ip4.src == " + pod, "EgressIP/demo");
                var id = "snat/" + pod + "/192.168.126.100";
                var row = insert(operations, "NAT", id);
                row.put("type", "snat").put("logical_ip", pod).put("external_ip", "192.168.126.100");
                row.put("logical_port", "k8s-node1").set("external_ids", marks.externalIds(id, "EgressIP/demo"));
                attach(operations, "Logical_Router", "GR_node1", "nat", id);
            }
            database.client().transact(Author.CONTROLLER, "1", operations);
        }
    }

    private Command.Output run(String... arguments) {
        return Command.of(Stream.concat(Stream.of(SCRIPT, "--db", database.address()), Stream.of(arguments))
                        .toArray(String[]::new))
                .run();
    }

    @Test
    void ourRowsAreRemovedHoweverTheyAreMarkedAndNobodyElses() {
        rowsOf(PODS);
        int mark = database.log().size();

        var output = run();

        assertThat(output.exitCode()).as(output.standardError()).isZero();
        assertThat(output.standardError()).contains(ROWS + " of " + ROWS + " removed");
        assertThat(lines()).isEqualTo(others);
        assertThat(Violation.in(database.log(), mark))
                .as("but for the strangers that were there before")
                .allMatch(violation -> violation.rule().startsWith("10.200.0.5 "));
    }

    @Test
    void exemptionsGoAfterAllThatNeedsThem() {
        rowsOf(10);
        int mark = database.log().size();

        run();

        var order = new ArrayList<Integer>();
        var unused = database.log().replay((index, transaction, state) -> {
            if (index >= mark) {
                order.add((int) state.rows("Logical_Router_Policy").stream()
                        .filter(row -> row.number("priority") == 102)
                        .count());
                if (state.rows("NAT").stream()
                        .anyMatch(row -> row.text("logical_ip").startsWith("10.128.0.2"))) {
                    assertThat(order).as("exemptions while SNATs are there").containsOnly(order.getFirst());
                }
            }
        });
        assertThat(order.getFirst() - order.getLast()).isEqualTo(4);
    }

    @Test
    void aDryRunListsThemAndChangesNothing() {
        rowsOf(30);
        var before = lines();

        var output = run("--dry-run");

        assertThat(output.exitCode()).isZero();
        assertThat(output.standardOutput().lines())
                .hasSize(2 * 30 + 7)
                .contains("NAT " + RowIds.of("snat/10.128.0.2/192.168.126.100") + " of Logical_Router GR_node1");
        assertThat(output.standardError())
                .contains("of them are marked as ovnkube's")
                .contains("nothing was removed");
        assertThat(lines()).isEqualTo(before);
    }

    @Test
    void rowsThatCannotBeToldFromOvnkubesGoOnlyIfTheyAreNamed() throws IOException {
        var theirs = database.client().select(List.of("NAT")).get(0);
        var named = new ArrayList<String>();
        theirs.forEach(nat -> {
            if (nat.get("logical_ip").asText().equals(THEIRS.address())) {
                named.add(Content.id(nat));
            }
        });
        assertThat(named).hasSize(1);
        assertThat(run().exitCode()).isZero();
        assertThat(lines()).isEqualTo(others);
        var file = Files.write(database.directory().resolve("more"), named);

        assertThat(run("--uuid", file.toString()).exitCode()).isZero();

        assertThat(lines()).hasSize(others.size() - 1).noneMatch(line -> line.contains("logical_ip=[10.129.0.1]"));
    }

    @Test
    void nothingToDoIsNoFailure() {
        assertThat(run().exitCode()).isZero();
        assertThat(lines()).isEqualTo(others);
    }

    @Test
    void exitCodesTellTheDatabaseFromTheArguments() {
        assertThat(Command.of(SCRIPT, "--db", "unix:/nowhere/nb.sock").run())
                .satisfies(output -> assertThat(output.exitCode()).isEqualTo(1))
                .satisfies(
                        output -> assertThat(output.standardError()).contains("unix:/nowhere/nb.sock did not answer"));
        assertThat(run("--baseline"))
                .satisfies(output -> assertThat(output.exitCode()).isEqualTo(2))
                .satisfies(output -> assertThat(output.standardError()).contains("unknown argument --baseline"));
        assertThat(run("--help"))
                .satisfies(output -> assertThat(output.exitCode()).isZero())
                .satisfies(output -> assertThat(output.standardOutput()).contains("--dry-run", "--uuid", "Exit codes"));
    }
}
