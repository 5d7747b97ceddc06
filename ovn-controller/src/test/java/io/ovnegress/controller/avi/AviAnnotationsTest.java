package io.ovnegress.controller.avi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.controller.avi.EgressPod.Line;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Avi's annotations are read as, the documents' own among them, and what is refused of them. */
class AviAnnotationsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PORTS = "[{\"port\":80},{\"port\":53,\"targetPort\":5353,\"protocol\":\"UDP\"}]";
    private static final String ALLOW = """
            {"index": 1000, "enable": true, "name": "allowtenant", "action": "NETWORK_SECURITY_POLICY_ACTION_TYPE_ALLOW", \
            "match": {"microservice": {"match_criteria": "IS_IN", \
            "group_ref": "/api/microservicegroup/?name=green-avi-microservicegroup"}}}""";
    private static final String DENY = """
            {"index": 2000, "enable": true, "name": "defaultdeny", "action": "NETWORK_SECURITY_POLICY_ACTION_TYPE_DENY", \
            "match": {"client_ip": {"match_criteria": "IS_IN", \
            "prefixes": [{"ip_addr": {"type": "V4", "addr": "0.0.0.0"}, "mask": 0}]}}}""";

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static EgressPod.Reading read(String annotation) {
        return EgressPod.read(annotation, json(PORTS));
    }

    private static EgressPod pod(String annotation) {
        return ((EgressPod.Reading.Read) read(annotation)).pod();
    }

    @Test
    void oneDestinationTakesEveryPortOfTheService() {
        assertThat(pod("{\"destination_ip\": \"ad-service.mycompany.com\"}"))
                .isEqualTo(new EgressPod(
                        List.of(
                                new Line(80, "TCP", "ad-service.mycompany.com", 80),
                                new Line(5353, "UDP", "ad-service.mycompany.com", 5353)),
                        false,
                        Map.of(),
                        Optional.empty(),
                        Optional.empty()));
    }

    @Test
    void allThatTheDocumentsNameIsRead() {
        assertThat(pod("""
                {"ha": true, "nodeSelector": {"external-accessible-node": "true"}, "hm_port": "1000",
                 "image": "private-repo:5000/avi-egress-router",
                 "destinations": {"dest-service1.mycompany.com": {"8080": "80", "53": 5353}, "10.10.20.20": {"9080": "80"}}}"""))
                .isEqualTo(new EgressPod(
                        List.of(
                                new Line(8080, "TCP", "dest-service1.mycompany.com", 80),
                                new Line(53, "UDP", "dest-service1.mycompany.com", 5353),
                                new Line(9080, "TCP", "10.10.20.20", 80)),
                        true,
                        Map.of("external-accessible-node", "true"),
                        Optional.of("private-repo:5000/avi-egress-router"),
                        Optional.of(1000)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            10.10.10.200                                               | is no JSON
            {"destination_ip": "10.1.1.1"                              | is no JSON
            {"destination_ip": "10.1.1.1"} x                           | is no JSON
            {"ha": true, "ha": false, "destination_ip": "10.1.1.1"}    | is no JSON: Duplicate field 'ha'
            []                                                         | is no JSON object
            {}                                                         | has neither destination_ip nor destinations
            {"destination_ip": "1.1.1.1", "destinations": {}}          | has both destination_ip and destinations
            {"destination_ip": 7}                                      | has the destination "7"
            {"destination_ip": "1.1.1.1", "destinationip": "x"}        | has the field "destinationip", which is unknown
            {"destination_ip": "1.1.1.1", "ha": "yes"}                 | has ha yes: write true or false
            {"destination_ip": "1.1.1.1", "hm_port": "x"}              | has hm_port x
            {"destination_ip": "1.1.1.1", "nodeSelector": "x"}         | has a nodeSelector that is no object
            {"destination_ip": "1.1.1.1", "nodeSelector": {"a": 1}}    | in which a is no text
            {"destinations": {}}                                       | has destinations that name nobody
            {"destinations": {"a": {}}}                                | has no ports for a
            {"destinations": {"a": {"80": "http"}}}                    | has 80: http for a: write numbers
            {"destinations": {"a": {"0": "80"}}}                       | has 0: 80 for a: write numbers
            {"destinations": {"a": {"80": "1"}, "b": {"80": "1"}}}     | has port 80 for two destinations
            """)
    void whatIsNotUnderstoodIsRefusedAndNamed(String annotation, String problem) {
        assertThat(read(annotation))
                .isInstanceOfSatisfying(
                        EgressPod.Reading.Refused.class,
                        refused -> assertThat(refused.problems())
                                .anySatisfy(each -> assertThat(each)
                                        .startsWith("annotation egress_pod")
                                        .contains(problem)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            []                                             | the Service has no ports
            [{"port": 80, "targetPort": "http"}]           | targetPort http, which is no number
            [{"port": 80, "protocol": "SCTP"}]             | port 80 of the Service is SCTP
            """)
    void portsOfTheServiceThatCannotBeServedAreNamed(String ports, String problem) {
        assertThat(EgressPod.read("{\"destination_ip\": \"1.1.1.1\"}", json(ports)))
                .isInstanceOfSatisfying(
                        EgressPod.Reading.Refused.class,
                        refused -> assertThat(refused.problems())
                                .anySatisfy(each -> assertThat(each).contains(problem)));
    }

    @Property(tries = 500)
    void nothingThatSomebodyHasWrittenEndsIt(@ForAll String text) {
        assertThat(read(text)).isNotNull();
        assertThat(read("{\"destinations\": {\"a\": {\"" + text + "\": \"" + text + "\"}}}"))
                .isNotNull();
        assertThat(AviPolicy.problem(text, "green")).isPresent();
    }

    private static Optional<String> policy(String... rules) {
        return AviPolicy.problem(
                "{\"networksecuritypolicy\": {\"rules\": [" + String.join(", ", rules) + "]}}", "green");
    }

    @Test
    void theDocumentedPolicySaysNoMoreThanThatTheProjectsPodsAreClients() throws IOException {
        assertThat(policy(ALLOW, DENY)).isEmpty();

        try (var fixture = AviAnnotationsTest.class.getResourceAsStream("/convert/004-secure-egress-service.json")) {
            var documented =
                    JSON.readTree(fixture).at("/metadata/annotations/avi_proxy").asText();
            assertThat(documented).as("as it is printed").contains("\"action\" \"NETWORK");
            assertThat(AviPolicy.problem(documented, "default")).isEmpty();
            assertThat(AviPolicy.problem(documented, "green"))
                    .as("that of another project")
                    .isPresent();
        }
    }

    @Test
    void aPolicyThatSaysAnythingElseIsRefusedAsAWhole() {
        assertThat(policy(ALLOW)).hasValueSatisfying(why -> assertThat(why).contains("has 1 rules, and not two"));
        assertThat(policy(ALLOW, DENY, DENY)).isPresent();
        assertThat(policy(DENY, ALLOW)).isPresent();
        assertThat(AviPolicy.problem("{\"networksecuritypolicy\"", "green"))
                .hasValueSatisfying(why -> assertThat(why).startsWith("annotation avi_proxy is no JSON"));
        assertThat(AviPolicy.problem("{\"virtualservice\": {}, \"networksecuritypolicy\": {}}", "green"))
                .hasValueSatisfying(why -> assertThat(why).contains("it has \"virtualservice\""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "green-avi>blue-avi",
                "IS_IN>IS_NOT_IN",
                "\"enable\": true>\"enable\": false",
                "_ALLOW>_RATE_LIMIT",
                "_DENY>_ALLOW",
                "\"mask\": 0>\"mask\": 8",
                "\"addr\": \"0.0.0.0\">\"addr\": \"10.0.0.0\"",
                "\"name\": \"allowtenant\">\"log\": true",
                "\"index\": 1000>\"index\": 3000",
                "\"match\": {\"microservice\">\"match\": {\"port\": 80, \"microservice\"",
                "\"match_criteria\": \"IS_IN\", \"group_ref\">\"age\": 1, \"match_criteria\": \"IS_IN\", \"group_ref\"",
                "\"prefixes\": [>\"prefixes\": [{\"ip_addr\": {\"addr\": \"10.0.0.1\"}, \"mask\": 32}, "
            })
    void everyWordOfThePolicyCounts(String change) {
        int arrow = change.indexOf('>');
        var from = change.substring(0, arrow);
        assertThat(ALLOW + DENY).contains(from);

        assertThat(policy(
                        ALLOW.replace(from, change.substring(arrow + 1)),
                        DENY.replace(from, change.substring(arrow + 1))))
                .isPresent();
    }

    private static RouterOfService router(String service, String... annotations) {
        var all = new HashMap<String, String>();
        for (int i = 0; i < annotations.length; i += 2) {
            all.put(annotations[i], annotations[i + 1]);
        }
        return RouterOfService.of("green", "bank", json(service), all);
    }

    @Test
    void anIpv6DestinationAsksForAnAddressOfItsFamily() {
        var ports = "{\"ports\": [{\"port\": 80}, {\"port\": 81}]}";
        assertThat(router(ports, "egress_pod", "{\"destination_ip\": \"2001:db8::25\"}")
                        .spec()
                        .orElseThrow()
                        .path("ipFamilies"))
                .isEqualTo(json("[\"IPv6\"]"));
        assertThat(router(
                                ports,
                                "egress_pod",
                                "{\"destinations\": {\"2001:db8::25\": {\"80\": \"80\"}, \"10.1.1.1\": {\"81\": \"80\"}}}")
                        .spec()
                        .orElseThrow()
                        .path("ipFamilies"))
                .isEqualTo(json("[\"IPv4\", \"IPv6\"]"));
    }

    @Test
    void aServiceIsARouterThatFillsItAndSaysWhatNeedNotBeDone() {
        var router = router(
                "{\"ports\": [{\"port\": 8080}]}",
                "egress_pod",
                "{\"image\": \"x\", \"hm_port\": 4, \"destinations\": {\"10.1.1.1\": {\"8080\": \"80\", \"9080\": \"81\"}}}",
                "ovn-egress.io/pool",
                "dmz");

        assertThat(router.problems()).isEmpty();
        assertThat(router.spec()).contains((ObjectNode) json("""
                {"service": "bank", "pool": "dmz", "dialDestinations": true, "destinations": [
                  {"port": 8080, "protocol": "TCP", "to": "10.1.1.1", "targetPort": 80},
                  {"port": 9080, "protocol": "TCP", "to": "10.1.1.1", "targetPort": 81}]}"""));
        assertThat(router.notes())
                .satisfiesExactly(
                        note -> assertThat(note).isEqualTo("image x is not needed: there is no pod"),
                        note -> assertThat(note).startsWith("hm_port 4: "),
                        note -> assertThat(note).startsWith("port 9080 is none of the Service: "));
    }

    @Test
    void aServiceWithASelectorOrAnotherPolicyIsNotHalfObeyed() {
        var router = router(
                "{\"ports\": [{\"port\": 80}], \"selector\": {\"name\": \"bank-avi-egress-pod\"}}",
                "egress_pod",
                "{\"destination_ip\": \"10.1.1.1\"}",
                "avi_proxy",
                "{}");

        assertThat(router.spec()).isEmpty();
        assertThat(router.problems())
                .satisfiesExactly(
                        problem -> assertThat(problem).startsWith("the Service has a selector"),
                        problem -> assertThat(problem).startsWith("annotation avi_proxy says more"));
    }
}
