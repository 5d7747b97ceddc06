package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.egressip.EgressIpTranslator.PodTranslation;
import io.ovnegress.reconciler.input.ClusterState;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.RowChange;
import io.ovnegress.reconciler.northbound.RowDiffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/** What has to change in the database for one owner: the translation against the view. Changes nothing itself. */
public final class EgressIpDiffer {
    private final NorthboundView view;
    private final ClusterState cluster;
    private final EgressGateways gateways;
    private final EgressIpTranslator translator;
    private final RowDiffer rowDiffer;
    private final boolean nodeSnats;

    public EgressIpDiffer(
            NorthboundView view,
            ClusterState cluster,
            EgressGateways gateways,
            EgressIpTranslator translator,
            boolean nodeSnats) {
        this.view = view;
        this.cluster = cluster;
        this.gateways = gateways;
        this.translator = translator;
        this.rowDiffer = new RowDiffer(view);
        this.nodeSnats = nodeSnats;
    }

    /** The same number as long as the same is wanted for the address: another one means that inputs or routers have changed. */
    public int wanted(PodTranslation translation) {
        var node = translation.pod().map(PodInput::node);
        return Objects.hash(
                translation.rows(),
                translation.egressNodes(),
                node,
                node.flatMap(cluster::node).map(NodeInput::gatewayAddresses));
    }

    /** Likewise for the baseline. */
    public int wantedBaseline() {
        return Objects.hash(
                translator.baseline(),
                translator.families().stream().map(translator::nodeAddresses).toList());
    }

    /** Likewise for a node's switch. */
    public int wanted(EgressIpOwner.NodeSwitch key) {
        return translator.nodeSwitch(key.node()).hashCode();
    }

    public List<RowChange> podIp(EgressIpOwner.PodIp key, PodTranslation translation) {
        var address = key.ip();
        List<Row> actual = new ArrayList<>(2);
        List<Row> actualNodeSnats = new ArrayList<>(0);
        for (var row : view.rowsOf(key)) {
            if (EgressIpClaims.isNodeSnat(row)) {
                actualNodeSnats.add(row);
            } else if (isInOurPlace(row, address)) {
                actual.add(row);
            }
        }
        var set = EgressIpRows.servedPodsSet(address.family());
        boolean member = view.addresses(set).contains(address.text());
        boolean served = !translation.rows().isEmpty();
        var changes = rowDiffer.changes(translation.rows(), actual);
        if (member == served && !nodeSnats && changes.isEmpty()) {
            return changes;
        }
        changes = new ArrayList<>(changes);
        if (!changes.isEmpty()) {
            // Even if the SNATs are right: a policy must not lead to a router that has gone meanwhile.
            for (var row : translation.rows()) {
                if (row.table() == Nat.TABLE) {
                    changes.add(new RowChange.Rely(row.attachment().orElseThrow()));
                }
            }
        }
        if (member != served) {
            changes.add(members(
                    set, served ? Set.of(address.text()) : Set.of(), served ? Set.of() : Set.of(address.text())));
        }
        if (nodeSnats) {
            changes.addAll(nodeSnat(address, translation, actual, actualNodeSnats));
        }
        return changes;
    }

    /** What ovn-kubernetes left is ours on the cluster router and on gateway routers only. */
    private boolean isInOurPlace(Row row, IpAddress pod) {
        if (row.table() != LogicalRouterPolicy.TABLE
                || row.get(LogicalRouterPolicy.EXTERNAL_IDS).containsKey(EgressIpRows.ID_KEY)
                || EgressIpClaims.hasOurId(row, pod)) {
            return true;
        }
        var clusterRouter = view.router(EgressIpRows.CLUSTER_ROUTER);
        return view.parentsOf(row.id()).stream()
                .anyMatch(
                        parent -> clusterRouter.filter(parent.parent()::equals).isPresent());
    }

    private RowChange members(String set, Set<String> add, Set<String> remove) {
        var id = view.addressSet(set).map(Row::id).orElseGet(() -> EgressIpRows.addressSetId(set));
        return new RowChange.Members(AddressSet.ADDRESSES, id, add, remove);
    }

