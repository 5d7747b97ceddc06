package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Where the addresses of a set come from that ACLs of any number of namespaces name. Equal sources share their sets. */
public sealed interface AddressSource {
    /** The same for equal sources, and no other one's; what the rows call it. */
    String key();

    /** What a host name stands for. */
    record Name(String name) implements AddressSource {
        private static final String PREFIX = "dns/";

        @Override
        public String key() {
            return PREFIX + name;
        }
    }

    /** The addresses of the nodes with such labels. */
    record Nodes(LabelSelector selector) implements AddressSource {
        /** Those of all nodes. */
        public static final Nodes ALL = new Nodes(LabelSelector.EVERYTHING);

        @Override
        public String key() {
            return "nodes/"
                    + selector.requirements().stream()
                            .map(requirement -> requirement.key() + " " + requirement.operator() + " "
                                    + new TreeSet<>(requirement.values()))
                            .sorted()
                            .collect(Collectors.joining(","));
        }
    }

    /** The name of its set of one family. Names and labels have characters that names of sets must not have. */
    static String setName(String key, IpFamily family) {
        return "ovn_egress_fw_" + RowIds.of("firewall-set/" + key).toString().replace('-', '_') + "_" + family.suffix();
    }

    /** Likewise. */
    default String setName(IpFamily family) {
        return setName(key(), family);
    }
}
