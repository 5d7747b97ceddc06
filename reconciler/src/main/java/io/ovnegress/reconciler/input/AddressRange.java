package io.ovnegress.reconciler.input;

import com.google.common.net.InetAddresses;
import java.math.BigInteger;
import java.util.Optional;

/**
 * Addresses of one family from the first to the last, both included.
 *
 * @param network if it was written as one
 */
public record AddressRange(IpFamily family, BigInteger first, BigInteger last, Optional<IpNetwork> network) {

    /** The range, or empty if the text is neither a network, {@code FIRST-LAST} nor a single address. */
    public static Optional<AddressRange> parse(String text) {
        if (text.indexOf('/') >= 0) {
            return IpNetwork.parse(text).map(AddressRange::of);
        }
        int dash = text.indexOf('-');
        if (dash < 0) {
            return IpAddress.parse(text).map(AddressRange::of);
        }
        var first = IpAddress.parse(text.substring(0, dash).strip());
        var last = IpAddress.parse(text.substring(dash + 1).strip());
        if (first.isEmpty()
                || last.isEmpty()
                || first.get().family() != last.get().family()) {
            return Optional.empty();
        }
        return Optional.of(new AddressRange(
                        first.get().family(), number(first.get()), number(last.get()), Optional.empty()))
                .filter(range -> range.first.compareTo(range.last) <= 0);
    }

    public static AddressRange of(IpAddress address) {
        return new AddressRange(address.family(), number(address), number(address), Optional.empty());
    }

    public static AddressRange of(IpNetwork network) {
        int free = network.family().bits() - network.prefixLength();
        var first = number(network.address()).shiftRight(free).shiftLeft(free);
        var last = first.add(BigInteger.ONE.shiftLeft(free)).subtract(BigInteger.ONE);
        return new AddressRange(network.family(), first, last, Optional.of(network));
    }

    public static BigInteger number(IpAddress address) {
        return new BigInteger(1, address.bytes());
    }

    /** The address of a number in the range. */
    public IpAddress address(BigInteger number) {
        return IpAddress.of(
                family == IpFamily.V4
                        ? InetAddresses.fromIPv4BigInteger(number)
                        : InetAddresses.fromIPv6BigInteger(number));
    }

    public BigInteger size() {
        return last.subtract(first).add(BigInteger.ONE);
    }

    public boolean contains(IpAddress address) {
        if (address.family() != family) {
            return false;
        }
        var number = number(address);
        return first.compareTo(number) <= 0 && number.compareTo(last) <= 0;
    }

    public boolean overlaps(AddressRange other) {
        return family == other.family && first.compareTo(other.last) <= 0 && other.first.compareTo(last) <= 0;
    }

    @Override
    public String toString() {
        return network.map(IpNetwork::toString)
                .orElseGet(() -> first.equals(last) ? address(first).text() : address(first) + "-" + address(last));
    }
}
