package io.ovnegress.controller.convert;

import static io.ovnegress.controller.convert.ConversionFixture.convert;
import static io.ovnegress.controller.convert.ConversionFixture.only;
import static io.ovnegress.controller.convert.ConversionFixture.said;
import static io.ovnegress.controller.convert.ConversionFixture.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.convert.Choices.Isolation;
import io.ovnegress.reconciler.input.AddressRange;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Egress routers of pods, of Avi and of OpenShift's network operator. */
class EgressRouterConversionTest {

    @Test
    void aPodInLegacyModeAndItsServiceAreARouterWithoutAPod() {
        var converted = convert("001-legacy.yaml");

        assertThat(only(converted, "EgressRouter")).isEqualTo(yaml("""
                apiVersion: ovn-egress.io/v1alpha1
                kind: EgressRouter
                metadata:
                  name: egress-1
                  namespace: myproj
                spec:
                  addresses: [192.168.123.99]
                  fallback: 192.168.123.91
                  service: egress-1
                """));
        assertThat(only(converted, "Service")).isEqualTo(yaml("""
                apiVersion: v1
                kind: Service
                metadata:
                  name: egress-1
                  namespace: myproj
                spec:
                  type: ClusterIP
                  ports: [{name: http, port: 80}]
                """));
        assertThat(converted.hasLost()).isFalse();
        assertThat(said(converted, Verdict.Different)).contains("EGRESS_GATEWAY 192.168.123.1 is left out");
    }

    @Test
    void initModeIsTheSame() {
        var converted = convert("001-init.yaml");

        assertThat(only(converted, "EgressRouter").path("spec")).isEqualTo(yaml("""
                addresses: [192.168.123.99]
                fallback: 192.168.123.91
                """));
        assertThat(said(converted, Verdict.Different)).contains("no Service that was read selects it");
    }

    @Test
    void nodesThatCanReachTheOutsideAreChosenAsBefore() {
        var spec = only(convert("003-init.yaml"), "EgressRouter").path("spec");

        assertThat(spec.at("/nodeSelector/site").asText()).isEqualTo("springfield-1");
        assertThat(spec.path("service").asText()).isEqualTo("egress-1");
        assertThat(only(convert("003-replicationcontroller.yaml"), "EgressRouter")
                        .path("spec"))
                .isEqualTo(yaml("""
                addresses: [192.168.12.99]
                fallback: 203.0.113.25
                nodeSelector: {site: springfield-1}
                """));
    }

    @Test
    void aControllerAndThePodThatItHasMadeAreOneRouter() {
        var converted = ConversionFixture.convertText("""
                kind: ReplicationController
                apiVersion: v1
                metadata: {name: egress, namespace: y}
                spec: {template: {spec: {containers: [{env: [
                  {name: EGRESS_SOURCE, value: 192.168.12.99}, {name: EGRESS_DESTINATION, value: 203.0.113.25}]}]}}}
                ---
                kind: Pod
                apiVersion: v1
                metadata:
                  name: egress-7xk2p
                  namespace: y
                  ownerReferences: [{apiVersion: v1, kind: ReplicationController, name: egress, uid: u}]
                spec: {containers: [{env: [
                  {name: EGRESS_SOURCE, value: 192.168.12.99}, {name: EGRESS_DESTINATION, value: 203.0.113.25}]}]}
                """);

        assertThat(only(converted, "EgressRouter").at("/metadata/name").asText())
                .isEqualTo("egress");
        assertThat(said(converted, Verdict.PassedOver))
                .contains("Pod y/egress-7xk2p: it is made by ReplicationController y/egress");
    }

    @Test
    void severalDestinationsKeepTheirGrammar() {
        assertThat(only(convert("003-multi.yaml"), "EgressRouter")
                        .at("/spec/destinationsText")
                        .asText())
                .isEqualTo("""
                        80 tcp 203.0.113.25
                        8080 tcp 203.0.113.26 80
                        8443 tcp 203.0.113.26 443
                        203.0.113.27
                        """);
    }

    @Test
    void aConfigMapIsReadFurtherOn() {
        var converted = convert("003-configmap.yaml");

        assertThat(only(converted, "EgressRouter").at("/spec/destinationsFrom/configMapKeyRef"))
                .isEqualTo(yaml("{name: egress-routes, key: destination}"));
        assertThat(said(converted, Verdict.Better)).contains("a change acts at once");
        assertThat(said(converted, Verdict.PassedOver)).contains("ConfigMap egress-routes: nothing of it has to be");
    }

    @Test
    void anHttpProxyIsAnEgressProxyWithItsDestinations() {
        var converted = convert("003-http-proxy.yaml");

        assertThat(only(converted, "EgressProxy").path("spec")).isEqualTo(yaml("""
                addresses: [192.168.12.99]
                destinationsText: |
                  !*.example.com
                  !192.168.1.0/24
                  *
                """));
        assertThat(said(converted, Verdict.Lost)).isEmpty();
        assertThat(said(converted, Verdict.Better)).contains("without any privilege");
    }

    @Test
    void namesOfTheDnsProxyAreDestinations() {
        var converted = convert("dns-proxy.yaml");

        assertThat(only(converted, "EgressRouter").path("spec")).isEqualTo(yaml("""
                addresses: [192.168.12.98]
                destinations:
                  - {port: 80, protocol: TCP, to: web.example.com}
                  - {port: 5432, protocol: TCP, to: 203.0.113.30, targetPort: 5433}
                nodeSelector: {kubernetes.io/hostname: worker-1}
                """));
        assertThat(said(converted, Verdict.Different)).contains("replicas 2");
    }

