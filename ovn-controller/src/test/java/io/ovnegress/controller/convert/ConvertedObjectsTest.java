package io.ovnegress.controller.convert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.controller.convert.Choices.Isolation;
import io.ovnegress.controller.kube.InputMappers;
import io.ovnegress.controller.kube.ManifestReader;
import io.ovnegress.controller.kube.Schema;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Destination;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever comes out is understood by what reads it here. */
class ConvertedObjectsTest {
    private static final Choices CHOICES = new Choices(
            Optional.of("shop"),
            Isolation.yes,
            List.of(IpNetwork.parse("10.128.0.0/14").orElseThrow()),
            List.of(AddressRange.parse("192.168.77.0/24").orElseThrow()));

    private final Schema schema = Schema.deployed();

    static List<Path> manifests() {
        return ConversionFixture.all();
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void isValidByItsDefinition(Path manifests) {
        var converted =
                ConversionFixture.convert(CHOICES, manifests.getFileName().toString());

        for (var object : converted.objects()) {
            assertThat(schema.errors(object).orElse(List.of())).as("%s", object).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void isReadAsItWasMeant(Path manifests) throws ManifestReader.UnreadableManifestException {
        var reader = new ManifestReader(new InputMappers(), Set.of(EgressIpInput.KIND, FirewallInput.EGRESS_FIREWALL));
        for (var object : ConversionFixture.convert(
                        CHOICES, manifests.getFileName().toString())
                .objects()) {
            var kind = object.path("kind").asText();
            if (kind.equals("EgressIP")) {
                var read = (EgressIpInput) reader.read(object).objects().getFirst();
                assertThat(read.selectorError()).isEmpty();
                assertThat(read.egressIps())
                        .allMatch(address -> IpAddress.parse(address).isPresent());
                assertThat(read.nodes().errors()).isEmpty();
                assertThat(read.unknownOnUnassigned()).isEmpty();
                assertThat(read.qos().errors()).isEmpty();
            } else if (kind.equals("EgressFirewall")) {
                var read = (FirewallInput) reader.read(object).objects().getFirst();
                assertThat(read.rules()).noneMatch(rule -> rule.to() instanceof Destination.Unknown);
            }
        }
    }

    @Provide
    Arbitrary<JsonNode> nonsense() {
        var kinds = Arbitraries.of(
                "NetNamespace network.openshift.io/v1",
                "HostSubnet network.openshift.io/v1",
                "EgressNetworkPolicy network.openshift.io/v1",
                "Pod v1",
                "Service v1",
                "EgressRouter network.operator.openshift.io/v1",
                "CiliumEgressGatewayPolicy cilium.io/v2",
                "Egress crd.antrea.io/v1beta1",
                "ExternalIPPool crd.antrea.io/v1beta1");
        var values = Arbitraries.of(
                "[]",
                "{}",
                "\"x\"",
                "7",
                "null",
                "[null]",
                "[{}]",
                "[\"10.0.0.1\"]",
                "{\"a\": []}",
                "{\"x\": {\"y\": [null]}}");
        return Combinators.combine(kinds, values, values, values).as((kind, first, second, third) -> {
            var words = kind.split(" ", 2);
            return ConversionFixture.yaml("""
                    {"kind": "%s", "apiVersion": "%s", "metadata": {"name": "n", "annotations": {"egress_pod": "%s"}},
                     "egressIPs": %s, "egressCIDRs": %s, "netid": %s, "spec": {"egress": %s, "selectors": %s, "ports": %s,
                     "addresses": %s, "ipRanges": %s, "appliedTo": %s, "egressIP": %s, "egressGateway": %s,
                     "containers": %s, "redirect": %s, "template": %s, "destinationCIDRs": %s,
                     "excludedCIDRs": %s, "bandwidth": {"rate": %s, "burst": %s}}}
                    """.formatted(
                            words[0],
                            words[1],
                            "{\\\"destinations\\\": " + first.replace("\"", "\\\"") + "}",
                            first,
                            second,
                            third,
                            first,
                            second,
                            third,
                            first,
                            second,
                            third,
                            first,
                            second,
                            third,
                            first,
                            second,
                            third,
                            first,
                            second,
                            third));
        });
    }

    @Property
    void nothingThatSomebodyHasWrittenEndsIt(@ForAll("nonsense") JsonNode manifest) {
        assertThat(Conversion.of(List.of(manifest), CHOICES).report()).isNotEmpty();
    }
}