    /**
     * The pod's node SNAT on its own gateway router: in the way of ours while the pod's node is an egress node of it; given back
     * with the change that takes ours from there; none of our business otherwise, unless it is there twice.
     */
    private List<RowChange> nodeSnat(
            IpAddress address, PodTranslation translation, List<Row> actual, List<Row> actualNodeSnats) {
        var pod = translation.pod();
        var node = pod.map(PodInput::node).flatMap(cluster::node);
        var router = node.map(NodeInput::name).flatMap(gateways::of).map(EgressGateways.Gateway::router);
        if (node.isEmpty() || router.isEmpty()) {
            return List.of();
        }
        List<Row> there = new ArrayList<>(1);
        for (var row : actualNodeSnats) {
            if (isOn(row, router.get()) && isGatewayAddress(node.get(), row.get(Nat.EXTERNAL_IP))) {
                there.add(row);
            }
        }
        if (translation.egressNodes().contains(node.get().name())) {
            return rowDiffer.changes(List.of(), there);
        }
        boolean oursIsLeaving = actual.stream().anyMatch(row -> row.table() == Nat.TABLE && isOn(row, router.get()));
        if (!oursIsLeaving) {
            return rowDiffer.changes(List.of(), repetitions(there));
        }
        List<DesiredRow> wanted = new ArrayList<>();
        for (var gatewayAddress : node.get().gatewayAddresses()) {
            if (gatewayAddress.family() == address.family()) {
                wanted.add(EgressIpRows.nodeSnat(router.get(), address, gatewayAddress));
            }
        }
        return rowDiffer.changes(wanted, there);
    }

    /** What ovnkube and we have both written, each before it saw the other's. */
    private static List<Row> repetitions(List<Row> nodeSnats) {
        var seen = new HashSet<String>();
        return nodeSnats.stream()
                .sorted(Comparator.comparing(Row::id))
                .filter(row -> !seen.add(row.get(Nat.EXTERNAL_IP)))
                .toList();
    }

    private boolean isOn(Row row, UUID router) {
        return view.parentsOf(row.id()).stream()
                .anyMatch(parent ->
                        parent.column() == LogicalRouter.NAT && parent.parent().equals(router));
    }

    private static boolean isGatewayAddress(NodeInput node, String externalIp) {
        return IpAddress.parse(externalIp)
                .filter(node.gatewayAddresses()::contains)
                .isPresent();
    }

    public List<RowChange> baseline() {
        var changes = new ArrayList<>(rowDiffer.changes(translator.baseline(), view.rowsOf(EgressIpClaims.BASELINE)));
        for (var family : IpFamily.values()) {
            addNodeAddresses(family, changes);
            addStrangers(family, changes);
        }
        return changes;
    }

    private void addNodeAddresses(IpFamily family, List<RowChange> changes) {
        if (!translator.families().contains(family)) {
            return;
        }
        var set = EgressIpRows.nodeAddressesSet(family);
        var add = new HashSet<>(translator.nodeAddresses(family));
        var remove = new HashSet<>(view.addresses(set));
        var there = Set.copyOf(remove);
        remove.removeAll(add);
        add.removeAll(there);
        if (!add.isEmpty() || !remove.isEmpty()) {
            changes.add(members(set, add, remove));
        }
    }

    /** Members of the set of served pods that are no addresses of its family, and so have no owner of their own. */
    private void addStrangers(IpFamily family, List<RowChange> changes) {
        var set = EgressIpRows.servedPodsSet(family);
        var strangers = new HashSet<String>();
        for (var member : view.addresses(set)) {
            if (EgressIpClaims.servedPod(family, member).isEmpty()) {
                strangers.add(member);
            }
        }
        if (!strangers.isEmpty()) {
            changes.add(members(set, Set.of(), strangers));
        }
    }

    /** Rows on a node's switch; none where the server's schema does not know the action (before OVN 23.09). */
    public List<RowChange> nodeSwitch(EgressIpOwner.NodeSwitch key, ServerSchema schema) {
        boolean canMark = schema.has(Qos.TABLE) && schema.accepts(Qos.ACTION, "mark");
        return rowDiffer.changes(canMark ? translator.nodeSwitch(key.node()) : List.of(), view.rowsOf(key));
    }

    public List<RowChange> orphan(EgressIpOwner.Orphan key) {
        return rowDiffer.changes(List.of(), view.rowsOf(key));
    }
}
