package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.egressip.EgressIpTranslator.PodTranslation;
import io.ovnegress.reconciler.input.ClusterState;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What must be committed together: all addresses of a pod (the former ones included), and all pod addresses behind an egress IP
 * that leaves a router for another. Not thread safe.
 */
public final class OwnerGroups {
    private final ClusterState cluster;
    private final NorthboundView view;
    private final EgressIpIndex index;
    private final EgressIpTranslator translator;
    /** The present addresses of pods that had others before, until the former ones are settled. */
    private final Map<Owner, Set<Owner>> links = new HashMap<>();

    OwnerGroups(ClusterState cluster, NorthboundView view, EgressIpIndex index, EgressIpTranslator translator) {
        this.cluster = cluster;
        this.view = view;
        this.index = index;
        this.translator = translator;
    }

    /**
     * @param places where the egress IPs of the group's rows will be, by router
     */
    public record Group(Map<EgressIpOwner.PodIp, PodTranslation> members, Map<String, UUID> places) {}

    /** What is on its way to the database, which a new transaction must not touch. */
    public interface Busy {
        boolean isInFlight(Owner key);

        /** Whether rows are on their way that put the egress IP on another router than this. */
        boolean isElsewhere(String egressIp, UUID router);
    }

    /** The pod has other addresses now. */
    void replaced(PodInput before, PodInput after) {
        var keys = new HashSet<Owner>();
        before.ips().forEach(ip -> keys.add(new EgressIpOwner.PodIp(ip)));
        after.ips().forEach(ip -> keys.add(new EgressIpOwner.PodIp(ip)));
        keys.forEach(key -> links.merge(key, keys, (some, more) -> {
            var all = new HashSet<>(some);
            all.addAll(more);
            return all;
        }));
    }

    void forgetReplaced() {
        links.clear();
    }

    void settled(Owner key) {
        links.remove(key);
    }

    /**
     * For one plan.
     *
     * @param planned owners that are in the same transaction already; may grow meanwhile
     */
    public Search search(Busy busy, Set<Owner> planned) {
        return new Search(busy, planned);
    }

    /** Finds groups while nothing but the plan changes. */
    public final class Search {
        private final Busy busy;
        private final Set<Owner> planned;
        /** Who has to wait, and egress IPs that cannot move yet: nobody is collected again to find that out. */
        private final Set<Owner> waiting = new HashSet<>();

        private final Set<String> stuck = new HashSet<>();

        private Search(Busy busy, Set<Owner> planned) {
            this.busy = busy;
            this.planned = planned;
        }

        /** The owners that must change with this one; empty if not before a transaction in flight has ended. */
        public Optional<Group> of(EgressIpOwner.PodIp start) {
            if (busy.isInFlight(start)) {
                return Optional.empty();
            }
            var first = translator.translate(start.ip());
            if (standsAlone(start, first)) {
                return Optional.of(new Group(Map.of(start, first), first.places()));
            }
            if (waiting.contains(start) || isStuck(first)) {
                return Optional.empty();
            }
            var closure = new Closure();
            if (!closure.from(start)) {
                waiting.addAll(closure.group.members().keySet());
                stuck.addAll(closure.moving);
                return Optional.empty();
            }
            return Optional.of(closure.group);
        }

        private boolean isStuck(PodTranslation translation) {
            return !stuck.isEmpty() && translation.places().keySet().stream().anyMatch(stuck::contains);
        }

        /** Whether nobody else has to change with this owner: the usual case, decided without collecting anything. */
        private boolean standsAlone(EgressIpOwner.PodIp key, PodTranslation translation) {
            if (translation.pod().filter(pod -> pod.ips().size() > 1).isPresent() || links.containsKey(key)) {
                return false;
            }
            for (var row : translation.rows()) {
                if (row.table() == Nat.TABLE) {
                    var egressIp = (String) row.identity().value();
                    var router = row.attachment().orElseThrow().parent();
                    var places = index.placesOf(egressIp);
                    if (busy.isElsewhere(egressIp, router)
                            || places.size() > 1
                            || (places.size() == 1 && !places.contains(router))) {
                        return false;
                    }
                }
            }
            var rows = view.rowsOf(key);
            if (!rows.isEmpty()) {
                var holder = translation.pod().map(pod -> pod.name().toString()).orElse("");
                for (var row : rows) {
                    if (!podOf(row).equals(holder)) {
                        return false;
                    }
                }
            }
            return true;
        }

        /** One group while it is collected. */
        private final class Closure {
            private final Group group = new Group(new LinkedHashMap<>(), new HashMap<>());
            /** The egress IPs that leave a router with it. */
            private final Set<String> moving = new HashSet<>();

            private final Set<Owner> seen = new HashSet<>();
            private final ArrayDeque<Owner> todo = new ArrayDeque<>();

            /** False if somebody who belongs to it is in flight, or waits for one who is. */
            boolean from(EgressIpOwner.PodIp start) {
                enqueue(start);
                while (!todo.isEmpty()) {
                    var key = (EgressIpOwner.PodIp) todo.poll();
                    if (busy.isInFlight(key) || waiting.contains(key)) {
                        return false;
                    }
                    var translation = translator.translate(key.ip());
                    group.members().put(key, translation);
                    for (var row : translation.rows()) {
                        if (row.table() == Nat.TABLE && !follow(row)) {
                            return false;
                        }
                    }
                    siblings(key, translation);
                }
                return true;
            }

            /** Takes in everybody who has the row's egress IP on another router; false if it is on its way elsewhere. */
            private boolean follow(DesiredRow row) {
                var egressIp = (String) row.identity().value();
                var router = row.attachment().orElseThrow().parent();
                if (busy.isElsewhere(egressIp, router)) {
                    moving.add(egressIp);
                    return false;
                }
                if (group.places().put(egressIp, router) == null) {
                    for (var place : index.placesOf(egressIp)) {
                        if (!place.equals(router)) {
                            moving.add(egressIp);
                            index.ownersAt(egressIp, place).forEach(this::enqueue);
                        }
                    }
                }
                return true;
            }

            private void siblings(EgressIpOwner.PodIp key, PodTranslation translation) {
                translation.pod().ifPresent(pod -> {
                    if (pod.ips().size() > 1) {
                        enqueueAll(pod);
                    }
                });
                links.getOrDefault(key, Set.of()).forEach(this::enqueue);
                // After a restart nobody remembers former addresses, but the rows name their pod.
                var holder = translation.pod().map(pod -> pod.name().toString()).orElse("");
                for (var row : view.rowsOf(key)) {
                    var podName = podOf(row);
                    if (!podName.equals(holder)) {
                        int slash = podName.indexOf('/');
                        if (slash > 0) {
                            cluster.pod(new PodName(podName.substring(0, slash), podName.substring(slash + 1)))
                                    .ifPresent(this::enqueueAll);
                        }
                    }
                }
            }

            private void enqueueAll(PodInput pod) {
                for (IpAddress ip : pod.ips()) {
                    enqueue(new EgressIpOwner.PodIp(ip));
                }
            }

            private void enqueue(Owner key) {
                if (!planned.contains(key) && seen.add(key)) {
                    todo.add(key);
                }
            }
        }
    }

    private static String podOf(Row row) {
        var externalIds = row.table() == Nat.TABLE
                ? row.get(Nat.EXTERNAL_IDS)
                : row.table() == LogicalRouterPolicy.TABLE
                        ? row.get(LogicalRouterPolicy.EXTERNAL_IDS)
                        : Map.<String, String>of();
        return externalIds.getOrDefault(EgressIpRows.POD_KEY, "");
    }
}
