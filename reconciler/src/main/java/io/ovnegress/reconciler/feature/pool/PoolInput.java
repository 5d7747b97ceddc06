package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.input.AddressRange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What we read of an EgressIPPool.
 *
 * @param namespaces that get addresses without asking; empty: only those do that ask
 * @param routers namespaces whose EgressRouters may have addresses; empty: none
 * @param each how many addresses of each family a namespace gets that does not say it
 * @param most how many it may ask for, and how many of a family its EgressRouters may have together
 * @param grace for how long the addresses of a namespace that is gone are kept for it
 * @param annotations of the objects that are made
 * @param errors what is wrong with it, each naming its field; of a pool that has some everything stays as it is
 */
public record PoolInput(
        String name,
        String uid,
        Instant created,
        long generation,
        List<AddressRange> ranges,
        List<AddressRange> exclusions,
        Optional<LabelSelector> namespaces,
        Optional<LabelSelector> routers,
        int each,
        int most,
        Duration grace,
        Map<String, String> annotations,
        List<String> errors)
        implements InputObject {
    public static final InputKind KIND = new InputKind("EGRESS_IP_POOL");

    /** The older counts. */
    static final Comparator<PoolInput> BY_AGE =
            Comparator.comparing(PoolInput::created).thenComparing(PoolInput::name);

    public PoolInput {
        ranges = List.copyOf(ranges);
        exclusions = List.copyOf(exclusions);
        annotations = Map.copyOf(annotations);
        errors = List.copyOf(errors);
    }

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return name;
    }

    /** The same, of this age. */
    public PoolInput of(String itsUid, Instant itsAge) {
        return new PoolInput(
                name,
                itsUid,
                itsAge,
                generation,
                ranges,
                exclusions,
                namespaces,
                routers,
                each,
                most,
                grace,
                annotations,
                errors);
    }

    ObjectRef ref() {
        return new ObjectRef(KIND, name);
    }
}
