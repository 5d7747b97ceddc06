package io.ovnegress.reconciler.feature.egressip.rows;

import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.ADDRESS_SET_ID_PREFIX;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.BASELINE_ID_PREFIX;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.CONTROLLER;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.CONTROLLER_KEY;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.DROP_ID_PREFIX;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.ID_KEY;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.NAME_KEY;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.OWNER_KEY;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.REPLY_MARK_ID_PREFIX;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.REROUTE_ID_PREFIX;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.REROUTE_PRIORITY;
import static io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows.SNAT_ID_PREFIX;
import static io.ovnegress.reconciler.router.TopologyNames.MANAGEMENT_PORT_PREFIX;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which rows are this feature's, and for which owner: those that carry our mark, and those that ovn-kubernetes' EgressIP wrote in
 * any of its formats (adopted, or removed if nobody wants them any more). Everything else is somebody else's and does not exist
 * for us. Pure.
 */
public final class EgressIpClaims implements NorthboundView.Claims {
    public static final Owner BASELINE = new EgressIpOwner.Baseline();
    public static final Owner CUT_OFF = new EgressIpOwner.CutOff();

    /** ovn-kubernetes' owner keys (DbObjectIDs), since December 2024. */
    public static final String OVN_KUBERNETES_PREFIX = "k8s.ovn.org/";

    private static final String OVN_KUBERNETES_OWNER_TYPE = OVN_KUBERNETES_PREFIX + "owner-type";
    /** The owner key is the short one; routers, switches and ports of a network carry the long one. */
    private static final List<String> OVN_KUBERNETES_NETWORK = List.of("network", OVN_KUBERNETES_PREFIX + "network");

    private static final String DEFAULT_NETWORK = "default";
    private static final Map<String, Owner> OUR_SETS = Map.of(
            EgressIpRows.servedPodsSet(IpFamily.V4),
            BASELINE,
            EgressIpRows.servedPodsSet(IpFamily.V6),
            BASELINE,
            EgressIpRows.nodeAddressesSet(IpFamily.V4),
            BASELINE,
            EgressIpRows.nodeAddressesSet(IpFamily.V6),
            BASELINE,
            CutOffRows.podsSet(IpFamily.V4),
            CUT_OFF,
            CutOffRows.podsSet(IpFamily.V6),
            CUT_OFF);

    /** Tables of which we only take what carries our mark. */
    private static final Set<Table> MARKED = Set.of(
            Qos.TABLE,
            LogicalRouter.TABLE,
            LogicalRouterPort.TABLE,
            LogicalRouterStaticRoute.TABLE,
            LogicalSwitch.TABLE,
            Acl.TABLE,
            HaChassisGroup.TABLE,
            HaChassis.TABLE);

    private final boolean claimNodeSnats;

    /**
     * @param claimNodeSnats whether the node SNAT of single pods ({@code --disable-snat-multiple-gws}) is looked at as well
     */
    public EgressIpClaims(boolean claimNodeSnats) {
        this.claimNodeSnats = claimNodeSnats;
    }

    @Override
    public Optional<Owner> ownerOf(Row row) {
        var table = row.table();
        if (table == Nat.TABLE) {
            return ownerOfNat(row);
        }
        if (table == LogicalRouterPolicy.TABLE) {
            return ownerOfPolicy(row);
        }
        if (table == AddressSet.TABLE) {
            return ownerOfSet(row.get(AddressSet.NAME))
                    .or(() -> ownerOfObjectsSet(row))
                    .or(() -> ownerOfRenamed(row));
        }
        if (table == LogicalSwitchPort.TABLE) { // those of pods are too many to read what they are labelled
            return row.get(LogicalSwitchPort.TYPE).isEmpty()
                    ? Optional.empty()
                    : RouterNames.ofSwitchPort(row.get(LogicalSwitchPort.NAME)).map(router -> router);
        }
        return MARKED.contains(table) ? table.externalIds().flatMap(column -> marked(row, column)) : Optional.empty();
    }

