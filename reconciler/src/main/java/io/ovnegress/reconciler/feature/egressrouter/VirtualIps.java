package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.feature.egressrouter.Plan.Problem;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which virtual IP each object has of each family of its sources: the one that it has in the database, unless it names another one, else the one that it names, else
 * the first that is free. Nobody loses one to an object that names it later, or that is older. None is outside of the ranges that are set apart for them: whoever may write an object in one namespace could else take what the pods of
 * others send to somebody. Not thread safe.
 */
final class VirtualIps {
    private static final int MOST = 65_536;

    /** Of an object that has no rows for another reason. */
    private static final Choice NOTHING = new Choice(Map.of(), Optional.empty());

    private final List<IpNetwork> ranges;
    private final KnownRouters known;
    /** Those that were given, some of which are not in the database yet. */
    private final Map<Place, IpAddress> given = new HashMap<>();

    VirtualIps(List<IpNetwork> ranges, KnownRouters known) {
        this.ranges = List.copyOf(ranges);
        this.known = known;
    }

    /** Where an object has one: it has one of each family. */
    record Place(String object, IpFamily family) {}

    /** @param problem why it does not have all; it has no rows then */
    record Choice(Map<IpFamily, IpAddress> ips, Optional<Problem> problem) {
        Choice {
            ips = Map.copyOf(ips);
        }

        private Choice and(Choice other) {
            var all = new HashMap<>(ips);
            all.putAll(other.ips);
            return new Choice(all, problem.or(other::problem));
        }

        private static Choice of(IpAddress ip) {
            return new Choice(Map.of(ip.family(), ip), Optional.empty());
        }

        private static Choice none(EgressRouterReason reason, String what) {
            return new Choice(Map.of(), Optional.of(new Problem(reason, what)));
        }
    }

    /** By the objects' keys. */
    Map<String, Choice> of(List<EgressRouterInput> byAge) {
        var choices = new HashMap<Place, Choice>();
        var taken = new HashMap<IpAddress, String>();
        var there = known.virtualIps();
        for (var object : byAge) {
            for (var place : places(object, there.keySet())) {
                Optional.ofNullable(given.getOrDefault(place, there.get(place)))
                        .filter(this::isInRange)
                        .filter(ip -> named(object, place)
                                .filter(named -> !named.equals(ip))
                                .isEmpty())
                        .filter(ip -> taken.putIfAbsent(ip, object.key()) == null)
                        .ifPresent(ip -> choices.put(place, Choice.of(ip)));
            }
        }
        for (var object : byAge) {
            for (var place : places(object, there.keySet())) {
                if (!choices.containsKey(place)) {
                    named(object, place).ifPresent(ip -> choices.put(place, named(object, ip, taken, there)));
                }
            }
        }
        var used = new HashSet<>(there.values());
        used.addAll(taken.keySet());
        var all = new HashMap<String, Choice>();
        for (var object : byAge) {
            for (var place : places(object, there.keySet())) {
                if (object.errors().isEmpty()) {
                    choices.computeIfAbsent(place, unused -> given(place.family(), used));
                }
                all.merge(object.key(), choices.getOrDefault(place, NOTHING), Choice::and);
            }
        }
        given.clear();
        choices.forEach((place, choice) -> choice.ips().values().forEach(ip -> given.put(place, ip)));
        return all;
    }

    /** One that cannot be understood goes on having what it has: what is sent there is dropped. */
    private static List<Place> places(EgressRouterInput object, Set<Place> there) {
        return Arrays.stream(IpFamily.values())
                .map(family -> new Place(object.key(), family))
                .filter(place -> object.families().contains(place.family())
                        || (!object.errors().isEmpty() && there.contains(place)))
                .toList();
    }

    private static Optional<IpAddress> named(EgressRouterInput object, Place place) {
        return object.virtualIps().stream()
                .filter(ip -> ip.family() == place.family())
                .findFirst();
    }

    private Choice given(IpFamily family, Set<IpAddress> used) {
        var ip = free(family, used);
        ip.ifPresent(used::add);
        return ip.map(Choice::of)
                .orElseGet(() -> Choice.none(
                        EgressRouterReason.NoVirtualIP,
                        ranges.stream().anyMatch(range -> range.family() == family)
                                ? "all " + family.words() + " addresses of " + ranges + " are in use"
                                : "none of " + ranges + " is an " + family.words() + " network"));
    }

    /** Of one that has none yet; one that cannot be understood takes none from anybody. */
    private Choice named(
            EgressRouterInput object, IpAddress ip, Map<IpAddress, String> taken, Map<Place, IpAddress> there) {
        if (!isInRange(ip)) {
            return Choice.none(
                    EgressRouterReason.VirtualIPConflict,
                    "spec.virtualIP " + ip + " is outside of " + ranges + " (--egress-router-vips)");
        }
        if (!object.errors().isEmpty()) {
            return NOTHING;
        }
        // Two policies for one address would lead to any of two routers.
        var leaving = there.entrySet().stream()
                .filter(each ->
                        each.getValue().equals(ip) && !each.getKey().object().equals(object.key()))
                .map(each -> each.getKey().object())
                .findFirst();
        if (leaving.isPresent() && !taken.containsKey(ip)) {
            return Choice.none(
                    EgressRouterReason.Pending, "what led " + ip + " to EgressRouter " + leaving.get() + " has to go");
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

    private Optional<IpAddress> free(IpFamily family, Set<IpAddress> used) {
        for (var range : ranges) {
            if (range.family() != family) {
                continue;
            }
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

    Map<Place, IpAddress> memory() {
        return Map.copyOf(given);
    }

    void remember(Map<Place, IpAddress> memory) {
        given.putAll(memory);
    }
}