    @Test
    void aSourceThatIsNoneIsSaid() {
        var converted = ConversionFixture.convertText("""
                kind: Pod
                apiVersion: v1
                metadata: {name: x, namespace: y}
                spec: {containers: [{env: [{name: EGRESS_SOURCE, value: here}]}]}
                """);

        assertThat(converted.objects()).isEmpty();
        assertThat(said(converted, Verdict.Lost)).contains("Pod y/x: EGRESS_SOURCE \"here\" is no address");
    }

    @Test
    void aServiceOfAviIsARouterWithTheAddressThatAviGave() {
        var converted = convert("004-secure-egress-service.json", "004-replicationcontroller.yaml");

        assertThat(only(converted, "EgressRouter")).isEqualTo(yaml("""
                apiVersion: ovn-egress.io/v1alpha1
                kind: EgressRouter
                metadata:
                  name: secure-egress-service
                  namespace: default
                spec:
                  addresses: [10.70.112.155]
                  service: secure-egress-service
                  destinations: [{port: 80, protocol: TCP, to: 10.10.10.200}]
                """));
        assertThat(only(converted, "Service").at("/spec/selector").isMissingNode())
                .isTrue();
        // The document's own annotation lacks a colon.
        assertThat(converted.hasLost()).isFalse();
        assertThat(said(converted, Verdict.Same)).contains("all others are refused");
    }

    @Test
    void anAddressOfAvisThatIsNotKnownIsSaidOrGivenFromASpareOne() {
        assertThat(said(convert("004-secure-egress-service.json"), Verdict.Lost))
                .contains("or say --addresses");

        var choices = new Choices(
                Optional.empty(),
                Isolation.auto,
                List.of(),
                List.of(AddressRange.parse("10.70.112.160-10.70.112.161").orElseThrow()));
        var converted = convert(choices, "004-secure-egress-service.json");
        assertThat(only(converted, "EgressRouter").at("/spec/addresses").toString())
                .isEqualTo("[\"10.70.112.160\"]");
    }

    private static Converted avi(String egressPod, String aviProxy) {
        var choices = new Choices(
                Optional.empty(),
                Isolation.auto,
                List.of(),
                List.of(AddressRange.parse("10.70.112.160-10.70.112.169").orElseThrow()));
        return Conversion.of(ConversionFixture.documents("""
                        kind: Service
                        apiVersion: v1
                        metadata:
                          name: s
                          namespace: green
                          annotations:
                            egress_pod: '%s'
                            avi_proxy: '%s'
                        spec: {ports: [{port: 8080}, {port: 9080}]}
                        """.formatted(egressPod, aviProxy)), choices);
    }

    @Test
    void allThatAvisAnnotationSaysHasAPlace() {
        var converted = avi("""
                {"ha": true, "nodeSelector": {"external-accessible-node": "true"}, "hm_port": "1000", "image": "r/x", \
                "destinations": {"dest-service1.mycompany.com": {"8080": "80"}, "10.10.20.20": {"9080": "80"}}}""", """
                {"networksecuritypolicy": {"rules": [{"index": 1000, "action": "NETWORK_SECURITY_POLICY_ACTION_TYPE_ALLOW", \
                "match": {"microservice": {"match_criteria": "IS_IN", \
                "group_ref": "/api/microservicegroup/?name=green-avi-microservicegroup"}}}, {"index": 2000, \
                "action": "NETWORK_SECURITY_POLICY_ACTION_TYPE_DENY", "match": {"client_ip": {"match_criteria": "IS_IN", \
                "prefixes": [{"ip_addr": {"type": "V4", "addr": "0.0.0.0"}, "mask": 0}]}}}]}}""");

        assertThat(only(converted, "EgressRouter").path("spec")).isEqualTo(yaml("""
                addresses: [10.70.112.160, 10.70.112.161]
                service: s
                destinations:
                  - {port: 8080, protocol: TCP, to: dest-service1.mycompany.com, targetPort: 80}
                  - {port: 9080, protocol: TCP, to: 10.10.20.20, targetPort: 80}
                highAvailability: true
                nodeSelector: {external-accessible-node: "true"}
                dialDestinations: true
                """));
        assertThat(converted.hasLost()).isFalse();
        assertThat(said(converted, Verdict.Same)).contains("all others are refused", "two addresses on two nodes");
        assertThat(said(converted, Verdict.Better)).contains("image r/x is not needed");
    }

    @Test
    void aPolicyOfAvisThatSaysMoreIsNotHalfObeyed() {
        var converted = avi("{\"destination_ip\": \"10.1.1.1\"}", "{\"networksecuritypolicy\": {\"rules\": [{}]}}");

        assertThat(said(converted, Verdict.Lost)).contains("annotation avi_proxy says more");
    }

    @Test
    void anAnnotationOfAvisThatIsNotUnderstoodIsLost() {
        var converted = avi("{\"destination_ip\": \"10.1.1.1\", \"color\": \"red\"}", "");

        assertThat(converted.objects()).isEmpty();
        assertThat(said(converted, Verdict.Lost)).contains("has the field \"color\", which is unknown");
    }

    @Test
    void aRouterOfTheNetworkOperatorKeepsItsRules() {
        var converted = convert("cni-egressrouter.yaml");

        assertThat(only(converted, "EgressRouter")).isEqualTo(yaml("""
                apiVersion: ovn-egress.io/v1alpha1
                kind: EgressRouter
                metadata:
                  name: egress-router-redirect
                  namespace: shop
                spec:
                  addresses: [192.168.12.99]
                  destinations:
                    - {port: 80, protocol: UDP, to: 10.0.0.99}
                    - {port: 8080, protocol: TCP, to: 203.0.113.26, targetPort: 80}
                    - {port: 8443, protocol: TCP, to: 203.0.113.27, targetPort: 443}
                  fallback: 203.0.113.28
                """));
        assertThat(converted.hasLost()).isFalse();
    }
}
