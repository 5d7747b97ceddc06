package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Who leaves as an egress IP at the moment, by the rows that hold it: a look-up, however many pods there are. Of an egress IP with a
 * router of its own the pods are only counted, as those that the object selects.
 */
final class LeavingPods {
    private static final int NAMED = 10;

    private final World world;
    private final EgressGateways gateways;
    private final EgressIpSelection selection;
    private final OwnRouters routers;

    LeavingPods(World world, EgressGateways gateways, EgressIpSelection selection, OwnRouters routers) {
        this.world = world;
        this.gateways = gateways;
        this.selection = selection;
        this.routers = routers;
    }

    /** @param node on whose router the egress IP is */
    record There(String node, int addresses, List<String> some) {
        /** As in {@code 2 pod addresses leave as it (simpson/homer, simpson/marge)}. */
        String words() {
            int more = addresses - some.size();
            return addresses + (addresses == 1 ? " pod address leaves" : " pod addresses leave") + " as it"
                    + (some.isEmpty()
                            ? ""
                            : " (" + String.join(", ", some) + (more > 0 ? " and " + more + " more" : "") + ")");
        }
    }

    /** By the names of the nodes; more than one while the egress IP moves, or where rows are not as they are to be. */
    List<There> as(IpAddress egressIp) {
        var found = new TreeMap<String, There>();
        for (var router : world.holds().placesOf(egressIp.text())) {
            gateways.nodeOf(router).ifPresent(node -> {
                var holders = world.holds().holdersAt(egressIp.text(), router);
                var some = new ArrayList<String>();
                holders.stream().limit(NAMED).forEach(owner -> some.add(nameOf(owner)));
                some.sort(null);
                found.put(node, new There(node, holders.size(), some));
            });
        }
        for (var exit : routers.leavingAs(egressIp)) {
            found.merge(
                    exit.node(),
                    new There(exit.node(), selection.pods(exit.egressIp()), List.of()),
                    (some, more) -> new There(some.node(), some.addresses() + more.addresses(), some.some()));
        }
        return List.copyOf(found.values());
    }

    /** What is said of nobody too. */
    String words(IpAddress egressIp, Optional<String> node) {
        var all = as(egressIp);
        if (all.isEmpty()) {
            return "no pod leaves as it";
        }
        var words = new ArrayList<String>();
        for (var there : all) {
            boolean isElsewhere = node.filter(there.node()::equals).isEmpty();
            words.add(there.words() + (isElsewhere ? " from " + there.node() + " at the moment" : ""));
        }
        return String.join(", ", words);
    }

    private String nameOf(Owner owner) {
        return owner instanceof EgressIpOwner.PodIp(IpAddress ip)
                ? world.inputs().podAt(ip).map(pod -> pod.name().toString()).orElse(ip.text())
                : owner.toString();
    }
}
