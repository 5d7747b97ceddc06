package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.feature.PoolWrites.Usage;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.LabelSelector.Operator;
import io.ovnegress.reconciler.input.LabelSelector.Requirement;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.PoolClaim;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which addresses each namespace, and each EgressRouter that wants some, is to have: from what is there now and nothing else, so that the
 * same objects give the same answer. What an object of a pool says stays, as long as the pool has the address and no older object names
 * it; what is lacking is the first address that is free.
 */
final class PoolAllocation {
    private static final String NAME_LABEL = "kubernetes.io/metadata.name";

    /**
     * What is decided from.
     *
     * @param objects all EgressIPs, those on their way as if they were there
     * @param claims of EgressRouters by their keys, likewise
     * @param leaving addresses that objects have until their change has been written
     * @param named addresses that others have chosen: not given to anybody, and not taken from who has them
     * @param taken what no pool may give, whatever its ranges
     */
    record World(
            Collection<PoolInput> pools,
            Collection<NamespaceInput> namespaces,
            Collection<PooledEgressIp> objects,
            Map<String, PoolClaim> claims,
            Set<IpAddress> leaving,
            Set<IpAddress> named,
            Collection<AddressRange> taken) {}

    private final World world;
    private final Instant now;
    /** By address who has it: an EgressIP's name, or an EgressRouter's key. */
    private final Map<IpAddress, String> holders = new HashMap<>();

    private final Set<String> names = new HashSet<>();
    private final Map<String, Change> changes = new TreeMap<>();
    private final Map<String, PoolState> states = new TreeMap<>();
    private Optional<Instant> next = Optional.empty();
    private RouterClaims routers = RouterClaims.NONE;

    private PoolAllocation(World world, Instant now) {
        this.world = world;
        this.now = now;
    }

    static PoolAllocation of(World world, Instant now) {
        var allocation = new PoolAllocation(world, now);
        allocation.decide();
        return allocation;
    }

    /** By the names of the objects. */
    Map<String, Change> changes() {
        return changes;
    }

    /** By the names of the pools. */
    Map<String, PoolState> states() {
        return states;
    }

    /** When something else is to be there although nothing happens. */
    Optional<Instant> next() {
        return next;
    }

    private void decide() {
        world.objects().stream().sorted(PooledEgressIp.BY_AGE).forEach(object -> {
            names.add(object.name());
            object.addresses().forEach(address -> holders.putIfAbsent(address, object.name()));
        });
        // An egress IP goes before routers.
        RouterClaims.byAge(world.claims())
                .forEach(router ->
                        router.claim().given().forEach(address -> holders.putIfAbsent(address, router.key())));
        var pools = world.pools().stream().sorted(PoolInput.BY_AGE).toList();
        var spaces = new HashMap<String, AddressSpace>();
        pools.forEach(
                pool -> spaces.put(pool.name(), AddressSpace.of(pool.ranges()).without(pool.exclusions())));
        var claims = new PoolClaims(pools, world.namespaces());
        routers = new RouterClaims(pools, spaces, world.namespaces(), world.claims());
        var accepted = new TreeMap<String, AddressSpace>();
        for (var pool : pools) {
            var space = spaces.get(pool.name());
            var other = accepted.entrySet().stream()
                    .filter(each -> each.getValue().overlaps(space))
                    .map(Map.Entry::getKey)
                    .findFirst();
            var given = new Given(pool, space.without(taken(pool)), claims);
            if (!pool.errors().isEmpty()) {
                states.put(pool.name(), given.state(PoolReason.InvalidPool, pool.errors()));
            } else if (other.isPresent()) {
                states.put(pool.name(), given.state(PoolReason.Overlaps, List.of(other.get())));
            } else {
                accepted.put(pool.name(), space);
                given.decide();
            }
        }
        routers.unserved().forEach(router -> grant(router, List.of()));
    }

    private void grant(RouterClaims.Router router, List<IpAddress> addresses) {
        if (!router.claim().given().equals(addresses)) {
            changes.put(router.key(), new Change.Grant(router.claim().uid(), addresses));
        }
    }

    /** Also the network and broadcast addresses of what is written as a network. */
    private Collection<AddressRange> taken(PoolInput pool) {
        var taken = new ArrayList<>(world.taken());
        for (var range : pool.ranges()) {
            range.network()
                    .flatMap(network -> network.networkAddress())
                    .map(AddressRange::of)
                    .ifPresent(taken::add);
            range.network()
                    .flatMap(network -> network.broadcastAddress())
                    .map(AddressRange::of)
                    .ifPresent(taken::add);
        }
        return taken;
    }

