package io.ovnegress.reconciler.feature.egressip.status;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import java.util.List;

/** {@code status.items} of an EgressIP: an item is here once the rows that realise it are committed. */
public record EgressIpItems(List<StatusItem> items) implements StatusChange.Fields {
    public EgressIpItems {
        items = List.copyOf(items);
    }

    /** Those of a change that is about an EgressIP. */
    public static List<StatusItem> of(StatusChange change) {
        return ((EgressIpItems) change.fields()).items();
    }
}
