package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.feature.PoolWrites.Decided;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.PoolClaim;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Keeps {@link PoolAllocation} up to date. What has been handed over counts as there until the object is heard of, so that what is on
 * its way is given to nobody else.
 */
final class PoolDecisions implements Decisions {
    private static final Set<InputKind> READ =
            Set.of(PoolInput.KIND, PooledEgressIp.KIND, InputKind.NAMESPACE, InputKind.NODE);

    /** Nodes have databases of their own where there is one. */
    private static final String TRANSIT_SWITCH = "transit_switch";

    private final List<AddressRange> reserved;
    private final World world;
    private final PoolStatus status = new PoolStatus();
    private final Map<String, Decided> underWay = new HashMap<>();
    private long decisions;
    private boolean leads = true;
    private boolean changed = true;
    private Optional<Instant> next = Optional.empty();
    private PoolWrites writes = PoolWrites.NONE;

    /** @param reserved subnets that the cluster uses itself */
    PoolDecisions(List<IpNetwork> reserved, World world) {
        this.reserved = reserved.stream().map(AddressRange::of).toList();
        this.world = world;
    }

    @Override
    public Wanted want(Owner owner) {
        throw new IllegalStateException("pools have no rows: " + owner);
    }

    @Override
    public Inputs.Listener inputs() {
        return new Inputs.Listener() {
            @Override
            public void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
                var object = after.or(() -> before).orElseThrow();
                var had = before.flatMap(InputObject::poolClaim);
                var has = after.flatMap(InputObject::poolClaim);
                changed |= READ.contains(object.kind())
                        || !had.equals(has)
                        || !before.map(InputObject::uses).equals(after.map(InputObject::uses));
                // Of a router other things change too while its addresses are on their way.
                if (object.kind().equals(PooledEgressIp.KIND)
                        || !had.map(PoolClaim::given).equals(has.map(PoolClaim::given))) {
                    underWay.remove(object.key());
                }
            }
        };
    }

    @Override
    public Database database() {
        return new Database() {
            @Override
            public void switchChanged(String name) {
                changed |= name.equals(TRANSIT_SWITCH);
            }
        };
    }

    @Override
    public void start() {
        changed = true;
    }

    @Override
    public void resume() {
        status.forget();
        changed = true;
    }

    @Override
    public void setLeader(boolean leads) {
        this.leads = leads;
        underWay.clear();
        resume();
    }

    @Override
    public void forgetDatabase() {}

    @Override
    public List<StatusChange> statuses(Instant now) {
        decide(now);
        return status.take();
    }

    @Override
    public PoolWrites pools(Instant now) {
        decide(now);
        return leads ? writes : PoolWrites.NONE;
    }

    @Override
    public Optional<Explanation> explain(Question question, OwnerRows rows) {
        return question instanceof Question.OfObject(var object)
                        && object.kind().equals(PoolInput.KIND)
                ? status.said(object.key()).map(PoolDecisions::explained)
                : Optional.empty();
    }

    private static Explanation explained(StatusChange told) {
        var usage = (PoolWrites.Usage) told.fields();
        return new Explanation(
                PoolInput.KIND.word(),
                told.object().key(),
                told.conditions().getFirst().message(),
                new Explanation.Facts()
                        .with("addresses", usage.total())
                        .with("used", usage.used())
                        .with("reserved", usage.reserved())
                        .with("free", usage.free())
                        .map(),
                told.reasons(),
                List.of());
    }

    @Override
    public Shortfall shortfall() {
        return status.shortfall();
    }

    @Override
    public Optional<Instant> nextDeadline() {
        return next;
    }

    private void decide(Instant now) {
        if (!changed && next.filter(due -> !now.isBefore(due)).isEmpty()) {
            return;
        }
        changed = false;
        var pools = world.inputs().objects(PoolInput.KIND, PoolInput.class);
        if (!isSupported()) {
            unsupported(pools);
            return;
        }
        var claims = world.inputs().claims(); // looks at every object
        underWay.entrySet().removeIf(change -> isThere(change, claims));
        var allocation = PoolAllocation.of(
                new PoolAllocation.World(
                        pools.values(),
                        world.inputs().namespaces(),
                        objects(),
                        claims(claims),
                        leaving(claims),
                        world.inputs().used(),
                        taken()),
                now);
        next = allocation.next();
        status.now(pools, allocation.states());
        if (leads) {
            handOver(allocation.changes());
        }
        writes = new PoolWrites(underWay, usage(allocation.states()));
    }

    private void handOver(Map<String, Change> changes) {
        // Whose namespace has returned is not to go; if it has gone already, that will be heard of.
        underWay.entrySet()
                .removeIf(each ->
                        each.getValue().change() instanceof Change.Delete && !changes.containsKey(each.getKey()));
        changes.forEach((name, change) -> {
            var before = underWay.get(name);
            if (before == null || !before.change().equals(change)) {
                underWay.put(name, new Decided(++decisions, change));
            }
        });
    }

    private boolean isSupported() {
        return world.northbound().logicalSwitch(TRANSIT_SWITCH).isEmpty();
    }

    private void unsupported(Map<String, PoolInput> pools) {
        var states = new TreeMap<String, PoolState>();
        pools.keySet()
                .forEach(name -> states.put(
                        name,
                        new PoolState(
                                PoolReason.UnsupportedTopology, List.of(), List.of(), new PoolWrites.Usage(0, 0, 0))));
        status.now(pools, states);
        writes = PoolWrites.NONE;
        next = Optional.empty();
    }

    private static Map<String, PoolWrites.Usage> usage(Map<String, PoolState> states) {
        return states.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, state -> state.getValue().usage()));
    }

    /** What is on its way as if it were there. */
    private List<PooledEgressIp> objects() {
        var there = new TreeMap<>(world.inputs().objects(PooledEgressIp.KIND, PooledEgressIp.class));
        underWay.forEach((name, decided) -> {
            switch (decided.change()) {
                // Until it is gone its addresses are not free.
                case Change.Delete delete -> {}
                case Change.Grant grant -> {}
                case Change.Put put -> there.put(name, applied(name, Optional.ofNullable(there.get(name)), put));
            }
        });
        return List.copyOf(there.values());
    }

    private Map<String, PoolClaim> claims(Map<String, PoolClaim> there) {
        var claims = new TreeMap<>(there);
        claims.replaceAll(
                (key, claim) -> underWay.containsKey(key) && underWay.get(key).change() instanceof Change.Grant grant
                        ? claim.with(grant.addresses())
                        : claim);
        return claims;
    }

    private Set<IpAddress> leaving(Map<String, PoolClaim> claims) {
        var there = world.inputs().objects(PooledEgressIp.KIND, PooledEgressIp.class);
        return underWay.keySet().stream()
                .flatMap(name -> there.containsKey(name)
                        ? there.get(name).addresses().stream()
                        : Optional.ofNullable(claims.get(name)).stream().flatMap(claim -> claim.given().stream()))
                .collect(Collectors.toSet());
    }

    /** It came back to what it was before it was written. */
    private boolean isThere(Map.Entry<String, Decided> change, Map<String, PoolClaim> claims) {
        if (change.getValue().change() instanceof Change.Grant grant) {
            var claim = claims.get(change.getKey());
            return claim == null
                    || !claim.uid().equals(grant.uid())
                    || claim.given().equals(grant.addresses());
        }
        var there = world.inputs()
                .objects(PooledEgressIp.KIND, PooledEgressIp.class)
                .get(change.getKey());
        return there != null
                && change.getValue().change() instanceof Change.Put put
                && applied(change.getKey(), Optional.of(there), put).equals(there);
    }

    private static PooledEgressIp applied(String name, Optional<PooledEgressIp> old, Change.Put put) {
        return new PooledEgressIp(
                name,
                put.uid(),
                old.map(PooledEgressIp::created).orElse(Instant.MAX),
                Optional.of(put.pool()),
                Set.of(put.poolUid()),
                put.addresses(),
                Optional.<LabelSelector>of(PoolAllocation.selector(put.namespace(), put.selects())),
                put.annotations());
    }

    /** What is nobody's to have: nodes' addresses, gateways, ends of networks, the cluster's own subnets. */
    private List<AddressRange> taken() {
        var taken = new ArrayList<>(reserved);
        for (var node : world.inputs().nodes()) {
            add(node.addresses(), taken);
            add(node.publicAddresses(), taken);
            add(node.nextHops(), taken);
            for (var network : node.egressNetworks()) {
                network.networkAddress().map(AddressRange::of).ifPresent(taken::add);
                network.broadcastAddress().map(AddressRange::of).ifPresent(taken::add);
            }
        }
        return taken;
    }

    private static void add(Set<IpAddress> addresses, List<AddressRange> taken) {
        addresses.forEach(address -> taken.add(AddressRange.of(address)));
    }
}
