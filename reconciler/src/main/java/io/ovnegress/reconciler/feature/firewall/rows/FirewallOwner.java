package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.Optional;
import java.util.regex.Pattern;

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

        @Override
        public String toString() {
            return "firewall of namespace " + name;
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

        @Override
        public String toString() {
            return "addresses of " + key;
        }
    }

    /** What is written for an administrators' policy and all its namespaces together. */
    record Admin(String name) implements FirewallOwner {
        private static final String PREFIX = "admin/";

        @Override
        public String text() {
            return PREFIX + name;
        }

        @Override
        public String toString() {
            return "EgressAdminPolicy " + name;
        }
    }

    /** What is written for an administrators' policy and one namespace; its rows name the policy, and in their ids the namespace. */
    record AdminNamespace(String policy, String namespace) implements FirewallOwner {
        /** Policy and namespace; neither has a slash in its name. */
        private static final Pattern ID = Pattern.compile(Admin.PREFIX + "([^/]+)/[0-9]+/([^/]+)/v[46]");

        @Override
        public String text() {
            return new Admin(policy).text();
        }

        /** @param rule its number in the policy */
        String id(int rule, IpFamily family) {
            return Admin.PREFIX + policy + "/" + rule + "/" + namespace + "/" + family.suffix();
        }

        private static Optional<AdminNamespace> ofId(String policy, String id) {
            var matcher = ID.matcher(id);
            return matcher.matches() && matcher.group(1).equals(policy)
                    ? Optional.of(new AdminNamespace(policy, matcher.group(2)))
                    : Optional.empty();
        }

        @Override
        public String toString() {
            return "EgressAdminPolicy " + policy + " in namespace " + namespace;
        }
    }

    /** The owner that the row names, if it is one of this feature. */
    static Optional<Owner> of(Row row) {
        return row.table()
                .externalIds()
                .filter(row::knows)
                .map(row::get)
                .filter(ids -> MARK.equals(ids.get(Marks.FEATURE_KEY)))
                .map(ids -> parse(ids.getOrDefault(Marks.OWNER_KEY, ""), ids.getOrDefault(Marks.ID_KEY, "")));
    }

    private static Owner parse(String text, String id) {
        if (text.startsWith(Admin.PREFIX)) {
            var policy = text.substring(Admin.PREFIX.length());
            return AdminNamespace.ofId(policy, id).<Owner>map(each -> each).orElseGet(() -> new Admin(policy));
        }
        return text.startsWith(Source.PREFIX)
                ? new Source(text.substring(Source.PREFIX.length()))
                : new Namespace(text.startsWith(Namespace.PREFIX) ? text.substring(Namespace.PREFIX.length()) : text);
    }
}
