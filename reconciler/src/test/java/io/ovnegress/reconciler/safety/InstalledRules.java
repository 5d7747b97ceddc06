package io.ovnegress.reconciler.safety;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What must hold whenever chassis install what is in the database, each at its own moment: nothing is rerouted to a router that
 * may not have its SNAT yet, and no SNAT goes while something may still be rerouted to it, unless the reroute goes with it.
 */
public final class InstalledRules {
    /** As the chassis have it: the pod addresses that each router translates, and the routers to which each is sent. */
    private Map<String, Set<String>> translated = Map.of();

    private Map<String, Set<String>> sent = Map.of();

    /** All chassis have what the database holds. */
    public void installed(ForwardingRows rows) {
        translated = rows.translated();
        sent = rows.sent();
    }

    /** A sentence for each rule that is broken somewhere. */
    public List<String> broken(ForwardingRows rows) {
        var broken = new TreeSet<String>();
        var translates = rows.translated();
        var sends = rows.sent();
        sends.forEach((pod, routers) -> {
            for (var router : routers) {
                if (!ForwardingRows.isTranslated(translated, router, pod)) {
                    broken.add(pod + " is rerouted to " + router + ", which may not have its SNAT yet");
                }
            }
        });
        sent.forEach((pod, routers) -> {
            for (var router : routers) {
                if (sends.containsKey(pod) && !ForwardingRows.isTranslated(translates, router, pod)) {
                    broken.add(pod + " may still be rerouted to " + router + ", which has no SNAT any more");
                }
            }
        });
        return List.copyOf(broken);
    }
}
