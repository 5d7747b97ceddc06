package io.ovnegress.reconciler.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class IpNetworkTest {
    record Pair(IpAddress network, int prefixLength, IpAddress other) {}

    @Property
    void containsWhatSharesThePrefix(@ForAll("pairs") Pair pair) {
        var network =
                IpNetwork.parse(pair.network() + "/" + pair.prefixLength()).orElseThrow();
        int free = pair.network().family().bits() - pair.prefixLength();
        var first = number(pair.network()).shiftRight(free).shiftLeft(free);
        var last = first.add(BigInteger.ONE.shiftLeft(free)).subtract(BigInteger.ONE);
        var other = number(pair.other());

        assertThat(network.contains(pair.other())).isEqualTo(other.compareTo(first) >= 0 && other.compareTo(last) <= 0);
        assertThat(network.contains(pair.network())).isTrue();
    }

    /** Of two networks either one is in the other, or they have no address in common. */
    @Property
    void networksAreNestedOrApart(@ForAll("pairs") Pair pair, @ForAll @IntRange(max = 32) int otherLength) {
        var network =
                IpNetwork.parse(pair.network() + "/" + pair.prefixLength()).orElseThrow();
        var other = IpNetwork.parse(pair.other() + "/" + otherLength).orElseThrow();
        boolean shared = network.contains(other.address()) || other.contains(network.address());

        assertThat(network.overlaps(other)).isEqualTo(shared).isEqualTo(other.overlaps(network));
        assertThat(network.contains(other)).isEqualTo(shared && network.prefixLength() <= otherLength);
        assertThat(network.isSameNetworkAs(other)).isEqualTo(shared && network.prefixLength() == otherLength);
    }

    @Example
    void theOtherFamilyIsNeverInside() {
        assertThat(IpNetwork.parse("0.0.0.0/0").orElseThrow().contains(new IpAddress("::1")))
                .isFalse();
        assertThat(IpNetwork.parse("::/0").orElseThrow().contains(new IpAddress("10.0.0.1")))
                .isFalse();
    }

    @Example
    void theTextStaysAsItWasConfigured() {
        var network = IpNetwork.parse("FD00::0A/64").orElseThrow();

        assertThat(network.text()).isEqualTo("FD00::0A/64");
        assertThat(network.address()).isEqualTo(new IpAddress("fd00::a"));
        assertThat(network.prefixLength()).isEqualTo(64);
    }

    @Example
    void textsThatAreNoNetworksAreRefused() {
        for (var text : List.of(
                "",
                "/",
                "10.0.0.1",
                "10.0.0.1/",
                "10.0.0.1/33",
                "10.0.0.1/-1",
                "10.0.0.1/+1",
                "10.0.0.1/ 8",
                "10.0.0.1/8/8",
                "10.0.0.1/255.0.0.0",
                "10.0.0/8",
                "/8",
                "fd00::/129",
                "fd00::/0064",
                "fe80::1%eth0/64",
                "::ffff:10.0.0.1/104")) {
            assertThat(IpNetwork.parse(text)).as(text).isEmpty();
        }
    }

    @Example
    void addressesAreCountedFromTheFirstOfTheNetwork() {
        assertThat(IpNetwork.parse("10.128.3.7/23").orElseThrow().addressAt(2)).contains(new IpAddress("10.128.2.2"));
        assertThat(IpNetwork.parse("fd01:0:0:5::/64").orElseThrow().addressAt(2))
                .contains(new IpAddress("fd01:0:0:5::2"));
        assertThat(IpNetwork.parse("10.0.0.4/31").orElseThrow().addressAt(2)).isEmpty();
        assertThat(IpNetwork.parse("255.255.255.255/32").orElseThrow().addressAt(2))
                .isEmpty();
    }

    @Property
    void networkAndBroadcastAddressAreTheFirstAndTheLast(@ForAll("pairs") Pair pair) {
        var network =
                IpNetwork.parse(pair.network() + "/" + pair.prefixLength()).orElseThrow();
        var family = network.family();
        int free = family.bits() - network.prefixLength();
        var first = number(network.address()).shiftRight(free).shiftLeft(free);
        var last = first.add(BigInteger.ONE.shiftLeft(free)).subtract(BigInteger.ONE);

        assertThat(network.networkAddress().map(IpNetworkTest::number))
                .isEqualTo(free < 2 ? Optional.empty() : Optional.of(first));
        assertThat(network.broadcastAddress().map(IpNetworkTest::number))
                .isEqualTo(free < 2 || family == IpFamily.V6 ? Optional.empty() : Optional.of(last));
        assertThat(IpNetwork.parse(network.masked()).orElseThrow().isSameNetworkAs(network))
                .isTrue();
    }

    @Property
    void anAddressIsFoundInExactlyTheNetworksThatHoldIt(@ForAll("pairs") Pair pair) {
        var network =
                IpNetwork.parse(pair.network() + "/" + pair.prefixLength()).orElseThrow();
        var index = new PrefixIndex<String>();
        index.at(network, () -> "it");
        index.at(network, () -> "another");

        assertThat(index.holding(pair.other())).isEqualTo(network.contains(pair.other()) ? List.of("it") : List.of());
    }

    @Provide
    Arbitrary<Pair> pairs() {
        return Arbitraries.of(4, 16)
                .flatMap(length -> Combinators.combine(
                                Arbitraries.bytes().array(byte[].class).ofSize(length),
                                Arbitraries.integers().between(0, 8 * length),
                                Arbitraries.integers().between(0, 8 * length),
                                Arbitraries.bytes().array(byte[].class).ofSize(length))
                        .as((network, prefixLength, common, noise) ->
                                new Pair(address(network), prefixLength, address(mixed(network, common, noise)))))
                .filter(pair -> pair.network().family() == pair.other().family()
                        && pair.prefixLength() <= pair.network().family().bits());
    }

    /** The first bits of one, then those of the other: random addresses would hardly ever be in one network. */
    private static byte[] mixed(byte[] head, int common, byte[] tail) {
        var mixed = tail.clone();
        for (int bit = 0; bit < common; bit++) {
            int mask = 0x80 >> (bit % 8);
            mixed[bit / 8] = (byte) ((mixed[bit / 8] & ~mask) | (head[bit / 8] & mask));
        }
        return mixed;
    }

    private static IpAddress address(byte[] bytes) {
        try {
            return IpAddress.of(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static BigInteger number(IpAddress address) {
        return new BigInteger(1, address.bytes());
    }
}
