package io.ovnegress.controller.convert;

import io.ovnegress.reconciler.input.AddressRange;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Addresses that are given out in their order, to those whose own are not known. */
final class SpareAddresses {
    private final Deque<AddressRange> ranges;

    SpareAddresses(List<AddressRange> ranges) {
        this.ranges = new ArrayDeque<>(ranges);
    }

    /** As many as are left, at most so many. */
    List<String> take(int count) {
        var taken = new ArrayList<String>();
        while (taken.size() < count && !ranges.isEmpty()) {
            var range = ranges.removeFirst();
            taken.add(range.address(range.first()).text());
            var next = range.first().add(BigInteger.ONE);
            if (next.compareTo(range.last()) <= 0) {
                ranges.addFirst(new AddressRange(range.family(), next, range.last(), range.network()));
            }
        }
        return taken;
    }
}
