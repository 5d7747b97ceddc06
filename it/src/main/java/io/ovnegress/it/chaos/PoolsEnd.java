package io.ovnegress.it.chaos;

import io.ovnegress.reconciler.feature.PoolWrites.Usage;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.feature.pool.PoolReason;
import io.ovnegress.reconciler.feature.pool.PooledEgressIp;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether each namespace has what it is to have of its pool, nobody else anything, and the pools say so, when there is nothing left to do.
 * Reads the objects itself. Not thread safe.
 */
final class PoolsEnd {
    private final PoolsView now;
    /** Of the pools, by name. */
    private final Map<String, StatusChange> statuses;

    private final Map<String, PoolReason> frozen;
    private final List<String> problems = new ArrayList<>();
    private final Map<IpAddress, String> given = new TreeMap<>();

    PoolsEnd(PoolsView now, Map<String, StatusChange> statuses) {
        this.now = now;
        this.statuses = statuses;
        frozen = now.frozen();
    }

    List<String> problems() {
        now.made().forEach(this::judgeMade);
        for (var pool : now.pools()) {
            var reason = frozen.get(pool.name());
            if (reason == null) {
                reason = judge(pool);
            }
            judgeStatus(pool, reason);
        }
        return problems.isEmpty() ? List.of() : List.of("pools:\n  " + String.join("\n  ", problems));
    }

    private static String namespaceOf(String object) {
        return object.substring(object.indexOf('.') + 1);
    }

    private static boolean isReleased(PooledEgressIp object) {
        return object.annotations().containsKey(PooledEgressIp.RELEASED);
    }

    /** What holds of each object, whoever wants it. */
    private void judgeMade(String name, PooledEgressIp object) {
        var egressIp = now.egressIps().get(name);
        var addresses = PoolsView.addresses(egressIp);
        if (addresses.isEmpty()) {
            problems.add(name + " has no address");
        }
        for (var address : addresses) {
            var other = given.put(address, name);
            if (other != null) {
                problems.add(address + " is given to " + other + " and " + name);
            }
        }
        var pool = now.pool(object.label().orElseThrow());
        if (pool.isEmpty()) {
            problems.add(name + " is left of a pool that is no more");
        } else if (!frozen.containsKey(pool.get().name())) {
            judgeMade(egressIp, object, pool.get());
        }
    }

    private void judgeMade(EgressIpInput egressIp, PooledEgressIp object, PoolInput pool) {
        var name = egressIp.name();
        var may = now.addresses(pool);
        for (var address : PoolsView.addresses(egressIp)) {
            if (!may.contains(address)) {
                problems.add(name + " has " + address + ", which its pool may not give");
            }
            if (!now.holders(address).getFirst().equals(name)) {
                problems.add(name + " has " + address + " as the older " + now.holders(address));
            }
        }
        if (!object.owners().equals(Set.of(pool.uid()))) {
            problems.add(name + " does not go with its pool, but with " + object.owners());
        }
        boolean isWanted = now.claimed(namespaceOf(name)).equals(Optional.of(pool));
        if (isWanted == isReleased(object)) {
            problems.add(name + (isWanted ? " is wanted and released" : " is not wanted and not released"));
        }
        boolean selects =
                egressIp.namespaceSelector().orElseThrow().matches(Map.of(PoolWriters.NAME_LABEL, namespaceOf(name)));
        if (selects != isWanted) {
            problems.add(name + (selects ? " selects" : " does not select") + " its namespace");
        }
        if (!isWanted && pool.grace().compareTo(ChaosPools.LONG_GRACE) < 0) {
            problems.add(name + " is not given back after " + pool.grace());
        }
        var others = new TreeMap<>(object.annotations());
        others.remove(PooledEgressIp.RELEASED);
        if (!others.equals(pool.annotations())) {
            problems.add(name + " has annotations " + others);
        }
    }

    /** What namespaces have of one that is obeyed; what it is to say. */
    private PoolReason judge(PoolInput pool) {
        boolean isExhausted = false;
        boolean isNameTaken = false;
        for (var namespace : new TreeSet<>(now.namespaces().keySet())) {
            if (!now.claimed(namespace).equals(Optional.of(pool))) {
                continue;
            }
            var name = pool.name() + "." + namespace;
            if (now.egressIps().containsKey(name) && !now.made().containsKey(name)) {
                isNameTaken = true;
                continue;
            }
            var has = Optional.ofNullable(now.egressIps().get(name))
                    .map(PoolsView::addresses)
                    .orElse(List.of());
            for (var family : IpFamily.values()) {
                long many = has.stream()
                        .filter(address -> address.family() == family)
                        .count();
                int wanted = PoolsView.has(pool, family) ? now.wanted(namespace, pool) : 0;
                isExhausted |= many < wanted;
                var free = free(pool, family);
                if (many > wanted || (many < wanted && !free.isEmpty())) {
                    problems.add("%s has %s; it is to have %d of %s, free are %s"
                            .formatted(name, has, wanted, family, free));
                }
            }
        }
        return isExhausted ? PoolReason.Exhausted : isNameTaken ? PoolReason.NameTaken : PoolReason.Ready;
    }

    private List<IpAddress> free(PoolInput pool, IpFamily family) {
        return now.addresses(pool).stream()
                .filter(address -> address.family() == family)
                .filter(address -> now.holders(address).isEmpty() && !now.used().contains(address))
                .toList();
    }

    private void judgeStatus(PoolInput pool, PoolReason reason) {
        var status = statuses.get(pool.name());
        if (status == null
                || !status.uid().equals(pool.uid())
                || status.generation() != pool.generation()
                || status.conditions().getFirst().reason() != reason
                || status.conditions().getFirst().status() != (reason == PoolReason.Ready)) {
            problems.add("of pool " + pool.name() + " is said " + status + " and not " + reason);
            return;
        }
        if (!frozen.containsKey(pool.name())) {
            var usage = (Usage) status.fields();
            var free = Arrays.stream(IpFamily.values())
                    .flatMap(family -> free(pool, family).stream())
                    .toList();
            if (usage.used() != count(pool, false)
                    || usage.reserved() != count(pool, true)
                    || usage.free() != free.size()) {
                problems.add("of pool " + pool.name() + " is said " + usage + ", free are " + free);
            }
        }
    }

    private long count(PoolInput pool, boolean released) {
        return now.made().entrySet().stream()
                .filter(made -> made.getValue().label().equals(Optional.of(pool.name()))
                        && isReleased(made.getValue()) == released)
                .mapToLong(made ->
                        PoolsView.addresses(now.egressIps().get(made.getKey())).size())
                .sum();
    }
}
