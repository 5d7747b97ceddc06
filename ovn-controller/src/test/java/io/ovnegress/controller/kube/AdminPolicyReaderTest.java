package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Action;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Bandwidth;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Rule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Port;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Protocol;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of administrators' policies, whatever they hold. */
class AdminPolicyReaderTest {
    private static AdminPolicyInput read(String spec) {
        return AdminPolicyReader.read(Serialization.unmarshal(
                "{\"metadata\":{\"name\":\"mail\"},\"spec\":" + spec + "}", EgressAdminPolicy.class));
    }

    @Test
    void everyFieldIsRead() {
        assertThat(read("""
                {"namespaceSelector":{},
                 "rules":[{"action":"Drop","ports":[{"protocol":"TCP","port":25}],"log":{"severity":"warning"}},
                          {"action":"Log","to":{"cidrSelector":"198.51.100.0/24"}}],
                 "bandwidth":{"rateKbps":2000,"burstKb":200}}"""))
                .isEqualTo(new AdminPolicyInput(
                        "mail",
                        "",
                        0,
                        LabelSelector.EVERYTHING,
                        List.of(
                                new Rule(
                                        Action.DROP,
                                        Optional.empty(),
                                        List.of(new Port(Protocol.tcp, OptionalInt.of(25))),
                                        true,
                                        "warning"),
                                new Rule(Action.LOG, IpNetwork.parse("198.51.100.0/24"), List.of(), false, "info")),
                        Optional.of(new Bandwidth(2000, Optional.of(200L))),
                        List.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{} | spec.namespaceSelector is missing",
                "{\"namespaceSelector\":{},\"rules\":7} | spec.rules is not a list",
                "{\"namespaceSelector\":{},\"rules\":[{\"action\":\"Reject\"}]} | write Drop or Log",
                "{\"namespaceSelector\":{},\"rules\":[{\"action\":\"Drop\",\"to\":{\"dnsName\":\"a.b\"}}]} | no cidrSelector",
                "{\"namespaceSelector\":{},\"rules\":[{\"action\":\"Drop\",\"to\":{\"cidrSelector\":\"x\"}}]} | no network",
                "{\"namespaceSelector\":{},\"rules\":[{\"action\":\"Log\",\"connectionsPerSecond\":5}]} | cannot limit new connections",
                "{\"namespaceSelector\":{},\"connectionsPerSecond\":5} | cannot limit new connections",
                "{\"namespaceSelector\":{},\"rules\":[{\"action\":\"Log\",\"log\":{\"severity\":\"loud\"}}]} | write alert, warning",
                "{\"namespaceSelector\":{},\"bandwidth\":{}} | spec.bandwidth.rateKbps is missing",
            })
    void whatIsWrongIsNamed(String spec, String error) {
        assertThat(read(spec).errors()).singleElement().asString().contains(error);
    }
}
