package io.ovnegress.reconciler.input;

/** An IP family, with the words that OVN match expressions use for it. */
public enum IpFamily {
    V4("IPv4", "ip4", "v4", 32),
    V6("IPv6", "ip6", "v6", 128);

    private final String words;
    private final String matchField;
    private final String suffix;
    private final int bits;

    IpFamily(String words, String matchField, String suffix, int bits) {
        this.words = words;
        this.matchField = matchField;
        this.suffix = suffix;
        this.bits = bits;
    }

    /** For people: {@code IPv4} or {@code IPv6}. */
    public String words() {
        return words;
    }

    /** {@code ip4} or {@code ip6}, see ovn-sb(5), table Logical_Flow, column match. */
    public String matchField() {
        return matchField;
    }

    /** {@code v4} or {@code v6}, for names. */
    public String suffix() {
        return suffix;
    }

    /** The length of an address in bits. */
    public int bits() {
        return bits;
    }
}
