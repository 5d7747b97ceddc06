package io.ovnegress.controller.convert;

import static io.ovnegress.controller.convert.ConversionFixture.convert;
import static io.ovnegress.controller.convert.ConversionFixture.convertText;
import static io.ovnegress.controller.convert.ConversionFixture.objects;
import static io.ovnegress.controller.convert.ConversionFixture.said;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.controller.convert.Choices.Isolation;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Projects that were kept apart reach each other by NetworkPolicies as they did by their network IDs. */
class IsolationConversionTest {
    private static final Choices ISOLATED = new Choices(
            Optional.empty(),
            Isolation.yes,
            List.of(IpNetwork.parse("10.128.0.0/14").orElseThrow()),
            List.of());
    private static final IpAddress OUTSIDE = IpAddress.parse("203.0.113.9").orElseThrow();
    private static final IpAddress POD = IpAddress.parse("10.129.3.4").orElseThrow();

    /** Whether the policies in its namespace let in what comes from pods of the other, as Kubernetes defines it. */
    private static boolean letsIn(Converted converted, String to, String from) {
        return letsIn(
                converted,
                to,
                peer -> peer.path("namespaceSelector").isObject()
                        && matches(peer.path("namespaceSelector"), Map.of("kubernetes.io/metadata.name", from)));
    }

    private static boolean letsIn(Converted converted, String to, IpAddress from) {
        return letsIn(converted, to, peer -> peer.path("ipBlock").isObject() && contains(peer.path("ipBlock"), from));
    }

    private static boolean letsIn(Converted converted, String to, java.util.function.Predicate<JsonNode> isPeer) {
        var policies = objects(converted, "NetworkPolicy").stream()
                .filter(policy -> policy.at("/metadata/namespace").asText().equals(to))
                .toList();
        if (policies.isEmpty()) {
            return true;
        }
        for (var policy : policies) {
            for (var peer : policy.at("/spec/ingress/0/from")) {
                if (isPeer.test(peer)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean contains(JsonNode block, IpAddress address) {
        for (var except : block.path("except")) {
            if (IpNetwork.parse(except.asText()).orElseThrow().contains(address)) {
                return false;
            }
        }
        return IpNetwork.parse(block.path("cidr").asText()).orElseThrow().contains(address);
    }

    private static boolean matches(JsonNode selector, Map<String, String> labels) {
        for (var label : selector.path("matchLabels").properties()) {
            if (!label.getValue().asText().equals(labels.get(label.getKey()))) {
                return false;
            }
        }
        for (var expression : selector.path("matchExpressions")) {
            var value = labels.get(expression.path("key").asText());
            var values = new ArrayList<String>();
            expression.path("values").forEach(each -> values.add(each.asText()));
            if (!expression.path("operator").asText().equals("In") || !values.contains(value)) {
                return false;
            }
        }
        return true;
    }

    @Test
    void joinedIsolatedAndGlobalProjectsReachWhomTheyReached() {
        var converted = convert("projects.yaml");
        var reached = new TreeMap<String, TreeSet<String>>();
        var all = List.of("a", "b", "c", "d", "default", "g");
        for (var from : all) {
            all.stream()
                    .filter(to -> letsIn(converted, to, from))
                    .forEach(to ->
                            reached.computeIfAbsent(from, f -> new TreeSet<>()).add(to));
        }

        assertThat(reached)
                .isEqualTo(Map.of(
                        "a", new TreeSet<>(List.of("a", "b", "c", "default", "g")),
                        "b", new TreeSet<>(List.of("a", "b", "c", "default", "g")),
                        "c", new TreeSet<>(List.of("a", "b", "c", "default", "g")),
                        "d", new TreeSet<>(List.of("d", "default", "g")),
                        "default", new TreeSet<>(all),
                        "g", new TreeSet<>(all)));
    }

    @Provide
    Arbitrary<Map<String, Long>> projects() {
        return Arbitraries.maps(
                        Arbitraries.strings().withCharRange('a', 'h').ofLength(1),
                        Arbitraries.longs().between(0, 4))
                .ofMaxSize(8);
    }

    @Property
    void reachabilityIsThatOfNetworkIds(@ForAll("projects") Map<String, Long> projects) {
        var documents = new ArrayList<JsonNode>();
        projects.forEach((name, id) -> {
            var project = new ObjectMapper()
                    .createObjectNode()
                    .put("kind", "NetNamespace")
                    .put("apiVersion", "v1");
            project.putObject("metadata").put("name", name);
            documents.add(project.put("netid", id));
        });
        var converted = Conversion.of(documents, ISOLATED);

        projects.forEach((from, fromId) -> projects.forEach((to, toId) -> assertThat(letsIn(converted, to, from))
                .as("%s (%d) to %s (%d)", from, fromId, to, toId)
                .isEqualTo(fromId.equals(toId) || fromId == 0 || toId == 0)));
    }

    @Test
    void whatComesFromOutsideIsLetInAndPodsAreNotTakenForThat() {
        var converted = convert("projects.yaml");

        assertThat(letsIn(converted, "d", OUTSIDE)).isTrue();
        assertThat(letsIn(converted, "d", POD)).isFalse();
    }

    @Test
    void withoutTheClusterSubnetsItIsSaidThatNothingFromOutsideIsLetIn() {
        var choices = new Choices(Optional.empty(), Isolation.yes, List.of(), List.of());
        var converted = convert(choices, "000-manual.yaml");

        assertThat(letsIn(converted, "egress-test", OUTSIDE)).isFalse();
        assertThat(said(converted, Verdict.Lost)).contains("say --cluster-subnets");
    }

    @Test
    void projectsThatWereNeverKeptApartGetNoPolicy() {
        var converted = convertText("""
                {kind: ClusterNetwork, apiVersion: v1, metadata: {name: default}, pluginName: redhat/openshift-ovs-networkpolicy}
                ---
                {kind: NetNamespace, apiVersion: v1, metadata: {name: a}, netid: 1}
                ---
                {kind: NetNamespace, apiVersion: v1, metadata: {name: b}, netid: 1}
                """);

        assertThat(objects(converted, "NetworkPolicy")).isEmpty();
        assertThat(said(converted, Verdict.PassedOver)).contains("keeps nobody apart");
    }

    @Test
    void clientsOfAnEgressRouterAreThoseOfJoinedProjects() {
        var router = ConversionFixture.only(convertText("""
                        {kind: NetNamespace, apiVersion: v1, metadata: {name: myproj}, netid: 7}
                        ---
                        {kind: NetNamespace, apiVersion: v1, metadata: {name: other}, netid: 7}
                        ---
                        kind: Pod
                        apiVersion: v1
                        metadata: {name: egress-1, namespace: myproj}
                        spec:
                          containers:
                            - env: [{name: EGRESS_SOURCE, value: 10.0.0.9}, {name: EGRESS_DESTINATION, value: 10.9.9.9}]
                        """), "EgressRouter");

        assertThat(matches(
                        router.at("/spec/clients/namespaceSelector"), Map.of("kubernetes.io/metadata.name", "other")))
                .isTrue();
        assertThat(matches(
                        router.at("/spec/clients/namespaceSelector"), Map.of("kubernetes.io/metadata.name", "third")))
                .isFalse();
    }
}
