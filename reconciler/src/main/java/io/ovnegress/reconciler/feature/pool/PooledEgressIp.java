package io.ovnegress.reconciler.feature.pool;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What pools see of an EgressIP, whoever made it: its addresses are taken. It is a pool's own, and its namespace's, by label and
 * name together; one that lacks either is somebody else's.
 *
 * @param label that says which pool has made it
 * @param owners UIDs of the pools that it goes with
 * @param namespaces what it selects; empty if that cannot be understood
 * @param annotations of ours
 */
public record PooledEgressIp(
        String name,
        String uid,
        Instant created,
        Optional<String> label,
        Set<String> owners,
        List<IpAddress> addresses,
        Optional<LabelSelector> namespaces,
        Map<String, String> annotations)
        implements InputObject {
    public static final InputKind KIND = new InputKind("POOLED_EGRESS_IP");
    /** On a namespace: from which pool it wants addresses. On an EgressIP: which pool has made it. */
    public static final String POOL = "ovn-egress.io/pool";
    /** On a namespace: how many of each family. */
    public static final String HOW_MANY = "ovn-egress.io/pool-addresses";
    /** On an EgressIP of a pool: since when its namespace does not want it any more, as RFC 3339 has it. */
    public static final String RELEASED = "ovn-egress.io/pool-released";

    /** Whose address it is, if several have it: the older's, as with EgressIPs that share one. */
    static final Comparator<PooledEgressIp> BY_AGE =
            Comparator.comparing(PooledEgressIp::created).thenComparing(PooledEgressIp::name);

    public PooledEgressIp {
        owners = Set.copyOf(owners);
        addresses = List.copyOf(addresses);
        annotations = Map.copyOf(annotations);
    }

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return name;
    }

    /** A namespace's name has no dots. */
    static String nameOf(String pool, String namespace) {
        return pool + "." + namespace;
    }

    /** Whose it is; empty if it is no pool's. */
    Optional<String> namespaceIn(String pool) {
        var prefix = pool + ".";
        return label.filter(pool::equals)
                .filter(made -> name.startsWith(prefix) && name.indexOf('.', prefix.length()) < 0)
                .map(made -> name.substring(prefix.length()))
                .filter(namespace -> !namespace.isEmpty());
    }
}