    private static Optional<Owner> ownerOfSet(String name) {
        return Optional.ofNullable(OUR_SETS.get(name))
                .or(() -> GuardRows.nodeOfSet(name).map(EgressIpOwner.Guard::new));
    }

    /** Its name, or its id if it has another name, says that it is one, and another label whose. */
    private static Optional<Owner> ownerOfObjectsSet(Row addressSet) {
        var externalIds = addressSet.get(AddressSet.EXTERNAL_IDS);
        var id = externalIds.getOrDefault(ID_KEY, "");
        var name = addressSet.get(AddressSet.NAME);
        var former = id.startsWith(ADDRESS_SET_ID_PREFIX) ? id.substring(ADDRESS_SET_ID_PREFIX.length()) : "";
        if (RouterNames.isSet(name) || RouterNames.isSet(former)) {
            return EgressIpRows.egressIpOf(externalIds).map(EgressIpOwner.Routed::new);
        }
        return DestinedRows.isSet(name) || DestinedRows.isSet(former)
                ? EgressIpRows.egressIpOf(externalIds).map(EgressIpOwner.Destined::new)
                : Optional.empty();
    }

    /** The object whose pods, or destinations, are in the set; empty if it is another set. */
    public static Optional<String> objectOf(Row addressSet) {
        return ownerOfObjectsSet(addressSet)
                .map(owner -> owner instanceof EgressIpOwner.Routed(String egressIp)
                        ? egressIp
                        : ((EgressIpOwner.Destined) owner).egressIp());
    }

    private static Optional<Owner> ownerOfRenamed(Row addressSet) {
        var id = addressSet.get(AddressSet.EXTERNAL_IDS).getOrDefault(ID_KEY, "");
        return id.startsWith(ADDRESS_SET_ID_PREFIX)
                ? ownerOfSet(id.substring(ADDRESS_SET_ID_PREFIX.length())).or(() -> Optional.of(BASELINE))
                : Optional.empty();
    }

    private Optional<Owner> ownerOfNat(Row row) {
        var marked = marked(row, Nat.EXTERNAL_IDS);
        if (marked.isPresent() && !(marked.get() instanceof EgressIpOwner.Orphan)) {
            return marked;
        }
        if (marked.isPresent() || isOvnKubernetesNat(row)) {
            var pod = IpAddress.parse(row.get(Nat.LOGICAL_IP));
            return pod.isPresent() ? pod.map(EgressIpOwner.PodIp::new) : marked;
        }
        if (claimNodeSnats && isNodeSnat(row)) {
            return IpAddress.parse(row.get(Nat.LOGICAL_IP)).map(EgressIpOwner.PodIp::new);
        }
        // Stripped of its external_ids by somebody, but the UUID is one that only we choose.
        if (row.get(Nat.TYPE).equals("snat") && isEgressPort(row)) {
            return IpAddress.parse(row.get(Nat.LOGICAL_IP))
                    .filter(pod -> hasIdOf(row, EgressIpRows.snatId(pod, row.get(Nat.EXTERNAL_IP))))
                    .map(EgressIpOwner.PodIp::new);
        }
        return Optional.empty();
    }

    /** A row as ovnkube writes it for one pod under {@code --disable-snat-multiple-gws}; claimed to be looked at, not owned. */
    public static boolean isNodeSnat(Row row) {
        return row.table() == Nat.TABLE
                && row.get(Nat.EXTERNAL_IDS).isEmpty()
                && row.get(Nat.LOGICAL_PORT).isEmpty()
                && row.get(Nat.TYPE).equals("snat");
    }

    private static boolean isOvnKubernetesNat(Row row) {
        var externalIds = row.get(Nat.EXTERNAL_IDS);
        return row.get(Nat.TYPE).equals("snat") && isEgressPort(row) && isOvnKubernetesEgressIp(externalIds);
    }

    /** The management port tells EgressIP's rows from node SNAT, in every format. */
    private static boolean isEgressPort(Row row) {
        for (var port : row.get(Nat.LOGICAL_PORT)) {
            if (port.startsWith(MANAGEMENT_PORT_PREFIX)) {
                return true;
            }
        }
        return false;
    }

