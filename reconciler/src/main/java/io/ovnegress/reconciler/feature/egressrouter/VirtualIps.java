package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.feature.egressrouter.Plan.Problem;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which virtual IP each object has: the one that it has in the database, unless it names another one, else the one that it names, else
 * the first that is free. Nobody loses one to an object that names it later, or that is older. None is outside of the ranges that are set apart for them: whoever may write an object in one namespace could else take what the pods of
 * others send to somebody. Not thread safe.
 */
final class VirtualIps {
    private static final int MOST = 65_536;

    /** Of an object that has no rows for another reason. */
    private static final Choice NOTHING = new Choice(Optional.empty(), Optional.empty());

    private final List<IpNetwork> ranges;
    private final KnownRouters known;
    /** Those that were given, some of which are not in the database yet. */
    private final Map<String, IpAddress> given = new HashMap<>();

    VirtualIps(List<IpNetwork> ranges, KnownRouters known) {
        this.ranges = List.copyOf(ranges);
        this.known = known;
    }

    /** @param problem why it has none; it has no rows then */
    record Choice(Optional<IpAddress> ip, Optional<Problem> problem) {
        private static Choice of(IpAddress ip) {
            return new Choice(Optional.of(ip), Optional.empty());
        }

        private static Choice none(EgressRouterReason reason, String what) {
            return new Choice(Optional.empty(), Optional.of(new Problem(reason, what)));
        }
    }

    /** By the objects' keys. */
    Map<String, Choice> of(List<EgressRouterInput> byAge) {
        var choices = new HashMap<String, Choice>();
        var taken = new HashMap<IpAddress, String>();
        var there = known.virtualIps();
        for (var object : byAge) {
            Optional.ofNullable(given.getOrDefault(object.key(), there.get(object.key())))
                    .filter(this::isInRange)
                    .filter(ip -> object.virtualIp()
                            .filter(named -> !named.equals(ip))
                            .isEmpty())
                    .filter(ip -> taken.putIfAbsent(ip, object.key()) == null)
                    .ifPresent(ip -> choices.put(object.key(), Choice.of(ip)));
        }
        for (var object : byAge) {
            if (!choices.containsKey(object.key())) {
                object.virtualIp().ifPresent(ip -> choices.put(object.key(), named(object, ip, taken)));
            }
        }
        var used = new HashSet<>(there.values());
        used.addAll(taken.keySet());
        for (var object : byAge) {
            if (object.errors().isEmpty()) {
                choices.computeIfAbsent(object.key(), unused -> given(used));
            } else {
                choices.putIfAbsent(object.key(), NOTHING);
            }
        }
        given.clear();
        choices.forEach((key, choice) -> choice.ip().ifPresent(ip -> given.put(key, ip)));
        return choices;
    }

    private Choice given(Set<IpAddress> used) {
        var ip = free(used);
        ip.ifPresent(used::add);
        return ip.map(Choice::of).orElseGet(() -> Choice.none(EgressRouterReason.NoVirtualIP, ranges.toString()));
    }

    /** Of one that has none yet; one that cannot be understood takes none from anybody. */
    private Choice named(EgressRouterInput object, IpAddress ip, Map<IpAddress, String> taken) {
        if (!isInRange(ip)) {
            return Choice.none(
                    EgressRouterReason.VirtualIPConflict,
                    "spec.virtualIP " + ip + " is outside of " + ranges + " (--egress-router-vips)");
        }
        if (!object.errors().isEmpty()) {
            return NOTHING;
        }
        var holder = taken.putIfAbsent(ip, object.key());
        return holder == null
                ? Choice.of(ip)
                : Choice.none(
                        EgressRouterReason.VirtualIPConflict,
                        "spec.virtualIP " + ip + " is that of EgressRouter " + holder + ", which has had it before");
    }

    private boolean isInRange(IpAddress ip) {
        return ranges.stream().anyMatch(range -> range.contains(ip));
    }

    private Optional<IpAddress> free(Set<IpAddress> used) {
        for (var range : ranges) {
            for (int i = 1; i < MOST; i++) {
                var ip = range.addressAt(i);
                if (ip.isEmpty()) {
                    break;
                }
                if (!used.contains(ip.get())
                        && range.broadcastAddress().filter(ip.get()::equals).isEmpty()) {
                    return ip;
                }
            }
        }
        return Optional.empty();
    }

    /** Somebody else may have decided since. */
    void follow() {
        given.clear();
    }

    Map<String, IpAddress> memory() {
        return Map.copyOf(given);
    }

    void remember(Map<String, IpAddress> memory) {
        given.putAll(memory);
    }
}
