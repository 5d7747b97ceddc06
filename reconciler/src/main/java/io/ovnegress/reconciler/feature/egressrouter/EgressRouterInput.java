package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PoolClaim;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What we read of an EgressRouter.
 *
 * @param sources the addresses as which packets leave: one of a family or of both, or two of each of one that is to be highly available;
 *     those that a pool has given it if it names none
 * @param destinations of the spec
 * @param destinationsText more of them, see {@link DestinationText}
 * @param destinationsFrom where still more are
 * @param clients who may use it
 * @param nodes where it may be
 * @param virtualIps at most one of a family; of a family that it has and names none of it is given one
 * @param service of its namespace that leads there as well
 * @param highlyAvailable whether it has two sources on two nodes
 * @param dialled whether its TCP destinations are tried now and then
 * @param poolClaim what it wants of address pools, if it names no addresses
 * @param notes of one that is made from an annotation: what of that need not be done
 * @param errors what is wrong with it, each naming its field; one that has some is not obeyed
 */
public record EgressRouterInput(
        String namespace,
        String name,
        String uid,
        Instant created,
        long generation,
        List<IpAddress> sources,
        Destinations destinations,
        String destinationsText,
        Optional<ConfigMapKey> destinationsFrom,
        Clients clients,
        LabelSelector nodes,
        List<IpAddress> virtualIps,
        Optional<String> service,
        boolean highlyAvailable,
        boolean dialled,
        Optional<PoolClaim> poolClaim,
        Optional<String> notes,
        List<String> errors)
        implements InputObject {
    public static final InputKind KIND = new InputKind("EGRESS_ROUTER");

    public EgressRouterInput {
        sources = List.copyOf(sources);
        virtualIps = List.copyOf(virtualIps);
        errors = List.copyOf(errors);
    }

    /** A key of a ConfigMap in the object's namespace. */
    public record ConfigMapKey(String configMap, String key) {}

    /**
     * Pods of namespaces.
     *
     * @param namespaces empty: the object's own
     */
    public record Clients(Optional<LabelSelector> namespaces, LabelSelector pods) {
        public static final Clients OWN_NAMESPACE = new Clients(Optional.empty(), LabelSelector.EVERYTHING);
    }

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return namespace + "/" + name;
    }

    /** The sources of each of its routers: one, or the first of both families, the second of both, IPv4 first. */
    public List<List<IpAddress>> sourcesOfRouters() {
        var routers = new ArrayList<List<IpAddress>>(2);
        for (var family : IpFamily.values()) {
            int at = 0;
            for (var source : sources) {
                if (source.family() == family) {
                    if (at == routers.size()) {
                        routers.add(new ArrayList<>(2));
                    }
                    routers.get(at++).add(source);
                }
            }
        }
        return routers;
    }

    /** Those of its sources; until it has some, of those that it wants. */
    public Set<IpFamily> families() {
        var families = EnumSet.noneOf(IpFamily.class);
        sources.forEach(source -> families.add(source.family()));
        if (families.isEmpty()) {
            poolClaim.ifPresent(claim -> families.addAll(claim.families()));
        }
        return families.isEmpty() ? EnumSet.of(IpFamily.V4) : families;
    }

    @Override
    public Set<IpAddress> uses() {
        return poolClaim.isPresent() ? Set.of() : Set.copyOf(sources);
    }

    /** The same, for which a pool has these addresses. */
    public EgressRouterInput given(List<IpAddress> addresses) {
        return poolClaim
                .map(claim -> of(uid, created, generation, addresses, Optional.of(claim.with(addresses))))
                .orElse(this);
    }

    /** What this one says of an object that is there already, and has what it has. */
    public EgressRouterInput over(EgressRouterInput live) {
        var claim = poolClaim.map(wanted -> new PoolClaim(
                namespace,
                live.uid,
                live.created,
                wanted.pool(),
                wanted.addresses(),
                wanted.families(),
                live.poolClaim.map(PoolClaim::given).orElse(List.of())));
        return of(
                live.uid,
                live.created,
                live.generation,
                claim.map(PoolClaim::given).orElse(sources),
                claim);
    }

    /** The same, made at this time. */
    public EgressRouterInput createdAt(Instant time) {
        var claim = poolClaim.map(wanted -> new PoolClaim(
                namespace, uid, time, wanted.pool(), wanted.addresses(), wanted.families(), wanted.given()));
        return of(uid, time, generation, sources, claim);
    }

    private EgressRouterInput of(
            String itsUid, Instant itsAge, long itsGeneration, List<IpAddress> itsSources, Optional<PoolClaim> claim) {
        return new EgressRouterInput(
                namespace,
                name,
                itsUid,
                itsAge,
                itsGeneration,
                itsSources,
                destinations,
                destinationsText,
                destinationsFrom,
                clients,
                nodes,
                virtualIps,
                service,
                highlyAvailable,
                dialled,
                claim,
                notes,
                errors);
    }

    public ObjectRef ref() {
        return new ObjectRef(KIND, key());
    }
}
