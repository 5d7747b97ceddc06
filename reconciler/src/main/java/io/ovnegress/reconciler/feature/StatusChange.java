package io.ovnegress.reconciler.feature;

import io.ovnegress.reconciler.input.EgressIpInput.StatusItem;
import java.util.List;

/**
 * The status that an EgressIP should have, and the events to record for it. Items follow the commit: an item is here once
 * the rows that realise it are committed.
 */
public record StatusChange(
        String egressIp,
        String uid,
        long generation,
        List<StatusItem> items,
        List<StatusCondition> conditions,
        List<Event> events) {
    public StatusChange {
        items = List.copyOf(items);
        conditions = List.copyOf(conditions);
        events = List.copyOf(events);
    }

    /** A Kubernetes event of type Warning on the object, with ovn-kubernetes' reasons where it has one. */
    public record Event(EventReason reason, String message) {}

    public enum EventReason {
        InvalidEgressIP,
        EgressIPConflict,
        UnsupportedRequest,
        NoMatchingNodeFound,
        UnassignedRequest,
        UndefinedRequest,
        /** Ours: another writer has changed the object's rows, and they were put right. */
        RowsRepaired,
        /** Ours: the database did not answer to a move in one transaction, so it is made in parts. */
        MovedInParts,
        /** Ours: the gateway router of a node that has egress IPs, its join port or the cluster router is not in the database. */
        RouterMissing,
        /** Ours: pods say something of their addresses that is not believed. */
        PodAddressRefused
    }
}
