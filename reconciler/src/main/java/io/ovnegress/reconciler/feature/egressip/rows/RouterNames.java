package io.ovnegress.reconciler.feature.egressip.rows;

import com.google.common.base.Splitter;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Routed;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.RowIds;
import io.ovnegress.reconciler.router.OwnRouter;
import java.util.Optional;

/** What routers of an egress IP's own are called, and what leads to them. */
public final class RouterNames {
    static final String ROUTER_ID_PREFIX = "router/";
    static final String ROUTED_ID_PREFIX = "routed/";
    static final String CARRIED_ID_PREFIX = "carried/";

    private static final String ROUTER_PREFIX = "egressip_";
    private static final String PINNED = "pinned";
    private static final String FLOATING = "floating";
    private static final String SET_PREFIX = "ovn_egress_routed_";

    private RouterNames() {}

    /** {@code egressip_OBJECT_ADDRESS}, of IPv6 addresses with dots; {@code _pinned} if it is. No object has an underscore in its name. */
    public static String router(Router key) {
        return ROUTER_PREFIX + key.egressIp() + "_" + key.address().replace(':', '.')
                + (key.isPinned() ? "_pinned" : "");
    }

    /** The router whose switch port this is; those of nodes and pods are none. */
    static Optional<Router> ofSwitchPort(String name) {
        for (var prefix : new String[] {OwnRouter.FROM_JOIN, OwnRouter.FROM_OUTSIDE, OwnRouter.LOCALNET}) {
            if (name.startsWith(ROUTER_PREFIX, prefix.length()) && name.startsWith(prefix)) {
                return ofRouter(name.substring(prefix.length()));
            }
        }
        return Optional.empty();
    }

    private static Optional<Router> ofRouter(String name) {
        var parts = Splitter.on('_').splitToList(name.substring(ROUTER_PREFIX.length()));
        if (parts.size() < 2
                || parts.size() > 3
                || (parts.size() == 3 && !parts.get(2).equals(PINNED))) {
            return Optional.empty();
        }
        return IpAddress.parse(parts.get(1))
                .or(() -> IpAddress.parse(parts.get(1).replace('.', ':')))
                .map(address -> new Router(parts.get(0), address.text(), parts.size() == 3));
    }

    /** {@code ovn-egress.io/id} of one of its rows. */
    static String id(Router key, String part) {
        return ROUTER_ID_PREFIX + key.egressIp() + "/" + key.address() + "/" + (key.isPinned() ? PINNED : FLOATING)
                + "/" + part;
    }

    /** The router that an id of {@link #id(Router, String)} names. */
    static Optional<Router> ofId(String id) {
        var parts = Splitter.on('/').limit(5).splitToList(id);
        return parts.size() == 5 && IpAddress.parse(parts.get(2)).isPresent()
                ? Optional.of(
                        new Router(parts.get(1), parts.get(2), parts.get(3).equals(PINNED)))
                : Optional.empty();
    }

    /** {@code ovn-egress.io/id} of the policy that leads an object's pods to its routers. */
    static String routedId(Routed key, IpFamily family) {
        return ROUTED_ID_PREFIX + key.egressIp() + "/" + family.suffix();
    }

    static Optional<Routed> routedOfId(String id) {
        int end = id.indexOf('/', ROUTED_ID_PREFIX.length());
        return end < 0 ? Optional.empty() : Optional.of(new Routed(id.substring(ROUTED_ID_PREFIX.length(), end)));
    }

    /** The address set of an object's pods: matches take letters, digits and underscores only. */
    static String set(Routed key, IpFamily family) {
        return SET_PREFIX
                + RowIds.of(ROUTED_ID_PREFIX + key.egressIp())
                        .toString()
                        .replace("-", "")
                        .substring(0, 16) + "_"
                + family.suffix();
    }

    /** Whether it is a set of the pods of an object. */
    static boolean isSet(String name) {
        return name.startsWith(SET_PREFIX);
    }

    /** Whether it is a set of the pods of an object, of this family. */
    static boolean isSet(String name, IpFamily family) {
        return name.startsWith(SET_PREFIX) && name.endsWith("_" + family.suffix());
    }

    static String carriedId(String namespace, IpFamily family) {
        return CARRIED_ID_PREFIX + namespace + "/" + family.suffix();
    }

    static Optional<String> namespaceOfCarried(String id) {
        int end = id.startsWith(CARRIED_ID_PREFIX) ? id.indexOf('/', CARRIED_ID_PREFIX.length()) : -1;
        return end < 0 ? Optional.empty() : Optional.of(id.substring(CARRIED_ID_PREFIX.length(), end));
    }
}
