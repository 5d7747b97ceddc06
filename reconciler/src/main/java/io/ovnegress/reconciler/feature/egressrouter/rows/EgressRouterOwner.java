package io.ovnegress.reconciler.feature.egressrouter.rows;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableSortedMap;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.OwnRouter;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Whose rows are written as a whole. */
public sealed interface EgressRouterOwner extends Owner {
    /** What {@code external_ids:ovn-egress.io/feature} of its rows says. */
    String MARK = "egress-router";

    @Override
    default String feature() {
        return MARK;
    }

    /** {@code namespace/name} of the object; empty if it is not known. */
    String object();

    /**
     * A logical router with all that hangs on it.
     *
     * @param source the address as which packets leave; of one of both families the IPv4 one
     */
    record Router(String object, String source) implements EgressRouterOwner, OwnRouter {
        private static final String PREFIX = "router/";
        private static final String NAME_PREFIX = "egressrouter_";
        /** How the names of such routers' ports to the outside begin. */
        public static final String OUTSIDE_PORTS = "rtoe-" + NAME_PREFIX;

        /** No object has an underscore in its name. Of an IPv6 address with dots. */
        @Override
        public String routerName() {
            return NAME_PREFIX + object.replace('/', '_') + "_" + source.replace(':', '.');
        }

        @Override
        public boolean isPinned() {
            return true;
        }

        @Override
        public String id(String part) {
            return MARK + "/" + object + "/" + source + "/" + part;
        }

        @Override
        public Map<String, String> externalIds(String part) {
            return labels(id(part), PREFIX + object + "/" + source);
        }

        private static Optional<Router> ofText(String text) {
            int slash = text.lastIndexOf('/');
            return slash > 0 && IpAddress.parse(text.substring(slash + 1)).isPresent()
                    ? Optional.of(new Router(text.substring(0, slash), text.substring(slash + 1)))
                    : Optional.empty();
        }

        private static Optional<Router> ofName(String object, String source) {
            return IpAddress.parse(source)
                    .or(() -> IpAddress.parse(source.replace('.', ':')))
                    .map(address -> new Router(object, address.text()));
        }

        /** The router whose switch port this is; those of nodes and pods are none. */
        private static Optional<Router> ofSwitchPort(String name) {
            for (var prefix : new String[] {OwnRouter.FROM_JOIN, OwnRouter.FROM_OUTSIDE, OwnRouter.LOCALNET}) {
                if (name.startsWith(prefix) && name.startsWith(NAME_PREFIX, prefix.length())) {
                    var parts = Splitter.on('_').splitToList(name.substring(prefix.length() + NAME_PREFIX.length()));
                    return parts.size() == 3
                            ? ofName(parts.get(0) + "/" + parts.get(1), parts.get(2))
                            : Optional.empty();
                }
            }
            return Optional.empty();
        }

        @Override
        public String toString() {
            return "router of EgressRouter " + object + " for " + source;
        }
    }

    /** What leads to an object's routers, or keeps back what is sent to its virtual IP. */
    record Way(String object) implements EgressRouterOwner {
        private static final String PREFIX = "way/";

        String id(String part) {
            return MARK + "-way/" + object + "/" + part;
        }

        Map<String, String> externalIds(String part) {
            return labels(id(part), PREFIX + object);
        }

        @Override
        public String toString() {
            return "way to EgressRouter " + object;
        }
    }

    /** The set of the clients that a pod selector chooses. */
    record Clients(String object) implements EgressRouterOwner {
        private static final String PREFIX = "clients/";

        String id() {
            return MARK + "-clients/" + object;
        }

        Map<String, String> externalIds(String id) {
            return labels(id, PREFIX + object);
        }

        @Override
        public String toString() {
            return "clients of EgressRouter " + object;
        }
    }

    /** A row that carries our mark but says nothing that we could read: nobody wants it. */
    record Orphan(UUID row) implements EgressRouterOwner {
        @Override
        public String object() {
            return "";
        }

        @Override
        public boolean isReadable() {
            return false;
        }

        @Override
        public String toString() {
            return "row " + row;
        }
    }

    private static Map<String, String> labels(String id, String owner) {
        return ImmutableSortedMap.of(Marks.FEATURE_KEY, MARK, Marks.ID_KEY, id, Marks.OWNER_KEY, owner);
    }

    /** The owner that the row names, if it is one of this feature; of a switch port its name tells, since others are too many to read more. */
    static Optional<Owner> of(Row row) {
        if (row.table() == LogicalSwitchPort.TABLE) {
            return row.get(LogicalSwitchPort.TYPE).isEmpty()
                    ? Optional.empty()
                    : Router.ofSwitchPort(row.get(LogicalSwitchPort.NAME)).map(router -> router);
        }
        return row.table()
                .externalIds()
                .filter(row::knows)
                .map(row::get)
                .filter(ids -> MARK.equals(ids.get(Marks.FEATURE_KEY)))
                .map(ids -> parse(ids.getOrDefault(Marks.OWNER_KEY, ""), row.id()));
    }

    private static Owner parse(String text, UUID row) {
        if (text.startsWith(Way.PREFIX)) {
            return new Way(text.substring(Way.PREFIX.length()));
        }
        if (text.startsWith(Clients.PREFIX)) {
            return new Clients(text.substring(Clients.PREFIX.length()));
        }
        return Optional.of(text)
                .filter(named -> named.startsWith(Router.PREFIX))
                .flatMap(named -> Router.ofText(named.substring(Router.PREFIX.length())))
                .<Owner>map(router -> router)
                .orElseGet(() -> new Orphan(row));
    }
}
