package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.PodInput;
import java.util.Optional;
import java.util.UUID;

/** How pods leave that do not have rows of their own. */
public interface RouterWays {
    /** No object has routers of its own. */
    RouterWays NONE = new RouterWays() {
        @Override
        public boolean isRouted(String egressIp) {
            return false;
        }

        @Override
        public Optional<Way> of(String egressIp, IpFamily family, PodInput pod) {
            return Optional.empty();
        }

        @Override
        public boolean areByDestination() {
            return false;
        }
    };

    /** Whether the object's pods leave through routers of its own. */
    boolean isRouted(String egressIp);

    /** The way of a pod that the object serves through routers; empty while none has an egress IP of the family. */
    Optional<Way> of(String egressIp, IpFamily family, PodInput pod);

    /** Whether some pods leave by destination, or are to. */
    boolean areByDestination();

    /**
     * @param egressIp whose routers it leads to
     * @param isCarried whether the pod's namespace is led there as a whole; else the pod is in a set
     * @param isThere whether it is in the database
     * @param isReady whether it is installed everywhere, the routers too, and their addresses are announced: who has another way may
     *     leave that
     * @param set of the pods, unless the namespace is led there
     */
    record Way(String egressIp, boolean isCarried, boolean isThere, boolean isReady, Optional<UUID> set) {}
}
