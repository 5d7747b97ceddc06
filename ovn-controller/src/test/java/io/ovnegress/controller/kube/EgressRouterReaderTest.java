package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.ConfigMapKey;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.PoolClaim;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of EgressRouters, whatever they hold. */
class EgressRouterReaderTest {
    private static EgressRouterInput read(String spec) {
        return EgressRouterReader.read(Serialization.unmarshal(
                "{\"metadata\":{\"namespace\":\"simpson\",\"name\":\"bank\"},\"spec\":" + spec + "}",
                EgressRouter.class));
    }

    private static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static LabelSelector where(String key, String value) {
        return new LabelSelector(List.of(new Requirement(key, Operator.IN, Set.of(value))));
    }

    @Test
    void everyFieldIsRead() {
        assertThat(read("""
                {"addresses":["192.168.126.200","192.168.126.201"],"highAvailability":true,
                 "destinations":[{"port":80,"to":"203.0.113.25"},
                                 {"port":53,"protocol":"UDP","to":"DNS.example.com.","targetPort":5353}],
                 "fallback":"203.0.113.27",
                 "destinationsText":"8080 tcp 203.0.113.26 80",
                 "destinationsFrom":{"configMapKeyRef":{"name":"routes","key":"destination"}},
                 "clients":{"namespaceSelector":{},"podSelector":{"matchLabels":{"app":"red"}}},
                 "nodeSelector":{"site":"springfield-1"},
                 "virtualIP":"198.18.0.9","service":"bank","dialDestinations":true}"""))
                .isEqualTo(new EgressRouterInput(
                        "simpson",
                        "bank",
                        "",
                        Instant.EPOCH,
                        0,
                        List.of(ip("192.168.126.200"), ip("192.168.126.201")),
                        new Destinations(
                                List.of(
                                        new Destination(80, Protocol.tcp, new Target.Address(ip("203.0.113.25")), 80),
                                        new Destination(53, Protocol.udp, new Target.Name("dns.example.com"), 5353)),
                                Optional.of(new Target.Address(ip("203.0.113.27")))),
                        "8080 tcp 203.0.113.26 80",
                        Optional.of(new ConfigMapKey("routes", "destination")),
                        new Clients(Optional.of(LabelSelector.EVERYTHING), where("app", "red")),
                        where("site", "springfield-1"),
                        List.of(ip("198.18.0.9")),
                        Optional.of("bank"),
                        true,
                        true,
                        Optional.empty(),
                        Optional.empty(),
                        List.of()));
    }

    @Test
    void ofWhatIsLeftOutTheUsualIsMeant() {
        var router = read("{\"addresses\":[\"192.168.126.200\"],\"fallback\":\"203.0.113.27\"}");

        assertThat(router.errors()).isEmpty();
        assertThat(router.clients()).isEqualTo(Clients.OWN_NAMESPACE);
        assertThat(router.nodes().requirements())
                .containsExactly(new Requirement("k8s.ovn.org/egress-assignable", Operator.EXISTS, Set.of()));
        assertThat(router.virtualIps()).isEmpty();
        assertThat(router.service()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"addresses\":[]} | spec.addresses has 0 addresses: write one of a family, or one of each (two",
                "{\"addresses\":[\"1.2.3.4\",\"1.2.3.5\"]} | spec.addresses has 2 addresses: write one",
                "{\"addresses\":[\"1.2.3.4\"],\"highAvailability\":true} | write two of a family, one for each of its nodes",
                "{\"addresses\":[\"1.2.3.4\",\"1.2.3.4\"],\"highAvailability\":true} | is there twice",
                "{\"addresses\":[\"fd00::g\"]} | spec.addresses[0] \"fd00::g\" is no IP address",
                "{\"addresses\":[\"fd00::1\",\"fd00:0::1\"],\"highAvailability\":true} | is there twice",
                "{\"addresses\":[\"fd00::1\",\"fd00::2\"]} | spec.addresses has 2 addresses: write one",
                "{\"addresses\":[\"fd00::1\",\"1.2.3.4\"],\"highAvailability\":true} | write two of a family",
                "{\"addresses\":[\"fd00::1\",\"1.2.3.4\",\"1.2.3.5\"],\"highAvailability\":true} | write two of a family",
                "{\"addresses\":[\"1.2.3.4\"],\"ipFamilies\":[\"IPv4\"]} | spec.ipFamilies and spec.addresses are both there",
                "{\"ipFamilies\":[\"ipv6\"]} | spec.ipFamilies has \"ipv6\": write IPv4 or IPv6",
                "{\"ipFamilies\":\"IPv6\"} | spec.ipFamilies is not a list",
                "{\"virtualIPs\":[\"2001:2::1\",\"2001:2::2\"]} | name two of one family",
                "{\"virtualIPs\":[\"x\"]} | spec.virtualIPs[0] \"x\" is no IP address",
                "{\"virtualIP\":\"198.18.0.1\",\"virtualIPs\":[\"198.18.0.2\"]} | name two of one family",
                "{\"addresses\":[\"1.2.3.4\"],\"pool\":\"p\"} | spec.pool and spec.addresses are both there",
                "{\"pool\":\"A/b\"} | spec.pool \"A/b\" is no name of an object",
                "{\"addresses\":7} | spec.addresses is not a list",
                "{\"destinations\":7} | spec.destinations is not a list",
                "{\"destinations\":[{}]} | spec.destinations[0].port is missing: write a number from 1 to 65535",
                "{\"destinations\":[{\"port\":0}]} | spec.destinations[0].port is 0: write a number",
                "{\"destinations\":[{\"port\":\"80\"}]} | spec.destinations[0].port is \"80\": write a number",
                "{\"destinations\":[{\"port\":80,\"targetPort\":99999}]} | spec.destinations[0].targetPort is 99999",
                "{\"destinations\":[{\"port\":80,\"protocol\":\"SCTP\"}]} | write TCP or UDP",
                "{\"destinations\":[{\"port\":80,\"to\":\"1.2.3.400\"}]} | spec.destinations[0].to \"1.2.3.400\" is neither",
                "{\"fallback\":\"a b\"} | spec.fallback \"a b\" is neither an IP address nor a host name",
                "{\"fallback\":7} | spec.fallback is no text",
                "{\"destinationsFrom\":{}} | spec.destinationsFrom.configMapKeyRef.key is missing",
                "{\"clients\":{\"podSelector\":7}} | spec.clients.podSelector",
                "{\"virtualIP\":\"x\"} | spec.virtualIP \"x\" is no IP address",
                "{\"service\":\"A/b\"} | spec.service \"A/b\" is no name of an object",
                "{\"highAvailability\":\"yes\"} | spec.highAvailability is neither true nor false",
            })
    void whatIsMalformedIsNamed(String spec, String error) {
        assertThat(read(spec).errors()).anySatisfy(each -> assertThat(each).contains(error));
    }

