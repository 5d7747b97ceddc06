package io.ovnegress.reconciler.feature;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.List;
import java.util.Map;

/**
 * What is to be changed of the EgressIPs that pools make, and of EgressRouters that have addresses of pools: the difference between what
 * is there and what is to be, as of now.
 *
 * @param changes by the names of EgressIPs, and {@code namespace/name} of EgressRouters; each decision has a number of its own, so that
 *     what is wanted once more, after it has been done and undone, is not taken for what has been done
 * @param usage by the names of the pools
 */
public record PoolWrites(Map<String, Decided> changes, Map<String, Usage> usage) {
    public static final PoolWrites NONE = new PoolWrites(Map.of(), Map.of());

    public PoolWrites {
        changes = Map.copyOf(changes);
        usage = Map.copyOf(usage);
    }

    /** A change, and which decision it is. */
    public record Decided(long number, Change change) {}

    /** What is to become of one object. */
    public sealed interface Change {
        /**
         * It is to be made, or to be so.
         *
         * @param uid of the one that is there; empty: there is none
         * @param poolUid of the pool, whose it is
         * @param selects whether it serves its namespace; else it keeps its addresses only
         * @param annotations all of ours
         */
        record Put(
                String uid,
                String pool,
                String poolUid,
                String namespace,
                List<IpAddress> addresses,
                boolean selects,
                Map<String, String> annotations)
                implements Change {
            public Put {
                addresses = List.copyOf(addresses);
                annotations = Map.copyOf(annotations);
            }
        }

        /** The one of this uid is to go. */
        record Delete(String uid, String pool) implements Change {}

        /** The EgressRouter of this uid is to have these, and no others. */
        record Grant(String uid, List<IpAddress> addresses) implements Change {
            public Grant {
                addresses = List.copyOf(addresses);
            }
        }
    }

    /**
     * How many addresses of a pool are where; in status and metric.
     *
     * @param total that it can give: used, reserved and free
     * @param used by namespaces, and by EgressRouters
     * @param reserved for namespaces that may return
     */
    public record Usage(long total, long used, long reserved) implements StatusChange.Fields {
        public long free() {
            return total - used - reserved;
        }
    }
}
