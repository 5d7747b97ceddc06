package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.reconciler.explain.Answer;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.ObjectRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Asked about an object, a node or an address, the machine says where egress IPs are, and what keeps them from elsewhere. */
class ExplainTest {
    private static final String IP = "192.168.126.100";
    private static final String OTHER = "192.168.126.101";

    private final TestCluster cluster = new TestCluster().topology(1, 2, 3, 4);

    @BeforeEach
    void start() {
        cluster.start(
                node(1),
                notReady(node(2)),
                notLabelled(node(3)),
                notLabelled(node(4)),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 2, "10.128.0.5"),
                pod("simpson", "marge", 3, "10.128.4.5"),
                egressIp("demo", where("house=simpson"), IP, OTHER));
    }

    private Answer answer(Question question) {
        return cluster.reconciler.answer(question, cluster.now);
    }

    private Explanation explain(InputKind kind, String name) {
        return ((Answer.Explained) answer(new Question.OfObject(new ObjectRef(kind, name)))).explanation();
    }

    private Explanation explain(String address) {
        return ((Answer.Explained) answer(new Question.OfAddress(ip(address)))).explanation();
    }

    private static List<String> reasons(Explanation explanation) {
        return explanation.reasons().stream()
                .map(reason -> reason.code() + " " + reason.message())
                .toList();
    }

    @Test
    void anObjectSaysOfEachAddressWhereItIsAndWhatKeepsItFromElsewhere() {
        var demo = explain(EgressIpInput.KIND, "demo");

        assertThat(demo.answer()).isEqualTo("has 1 of 2 egress IPs on a node, and selects 2 pods");
        assertThat(demo.facts())
                .containsEntry("namespaces", "house=simpson")
                .containsEntry("pods", "everything")
                .containsEntry("onUnassigned", "NodeAddress");
        var first = demo.parts().getFirst();
        assertThat(first.answer())
                .isEqualTo("is on node node1; 2 pod addresses leave as it (simpson/homer, simpson/marge)");
        assertThat(reasons(first))
                .containsExactly(
                        "Placed node1: meets every term, and keeps what it has as long as it does",
                        "NotReady node2: not ready",
                        "NotLabelled node3,node4: not labelled");
        var second = demo.parts().getLast();
        assertThat(second.answer()).isEqualTo("has no node; no pod leaves as it");
        assertThat(reasons(second))
                .hasSize(4)
                .contains("NodeTaken node1: serves another IP of this object", "NotReady node2: not ready")
                .first()
                .satisfies(problem -> assertThat(problem).startsWith("NoMatchingNode 192.168.126.101 is not assigned"));
    }

    @Test
    void aNodeThatCouldHaveItTooIsNamed() {
        cluster.put(node(3));
        cluster.put(egressIp("alone", where("house=none"), "192.168.126.109"));

        assertThat(explain(EgressIpInput.KIND, "alone").parts().getFirst().reasons())
                .extracting(reason -> reason.code().name())
                .containsExactlyInAnyOrder("Placed", "AlsoPossible", "NotReady", "NotLabelled");
        assertThat(reasons(explain(EgressIpInput.KIND, "alone")))
                .containsExactly("NoNamespaceSelected no namespace has the labels that spec.namespaceSelector asks for:"
                        + " nobody uses this object's egress IPs");
    }

    @Test
    void aPreferredNodeThatDoesNotExistIsNamed() {
        cluster.put(egressIp("demo", where("house=simpson"), IP)
                .edit()
                .nodes(new NodeChoice(Optional.of(NodeChoice.LABELLED), List.of("node1", "node-9"), false, List.of()))
                .build());

        assertThat(reasons(explain(EgressIpInput.KIND, "demo")))
                .containsExactly("UnknownNode preferred node \"node-9\" does not exist: correct spec.preferredNodes (or"
                        + " annotation ovn-egress.io/preferred-nodes) if it is never to");
    }

    @Test
    void whoStandsBySaysForHowManyPodsAndBehindWhom() {
        cluster.put(egressIp("later", 10, where("house=simpson"), LabelSelector.EVERYTHING, "192.168.126.109"));
        cluster.put(node(3));

        assertThat(reasons(explain(EgressIpInput.KIND, "later")))
                .containsExactly("StandsBy stands by for 2 pods, which older objects serve: demo");
    }

    @Test
    void aRefusedObjectSaysWhatIsWrong() {
        cluster.put(egressIp("bad", where("house=simpson"), "nonsense"));

        assertThat(explain(EgressIpInput.KIND, "bad").answer()).startsWith("has 0 of 1 egress IPs on a node");
        assertThat(reasons(explain(EgressIpInput.KIND, "bad")))
                .singleElement()
                .satisfies(
                        reason -> assertThat(reason).startsWith("InvalidEgressIP \"nonsense\" is not an IP address"));
    }

    @Test
    void aNodeSaysWhetherItCanHaveEgressIpsAndWhichItHas() {
        assertThat(explain(InputKind.NODE, "node1").answer()).isEqualTo("can have egress IPs, and has 1");
        assertThat(explain(InputKind.NODE, "node1").parts())
                .extracting(Explanation::name, Explanation::answer)
                .containsExactly(
                        tuple(IP, "of EgressIP demo; 2 pod addresses leave as it (simpson/homer, simpson/marge)"));
        assertThat(reasons(explain(InputKind.NODE, "node2"))).containsExactly("NotReady it is not ready");
        assertThat(reasons(explain(InputKind.NODE, "node3")))
                .containsExactly("NoEgressNode it is not labelled k8s.ovn.org/egress-assignable, and no object's"
                        + " egressNodeSelector matches its labels");
    }

    @Test
    void aNodeWithoutItsRouterSaysSo() {
        cluster.tamper(() -> cluster.database.delete(LogicalRouter.TABLE, cluster.routers.get("GR_node1")));

        assertThat(reasons(explain(InputKind.NODE, "node1")))
                .contains(
                        "WaitingForRouter GR_node1 with a join port of family IPv4 is not in the database: it is the last"
                                + " to be chosen");
    }

    @Test
    void anEgressIpSaysWhoHasItAndWhoLeavesAsIt() {
        cluster.put(egressIp("later", 10, where("house=simpson"), LabelSelector.EVERYTHING, IP));
        var found = explain(IP);

        assertThat(found.answer())
                .isEqualTo("is an egress IP of demo on node node1; 2 pod addresses leave as it (simpson/homer,"
                        + " simpson/marge)");
        assertThat(reasons(found))
                .containsExactly(
                        "EgressAddress EgressIP demo asks for it, and has it on node node1",
                        "EgressAddress EgressIP later asks for it, and does not have it: see explain egressip later");
    }

    @Test
    void anAddressOfAPodIsExplainedAsThePod() {
        assertThat(explain("10.128.0.5").answer())
                .isEqualTo(
                        "is the address of pod simpson/homer, and leaves as 192.168.126.100 from node1 (EgressIP demo)");
        assertThat(explain("10.128.0.5").parts().getFirst().rows()).hasSize(3);
    }

    @Test
    void otherAddressesSayWhoseTheyAre() {
        assertThat(explain("192.168.126.12").answer()).isEqualTo("is an address of node node2");
        assertThat(explain("100.64.0.9").answer()).isEqualTo("cannot be an egress IP");
        assertThat(answer(new Question.OfAddress(ip("192.0.2.1"))))
                .isEqualTo(new Answer.Unknown("address 192.0.2.1", List.of()));
    }

    @Test
    void nothingChangesByBeingAsked() {
        int commits = cluster.database.commits;
        for (var question : List.<Question>of(
                new Question.OfObject(new ObjectRef(EgressIpInput.KIND, "demo")),
                new Question.OfObject(new ObjectRef(InputKind.NODE, "node1")),
                new Question.OfObject(new ObjectRef(InputKind.POD, "simpson/homer")),
                new Question.OfAddress(ip(IP)))) {
            answer(question);
        }
        assertThat(cluster.reconciler.nextTransaction(cluster.now)).isEmpty();
        assertThat(cluster.reconciler.takeStatusChanges()).isEmpty();
        assertThat(cluster.reconciler.takeDecisions()).isEmpty();
        assertThat(cluster.database.commits).isEqualTo(commits);
        assertThat(explain(InputKind.NODE, "node1").facts())
                .isEqualTo(Map.of("networks", "192.168.126.11/24, fd00:126::11/64"));
    }
}
