package io.ovnegress.reconciler.feature;

import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.egressip.EgressIpFeature;
import java.util.List;

/** What this controller can do. */
public final class Features {
    private Features() {}

    /** Unmarked rows are offered to them in this order. */
    public static List<Feature> of(ReconcilerConfig config) {
        return List.of(
                new EgressIpFeature(config) // every feature is a line here
                );
    }
}
