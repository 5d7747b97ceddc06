package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Installed;
import io.ovnegress.reconciler.feature.Installed.Reach;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressip.rows.DestinedHandOver.Awaited;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator.PodTranslation;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.NodeReachability;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.RowDiffer;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Which rows of a pod address are to be there now, on the way to those that are to be there in the end. The way out (SNATs) comes
 * first, traffic (the policy) takes it when it is installed, and the old way out goes when nobody takes it any more: at each moment
 * a packet finds the SNAT where it is sent to. Rows that were another pod's are not kept for a moment: the address leaves with its
 * former holder's egress IP as long as they are there. Follows from the rows and from what is installed, and remembers nothing.
 */
public final class PodSteps {
    private final NorthboundView view;
    private final Inputs cluster;
    private final Installed installed;
    private final RowDiffer differ;
    private final EgressGateways gateways;

    public PodSteps(NorthboundView view, Inputs cluster, EgressGateways gateways, Installed installed) {
        this.view = view;
        this.cluster = cluster;
        this.gateways = gateways;
        this.installed = installed;
        this.differ = new RowDiffer(view);
    }

    /**
     * @param rows to be there now
     * @param present what of the address's rows they are made of; others are kept as they are
     * @param kept the SNATs that stay though they are not wanted in the end
     * @param next empty if there is nothing more to come
     * @param isSwitched whether the address is to take the way now that it is to take in the end; if not, it takes the one it has
     */
    record Now(
            List<DesiredRow> rows, List<Row> present, List<Row> kept, Optional<Wanted.Step> next, boolean isSwitched) {
        static Now theEnd(List<DesiredRow> rows, List<Row> present) {
            return new Now(rows, present, List.of(), Optional.empty(), true);
        }

        /** Everything stays as it is. */
        static Now asItIs(List<Row> present, Optional<Wanted.Step> next) {
            return new Now(List.of(), List.of(), present, next, false);
        }
    }

    /**
     * By what else than rows of its own the address leaves at the moment.
     *
     * @param isInSet whether it is in a set that leads pods to an object's routers, another one than it is to be in
     * @param egressIps the egress IPs of the routers to which its set or namespace is led
     * @param awaited what is to come first of an object that leads it for some destinations now, and led it for all until now
     */
    record Routing(boolean isInSet, Set<String> egressIps, Awaited awaited) {
        static final Routing NONE = new Routing(false, Set.of(), Awaited.NOTHING);
    }

    /**
     * @param present the rows of the address, its node SNATs apart
     * @param isKeptIn whether the database says that it is cut off whenever it is not rerouted
     */
    Now now(
            EgressIpOwner.PodIp owner,
            PodTranslation translation,
            List<Row> present,
            boolean isKeptIn,
            Routing routing) {
        var wanted = translation.rows();
        if (translation.way().filter(way -> !way.isReady()).isPresent()
                && (isRerouted(present) || routing.isInSet())
                && !isFormerHolders(translation, present)) {
            return Now.asItIs(present, Optional.empty()); // it is looked at again when the way is ready
        }
        if (routing.awaited() != Awaited.NOTHING && !isFormerHolders(translation, present)) {
            return Now.asItIs(
                    present,
                    routing.awaited() == Awaited.ITS_SET
                            ? Optional.of(new Wanted.Step(AddressSet.TABLE, Reach.EVERYWHERE, false))
                            : Optional.empty()); // likewise
        }
        if (!installed.isTold()
                || translation.pod().isEmpty()
                || (wanted.isEmpty() && present.isEmpty() && !routing.isInSet())) {
            return Now.theEnd(wanted, present);
        }
        boolean formerHolders = isFormerHolders(translation, present);
        if (translation.egressNodes().isEmpty()
                && translation.way().isEmpty()
                && (isRerouted(present) || routing.isInSet())
                && translation.keptIn()
                && !formerHolders
                && !(isKeptIn && installed.has(owner, AddressSet.TABLE, Reach.EVERYWHERE))) {
            // It would leave as its node for the moment between the one and the other.
            return Now.asItIs(present, Optional.of(new Wanted.Step(AddressSet.TABLE, Reach.EVERYWHERE, false)));
        }
        return new Rows(owner, wanted, present, routing).now(formerHolders);
    }

