package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ObjectRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

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

    /**
     * Those of the object's addresses that are on another node after than before, or on none.
     *
     * @param why no node would have it
     */
    public static List<AddressChange> between(
            ObjectRef object,
            Set<IpAddress> addresses,
            Map<IpAddress, String> before,
            Map<IpAddress, String> after,
            int pods,
            Function<IpAddress, Optional<Reason>> why) {
        var changes = new ArrayList<AddressChange>();
        for (var address : addresses) {
            var here = Optional.ofNullable(before.get(address));
            var there = Optional.ofNullable(after.get(address));
            if (!here.equals(there)) {
                changes.add(new AddressChange(
                        object,
                        address.text(),
                        here,
                        there,
                        pods,
                        there.isPresent() ? Optional.empty() : why.apply(address)));
            }
        }
        return changes;
    }

    /** Whether a node has it now, and none would. */
    public boolean isLoss() {
        return from.isPresent() && to.isEmpty();
    }
}