    private static Optional<Owner> ownerOfPolicy(Row row) {
        var marked = marked(row, LogicalRouterPolicy.EXTERNAL_IDS);
        if (marked.isPresent() && !(marked.get() instanceof EgressIpOwner.Orphan)) {
            return marked;
        }
        boolean reroutes = row.get(LogicalRouterPolicy.PRIORITY) == REROUTE_PRIORITY
                && row.get(LogicalRouterPolicy.ACTION).equals("reroute");
        if (marked.isPresent() || (reroutes && isOvnKubernetesEgressIp(row.get(LogicalRouterPolicy.EXTERNAL_IDS)))) {
            var pod = podOfMatch(row.get(LogicalRouterPolicy.MATCH));
            return pod.isPresent() ? pod.map(EgressIpOwner.PodIp::new) : marked;
        }
        boolean drops = row.get(LogicalRouterPolicy.PRIORITY) == CutOffRows.DROP_PRIORITY
                && row.get(LogicalRouterPolicy.ACTION).equals("drop");
        if (reroutes || drops) {
            return podOfMatch(row.get(LogicalRouterPolicy.MATCH))
                    .filter(pod -> hasOurId(row, pod))
                    .map(EgressIpOwner.PodIp::new);
        }
        return Optional.empty();
    }

    private static boolean hasIdOf(Row row, String name) {
        return row.id().equals(RowIds.of(name))
                || row.id().equals(RowIds.of(EgressIpRows.otherName(name, 1)))
                || row.id().equals(RowIds.of(EgressIpRows.otherName(name, 2)));
    }

    /** Whether the UUID is one that only we choose, for a policy of this pod address. */
    static boolean hasOurId(Row policy, IpAddress pod) {
        return policy.id().equals(RowIds.of(EgressIpRows.rerouteId(pod)))
                || policy.id().equals(RowIds.of(EgressIpRows.dropId(pod)));
    }

    /**
     * Until 2024 {@code {name: EGRESSIP}} and nothing else; since then owner keys, of which those of user-defined networks are not
     * ours.
     */
    private static boolean isOvnKubernetesEgressIp(Map<String, String> externalIds) {
        var ownerType = externalIds.get(OVN_KUBERNETES_OWNER_TYPE);
        if (ownerType != null) {
            return ownerType.equals("EgressIP")
                    && OVN_KUBERNETES_NETWORK.stream()
                            .map(key -> externalIds.getOrDefault(key, DEFAULT_NETWORK))
                            .allMatch(DEFAULT_NETWORK::equals);
        }
        return externalIds.size() == 1 && externalIds.containsKey(NAME_KEY);
    }

