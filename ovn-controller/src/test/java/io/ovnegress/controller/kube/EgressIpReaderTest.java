package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.BeforeServed;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos.Bandwidth;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EgressIpReaderTest {
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    private final InputMappers mappers = new InputMappers();

    @Test
    void theSeedsObjectIsReadWhole() {
        var read = read("""
                {"apiVersion": "k8s.ovn.org/v1", "kind": "EgressIP",
                 "metadata": {"name": "egressip-demo", "uid": "ae1ccb00", "generation": 3,
                   "creationTimestamp": "2021-11-26T20:40:43Z", "resourceVersion": "10348402",
                   "labels": {"app.kubernetes.io/instance": "simpson-egressip"}},
                 "spec": {"egressIPs": ["192.168.126.100"],
                   "namespaceSelector": {"matchLabels": {"house": "simpson"}}, "podSelector": {}},
                 "status": {"items": [{"egressIP": "192.168.126.100", "node": "worker-0"}]}}
                """);

        assertThat(read)
                .isEqualTo(EgressIpInput.named("egressip-demo")
                        .uid("ae1ccb00")
                        .created(Instant.parse("2021-11-26T20:40:43Z"))
                        .generation(3)
                        .egressIps(List.of("192.168.126.100"))
                        .namespaceSelector(
                                new LabelSelector(List.of(new Requirement("house", Operator.IN, Set.of("simpson")))))
                        .podSelector(LabelSelector.EVERYTHING)
                        .statusItems(List.of(new StatusItem("worker-0", "192.168.126.100")))
                        .build());
    }

    private NodeChoice choice(String annotations, String spec) {
        return read("{\"metadata\": {\"name\": \"e\", \"annotations\": {" + annotations
                        + "}}, \"spec\": {\"egressIPs\": []," + " \"namespaceSelector\": {}" + spec + "}}")
                .nodes();
    }

    @Test
    void anObjectThatSaysNothingOfItsNodesMeansTheLabelledOnes() {
        assertThat(choice("", "")).isEqualTo(NodeChoice.USUAL);
        assertThat(choice(
                        "",
                        ", \"egressNodeSelector\": {\"matchExpressions\": [{\"key\":"
                                + " \"k8s.ovn.org/egress-assignable\", \"operator\": \"Exists\"}]}"))
                .as("the default of ovn-kubernetes' CRD")
                .isEqualTo(NodeChoice.USUAL);
    }

    @Test
    void whatAnObjectSaysOfItsNodesIsInFieldsElseInAnnotations() {
        var pool = new LabelSelector(List.of(new Requirement("pool", Operator.IN, Set.of("dmz"))));
        var said = new NodeChoice(Optional.of(pool), List.of("worker-2", "worker-1"), true, List.of());

        assertThat(choice(
                        "",
                        ", \"egressNodeSelector\": {\"matchLabels\": {\"pool\": \"dmz\"}}, \"preferredNodes\": [\"worker-2\","
                                + " \"worker-1\"], \"onPreferredNodeReturn\": \"MoveBack\""))
                .isEqualTo(said);
        var annotations =
                "\"ovn-egress.io/egress-node-selector\": \"{\\\"matchLabels\\\":{\\\"pool\\\":\\\"dmz\\\"}}\","
                        + " \"ovn-egress.io/preferred-nodes\": \"worker-2, worker-1,\","
                        + " \"ovn-egress.io/on-preferred-node-return\": \"MoveBack\"";
        assertThat(choice(annotations, "")).isEqualTo(said);
        assertThat(choice(
                        annotations,
                        ", \"egressNodeSelector\": {\"matchExpressions\": [{\"key\":"
                                + " \"k8s.ovn.org/egress-assignable\", \"operator\": \"Exists\"}]}"))
                .as("the default of our CRD hides no annotation")
                .isEqualTo(said);
        assertThat(choice(
                        annotations,
                        ", \"egressNodeSelector\": {}, \"preferredNodes\": [], \"onPreferredNodeReturn\": \"Stay\""))
                .isEqualTo(new NodeChoice(Optional.of(LabelSelector.EVERYTHING), List.of(), false, List.of()));
    }

    @Test
    void aNodeSelectorThatCannotBeUnderstoodRefusesTheObject() {
        for (var annotation : List.of("pool=dmz", "[]", "{\\\"matchLabels\\\":7}")) {
            var read =
                    read("{\"metadata\": {\"name\": \"e\", \"annotations\": {\"ovn-egress.io/egress-node-selector\": \""
                            + annotation + "\"}}, \"spec\": {\"egressIPs\": [], \"namespaceSelector\": {}}}");

            assertThat(read.nodes().selector()).isEmpty();
            assertThat(read.selectorError()).startsWith("annotation ovn-egress.io/egress-node-selector");
        }
    }

    @Test
    void aMisspeltReturnCountsAsStayAndIsTold() {
        assertThat(choice("\"ovn-egress.io/on-preferred-node-return\": \"Return\"", ", \"preferredNodes\": [\"a\", 7]"))
                .isEqualTo(
                        new NodeChoice(
                                Optional.of(NodeChoice.LABELLED),
                                List.of("a"),
                                false,
                                List.of(
                                        "spec.preferredNodes is not a list of node names: what is none is left out, correct it",
                                        "onPreferredNodeReturn (or annotation ovn-egress.io/on-preferred-node-return) is"
                                                + " \"Return\", which is neither Stay nor MoveBack: it counts as Stay, correct it")));
    }

    @ParameterizedTest
    @CsvSource({
        ", , NODE_ADDRESS",
        "'\"Drop\"', , DROP",
        "'\"NodeAddress\"', , NODE_ADDRESS",
        ", Drop, DROP",
        ", NodeAddress, NODE_ADDRESS",
        ", nonsense, DROP",
        ", '', DROP",
        ", drop, DROP",
        "null, Drop, DROP",
        "'\"NodeAddress\"', Drop, NODE_ADDRESS",
        "'\"Drop\"', NodeAddress, DROP",
        "7, , DROP",
    })
    void theFieldSaysWhatIsDoneWithoutANodeAndWhereItIsAbsentTheAnnotation(
            String field, String annotation, OnUnassigned expected) {
        var annotations = annotation == null
                ? ""
                : ", \"annotations\": {\"ovn-egress.io/on-unassigned\": \"" + annotation + "\"}";
        var onUnassigned = field == null ? "" : ", \"onUnassigned\": " + field;

        assertThat(read("{\"metadata\": {\"name\": \"e\"" + annotations + "}, \"spec\": {\"egressIPs\": []"
                                + onUnassigned + "}}")
                        .onUnassigned())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        ", , NODE_ADDRESS, ",
        "'\"Drop\"', NodeAddress, DROP, ",
        ", drop, DROP, ",
        ", NodeAddress, NODE_ADDRESS, ",
        "'\"Dorp\"', , DROP, Dorp",
        ", '', DROP, ''"
    })
    void soItIsWithWhatIsDoneBeforeAPodIsServed(
            String field, String annotation, BeforeServed expected, String unknown) {
        var annotations = annotation == null
                ? ""
                : ", \"annotations\": {\"ovn-egress.io/before-served\": \"" + annotation + "\"}";
        var beforeServed = field == null ? "" : ", \"beforeServed\": " + field;

        var read = read("{\"metadata\": {\"name\": \"e\"" + annotations + "}, \"spec\": {\"egressIPs\": []"
                + beforeServed + "}}");

        assertThat(read.beforeServed()).isEqualTo(expected);
        assertThat(read.unknownBeforeServed()).isEqualTo(Optional.ofNullable(unknown));
        assertThat(read.onUnassigned()).isEqualTo(OnUnassigned.NODE_ADDRESS);
    }

    @ParameterizedTest
    @CsvSource({", Dorp, Dorp", "7, , 7", "'\"drop it\"', Drop, drop it", "'{}', , {}"})
    void whatIsNeitherOfTheTwoIsKeptToBeTold(String field, String annotation, String expected) {
        var annotations = annotation == null
                ? ""
                : ", \"annotations\": {\"ovn-egress.io/on-unassigned\": \"" + annotation + "\"}";
        var onUnassigned = field == null ? "" : ", \"onUnassigned\": " + field;

        assertThat(read("{\"metadata\": {\"name\": \"e\"" + annotations + "}, \"spec\": {\"egressIPs\": []"
                                + onUnassigned + "}}")
                        .unknownOnUnassigned())
                .contains(expected);
    }

    @Test
    void allFourOperatorsAreRead() {
        var read = read("""
                {"metadata": {"name": "e"}, "spec": {"egressIPs": [], "namespaceSelector": {}, "podSelector": {
                  "matchExpressions": [
                    {"key": "house", "operator": "In", "values": ["simpson", "bouvier", "simpson"]},
                    {"key": "example.org/tier", "operator": "NotIn", "values": [""]},
                    {"key": "a", "operator": "Exists"},
                    {"key": "b", "operator": "DoesNotExist", "values": []}]}}}
                """);

        assertThat(read.selectorError()).isEmpty();
        assertThat(read.podSelector())
                .contains(new LabelSelector(List.of(
                        new Requirement("house", Operator.IN, Set.of("simpson", "bouvier")),
                        new Requirement("example.org/tier", Operator.NOT_IN, Set.of("")),
                        new Requirement("a", Operator.EXISTS, Set.of()),
                        new Requirement("b", Operator.DOES_NOT_EXIST, Set.of()))));
    }

    @Test
    void missingPodSelectorSelectsEveryPod() {
        assertThat(read("{\"spec\": {\"namespaceSelector\": {}, \"podSelector\": null}}")
                        .podSelector())
                .contains(LabelSelector.EVERYTHING);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "null | spec.namespaceSelector is missing",
                "7 | spec.namespaceSelector is not an object",
                "[] | spec.namespaceSelector is not an object",
                "{\"matchLabels\": [1]} | spec.namespaceSelector.matchLabels is not a map",
                "{\"matchLabels\": {\"a\": 1}} | spec.namespaceSelector.matchLabels[a]: 1 is not a label value",
                "{\"matchLabels\": {\"a \": \"b\"}} | spec.namespaceSelector.matchLabels[a ]: \"a \" is not a label key",
                "{\"matchExpressions\": {}} | spec.namespaceSelector.matchExpressions is not a list",
                "{\"matchExpressions\": [7]} | spec.namespaceSelector.matchExpressions[0].operator is missing",
                "{\"matchExpressions\": [{\"operator\": \"Exists\"}]} | spec.namespaceSelector.matchExpressions[0].key: \"\" is not a label key",
                "{\"matchExpressions\": [{\"key\": \"a\", \"operator\": \"Gt\", \"values\": [\"1\"]}]} | spec.namespaceSelector.matchExpressions[0].operator \"Gt\" is unknown",
                "{\"matchExpressions\": [{\"key\": \"a\", \"operator\": \"In\"}]} | spec.namespaceSelector.matchExpressions[0].values must not be empty for operator In",
                "{\"matchExpressions\": [{\"key\": \"a\", \"operator\": \"NotIn\", \"values\": []}]} | spec.namespaceSelector.matchExpressions[0].values must not be empty for operator NotIn",
                "{\"matchExpressions\": [{\"key\": \"a\", \"operator\": \"In\", \"values\": \"b\"}]} | spec.namespaceSelector.matchExpressions[0].values is not a list",
                "{\"matchExpressions\": [{\"key\": \"a\", \"operator\": \"In\", \"values\": [\"b c\"]}]} | spec.namespaceSelector.matchExpressions[0].values: \"b c\" is not a label value",
                "{\"matchExpressions\": [{\"key\": \"a\", \"operator\": \"Exists\", \"values\": [\"b\"]}]} | spec.namespaceSelector.matchExpressions[0].values must be empty for operator Exists",
            })
    void selectorThatIsNotUnderstoodIsAbsentAndTheErrorNamesItsField(String selector, String error) {
        var read = read("{\"spec\": {\"egressIPs\": [\"1.2.3.4\"], \"namespaceSelector\": " + selector + "}}");

        assertThat(read.namespaceSelector()).isEmpty();
        assertThat(read.selectorError()).contains(error);
        assertThat(read.podSelector()).contains(LabelSelector.EVERYTHING);
        assertThat(read.egressIps()).containsExactly("1.2.3.4");
    }

    @Test
    void errorsOfBothSelectorsAreTold() {
        var read = read("{\"spec\": {\"podSelector\": \"all\"}}");

        assertThat(read.selectorError())
                .contains("spec.namespaceSelector is missing")
                .contains("; spec.podSelector is not an object");
        assertThat(read.podSelector()).isEmpty();
    }

    @Test
    void emptyValueInMatchLabelsIsAValue() {
        assertThat(read("{\"spec\": {\"namespaceSelector\": {\"matchLabels\": {\"a\": \"\", \"b\": null}}}}")
                        .namespaceSelector())
                .contains(new LabelSelector(List.of(
                        new Requirement("a", Operator.IN, Set.of("")), new Requirement("b", Operator.IN, Set.of("")))));
    }

    @Test
    void entriesThatAreNoTextBecomeInvalidAddresses() {
        assertThat(read("{\"spec\": {\"egressIPs\": [\"1.2.3.4\", 7, null, {\"ip\": \"1.2.3.4\"}, \"\"]}}")
                        .egressIps())
                .containsExactly("1.2.3.4", "7", "null", "{\"ip\":\"1.2.3.4\"}", "");
        assertThat(read("{\"spec\": {\"egressIPs\": \"1.2.3.4\"}}").egressIps()).containsExactly("\"1.2.3.4\"");
        assertThat(read("{\"spec\": {\"egressIPs\": null}}").egressIps()).isEmpty();
        assertThat(read("{\"spec\": [1]}").egressIps()).isEmpty();
        assertThat(read("{}").egressIps()).isEmpty();
    }

    @Test
    void malformedStatusIsLeftOut() {
        var read = read("""
                {"spec": {}, "status": {
                  "items": [7, {"node": "n"}, {"node": 1, "egressIP": "a"}, {"node": "n", "egressIP": "a", "more": 1}],
                  "conditions": [null, {"type": "Assigned"}, {"type": "Foreign", "reason": "Assigned"},
                    {"type": "Assigned", "status": "True", "reason": "PartlyAssigned", "message": "m",
                     "observedGeneration": 4, "lastTransitionTime": "2026-03-01T10:00:00Z"}]}}
                """);

        assertThat(read.statusItems()).containsExactly(new StatusItem("n", "a"));
        assertThat(read.conditions())
                .containsExactly(new StatusCondition(
                        EgressIpConditionType.Assigned, true, EgressIpReason.PartlyAssigned, "m", 4));
    }

    @Property(tries = 300)
    void nothingInAnObjectMakesReadingItFail(
            @ForAll @IntRange(min = 0, max = 6) int place, @ForAll @IntRange(min = 0, max = 8) int thing) {
        var things = List.of(
                "null",
                "7",
                "-1.5",
                "true",
                "\"x\"",
                "[]",
                "{}",
                "[[{}], null, 1]",
                "{\"a\": [null], \"matchLabels\": 1}");
        var places = List.of(
                "{\"spec\": %s}",
                "{\"spec\": {\"egressIPs\": %s}}",
                "{\"spec\": {\"namespaceSelector\": %s}}",
                "{\"spec\": {\"podSelector\": {\"matchExpressions\": %s}}}",
                "{\"spec\": {\"podSelector\": {\"matchExpressions\": [%s]}}}",
                "{\"status\": {\"items\": %s}}",
                "{\"status\": {\"conditions\": %s}, \"unknown\": {\"spec\": 1}}");

        assertThat(read(places.get(place).formatted(things.get(thing)))).isNotNull();
    }

    private EgressIpInput read(String json) {
        return mappers.egressIp(SERIALIZATION.unmarshal(json, EgressIp.class));
    }

    @ParameterizedTest
    @CsvSource({
        ", , , false, ",
        "Router, , ROUTER, false, ",
        "PerPod, Router, PER_POD, false, ",
        ", router, ROUTER, false, ",
        ", Ruoter, , false, 'form Ruoter, which is neither PerPod nor Router'"
    })
    void theFormIsAFieldOrElseAnAnnotation(
            String field, String annotation, EgressForm.Kind expected, boolean isPinned, String unknown) {
        var annotations =
                annotation == null ? "" : ", \"annotations\": {\"ovn-egress.io/form\": \"" + annotation + "\"}";
        var form = field == null ? "" : ", \"form\": \"" + field + "\"";

        var read =
                read("{\"metadata\": {\"name\": \"e\"" + annotations + "}, \"spec\": {\"egressIPs\": []" + form + "}}");

        assertThat(read.form())
                .isEqualTo(new EgressForm(Optional.ofNullable(expected), isPinned, Optional.ofNullable(unknown)));
    }

    @Test
    void aRouterIsPinnedIfItIsSaid() {
        var read = read("{\"metadata\": {\"name\": \"e\", \"annotations\": {\"ovn-egress.io/router-placement\":"
                + " \"Pinned\"}}, \"spec\": {\"egressIPs\": [], \"form\": \"Router\"}}");

        assertThat(read.form()).isEqualTo(EgressForm.PINNED);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "| {\"rateKbps\": 2000, \"burstKb\": 300} | | 2000 | 300",
                "| {\"rateKbps\": 2000} | | 2000 | 200",
                "| {\"rateKbps\": 64} | | 64 | 120",
                "| | 2000 | 2000 | 200",
                "| | {\\\"rateKbps\\\":2000,\\\"burstKb\\\":300} | 2000 | 300",
                "| {\"rateKbps\": 5000} | 2000 | 5000 | 500"
            })
    void bandwidthIsAFieldOrElseAnAnnotation(String unused, String field, String annotation, long rate, long burst) {
        var read = readWith("bandwidth", field, annotation).qos();

        assertThat(read)
                .isEqualTo(new EgressIpQos(Optional.of(new Bandwidth(rate, burst)), Optional.empty(), List.of()));
    }

    private EgressIpInput readWith(String name, String field, String annotation) {
        var annotations =
                annotation == null ? "" : ", \"annotations\": {\"ovn-egress.io/" + name + "\": \"" + annotation + "\"}";
        return read("{\"metadata\": {\"name\": \"e\"" + annotations + "}, \"spec\": {\"egressIPs\": []"
                + (field == null ? "" : ", \"" + name + "\": " + field) + "}}");
    }

    @Test
    void aCodePointIsANumber() {
        assertThat(readWith("dscp", "46", null).qos().dscp()).contains(46);
        assertThat(readWith("dscp", null, "0").qos().dscp()).contains(0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bandwidth | 0 | | is 0, which has no rateKbps from 1",
                "bandwidth | | 10Mbit | is \"10Mbit\", which has no rateKbps from 1",
                "bandwidth | | {} | served without a limit until it is corrected",
                "bandwidth | {\"rateKbps\": 2000, \"burstKb\": 11} | | or no burstKb from 120",
                "bandwidth | {\"rateKbps\": 99999999999} | | has no rateKbps from 1 to 4294967295",
                "dscp | 64 | | is 64, which is no number from 0 to 63",
                "dscp | | EF | served with the code points that pods send until",
                "dscp | | | is \"\", which is no number",
                "dscp | 4.6 | | is 4.6"
            })
    void whatIsNoLimitIsNamed(String name, String field, String annotation, String error) {
        var read = readWith(name, field, annotation == null && field == null ? "" : annotation)
                .qos();

        assertThat(read.isAsked()).isFalse();
        assertThat(read.errors())
                .singleElement()
                .asString()
                .startsWith(name + " (or annotation")
                .contains(error);
    }

    private EgressDestinations destinations(String annotations, String spec) {
        return read("{\"metadata\": {\"name\": \"e\", \"annotations\": {" + annotations + "}}, \"spec\": {" + spec
                        + "}}")
                .destinations();
    }

    @Test
    void destinationsAreSelectedOrListedAndWhoSaysNothingIsForAll() {
        assertThat(destinations("", "")).isEqualTo(EgressDestinations.ALL);
        assertThat(destinations("", "\"trafficSelector\": {}"))
                .isEqualTo(EgressDestinations.of(LabelSelector.EVERYTHING));
        assertThat(destinations("\"ovn-egress.io/destinations\": \"203.0.113.0/24, 2001:db8::1\"", ""))
                .isEqualTo(EgressDestinations.of("203.0.113.0/24", "2001:db8::1"));
        assertThat(destinations("\"ovn-egress.io/excluded-destinations\": \"203.0.113.7\"", ""))
                .isEqualTo(EgressDestinations.ALL.without("203.0.113.7"));
    }

    /** Else what is meant for one destination would lead everything away. */
    @Test
    void destinationsThatCannotBeUnderstoodNeverMeanAll() {
        assertThat(destinations("\"ovn-egress.io/destinations\": \"\"", ""))
                .satisfies(none -> assertThat(none.areSome()).isTrue());
        var misspelt = read("{\"metadata\": {\"name\": \"e\"}, \"spec\": {\"trafficSelector\": {\"matchLabels\": 7}}}");
        assertThat(misspelt.destinations().areSome()).isTrue();
        assertThat(misspelt.destinations().isMisunderstood()).isTrue();
        assertThat(misspelt.selectorError()).contains("spec.trafficSelector");
    }

    @Test
    void whateverATrafficObjectHoldsIsReadAsText() {
        var read = EgressTrafficReader.read(SERIALIZATION.unmarshal(
                "{\"metadata\": {\"name\": \"bank\", \"labels\": {\"to\": \"bank\"}}, \"spec\":"
                        + " {\"destinationNetworks\": [\"203.0.113.0/24\", 7, null]}}",
                EgressIpTraffic.class));
        assertThat(read)
                .isEqualTo(
                        new EgressTrafficInput("bank", Map.of("to", "bank"), List.of("203.0.113.0/24", "7", "null")));
        assertThat(EgressTrafficReader.read(SERIALIZATION.unmarshal("{}", EgressIpTraffic.class))
                        .networks())
                .isEmpty();
    }
}
