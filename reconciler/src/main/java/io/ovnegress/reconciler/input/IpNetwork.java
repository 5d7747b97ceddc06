package io.ovnegress.reconciler.input;

import com.google.common.net.InetAddresses;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * An address with a prefix length, such as {@code 192.168.126.11/24}: a network, or an interface address in one.
 *
 * @param text as it was configured; match expressions print it unmasked, as ovn-kubernetes does
 */
public record IpNetwork(String text, IpAddress address, int prefixLength) {

    /** The network, or empty if the text is not {@code ADDRESS/PREFIX}. */
    public static Optional<IpNetwork> parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return Optional.empty();
        }
        var prefix = text.substring(slash + 1);
        if (prefix.isEmpty() || prefix.length() > 3 || !prefix.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.empty();
        }
        int length = Integer.parseInt(prefix);
        return IpAddress.parse(text.substring(0, slash))
                .filter(address -> length <= address.family().bits())
                .map(address -> new IpNetwork(text, address, length));
    }

    public IpFamily family() {
        return address.family();
    }

    /** Whether the address is of the same family and shares the first {@link #prefixLength} bits. */
    public boolean contains(IpAddress other) {
        if (other.family() != family()) {
            return false;
        }
        byte[] mine = address.bytes();
        byte[] theirs = other.bytes();
        int whole = prefixLength / 8;
        for (int i = 0; i < whole; i++) {
            if (mine[i] != theirs[i]) {
                return false;
            }
        }
        int rest = prefixLength % 8;
        return rest == 0 || ((mine[whole] ^ theirs[whole]) & 0xff) >>> (8 - rest) == 0;
    }

    /** Whether every address of the other network is in this one. */
    public boolean contains(IpNetwork other) {
        return prefixLength <= other.prefixLength && contains(other.address);
    }

    /** Whether the two have an address in common. */
    public boolean overlaps(IpNetwork other) {
        return contains(other) || other.contains(this);
    }

    /** Whether the two are the same network, whatever their host bits. */
    public boolean isSameNetworkAs(IpNetwork other) {
        return contains(other) && other.contains(this);
    }

    /** Its first address as a number: networks of one family are in the order of these. */
    public BigInteger first() {
        int free = family().bits() - prefixLength;
        return new BigInteger(1, address.bytes()).shiftRight(free).shiftLeft(free);
    }

    /** The address that comes so many after the network's first; empty if that is outside of the network. */
    public Optional<IpAddress> addressAt(int offset) {
        return addressOf(first().add(BigInteger.valueOf(offset)));
    }

    /** The address that comes so many before the network's last; empty if that is outside of the network. */
    public Optional<IpAddress> addressFromEnd(int offset) {
        int free = family().bits() - prefixLength;
        var last = new BigInteger(1, address.bytes())
                .shiftRight(free)
                .add(BigInteger.ONE)
                .shiftLeft(free)
                .subtract(BigInteger.ONE);
        return addressOf(last.subtract(BigInteger.valueOf(offset)));
    }

    private Optional<IpAddress> addressOf(BigInteger number) {
        var found = family() == IpFamily.V4
                ? InetAddresses.fromIPv4BigInteger(number.mod(BigInteger.ONE.shiftLeft(32)))
                : InetAddresses.fromIPv6BigInteger(number.mod(BigInteger.ONE.shiftLeft(128)));
        return Optional.of(IpAddress.of(found)).filter(this::contains);
    }

    /** What is in this network and in none of the others, in as few networks as possible and in their order. */
    public List<IpNetwork> without(Collection<IpNetwork> others) {
        return without(others, Integer.MAX_VALUE);
    }

    /** The same, not to its end if it is more than so many networks. */
    public List<IpNetwork> without(Collection<IpNetwork> others, int most) {
        var left = new ArrayList<IpNetwork>();
        collectWithout(others.stream().filter(this::overlaps).toList(), most, left);
        return left;
    }

    private void collectWithout(List<IpNetwork> others, int most, List<IpNetwork> left) {
        if (others.isEmpty()) {
            left.add(this);
        } else if (left.size() <= most && others.stream().noneMatch(other -> other.contains(this))) {
            for (var half : List.of(half(0), half(1))) {
                half.collectWithout(others.stream().filter(half::overlaps).toList(), most, left);
            }
        }
    }

    /** The lower or the upper half of a network of two addresses or more. */
    private IpNetwork half(int upper) {
        int free = family().bits() - prefixLength;
        var start = upper == 0 ? first() : first().setBit(free - 1);
        var found = IpAddress.of(
                family() == IpFamily.V4
                        ? InetAddresses.fromIPv4BigInteger(start)
                        : InetAddresses.fromIPv6BigInteger(start));
        return new IpNetwork(found + "/" + (prefixLength + 1), found, prefixLength + 1);
    }

    /** The address whose host bits are all 0: the network itself, in IPv6 the anycast address of its routers. */
    public Optional<IpAddress> networkAddress() {
        return hasNoHostBits() ? Optional.empty() : addressAt(0);
    }

    /** In IPv4 the address whose host bits are all 1; networks of one or two addresses have none (RFC 3021). */
    public Optional<IpAddress> broadcastAddress() {
        return hasNoHostBits() || family() == IpFamily.V6
                ? Optional.empty()
                : addressAt((int) ((1L << (family().bits() - prefixLength)) - 1));
    }

    private boolean hasNoHostBits() {
        return family().bits() - prefixLength < 2;
    }

    /** The network in its own words: without host bits. */
    public String masked() {
        return addressAt(0).orElseThrow() + "/" + prefixLength;
    }

    @Override
    public String toString() {
        return text;
    }
}