    /** The owner that our own mark names; an orphan if there is a mark that cannot be read. */
    private static Optional<Owner> marked(Row row, Column<Map<String, String>> column) {
        var externalIds = row.get(column);
        var id = externalIds.get(ID_KEY);
        if (id == null) {
            boolean ours = externalIds.containsKey(OWNER_KEY) || CONTROLLER.equals(externalIds.get(CONTROLLER_KEY));
            return ours ? Optional.of(new EgressIpOwner.Orphan(row.id())) : Optional.empty();
        }
        if (id.startsWith(REROUTE_ID_PREFIX)) {
            return Optional.of(podIp(row, id.substring(REROUTE_ID_PREFIX.length())));
        }
        if (id.startsWith(DROP_ID_PREFIX)) {
            return Optional.of(podIp(row, id.substring(DROP_ID_PREFIX.length())));
        }
        if (id.startsWith(SNAT_ID_PREFIX)) {
            int end = id.indexOf('/', SNAT_ID_PREFIX.length());
            return Optional.of(podIp(row, end < 0 ? "" : id.substring(SNAT_ID_PREFIX.length(), end)));
        }
        if (id.startsWith(REPLY_MARK_ID_PREFIX)) {
            int end = id.lastIndexOf('/');
            int start = REPLY_MARK_ID_PREFIX.length();
            return Optional.of(
                    end > start
                            ? new EgressIpOwner.NodeSwitch(id.substring(start, end))
                            : new EgressIpOwner.Orphan(row.id()));
        }
        if (id.startsWith(RouterNames.ROUTER_ID_PREFIX)) {
            return Optional.of(RouterNames.ofId(id)
                    .<Owner>map(router -> router)
                    .orElseGet(() -> new EgressIpOwner.Orphan(row.id())));
        }
        if (id.startsWith(RouterNames.ROUTED_ID_PREFIX)) {
            return Optional.of(RouterNames.routedOfId(id)
                    .<Owner>map(routed -> routed)
                    .orElseGet(() -> new EgressIpOwner.Orphan(row.id())));
        }
        if (id.startsWith(DestinedRows.ID_PREFIX)) {
            return Optional.of(DestinedRows.ofId(id)
                    .<Owner>map(destined -> destined)
                    .orElseGet(() -> new EgressIpOwner.Orphan(row.id())));
        }
        if (id.startsWith(RouterNames.CARRIED_ID_PREFIX)) {
            return Optional.of(RouterNames.namespaceOfCarried(id)
                    .<Owner>map(EgressIpOwner.Namespace::new)
                    .orElseGet(() -> new EgressIpOwner.Orphan(row.id())));
        }
        if (id.startsWith(QosRows.ID_PREFIX)) {
            return Optional.of(QosRows.egressIpOf(id)
                    .<Owner>map(EgressIpOwner.Qos::new)
                    .orElseGet(() -> new EgressIpOwner.Orphan(row.id())));
        }
        if (id.startsWith(GuardRows.ID_PREFIX)) {
            return Optional.of(GuardRows.nodeOf(id)
                    .<Owner>map(EgressIpOwner.Guard::new)
                    .orElseGet(() -> new EgressIpOwner.Orphan(row.id())));
        }
        if (id.startsWith(CutOffRows.ID_PREFIX)) {
            return Optional.of(CutOffRows.namespaceOf(id)
                    .<Owner>map(EgressIpOwner.Namespace::new)
                    .orElse(CUT_OFF));
        }
        return Optional.of(id.startsWith(BASELINE_ID_PREFIX) ? BASELINE : new EgressIpOwner.Orphan(row.id()));
    }

    private static Owner podIp(Row row, String text) {
        return IpAddress.parse(text)
                .<Owner>map(EgressIpOwner.PodIp::new)
                .orElseGet(() -> new EgressIpOwner.Orphan(row.id()));
    }

    /** {@code ip4.src == 10.128.0.15} and nothing more. */
    static Optional<IpAddress> podOfMatch(String match) {
        for (var family : IpFamily.values()) {
            var prefix = family.matchField() + ".src == ";
            if (match.startsWith(prefix)) {
                return IpAddress.parse(match.substring(prefix.length())).filter(pod -> pod.family() == family);
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<Owner> ownerOfMember(Row set, Column<? extends Set<?>> column, Object member) {
        return column == AddressSet.ADDRESSES
                ? ownerOfAddress(set.get(AddressSet.NAME), (String) member).or(() -> ownerOfObjectsSet(set))
                : Optional.empty();
    }

    private static Optional<Owner> ownerOfAddress(String addressSet, String address) {
        for (var family : IpFamily.values()) {
            if (addressSet.equals(EgressIpRows.servedPodsSet(family))
                    || RouterNames.isSet(addressSet, family)
                    || DestinedRows.isPodsSet(addressSet, family)
                    || addressSet.equals(CutOffRows.podsSet(family))
                    || GuardRows.nodeOfSet(addressSet)
                            .filter(node -> addressSet.equals(GuardRows.servedSet(node, family)))
                            .isPresent()) {
                // What is no address of the set's family in canonical form is removed by the set's owner.
                return podOf(family, address)
                        .<Owner>map(EgressIpOwner.PodIp::new)
                        .or(() -> ownerOfSet(addressSet));
            }
        }
        return ownerOfSet(addressSet);
    }

    /** The pod address that a member of a set of pods is; empty for what does not belong there at all. */
    static Optional<IpAddress> podOf(IpFamily family, String member) {
        return IpAddress.parse(member)
                .filter(address -> address.family() == family && address.text().equals(member));
    }
}
