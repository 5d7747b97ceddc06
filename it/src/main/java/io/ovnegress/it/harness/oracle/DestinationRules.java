package io.ovnegress.it.harness.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.it.harness.oracle.DatabaseState.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * What must hold of policies by destination after every single transaction: each leads to routers that are there and are its object's
 * own, and to none of which the rows were not computed before; and none of these goes before it is computed that nothing leads there
 * any more. Judges one log, from its first transaction on. Not thread safe.
 */
public final class DestinationRules {
    private static final String ID_PREFIX = "destined/";
    private static final String CLUSTER_ROUTER = "ovn_cluster_router";

    /** Rows of routers and SNATs, by the transaction that made them. */
    private final Map<String, Integer> made = new HashMap<>();
    /** By address on the join switch the router that has it, or had it last. */
    private final Map<String, String> lastSeen = new HashMap<>();

    private final Map<String, String> names = new HashMap<>();
    /** Routers to which policies by destination lead or led, by the first transaction in which none does any more. */
    private final Map<String, Integer> ledUntil = new HashMap<>();

    /** The object that the id of a row is of, if the row is about destinations. */
    public static Optional<String> objectOf(String id) {
        int end = id.startsWith(ID_PREFIX) ? id.indexOf('/', ID_PREFIX.length()) : -1;
        return end < 0 ? Optional.empty() : Optional.of(id.substring(ID_PREFIX.length(), end));
    }

    /** @param isComputed whether what a transaction made has been computed, as far as that is to be waited for */
    List<String> after(int index, JsonNode transaction, DatabaseState state, IntPredicate isComputed) {
        for (var table : List.of("Logical_Router", "NAT")) {
            transaction.path(table).properties().forEach(row -> {
                if (row.getValue().isNull()) {
                    made.remove(row.getKey());
                } else {
                    made.putIfAbsent(row.getKey(), index);
                }
            });
        }
        var routers = new HashMap<String, Row>();
        state.rows("Logical_Router").forEach(router -> names.put(router.uuid(), router.text("name")));
        Row clusterRouter = null;
        for (var router : state.rows("Logical_Router")) {
            if (router.text("name").equals(CLUSTER_ROUTER)) {
                clusterRouter = router;
            }
            router.references("ports").stream()
                    .map(id -> state.row("Logical_Router_Port", id))
                    .filter(port -> port.text("name").startsWith("rtoj-"))
                    .flatMap(port -> port.texts("networks").stream())
                    .map(network -> network.substring(0, network.indexOf('/')))
                    .forEach(address -> {
                        routers.put(address, router);
                        lastSeen.put(address, router.text("name"));
                    });
        }
        var broken = new ArrayList<String>();
        var led = new HashSet<String>();
        if (clusterRouter != null) {
            var changed = changed(transaction);
            clusterRouter.references("policies").stream()
                    .map(id -> state.row("Logical_Router_Policy", id))
                    .filter(policy -> policy.text("action").equals("reroute"))
                    .forEach(policy -> objectOf(id(policy))
                            .ifPresent(object -> policy.texts("nexthops").forEach(hop -> {
                                Optional.ofNullable(routers.get(hop)).ifPresent(router -> led.add(router.uuid()));
                                var what = judge(object, Optional.ofNullable(routers.get(hop)));
                                boolean isTooEarly = what.isEmpty()
                                        && changed.contains(policy.uuid())
                                        && !isInstalled(routers.get(hop), hop, state, isComputed);
                                if (!what.isEmpty() || isTooEarly) {
                                    broken.add("%s leads to %s (%s), %s"
                                            .formatted(
                                                    id(policy),
                                                    hop,
                                                    lastSeen.getOrDefault(hop, "nobody's"),
                                                    isTooEarly ? "which is not installed" : what));
                                }
                            })));
        }
        led.forEach(router -> ledUntil.put(router, index + 1));
        gone(transaction).forEach(router -> {
            var until = ledUntil.remove(router);
            if (until != null && !isComputed.test(until)) {
                broken.add("%s goes while policies by destination may still lead there".formatted(names.get(router)));
            }
        });
        return broken;
    }

    private static String judge(String object, Optional<Row> router) {
        if (router.isEmpty()) {
            return "and no router is there";
        }
        return router.get().text("name").startsWith("egressip_" + object + "_") ? "" : "which is not its object's";
    }

    private boolean isInstalled(Row router, String hop, DatabaseState state, IntPredicate isComputed) {
        boolean isV6 = hop.contains(":");
        return isComputed.test(made.getOrDefault(router.uuid(), 0))
                && router.references("nat").stream()
                        .filter(nat -> state.row("NAT", nat).text("external_ip").contains(":") == isV6)
                        .allMatch(nat -> isComputed.test(made.getOrDefault(nat, 0)));
    }

    private static Set<String> gone(JsonNode transaction) {
        var gone = new HashSet<String>();
        transaction.path("Logical_Router").properties().forEach(row -> {
            if (row.getValue().isNull()) {
                gone.add(row.getKey());
            }
        });
        return gone;
    }

    private static Set<String> changed(JsonNode transaction) {
        var changed = new HashSet<String>();
        transaction.path("Logical_Router_Policy").properties().forEach(row -> {
            if (row.getValue().has("nexthops")) {
                changed.add(row.getKey());
            }
        });
        return changed;
    }

    private static String id(Row row) {
        return row.columns().getOrDefault("external_ids", List.of()).stream()
                .filter(pair -> pair.path(0).asText().equals("ovn-egress.io/id"))
                .map(pair -> pair.path(1).asText())
                .findFirst()
                .orElse("");
    }
}
