package io.ovnegress.reconciler.northbound;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.UUID;

/**
 * The unit of translation: what is marked dirty, looked at, and written as a whole. Keys travel; what they stand for is looked
 * up when it is needed.
 */
public sealed interface OwnerKey {
    /**
     * Everything that is written for one pod address, whichever pod holds it and whichever EgressIP serves that pod: an address
     * can be rerouted once only, so it, not the pod, is what rows are owned by.
     */
    record PodIp(IpAddress ip) implements OwnerKey {
        @Override
        public String toString() {
            return ip.text();
        }
    }

    /** The rows that the feature needs once: no-reroute policies and address sets. */
    record Baseline() implements OwnerKey {
        @Override
        public String toString() {
            return "baseline";
        }
    }

    /** The rows on the logical switch of one node. */
    record NodeSwitch(String node) implements OwnerKey {
        @Override
        public String toString() {
            return "switch " + node;
        }
    }

    /** A row that carries our mark but says nothing that we could read: nobody wants it. */
    record Orphan(UUID row) implements OwnerKey {
        @Override
        public String toString() {
            return "row " + row;
        }
    }
}