    /** Whether the address leaves by rows of its own wherever its packets are. */
    boolean hasItsWay(EgressIpOwner.PodIp owner) {
        return isRerouted(view.rowsOf(owner)) && installed.has(owner, LogicalRouterPolicy.TABLE, Reach.EVERYWHERE);
    }

    private static boolean isRerouted(List<Row> present) {
        return present.stream()
                .anyMatch(row -> row.table() == LogicalRouterPolicy.TABLE
                        && row.get(LogicalRouterPolicy.ACTION).equals("reroute"));
    }

    /** Whether a row says that it is another pod's. */
    private static boolean isFormerHolders(PodTranslation translation, List<Row> present) {
        if (present.isEmpty()) {
            return false;
        }
        var holder = translation.pod().orElseThrow().name().toString();
        return present.stream().map(RowLabels::podOf).anyMatch(pod -> !pod.isEmpty() && !pod.equals(holder));
    }

    /** What is wanted and what there is of one address, sorted. */
    private final class Rows {
        private final EgressIpOwner.PodIp owner;
        private final List<DesiredRow> wanted;
        private final List<Row> present;
        private final Routing routing;
        private final List<DesiredRow> exits = new ArrayList<>(2);
        private final List<DesiredRow> way = new ArrayList<>(1);
        private final List<Row> wayThere = new ArrayList<>(1);
        /** SNATs on routers where none is wanted. */
        private final List<Row> former = new ArrayList<>(2);
        /** Those on a router where one is wanted, or on none. */
        private final List<Row> inPlace = new ArrayList<>(2);

        Rows(EgressIpOwner.PodIp owner, List<DesiredRow> wanted, List<Row> present, Routing routing) {
            this.owner = owner;
            this.routing = routing;
            this.wanted = wanted;
            this.present = present;
            for (var row : wanted) {
                (row.table() == Nat.TABLE ? exits : way).add(row);
            }
            for (var row : present) {
                if (row.table() != Nat.TABLE) {
                    wayThere.add(row);
                } else if (isOnAnotherRouter(row)) {
                    former.add(row);
                } else {
                    inPlace.add(row);
                }
            }
        }

        private boolean isOnAnotherRouter(Row snat) {
            var routers = view.parentsOf(snat.id());
            return !routers.isEmpty()
                    && routers.stream()
                            .noneMatch(router -> exits.stream()
                                    .anyMatch(exit -> exit.attachment().equals(router)));
        }

        Now now(boolean formerHolders) {
            boolean exitsAreThere = exits.stream().allMatch(this::isThere);
            boolean wayIsThere = wayThere.size() == way.size() && way.stream().allMatch(this::isThere);
            if (exitsAreThere && wayIsThere && former.isEmpty() && isStillRouted()) {
                return new Now(
                        wanted,
                        present,
                        List.of(),
                        Optional.of(new Wanted.Step(LogicalRouterPolicy.TABLE, Reach.EVERYWHERE, true)),
                        true);
            }
            if (exitsAreThere && wayIsThere) {
                return former.isEmpty()
                                || formerHolders
                                || installed.has(owner, LogicalRouterPolicy.TABLE, beforeWithdrawal())
                        ? Now.theEnd(wanted, present)
                        : withdrawLater();
            }
            if (exits.isEmpty()) { // the address leaves some other way, or not at all
                return former.isEmpty() || formerHolders ? Now.theEnd(wanted, present) : withdrawLater();
            }
            var reach = beforeSwitch();
            if (exitsAreThere && installed.has(owner, Nat.TABLE, reach)) {
                return former.isEmpty() || formerHolders ? Now.theEnd(wanted, present) : withdrawLater();
            }
            var next = Optional.of(new Wanted.Step(Nat.TABLE, reach, false));
            if (formerHolders) {
                return new Now(free(exits), present, List.of(), next, false);
            }
            var kept = new ArrayList<>(wayThere);
            var made = new ArrayList<>(inPlace);
            boolean wayIsInstalled =
                    !wayThere.isEmpty() && installed.has(owner, LogicalRouterPolicy.TABLE, beforeWithdrawal());
            for (var snat : former) {
                (wayIsInstalled && !isTaken(snat) ? made : kept).add(snat);
            }
            return new Now(free(exits), made, kept, next, false);
        }

