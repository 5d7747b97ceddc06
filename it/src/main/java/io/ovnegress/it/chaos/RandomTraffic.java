package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.RandomObjects.pick;

import io.ovnegress.reconciler.feature.egressip.EgressDestinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos.Bandwidth;
import io.ovnegress.reconciler.feature.egressip.EgressTrafficInput;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * In a third of the histories, all of them such as have {@link Forms}, objects are for some destinations, exclude some, and limit and
 * mark what leaves as their egress IPs. Drawn from randomness of its own, so that everything else happens as without it. Not thread
 * safe.
 */
final class RandomTraffic {
    private static final List<String> NAMES = List.of("traffic1", "traffic2");
    private static final List<String> KINDS = List.of("bank", "mail");
    private static final List<String> V4 = List.of(
            "198.51.100.0/24",
            "198.51.100.0/25",
            "198.51.100.7",
            "203.0.113.0/24",
            "203.0.113.9/24", // the same one
            "0.0.0.0/0",
            "10.128.0.0/16", // in the cluster
            "not a network");
    private static final List<String> V6 = List.of("2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::7");
    /** It lists nothing of IPv6, nor does any EgressIPTraffic: in IPv6 there are no more than three ranks. */
    private static final String YOUNGEST = "eip4";

    private final boolean isThere;
    private final Random random;

    RandomTraffic(long seed, Forms forms) {
        random = new Random(seed * 0xD1342543DE82EF95L); // else seeds that follow each other begin alike
        isThere = random.nextInt(3) > 0 && forms.areThere();
    }

    boolean isThere() {
        return isThere;
    }

    /** The EgressIPTraffic that changes now, mostly none: the empty text. */
    String nameOfChange() {
        return isThere && random.nextInt(8) == 0 ? pick(NAMES, random) : "";
    }

    /** What it is now; empty if it is deleted. */
    Optional<EgressTrafficInput> next(String name) {
        return random.nextInt(4) == 0
                ? Optional.empty()
                : Optional.of(new EgressTrafficInput(name, Map.of("kind", pick(KINDS, random)), some(V4)));
    }

    /** Of a new object. */
    EgressDestinations destinations(String object) {
        if (!isThere) {
            return EgressDestinations.ALL;
        }
        var excluded = random.nextInt(3) == 0 ? listed(object) : List.<String>of();
        if (random.nextInt(5) < 2) {
            return new EgressDestinations(false, Optional.empty(), false, List.of(), excluded);
        }
        var traffic = random.nextBoolean()
                ? Optional.of(
                        new LabelSelector(List.of(new Requirement("kind", Operator.IN, Set.of(pick(KINDS, random))))))
                : Optional.<LabelSelector>empty();
        boolean isOnlySelected = traffic.isPresent() && random.nextBoolean();
        return new EgressDestinations(true, traffic, false, isOnlySelected ? List.of() : listed(object), excluded);
    }

    /** Of an object that changes: often the same. */
    EgressDestinations next(String object, EgressDestinations before) {
        return isThere && random.nextInt(3) == 0 ? destinations(object) : before;
    }

    private List<String> listed(String object) {
        return some(object.equals(YOUNGEST) || random.nextInt(3) > 0 ? V4 : V6);
    }

    private List<String> some(List<String> all) {
        var some = new ArrayList<String>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            some.add(pick(all, random));
        }
        return some;
    }

    /** Of a new object. */
    EgressIpQos qos() {
        if (!isThere || random.nextBoolean()) {
            return EgressIpQos.NONE;
        }
        var bandwidth = random.nextInt(3) > 0
                ? Optional.of(Bandwidth.of(1000L * (1 + random.nextInt(3))))
                : Optional.<Bandwidth>empty();
        var dscp = random.nextBoolean() ? Optional.of(random.nextInt(64)) : Optional.<Integer>empty();
        return new EgressIpQos(bandwidth, dscp, List.of());
    }

    /** Of an object that changes: mostly the same. */
    EgressIpQos next(EgressIpQos before) {
        return isThere && random.nextInt(4) == 0 ? qos() : before;
    }
}
