package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Addresses as ranges that neither overlap nor touch, in their order.
 */
record AddressSpace(List<AddressRange> parts) {
    private static final Comparator<AddressRange> ORDER =
            Comparator.comparing(AddressRange::family).thenComparing(AddressRange::first);

    AddressSpace {
        parts = List.copyOf(parts);
    }

    static AddressSpace of(Collection<AddressRange> ranges) {
        var merged = new ArrayList<AddressRange>();
        for (var range : ranges.stream().sorted(ORDER).toList()) {
            var last = merged.isEmpty() ? null : merged.getLast();
            if (last != null
                    && last.family() == range.family()
                    && range.first().compareTo(last.last().add(BigInteger.ONE)) <= 0) {
                merged.set(
                        merged.size() - 1,
                        part(range.family(), last.first(), last.last().max(range.last())));
            } else {
                merged.add(part(range.family(), range.first(), range.last()));
            }
        }
        return new AddressSpace(merged);
    }

    private static AddressRange part(IpFamily family, BigInteger first, BigInteger last) {
        return new AddressRange(family, first, last, Optional.empty());
    }

    AddressSpace without(Collection<AddressRange> others) {
        var left = new ArrayList<AddressRange>();
        for (var each : parts) {
            var from = each.first();
            for (var hole : of(others.stream().filter(each::overlaps).toList()).parts) {
                if (from.compareTo(hole.first()) < 0) {
                    left.add(part(each.family(), from, hole.first().subtract(BigInteger.ONE)));
                }
                from = from.max(hole.last().add(BigInteger.ONE));
            }
            if (from.compareTo(each.last()) <= 0) {
                left.add(part(each.family(), from, each.last()));
            }
        }
        return new AddressSpace(left);
    }

    boolean overlaps(AddressSpace other) {
        return parts.stream().anyMatch(mine -> other.parts.stream().anyMatch(mine::overlaps));
    }

    boolean contains(IpAddress address) {
        return parts.stream().anyMatch(each -> each.contains(address));
    }

    /** At most what a long holds. */
    long size() {
        return parts.stream()
                .map(AddressRange::size)
                .reduce(BigInteger.ZERO, BigInteger::add)
                .min(BigInteger.valueOf(Long.MAX_VALUE))
                .longValue();
    }

    /** Finds one address after the other, never one before those that it has found. */
    final class Finder {
        private final IpFamily family;
        private int at;
        private Optional<BigInteger> next = Optional.empty();

        Finder(IpFamily family) {
            this.family = family;
        }

        /** The next address that is free; empty if there is none. */
        Optional<IpAddress> find(Predicate<IpAddress> isFree) {
            for (; at < parts.size(); at++, next = Optional.empty()) {
                var range = parts.get(at);
                if (range.family() != family) {
                    continue;
                }
                for (var number = next.orElse(range.first());
                        number.compareTo(range.last()) <= 0;
                        number = number.add(BigInteger.ONE)) {
                    var address = range.address(number);
                    if (isFree.test(address)) {
                        next = Optional.of(number.add(BigInteger.ONE));
                        return Optional.of(address);
                    }
                }
            }
            return Optional.empty();
        }
    }
}
