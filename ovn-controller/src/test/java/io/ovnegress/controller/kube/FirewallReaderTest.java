package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Destination;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Port;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Protocol;
import io.ovnegress.reconciler.feature.firewall.NetNamespaceInput;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of policies, whatever they hold. */
class FirewallReaderTest {
    private static List<FirewallRule> rules(String egress) {
        return FirewallReader.read(
                        FirewallInput.EGRESS_FIREWALL,
                        Serialization.unmarshal(
                                "{\"metadata\":{\"namespace\":\"simpson\",\"name\":\"default\"},\"spec\":{\"egress\":"
                                        + egress + "}}",
                                EgressFirewall.class))
                .rules();
    }

    private static Destination network(String text) {
        return new Destination.Network(IpNetwork.parse(text).orElseThrow());
    }

    @Test
    void theExampleOfTheDocumentsIsReadInItsOrder() {
        var policy = Serialization.unmarshal("""
                kind: EgressNetworkPolicy
                apiVersion: network.openshift.io/v1
                metadata:
                  name: default-rules
                  namespace: simpson
                  uid: abc
                spec:
                  egress:
                  - type: Allow
                    to:
                      cidrSelector: 1.2.3.0/24
                  - type: Allow
                    to:
                      dnsName: www.foo.com
                  - type: Deny
                    to:
                      cidrSelector: 0.0.0.0/0
                """, EgressNetworkPolicy.class);

        assertThat(FirewallReader.read(FirewallInput.EGRESS_NETWORK_POLICY, policy))
                .isEqualTo(new FirewallInput(
                        FirewallInput.EGRESS_NETWORK_POLICY,
                        "simpson",
                        "default-rules",
                        "abc",
                        0,
                        List.of(
                                new FirewallRule(true, network("1.2.3.0/24"), List.of()),
                                new FirewallRule(true, new Destination.Name("www.foo.com"), List.of()),
                                new FirewallRule(false, network("0.0.0.0/0"), List.of()))));
    }

    @Test
    void portsNodesAndAddressesAreRead() {
        assertThat(rules("""
                [{"type":"Allow","to":{"cidrSelector":"1.2.3.4"},
                  "ports":[{"protocol":"TCP","port":443},{"protocol":"UDP"},{"protocol":"SCTP","port":0}]},
                 {"type":"Deny","to":{"nodeSelector":{"matchLabels":{"pool":"infra"}}}},
                 {"type":"Deny","to":{"dnsName":"WWW.Foo.com."}},
                 {"type":"Deny","to":{"cidrSelector":"2001:db8::/32"}}]"""))
                .containsExactly(
                        new FirewallRule(
                                true,
                                network("1.2.3.4/32"),
                                List.of(
                                        new Port(Protocol.tcp, OptionalInt.of(443)),
                                        new Port(Protocol.udp, OptionalInt.empty()),
                                        new Port(Protocol.sctp, OptionalInt.empty()))),
                        new FirewallRule(
                                false,
                                new Destination.Nodes(new LabelSelector(List.of(new LabelSelector.Requirement(
                                        "pool", LabelSelector.Operator.IN, Set.of("infra"))))),
                                List.of()),
                        new FirewallRule(false, new Destination.Name("www.foo.com"), List.of()),
                        new FirewallRule(false, network("2001:db8::/32"), List.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"type\":\"Allow\"} | true | exactly one of",
                "{\"type\":\"Allow\",\"to\":{\"cidrSelector\":\"1.2.3.0/24\",\"dnsName\":\"a.b\"}} | true | exactly one of",
                "{\"type\":\"Deny\",\"to\":{\"cidrSelector\":\"1.2.3\"}} | false | no network",
                "{\"type\":\"Allow\",\"to\":{\"dnsName\":\"*.foo.com\"}} | true | wildcard",
                "{\"type\":\"Allow\",\"to\":{\"dnsName\":\"foo_bar\"}} | true | no host name",
                "{\"type\":\"allow\",\"to\":{\"cidrSelector\":\"1.2.3.0/24\"}} | false | neither Allow nor Deny",
                "{\"type\":\"Allow\",\"to\":{\"cidrSelector\":\"1.2.3.0/24\"},\"ports\":[{\"protocol\":\"ICMP\"}]} | true | TCP, UDP or SCTP",
                "{\"type\":\"Allow\",\"to\":{\"cidrSelector\":\"1.2.3.0/24\"},\"ports\":[{\"protocol\":\"TCP\",\"port\":65536}]} | true | up to 65535",
                "{\"type\":\"Allow\",\"to\":{\"nodeSelector\":{\"matchLabels\":[]}}} | true | not a map",
                "7 | false | neither Allow nor Deny",
            })
    void whatIsMalformedIsADestinationThatIsNotUnderstood(String rule, boolean allows, String why) {
        assertThat(rules("[" + rule + "]")).singleElement().satisfies(read -> {
            assertThat(read.allows()).isEqualTo(allows);
            assertThat(read.to())
                    .isInstanceOfSatisfying(
                            Destination.Unknown.class,
                            unknown -> assertThat(unknown.why()).contains(why));
        });
    }

    @Test
    void rulesThatAreNoListDenyAndNoRulesAreNone() {
        assertThat(rules("{}"))
                .singleElement()
                .satisfies(rule -> assertThat(rule.allows()).isFalse());
        assertThat(rules("null")).isEmpty();
    }

    @Test
    void projectsAreJoinedByTheirNumbers() {
        assertThat(FirewallReader.read(Serialization.unmarshal(
                        "{\"metadata\":{\"name\":\"simpson\"},\"netname\":\"simpson\",\"netid\":17}",
                        NetNamespace.class)))
                .isEqualTo(new NetNamespaceInput("simpson", 17));
    }
}