        /** Whether what led it to routers must stay until its own way is taken everywhere. */
        private boolean isStillRouted() {
            return !way.isEmpty()
                    && !routing.egressIps().isEmpty()
                    && !installed.has(owner, LogicalRouterPolicy.TABLE, Reach.EVERYWHERE);
        }

        /** The new way is taken, and the old one stays until it is not. */
        private Now withdrawLater() {
            var made = new ArrayList<>(inPlace);
            made.addAll(wayThere);
            return new Now(
                    free(wanted),
                    made,
                    former,
                    Optional.of(new Wanted.Step(LogicalRouterPolicy.TABLE, beforeWithdrawal(), true)),
                    true);
        }

        private Reach beforeWithdrawal() {
            return isOfDeadNodes(former) ? Reach.PRESUMED : Reach.FORWARDED;
        }

        /**
         * A node that is dead sends nothing, and does not say that it has installed anything. Who is sent to such a one is helped
         * soonest, whoever else still has the SNAT.
         */
        private Reach beforeSwitch() {
            if (exits.stream()
                    .anyMatch(exit -> routing.egressIps()
                            .contains((String) exit.identity().value()))) {
                return Reach.ANNOUNCED;
            }
            if (former.isEmpty()) {
                return Reach.EVERYWHERE;
            }
            var taken = former.stream().filter(this::isTaken).toList();
            if (isOfDeadNodes(taken.isEmpty() ? former : taken)) {
                return Reach.PRESUMED;
            }
            boolean moves = former.stream()
                    .anyMatch(row -> exits.stream()
                            .anyMatch(exit -> exit.identity().value().equals(row.get(Nat.EXTERNAL_IP))));
            return moves ? Reach.ANNOUNCED : Reach.EVERYWHERE;
        }

        private boolean isThere(DesiredRow row) {
            return present.stream().anyMatch(there -> differ.isInEffect(row, there));
        }

        /** Under other names where a SNAT of the same address and egress IP on another router has theirs. */
        private List<DesiredRow> free(List<DesiredRow> rows) {
            if (former.isEmpty()) {
                return rows;
            }
            return rows.stream().map(this::free).toList();
        }

        private DesiredRow free(DesiredRow row) {
            var free = row;
            for (int i = 1; isNameTaken(RowIds.of(free.name())); i++) {
                free = row.named(EgressIpRows.otherName(row.name(), i));
            }
            return free;
        }

        private boolean isNameTaken(UUID id) {
            return former.stream().anyMatch(snat -> snat.id().equals(id));
        }

        /** Whether traffic is sent to where the SNAT is. */
        private boolean isTaken(Row snat) {
            return view.parentsOf(snat.id()).stream()
                    .flatMap(router -> gateways.nodeOf(router.parent()).stream())
                    .anyMatch(node -> wayThere.stream()
                            .anyMatch(
                                    policy -> gateways.isSentTo(node, owner.ip().family(), policy)));
        }

        private boolean isOfDeadNodes(List<Row> snats) {
            return !snats.isEmpty()
                    && snats.stream()
                            .flatMap(snat -> view.parentsOf(snat.id()).stream())
                            .allMatch(this::isOfDeadNode);
        }

        private boolean isOfDeadNode(Attachment router) {
            var node = gateways.nodeOf(router.parent());
            return node.isPresent() && !NodeReachability.isAlive(cluster, node.get());
        }
    }
}
