package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The transactions whose outcome is not known yet. Not thread safe. */
final class InFlight implements Groups.Busy {
    private final Map<Long, Entry> entries = new HashMap<>();
    private final Set<Owner> keys = new HashSet<>();

    /**
     * @param groups the owners, by group
     * @param operationGroups for each operation its group
     * @param places where the transaction puts what may be in one place only
     * @param next what those wait for, once it is committed, of which there is more to come
     * @param asks whether it asks how far what is in the database comes
     * @param isolated whether it is one of those that are tried alone
     */
    record Entry(
            List<List<Owner>> groups,
            List<Integer> operationGroups,
            Map<String, UUID> places,
            Map<Owner, Wanted.Step> next,
            boolean asks,
            boolean isolated) {
        Entry {
            next = Map.copyOf(next);
        }

        boolean asksFor(Owner owner) {
            return asks && next.containsKey(owner);
        }
    }

    void add(PlannedTransaction transaction, Entry entry) {
        entries.put(transaction.number(), entry);
        entry.groups().forEach(keys::addAll);
    }

    /** Takes the transaction out; its owners may be planned again. */
    Entry remove(PlannedTransaction transaction) {
        var entry = entries.remove(transaction.number());
        if (entry == null) {
            throw new IllegalArgumentException("transaction " + transaction.number() + " is not in flight");
        }
        entry.groups().forEach(group -> group.forEach(keys::remove));
        return entry;
    }

    /** Whether one of them asks how far what is in the database comes. */
    boolean asks() {
        return entries.values().stream().anyMatch(Entry::asks);
    }

    /** Whether the owner's rows are on their way in one of those. */
    boolean asks(Owner owner) {
        return keys.contains(owner) && entries.values().stream().anyMatch(entry -> entry.asksFor(owner));
    }

    int size() {
        return entries.size();
    }

    @Override
    public boolean isInFlight(Owner key) {
        return keys.contains(key);
    }

    @Override
    public boolean isElsewhere(String resource, UUID place) {
        for (var entry : entries.values()) {
            var there = entry.places().get(resource);
            if (there != null && !there.equals(place)) {
                return true;
            }
        }
        return false;
    }
}