    /** What an object selects. */
    static LabelSelector selector(String namespace, boolean selects) {
        var named = new Requirement(NAME_LABEL, Operator.IN, Set.of(namespace));
        // No namespace lacks it.
        return new LabelSelector(
                selects
                        ? List.of(named)
                        : List.of(named, new Requirement(NAME_LABEL, Operator.DOES_NOT_EXIST, Set.of())));
    }

    private record Place(String namespace, IpFamily family) {}

    /** What one pool gives. */
    private final class Given {
        private final PoolInput pool;
        private final AddressSpace space;
        private final PoolClaims claims;
        /** By namespace. */
        private final Map<String, PooledEgressIp> objects = new TreeMap<>();

        private final Map<IpFamily, AddressSpace.Finder> finders = new HashMap<>();
        private final List<String> waiting = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
        /** How many the routers of a namespace have of a family. */
        private final Map<Place, Integer> routed = new HashMap<>();

        private final List<String> namesTaken = new ArrayList<>();
        private long used;
        private long reserved;

        Given(PoolInput pool, AddressSpace space, PoolClaims claims) {
            this.pool = pool;
            this.space = space;
            this.claims = claims;
            world.objects()
                    .forEach(object ->
                            object.namespaceIn(pool.name()).ifPresent(namespace -> objects.put(namespace, object)));
            for (var range : pool.ranges()) {
                finders.computeIfAbsent(range.family(), family -> space.new Finder(family));
            }
        }

        /** The addresses that it has, and goes on having. */
        private List<IpAddress> kept(PooledEgressIp object) {
            return kept(object.name(), object.addresses());
        }

        private List<IpAddress> kept(String holder, List<IpAddress> addresses) {
            return addresses.stream()
                    .distinct()
                    .filter(address ->
                            space.contains(address) && holders.get(address).equals(holder))
                    .toList();
        }

        private void decide() {
            var wanted = claims.of(pool);
            objects.forEach((namespace, object) -> {
                if (!wanted.containsKey(namespace)) {
                    keepOrDelete(namespace, object);
                }
            });
            // Who has something before who has nothing, whatever their names.
            var mine = routers.of(pool);
            mine.stream().filter(router -> !router.claim().given().isEmpty()).forEach(this::serve);
            wanted.forEach((namespace, claim) -> {
                if (objects.containsKey(namespace)) {
                    give(namespace, claim.addresses(), Optional.of(objects.get(namespace)));
                }
            });
            wanted.forEach((namespace, claim) -> {
                if (!objects.containsKey(namespace)) {
                    var name = PooledEgressIp.nameOf(pool.name(), namespace);
                    if (names.contains(name)) {
                        namesTaken.add(name);
                    } else {
                        give(namespace, claim.addresses(), Optional.empty());
                    }
                }
            });
            mine.stream().filter(router -> router.claim().given().isEmpty()).forEach(this::serve);
            var reason = waiting.isEmpty()
                    ? namesTaken.isEmpty() ? PoolReason.Ready : PoolReason.NameTaken
                    : PoolReason.Exhausted;
            states.put(pool.name(), state(reason, waiting.isEmpty() ? namesTaken : waiting));
        }

        /** What it has stays, whatever the others of its namespace have. */
        private void serve(RouterClaims.Router router) {
            var mine = new ArrayList<IpAddress>();
            for (var family : families(router.claim())) {
                mine.addAll(serve(router, family));
            }
            used += mine.size();
            grant(router, mine);
        }

        private Set<IpFamily> families(PoolClaim claim) {
            if (!claim.families().isEmpty()) {
                return EnumSet.copyOf(claim.families());
            }
            return EnumSet.of(
                    finders.containsKey(IpFamily.V4) || !finders.containsKey(IpFamily.V6) ? IpFamily.V4 : IpFamily.V6);
        }

        private List<IpAddress> serve(RouterClaims.Router router, IpFamily family) {
            int wanted = router.claim().addresses();
            var place = new Place(router.claim().namespace(), family);
            var mine = new ArrayList<>(kept(router.key(), router.claim().given()).stream()
                    .filter(address -> address.family() == family)
                    .limit(wanted)
                    .toList());
            while (mine.size() < wanted) {
                if (routed.getOrDefault(place, 0) + mine.size() >= pool.most()) {
                    notes.add("EgressRouter " + router.key() + " gets " + mine.size() + " of " + wanted
                            + " addresses: those of a namespace have at most " + pool.most()
                            + " (spec.maxAddressesPerNamespace)");
                    break;
                }
                var found = Optional.ofNullable(finders.get(family)).flatMap(finder -> finder.find(this::isFree));
                if (found.isEmpty()) {
                    waiting.add("EgressRouter " + router.key());
                    break;
                }
                mine.add(found.get());
            }
            routed.merge(place, mine.size(), Integer::sum);
            return mine;
        }

