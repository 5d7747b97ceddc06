package io.ovnegress.reconciler.feature.egressrouter;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What is accepted as EGRESS_DESTINATION, and in which words the rest is refused. */
class DestinationTextTest {
    private static Target to(String address) {
        return new Target.Address(IpAddress.parse(address).orElseThrow());
    }

    private static List<String> errors(String text) {
        return DestinationText.read(text).errors();
    }

    @Test
    void theExampleOfTheManualIsReadAsItIs() {
        var read = DestinationText.read("""
                # Egress routes for Project "Test", version 3

                80   tcp 203.0.113.25

                8080 tcp 203.0.113.26 80
                8443 tcp 203.0.113.26 443

                # Fallback
                203.0.113.27
                """);

        assertThat(read.errors()).isEmpty();
        assertThat(read.destinations())
                .isEqualTo(new Destinations(
                        List.of(
                                new Destination(80, Protocol.tcp, to("203.0.113.25"), 80),
                                new Destination(8080, Protocol.tcp, to("203.0.113.26"), 80),
                                new Destination(8443, Protocol.tcp, to("203.0.113.26"), 443)),
                        Optional.of(to("203.0.113.27"))));
    }

    @Test
    void linesMayNameIpv6Addresses() {
        var read = DestinationText.read("80 tcp 2001:DB8::25 8080\n53 udp 2001:db8::53\n2001:db8::1\n");

        assertThat(read.errors()).isEmpty();
        assertThat(read.destinations())
                .isEqualTo(new Destinations(
                        List.of(
                                new Destination(80, Protocol.tcp, to("2001:db8::25"), 8080),
                                new Destination(53, Protocol.udp, to("2001:db8::53"), 53)),
                        Optional.of(to("2001:db8::1"))));
    }

    @Test
    void anAddressAloneTakesEveryPort() {
        assertThat(DestinationText.read("203.0.113.25").destinations())
                .isEqualTo(new Destinations(List.of(), Optional.of(to("203.0.113.25"))));
    }

    @Test
    void commentsAndBlankLinesMayFollowTheFallback() {
        assertThat(errors("80 tcp 1.2.3.4\n5.6.7.8\n\n# the end\n   \n")).isEmpty();
    }

    @Test
    void nothingIsNoError() {
        assertThat(errors("\n# nothing\n")).isEmpty();
        assertThat(DestinationText.read("").destinations().isEmpty()).isTrue();
    }

    @Test
    void errorsNameTheLineAndTheReason() {
        assertThat(errors("# first\n80 tcp 1.2.3.4\n80 udp 1.2.3.5"))
                .containsExactly("line 3: port 80 is already used in line 2, it must be unique across protocols");
        assertThat(errors("1.2.3.4\n80 tcp 1.2.3.4"))
                .containsExactly("line 2: comes after the fallback of line 1, which must be the last line");
        assertThat(errors("1.2.3.4\n5.6.7.8"))
                .containsExactly("line 2: comes after the fallback of line 1, which must be the last line");
        assertThat(errors("0 tcp 1.2.3.4"))
                .containsExactly("line 1: port \"0\" is invalid, write a number from 1 to 65535");
        assertThat(errors("65536 tcp 1.2.3.4"))
                .containsExactly("line 1: port \"65536\" is invalid, write a number from 1 to 65535");
        assertThat(errors("80 tcp 1.2.3.4 99999"))
                .containsExactly("line 1: port \"99999\" is invalid, write a number from 1 to 65535");
        assertThat(errors("http tcp 1.2.3.4"))
                .containsExactly("line 1: port \"http\" is invalid, write a number from 1 to 65535");
        assertThat(errors("80 sctp 1.2.3.4")).containsExactly("line 1: protocol \"sctp\" is neither tcp nor udp");
        assertThat(errors("80 TCP 1.2.3.4")).containsExactly("line 1: protocol \"TCP\" is neither tcp nor udp");
        assertThat(errors("80 tcp 1.2.3.256")).containsExactly("line 1: \"1.2.3.256\" is no IP address");
        assertThat(errors("80 tcp www.example.com")).containsExactly("line 1: \"www.example.com\" is no IP address");
        assertThat(errors("80 tcp fd00::1%eth0")).containsExactly("line 1: \"fd00::1%eth0\" is no IP address");
        assertThat(errors("80 tcp [fd00::1]")).containsExactly("line 1: \"[fd00::1]\" is no IP address");
        assertThat(errors("80 tcp 1.2.3.4/24")).containsExactly("line 1: \"1.2.3.4/24\" is no IP address");
        for (var line : List.of("80 1.2.3.4", "80 tcp 1.2.3.4 80 80", "tcp 80")) {
            assertThat(errors(line))
                    .singleElement()
                    .asString()
                    .startsWith("line 1: \"" + line + "\" is invalid, write PORT PROTOCOL ADDRESS [REMOTE_PORT]");
        }
        assertThat(errors("80")).containsExactly("line 1: \"80\" is no IP address");
    }

    @Test
    void everyWrongLineIsNamed() {
        assertThat(errors("x\n80 tcp 1.2.3.4\ny\n"))
                .hasSize(2)
                .allSatisfy(error -> assertThat(error).contains("line"));
    }

    @Test
    void whatComesFromWindowsIsReadToo() {
        assertThat(errors("80 tcp 1.2.3.4\r\n1.2.3.5\r\n")).isEmpty();
    }

    @Provide
    Arbitrary<Destination> destination() {
        return Combinators.combine(
                        Arbitraries.integers().between(1, 65535),
                        Arbitraries.of(Protocol.values()),
                        Arbitraries.integers().between(0, 255).list().ofSize(4),
                        Arbitraries.integers().between(1, 65535))
                .as((port, protocol, bytes, target) -> new Destination(
                        port,
                        protocol,
                        to(bytes.stream().map(String::valueOf).collect(Collectors.joining("."))),
                        target));
    }

    @Provide
    Arbitrary<List<Destination>> destinations() {
        return destination().list().ofMaxSize(30).uniqueElements(Destination::port);
    }

    @Property(tries = 200)
    void whatIsWrittenIsRead(@ForAll("destinations") List<Destination> destinations) {
        var text = destinations.stream()
                .map(each -> each.port() + " " + each.protocol() + "  " + each.to()
                        + (each.port() == each.targetPort() ? "" : "\t" + each.targetPort()) + " \n# next\n")
                .collect(Collectors.joining("\n"));

        var read = DestinationText.read(text);

        assertThat(read.errors()).isEmpty();
        assertThat(read.destinations().listed()).isEqualTo(destinations);
    }

    @Property(tries = 500)
    void anyTextIsReadOrRefusedByItsLines(@ForAll("texts") String text) {
        var read = DestinationText.read(text);

        int lines = text.split("\n", -1).length;
        assertThat(read.errors())
                .allSatisfy(
                        error -> assertThat(error).matches("line [0-9]+: .*").hasSizeLessThan(300));
        assertThat(read.destinations().errors()).as("no port twice").isEmpty();
        assertThat(read.destinations().listed().size()).isLessThanOrEqualTo(lines);
    }

    @Provide
    Arbitrary<String> texts() {
        var words = Arbitraries.oneOf(
                Arbitraries.of("80", "0", "65536", "tcp", "udp", "1.2.3.4", "999.1.1.1", "#", "", "-1", "8080", "\t"),
                Arbitraries.strings().ofMaxLength(6));
        var line = words.list().ofMaxSize(5).map(parts -> String.join(" ", parts));
        return line.list().ofMaxSize(6).map(parts -> String.join("\n", parts));
    }
}
