package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.input.ObjectRef;
import java.util.Optional;

/**
 * An address that would be elsewhere.
 *
 * @param object that asks for it
 * @param from the node that has it now; empty if none has
 * @param to the node that would have it; empty if none would
 * @param pods how many pods leave as it, or would
 * @param why no node would have it, if none would
 */
public record AddressChange(
        ObjectRef object, String address, Optional<String> from, Optional<String> to, int pods, Optional<Reason> why) {

    /** Whether a node has it now, and none would. */
    public boolean isLoss() {
        return from.isPresent() && to.isEmpty();
    }
}