        /** The namespace is gone, or does not want it any more. */
        private void keepOrDelete(String namespace, PooledEgressIp object) {
            var since = released(object).orElse(now.truncatedTo(ChronoUnit.SECONDS));
            var until = since.plus(pool.grace());
            var kept = kept(object);
            if (kept.isEmpty() || !now.isBefore(until)) {
                changes.put(object.name(), new Change.Delete(object.uid(), pool.name()));
                return;
            }
            next = Optional.of(next.filter(each -> each.isBefore(until)).orElse(until));
            reserved += kept.size();
            var annotations = new TreeMap<>(pool.annotations());
            annotations.put(PooledEgressIp.RELEASED, since.toString());
            put(namespace, Optional.of(object), kept, false, annotations);
        }

        private Optional<Instant> released(PooledEgressIp object) {
            try {
                return Optional.ofNullable(object.annotations().get(PooledEgressIp.RELEASED))
                        .map(Instant::parse)
                        .filter(since -> !since.isAfter(now)); // nobody writes what is to come, or counts with it
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        }

        private void give(String namespace, int each, Optional<PooledEgressIp> object) {
            var addresses = new ArrayList<IpAddress>();
            boolean isShort = false;
            for (var family : IpFamily.values()) {
                if (finders.containsKey(family)) {
                    var mine = new ArrayList<>(object.map(this::kept).orElse(List.of()).stream()
                            .filter(address -> address.family() == family)
                            .limit(each)
                            .toList());
                    while (mine.size() < each) {
                        var found = finders.get(family).find(this::isFree);
                        if (found.isEmpty()) {
                            isShort = true;
                            break;
                        }
                        mine.add(found.get());
                    }
                    addresses.addAll(mine);
                }
            }
            if (isShort) {
                waiting.add("namespace " + namespace);
            }
            used += addresses.size();
            if (addresses.isEmpty()) {
                object.ifPresent(old -> changes.put(old.name(), new Change.Delete(old.uid(), pool.name())));
            } else {
                put(namespace, object, addresses, true, pool.annotations());
            }
        }

        private void put(
                String namespace,
                Optional<PooledEgressIp> object,
                List<IpAddress> addresses,
                boolean selects,
                Map<String, String> annotations) {
            boolean isThere = object.filter(old -> old.addresses().equals(addresses)
                            && old.namespaces().equals(Optional.of(selector(namespace, selects)))
                            && old.annotations().equals(annotations)
                            && old.owners().equals(Set.of(pool.uid())))
                    .isPresent();
            if (!isThere) {
                changes.put(
                        PooledEgressIp.nameOf(pool.name(), namespace),
                        new Change.Put(
                                object.map(PooledEgressIp::uid).orElse(""),
                                pool.name(),
                                pool.uid(),
                                namespace,
                                addresses,
                                selects,
                                annotations));
            }
        }

        private boolean isFree(IpAddress address) {
            return !holders.containsKey(address)
                    && !world.leaving().contains(address)
                    && !world.named().contains(address);
        }

        private PoolState state(PoolReason reason, List<String> details) {
            if (reason == PoolReason.InvalidPool || reason == PoolReason.Overlaps) {
                objects.values().forEach(object -> used += kept(object).size());
                routers.of(pool)
                        .forEach(router -> used +=
                                kept(router.key(), router.claim().given()).size());
            }
            var own = new HashSet<String>();
            objects.values().forEach(object -> own.add(object.name()));
            routers.of(pool).forEach(router -> own.add(router.key()));
            long others = holders.entrySet().stream()
                    .filter(holder -> !own.contains(holder.getValue()) && space.contains(holder.getKey()))
                    .count();
            others += world.named().stream()
                    .filter(address -> !holders.containsKey(address) && space.contains(address))
                    .count();
            var said = new ArrayList<>(notes);
            claims.of(pool).values().forEach(claim -> claim.note().ifPresent(said::add));
            return new PoolState(reason, details, said, new Usage(Math.max(space.size() - others, 0), used, reserved));
        }
    }
}
