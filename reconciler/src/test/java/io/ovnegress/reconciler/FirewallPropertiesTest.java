package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.groupOf;
import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.network;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.FirewallMatch.Packet;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Destination;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Port;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Protocol;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.ResolvedName;
import io.ovnegress.reconciler.machine.Reconciler;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever the rules: packets fare as the rules say when they are read one after the other. */
class FirewallPropertiesTest {
    private static final ResolvedName NAME = new ResolvedName(
            "www.example.com", Set.of(ip("20.0.0.7"), ip("2001:db8::7"), ip("10.128.0.9")), Optional.empty());
    private static final List<IpNetwork> INSIDE = List.of(
            network("10.128.0.0/14"),
            network("100.64.0.0/16"),
            network("172.30.0.0/16"),
            network("fd01::/48"),
            network("fd98::/64"));

    @Provide
    Arbitrary<IpAddress> addresses() {
        return Arbitraries.of(
                        "20.0.0.7",
                        "20.0.0.8",
                        "20.0.1.1",
                        "21.0.0.1",
                        "10.127.255.255",
                        "10.132.0.0",
                        "10.128.0.9",
                        "100.64.0.2",
                        "100.65.0.0",
                        "172.30.0.1",
                        "172.31.0.0",
                        "2001:db8::7",
                        "2001:db8::8",
                        "fd01::5",
                        "fd02::1")
                .map(TestCluster::ip);
    }

    @Provide
    Arbitrary<FirewallRule> rules() {
        var networks = Combinators.combine(addresses(), Arbitraries.integers().between(0, 128))
                .as((address, length) -> (Destination) new Destination.Network(
                        network(address + "/" + (address.family() == IpFamily.V4 ? length / 4 : length))));
        Arbitrary<Destination> names = Arbitraries.of(new Destination.Name(NAME.name()));
        Arbitrary<Destination> unknown = Arbitraries.of(new Destination.Unknown("it is nonsense"));
        var ports = Combinators.combine(Arbitraries.of(Protocol.class), Arbitraries.of(0, 53, 80))
                .as((protocol, port) -> new Port(protocol, port == 0 ? OptionalInt.empty() : OptionalInt.of(port)))
                .list()
                .ofMaxSize(3);
        var to = Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(8, networks),
                net.jqwik.api.Tuple.of(2, names),
                net.jqwik.api.Tuple.of(1, unknown));
        return Combinators.combine(Arbitraries.of(true, false), to, ports).as(FirewallRule::new);
    }

    @Provide
    Arbitrary<Packet> packets() {
        return Combinators.combine(addresses(), Arbitraries.of("tcp", "udp", "icmp"), Arbitraries.of(53, 80, 443))
                .as(Packet::new);
    }

    @Property(tries = 300)
    void packetsFareAsTheRulesSay(
            @ForAll("ruleLists") List<FirewallRule> rules, @ForAll("packetLists") List<Packet> packets) {
        var config = FirewallTest.CONFIG;
        var cluster = new TestCluster(
                config,
                new FakeNorthbound(FakeNorthbound.PINNED, new Reconciler(Features.of(config), 500).monitorSpec()));
        cluster.portGroup("simpson");
        cluster.start(new FirewallInput(FirewallInput.EGRESS_FIREWALL, "simpson", "default", "uid", 1, rules));
        cluster.put(NAME);

        var firewall = FakeFirewall.of(cluster.database, groupOf("simpson"));
        for (var packet : packets) {
            assertThat(firewall.passes(packet)).as("%s", packet).isEqualTo(passes(rules, packet));
            if (isInside(packet.to())) {
                assertThat(firewall.isDecided(packet)).as("%s", packet).isFalse();
            }
        }
    }

    @Provide
    Arbitrary<List<FirewallRule>> ruleLists() {
        return rules().list().ofMaxSize(8);
    }

    @Provide
    Arbitrary<List<Packet>> packetLists() {
        return packets().list().ofMinSize(10).ofMaxSize(40);
    }

    private static boolean isInside(IpAddress address) {
        return INSIDE.stream().anyMatch(network -> network.contains(address));
    }

    private static boolean passes(List<FirewallRule> rules, Packet packet) {
        if (isInside(packet.to())) {
            return true;
        }
        for (var rule : rules) {
            if (rule.to() instanceof Destination.Unknown) {
                if (!rule.allows()) {
                    return false;
                }
            } else if (isTo(rule.to(), packet.to()) && isOn(rule.ports(), packet)) {
                return rule.allows();
            }
        }
        return true;
    }

    private static boolean isTo(Destination to, IpAddress address) {
        return switch (to) {
            case Destination.Network(var network) -> network.contains(address);
            case Destination.Name name -> NAME.addresses().contains(address);
            case Destination.Nodes nodes -> false;
            case Destination.Unknown unknown -> false;
        };
    }

    private static boolean isOn(List<Port> ports, Packet packet) {
        return ports.isEmpty()
                || ports.stream()
                        .anyMatch(port -> port.protocol().name().equals(packet.protocol())
                                && (port.port().isEmpty() || port.port().getAsInt() == packet.port()));
    }
}