    @Test
    void oneThatNamesNoAddressesWantsSomeOfAPoolAndHasThoseThatItsStatusNames() {
        var router = EgressRouterReader.read(Serialization.unmarshal("""
                {"metadata":{"namespace":"simpson","name":"bank","uid":"u"},
                 "spec":{"pool":"dmz","highAvailability":true,"fallback":"203.0.113.27"},
                 "status":{"poolAddresses":["192.168.126.200","x","fd00::1"]}}""", EgressRouter.class));

        assertThat(router.errors()).isEmpty();
        assertThat(router.sources()).containsExactly(ip("192.168.126.200"));
        assertThat(router.uses()).isEmpty();
        assertThat(router.poolClaim())
                .contains(new PoolClaim(
                        "simpson",
                        "u",
                        Instant.EPOCH,
                        Optional.of("dmz"),
                        2,
                        Set.of(),
                        List.of(ip("192.168.126.200"))));
    }

    @Test
    void ofIpv6AndOfBothFamiliesWhatIsWrittenIsRead() {
        var router = read("""
                {"addresses":["fd00::5","10.0.0.5"],"virtualIPs":["2001:2::1","198.18.0.1"],
                 "destinations":[{"port":80,"to":"2001:DB8::1"}],"fallback":"2001:db8::2"}""");

        assertThat(router.errors()).isEmpty();
        assertThat(router.sourcesOfRouters()).containsExactly(List.of(ip("10.0.0.5"), ip("fd00::5")));
        assertThat(router.virtualIps()).containsExactly(ip("2001:2::1"), ip("198.18.0.1"));
        assertThat(router.destinations().targets())
                .containsExactly(new Target.Address(ip("2001:db8::1")), new Target.Address(ip("2001:db8::2")));
    }

    @Test
    void whatAPoolHasGivenOfAFamilyThatIsNotAskedForIsNotTaken() {
        var given = ",\"status\":{\"poolAddresses\":[\"fd00::1\",\"192.168.126.200\"]}}";
        var silent = EgressRouterReader.read(
                Serialization.unmarshal("{\"metadata\":{},\"spec\":{}" + given, EgressRouter.class));
        var asking = EgressRouterReader.read(Serialization.unmarshal(
                "{\"metadata\":{},\"spec\":{\"ipFamilies\":[\"IPv6\",\"IPv4\"]}" + given, EgressRouter.class));

        assertThat(silent.sources()).containsExactly(ip("192.168.126.200"));
        assertThat(asking.sources()).containsExactly(ip("fd00::1"), ip("192.168.126.200"));
        assertThat(asking.poolClaim().orElseThrow().wanted()).isEqualTo(2);
    }

    @Test
    void anAnnotationThatIsNotObeyedIsAnErrorOfTheRouterThatIsMadeOfIt() {
        var router = EgressRouterReader.read(Serialization.unmarshal("""
                {"metadata":{"namespace":"simpson","name":"bank","annotations":{
                   "ovn-egress.io/annotation-refused":"annotation egress_pod is no JSON",
                   "ovn-egress.io/annotation-notes":"image x is not needed"}},
                 "spec":{"service":"bank"}}""", EgressRouter.class));

        assertThat(router.errors()).containsExactly("annotation egress_pod is no JSON");
        assertThat(router.notes()).contains("image x is not needed");
        assertThat(router.poolClaim()).isPresent();
    }
}
