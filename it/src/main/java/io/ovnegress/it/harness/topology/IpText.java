package io.ovnegress.it.harness.topology;

import com.google.common.net.InetAddresses;
import java.math.BigInteger;
import java.net.InetAddress;

/** Address arithmetic on texts, as a network administrator does it: {@code 10.128.2.0/23} and host 5. */
final class IpText {
    private IpText() {}

    /** The address of host {@code number} of a network: {@code host("10.128.2.0/23", 5)} is {@code 10.128.2.5}. */
    static String host(String network, int number) {
        var base = InetAddresses.forString(addressOf(network));
        var value = InetAddresses.toBigInteger(base).add(BigInteger.valueOf(number));
        InetAddress address = base.getAddress().length == 4
                ? InetAddresses.fromIPv4BigInteger(value)
                : InetAddresses.fromIPv6BigInteger(value);
        return InetAddresses.toAddrString(address);
    }

    /** The n-th network of a given prefix length inside a larger one. */
    static String subnet(String network, int prefixLength, int number) {
        int bits = isV6(network) ? 128 : 32;
        var base = InetAddresses.forString(addressOf(network));
        var value =
                InetAddresses.toBigInteger(base).add(BigInteger.valueOf(number).shiftLeft(bits - prefixLength));
        var address = bits == 32 ? InetAddresses.fromIPv4BigInteger(value) : InetAddresses.fromIPv6BigInteger(value);
        return InetAddresses.toAddrString(address) + "/" + prefixLength;
    }

    static String withPrefixOf(String address, String network) {
        return address + network.substring(network.indexOf('/'));
    }

    static String addressOf(String network) {
        int slash = network.indexOf('/');
        return slash < 0 ? network : network.substring(0, slash);
    }

    static boolean isV6(String text) {
        return text.indexOf(':') >= 0;
    }

    /** The word of OVN match expressions: {@code ip4} or {@code ip6}. */
    static String matchField(String address) {
        return isV6(address) ? "ip6" : "ip4";
    }

    /** {@code 0a:58} and the last four bytes of the address; for IPv4 that is ovn-kubernetes' rule. */
    static String mac(String address) {
        byte[] bytes = InetAddresses.forString(address).getAddress();
        var text = new StringBuilder("0a:58");
        for (int i = bytes.length - 4; i < bytes.length; i++) {
            text.append(":%02x".formatted(bytes[i]));
        }
        return text.toString();
    }
}
