package io.ovnegress.reconciler.input;

import com.google.common.base.CharMatcher;
import com.google.common.collect.Interner;
import com.google.common.collect.Interners;
import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.util.Optional;

/**
 * An IP address in its canonical text (RFC 5952 for IPv6; an IPv4-mapped IPv6 address is the IPv4 address, as in Go), so that
 * equal addresses are equal texts however they were spelled.
 */
public record IpAddress(String text) implements Comparable<IpAddress> {
    /** Rows, pods and keys name the same addresses all the time: the same object is found equal without being read. */
    private static final Interner<IpAddress> KNOWN = Interners.newWeakInterner();

    /** The address, or empty if the text is none: no host names, no zone, no prefix length, no leading zeros. */
    public static Optional<IpAddress> parse(String text) {
        // Guava takes digits of any script for digits.
        if (text.indexOf('%') >= 0 || !CharMatcher.ascii().matchesAllOf(text) || !InetAddresses.isInetAddress(text)) {
            return Optional.empty();
        }
        return Optional.of(of(InetAddresses.forString(text)));
    }

    static IpAddress of(InetAddress address) {
        return KNOWN.intern(new IpAddress(InetAddresses.toAddrString(address)));
    }

    public IpFamily family() {
        return text.indexOf(':') >= 0 ? IpFamily.V6 : IpFamily.V4;
    }

    /** A port of it, as load balancers and URLs write it (RFC 3986 section 3.2.2). */
    public String withPort(int port) {
        return family() == IpFamily.V4 ? text + ":" + port : "[" + text + "]:" + port;
    }

    /** 4 or 16 bytes, most significant first. */
    byte[] bytes() {
        return InetAddresses.forString(text).getAddress();
    }

    @Override
    public int compareTo(IpAddress other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
