package io.ovnegress.reconciler.feature;

import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.egressip.EgressIpFeature;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterFeature;
import io.ovnegress.reconciler.feature.firewall.FirewallFeature;
import io.ovnegress.reconciler.feature.pool.PoolFeature;
import java.util.ArrayList;
import java.util.List;

/** What this controller can do. */
public final class Features {
    private Features() {}

    /** Unmarked rows are offered to them in this order. */
    public static List<Feature> of(ReconcilerConfig config) {
        var features = new ArrayList<Feature>(); // every feature is a line here
        features.add(new EgressIpFeature(config));
        if (config.firewall()) {
            features.add(new FirewallFeature(config));
        }
        if (!config.egressRouterVips().isEmpty()) {
            features.add(new EgressRouterFeature(config));
        }
        if (config.pools()) {
            features.add(new PoolFeature(config));
        }
        return List.copyOf(features);
    }
}
