package io.ovnegress.reconciler.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.explain.Match.Fits;
import io.ovnegress.reconciler.explain.Match.Packet;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MatchTest {
    private static final Map<String, Set<String>> SETS = Map.of(
            "pods", Set.of("10.128.0.5", "10.128.0.6"),
            "outside", Set.of("8.8.0.0/16", "1.1.1.1"),
            "@simpson", Set.of("rtos-node1"),
            "@bouvier", Set.of());

    private static Fits fits(String match, String to) {
        var destination = Destination.parse(to).orElseThrow();
        boolean v4 = !destination.address().text().contains(":");
        return Match.of(
                match,
                new Packet(
                        "rtos-node1",
                        IpAddress.parse(v4 ? "10.128.0.5" : "fd01::5").orElseThrow(),
                        destination.address(),
                        destination.protocol(),
                        destination.port()),
                name -> Optional.ofNullable(SETS.get(name)));
    }

    @Test
    void whatFitsAPacketFits() {
        for (var match : List.of(
                "ip4.src == 10.128.0.5",
                "ip4.src == 10.128.0.0/14 && ip4.dst == 8.8.8.8",
                "ip4.src == $pods && ip4.dst == $outside",
                "ip4.src == {10.128.0.6, 10.128.0.5}",
                "ip4.dst != {1.1.1.1, 9.9.9.9}",
                "ip && tcp && tcp.dst == {80, 443}",
                "tcp.dst > 400 && tcp.dst <= 443",
                "!(udp || ip6) && pkt.mark == 0",
                "inport == \"rtos-node1\" && ip4.dst == 8.8.8.8 /* node1 */",
                "inport == @simpson && ip4",
                "(ip4.dst == 9.9.9.9 || ip4.src == $pods) && pkt.mark != 42")) {
            assertThat(fits(match, "8.8.8.8:443/tcp")).as(match).isEqualTo(Fits.YES);
        }
        assertThat(fits("ip6.dst == 2001:db8::/32 && icmp6", "2001:db8::8/icmp"))
                .isEqualTo(Fits.YES);
    }

    @Test
    void whatDoesNotFitDoesNot() {
        for (var match : List.of(
                "ip4.src == 10.128.0.6",
                "ip6.dst == 2001:db8::8",
                "ip6.dst != 2001:db8::8",
                "udp.dst == 443",
                "tcp.dst == 80",
                "pkt.mark == 42",
                "inport == \"rtos-node2\" && ip4",
                "ip4.dst != {8.8.8.8, 9.9.9.9}",
                "inport == @bouvier && ip4",
                "ip4.dst == $nobody && udp",
                "ip4.dst == 9.9.9.9 && reg0 == 7")) {
            assertThat(fits(match, "8.8.8.8:443/tcp")).as(match).isEqualTo(Fits.NO);
        }
    }

    @Test
    void whatCannotBeToldIsNotGuessed() {
        for (var match : List.of(
                "ip4.dst == $nobody",
                "inport == @nobody",
                "reg0 == 7",
                "tcp.src == 80",
                "ip4.dst ==",
                "((",
                "",
                "ip4.dst == 8.8.8.8 §")) {
            assertThat(fits(match, "8.8.8.8:443/tcp")).as(match).isEqualTo(Fits.UNKNOWN);
        }
        assertThat(fits("tcp.dst == 80", "8.8.8.8")).isEqualTo(Fits.UNKNOWN);
        assertThat(fits("ip4.dst == 8.8.8.8 || tcp", "8.8.8.8")).isEqualTo(Fits.YES);
    }

    @Test
    void aDestinationIsWrittenAsPeopleDo() {
        for (var text : List.of(
                "8.8.8.8", "8.8.8.8:53", "8.8.8.8/udp", "8.8.8.8:53/udp", "2001:db8::8", "[2001:db8::8]:53/tcp")) {
            assertThat(Destination.parse(text)).map(Destination::toString).contains(text);
        }
        for (var text :
                List.of("", "dns.example", "8.8.8.8:0", "8.8.8.8:70000", "8.8.8.8/ipx", "8.8.8.0/24", "[8.8.8.8")) {
            assertThat(Destination.parse(text)).as(text).isEmpty();
        }
    }
}
