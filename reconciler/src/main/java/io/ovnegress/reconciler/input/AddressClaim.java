package io.ovnegress.reconciler.input;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * The addresses that a pod's object names: annotation {@code k8s.ovn.org/pod-networks} and {@code status.podIPs}. Whoever may write
 * the object may write both, so this is no more than a claim. Immutable.
 *
 * @param ips what both sources name, or the one that names any; empty if they cannot be believed
 */
public record AddressClaim(Kind kind, List<IpAddress> ips) {
    /** Longer annotations are not read: a pod has a network or two, of some hundred characters each. */
    public static final int LONGEST_ANNOTATION = 16 * 1024;

    private static final int MOST = IpFamily.values().length;

    public AddressClaim {
        ips = List.copyOf(ips);
    }

    /** What is to be made of the sources. */
    public enum Kind {
        /** Neither names an address. */
        NONE,
        /** Only the annotation does: so it is with every pod until its network is set up. */
        ANNOTATION_ONLY,
        /** Only the status does. */
        STATUS_ONLY,
        /** Both name the same ones. */
        AGREED,
        /** They name different ones. */
        DISAGREED,
        /** One of them names several of a family. */
        SEVERAL,
        /** The annotation is too long to be read. */
        TOO_LONG
    }

    /** A claim that is not looked into. */
    public static AddressClaim tooLong() {
        return new AddressClaim(Kind.TOO_LONG, List.of());
    }

    /**
     * The claim of these texts, with or without prefix length; what is no address is left out. The work is the same however many
     * there are.
     */
    public static AddressClaim of(List<String> annotated, List<String> reported) {
        if (annotated.size() > MOST || reported.size() > MOST) {
            return new AddressClaim(Kind.SEVERAL, List.of());
        }
        var some = addresses(annotated);
        var others = addresses(reported);
        if (hasSeveralOfAFamily(some) || hasSeveralOfAFamily(others)) {
            return new AddressClaim(Kind.SEVERAL, List.of());
        }
        if (some.isEmpty() || others.isEmpty()) {
            return some.isEmpty() && others.isEmpty()
                    ? new AddressClaim(Kind.NONE, List.of())
                    : others.isEmpty()
                            ? new AddressClaim(Kind.ANNOTATION_ONLY, some)
                            : new AddressClaim(Kind.STATUS_ONLY, others);
        }
        return new HashSet<>(some).equals(new HashSet<>(others))
                ? new AddressClaim(Kind.AGREED, some)
                : new AddressClaim(Kind.DISAGREED, List.of());
    }

    private static List<IpAddress> addresses(List<String> texts) {
        var addresses = new LinkedHashSet<IpAddress>();
        for (var text : texts) {
            int slash = text.indexOf('/');
            IpAddress.parse(slash < 0 ? text : text.substring(0, slash)).ifPresent(addresses::add);
        }
        return List.copyOf(addresses);
    }

    private static boolean hasSeveralOfAFamily(List<IpAddress> addresses) {
        var families = EnumSet.noneOf(IpFamily.class);
        return !addresses.stream().allMatch(address -> families.add(address.family()));
    }
}
