package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.Optional;

/** Whose rows are written as a whole. */
public sealed interface FirewallOwner extends Owner {
    /** What {@code external_ids:ovn-egress.io/feature} of its rows says. */
    String MARK = "egress-firewall";

    @Override
    default String feature() {
        return MARK;
    }

    /** What the rows call it. */
    String text();

    /** All that is written for a namespace: the order of its ACLs is one thing. */
    record Namespace(String name) implements FirewallOwner {
        private static final String PREFIX = "namespace/";

        @Override
        public String text() {
            return PREFIX + name;
        }
    }

    /**
     * The address sets of a source.
     *
     * @param key {@link AddressSource#key}
     */
    record Source(String key) implements FirewallOwner {
        private static final String PREFIX = "set/";

        @Override
        public String text() {
            return PREFIX + key;
        }
    }

    /** What is written for an administrators' policy. */
    record Admin(String name) implements FirewallOwner {
        private static final String PREFIX = "admin/";

        @Override
        public String text() {
            return PREFIX + name;
        }
    }

    /** The owner that the row names, if it is one of this feature. */
    static Optional<Owner> of(Row row) {
        return row.table()
                .externalIds()
                .filter(row::knows)
                .map(row::get)
                .filter(ids -> MARK.equals(ids.get(Marks.FEATURE_KEY)))
                .map(ids -> parse(ids.getOrDefault(Marks.OWNER_KEY, "")));
    }

    private static Owner parse(String text) {
        if (text.startsWith(Admin.PREFIX)) {
            return new Admin(text.substring(Admin.PREFIX.length()));
        }
        return text.startsWith(Source.PREFIX)
                ? new Source(text.substring(Source.PREFIX.length()))
                : new Namespace(text.startsWith(Namespace.PREFIX) ? text.substring(Namespace.PREFIX.length()) : text);
    }
}
