package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Policies that others have for single pod addresses, such as those of ovn-kubernetes' EgressService, by the address; and those for
 * more than that, whoever's they are. They decide about packets beside ours, and are only looked at. Not thread safe.
 */
public final class ForeignPolicies {
    private final NorthboundView view;
    private final Map<IpAddress, Set<UUID>> byAddress = new HashMap<>();
    private final Set<UUID> general = new HashSet<>();

    public ForeignPolicies(NorthboundView view) {
        this.view = view;
    }

    /** A policy changed, whoever's it is. */
    public void rowChanged(Optional<Row> before, Optional<Row> after) {
        before.ifPresent(row -> general.remove(row.id()));
        after.filter(row -> EgressIpClaims.podOfMatch(row.get(LogicalRouterPolicy.MATCH))
                        .isEmpty())
                .ifPresent(row -> general.add(row.id()));
        before.flatMap(ForeignPolicies::addressOf)
                .ifPresent(address -> byAddress.computeIfPresent(address, (unused, ids) -> {
                    ids.remove(before.orElseThrow().id());
                    return ids.isEmpty() ? null : ids;
                }));
        after.flatMap(ForeignPolicies::addressOf)
                .ifPresent(address -> byAddress
                        .computeIfAbsent(address, unused -> new HashSet<>())
                        .add(after.orElseThrow().id()));
    }

    /** The database is read anew. */
    public void forget() {
        byAddress.clear();
        general.clear();
    }

    private static Optional<IpAddress> addressOf(Row policy) {
        return policy.get(LogicalRouterPolicy.EXTERNAL_IDS).containsKey(Marks.FEATURE_KEY)
                ? Optional.empty()
                : EgressIpClaims.podOfMatch(policy.get(LogicalRouterPolicy.MATCH));
    }

    /** Those for more than one address, or for one and something else, ours too, in no particular order. */
    public List<Row> general() {
        return general.stream()
                .flatMap(id -> view.row(LogicalRouterPolicy.TABLE, id).stream())
                .toList();
    }

    /** Those for the address that are nobody's of ours, the one that decides first. */
    public List<Row> of(IpAddress address) {
        return byAddress.getOrDefault(address, Set.of()).stream()
                .filter(id -> view.ownerOf(id).isEmpty())
                .flatMap(id -> view.row(LogicalRouterPolicy.TABLE, id).stream())
                .sorted(Comparator.comparing((Row row) -> row.get(LogicalRouterPolicy.PRIORITY))
                        .reversed()
                        .thenComparing(Row::id))
                .toList();
    }
}
