package io.ovnegress.it.harness.topology;

import java.util.List;

/** An IP family, for picking one address of a dual-stack list. */
public enum Family {
    V4,
    V6;

    /** The entry of this family; throws if there is none. */
    public String of(List<String> addresses) {
        return addresses.stream()
                .filter(address -> IpText.isV6(address) == (this == V6))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no " + this + " address in " + addresses));
    }

    public static Family of(String address) {
        return IpText.isV6(address) ? V6 : V4;
    }
}
