package io.ovnegress.it.chaos;

import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * In half of the histories objects have forms of rows, and change them: rows for each pod, routers of their own that float or are
 * pinned, or what the operator has chosen. Drawn from randomness of their own, so that everything else happens as without them. Not
 * thread safe.
 */
final class Forms {
    private static final List<EgressForm> ALL = List.of(
            EgressForm.USUAL,
            new EgressForm(Optional.empty(), true, Optional.empty()), // pinned, if it has routers at all
            new EgressForm(Optional.of(EgressForm.Kind.PER_POD), false, Optional.empty()),
            EgressForm.FLOATING,
            EgressForm.FLOATING,
            EgressForm.PINNED);

    private final boolean areThere;
    private final Random random;
    private final EgressForm.Kind usual;

    Forms(long seed) {
        random = new Random(seed * 0x9E3779B97F4A7C15L); // else seeds that follow each other begin alike
        areThere = random.nextBoolean();
        usual = areThere && random.nextInt(3) == 0 ? EgressForm.Kind.ROUTER : EgressForm.Kind.PER_POD;
    }

    boolean areThere() {
        return areThere;
    }

    /** {@code --egressip-form}. */
    EgressForm.Kind usual() {
        return usual;
    }

    /** For what happens to routers. */
    Random random() {
        return random;
    }

    /** Of a new object. */
    EgressForm any() {
        return areThere ? RandomObjects.pick(ALL, random) : EgressForm.USUAL;
    }

    /** Of an object that changes: mostly the same. */
    EgressForm next(EgressForm before) {
        return areThere && random.nextInt(4) == 0 ? any() : before;
    }

    /** Whether its egress IPs are to have routers of their own. */
    boolean hasRouters(EgressIpInput object) {
        return object.form().kind().orElse(usual) == EgressForm.Kind.ROUTER;
    }
}
