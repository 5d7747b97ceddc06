package io.ovnegress.reconciler.feature.egressip.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.OnUnassigned;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.placement.Placement.Assignment;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.feature.egressip.topology.PodAddressRules;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Small clusters in, whole rows out: every column that is ours, of every kind of row. */
class EgressIpTranslatorTest {
    private final List<RowUpdate> database = new ArrayList<>();
    private final Inputs cluster = new Inputs(new Selecting(), new NoPorts());
    private final EgressIpSelection selection = new EgressIpSelection(cluster);
    private final NorthboundView view =
            new NorthboundView(monitored(), new EgressIpClaims(false), new NoDatabaseListener());
    private final EgressGateways gateways = new EgressGateways(view);

    private static MonitorSpec monitored() {
        var spec = MonitorSpec.builder();
        EgressIpTables.addTo(spec);
        return spec.build();
    }

    private EgressIpTranslator translator(String... subnets) {
        view.apply(new TableUpdates(true, TableUpdates.NO_TRANSACTION, database));
        var config = new ReconcilerConfig(
                Stream.of(subnets).map(EgressIpTranslatorTest::network).toList(),
                List.of(network("100.64.0.0/16"), network("fd98::/64")),
                false,
                500);
        return new EgressIpTranslator(
                config,
                cluster,
                selection,
                view,
                gateways,
                new PortRange(config.ephemeralPortRange()),
                new PodAddressRules(config.clusterSubnets(), config.joinSubnets(), cluster, view),
                RouterWays.NONE);
    }

    private EgressIpTranslator dualStackTranslator() {
        return translator("10.128.0.0/14", "fd01::/48");
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    private static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    /** Rows are told by their names in the expected texts. */
    private static UUID id(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    private void insert(Table table, String name, Cell<?>... cells) {
        database.add(new RowUpdate(
                table,
                id(name),
                RowUpdate.Kind.INITIAL,
                Row.of(id(name), table, List.of(cells)).copyOfCells()));
    }

    private void router(String name) {
        insert(LogicalRouter.TABLE, name, Cell.of(LogicalRouter.NAME, name));
    }

    private void gateway(String node, String... joinNetworks) {
        router("GR_" + node);
        insert(
                LogicalRouterPort.TABLE,
                "rtoj-GR_" + node,
                Cell.of(LogicalRouterPort.NAME, "rtoj-GR_" + node),
                Cell.of(LogicalRouterPort.NETWORKS, Set.of(joinNetworks)));
    }

    private void inputs(InputObject... objects) {
        for (var object : objects) {
            cluster.apply(new InputChange.Put(object));
        }
    }

    private void pod(String... ips) {
        inputs(
                new NamespaceInput("simpson", Map.of()),
                new PodInput(
                        new PodName("simpson", "homer"),
                        Instant.EPOCH,
                        Map.of(),
                        "worker-3",
                        Stream.of(ips).map(EgressIpTranslatorTest::ip).toList(),
                        false,
                        false));
    }

    private void egressIp(String name, OnUnassigned onUnassigned) {
        inputs(EgressIpInput.named(name)
                .uid("uid")
                .egressIps(List.of())
                .onUnassigned(onUnassigned)
                .build());
    }

    private static Placement placed(Assignment... assignments) {
        return new Placement(List.of(assignments), List.of());
    }

    @Test
    void podBehindTwoEgressIpsHasOnePolicyAndTwoSnats() {
        router("ovn_cluster_router");
        gateway("worker-1", "100.64.0.2/16", "fd98::2/64");
        gateway("worker-2", "100.64.0.3/16", "fd98::3/64");
        pod("10.128.4.5");
        egressIp("demo", OnUnassigned.NODE_ADDRESS);
        var translator = dualStackTranslator();
        translator.place(Map.of(
                "demo",
                placed(
                        new Assignment(ip("192.168.126.100"), "worker-1"),
                        new Assignment(ip("192.168.126.101"), "worker-2"))));

        assertThat(text(translator.translate(ip("10.128.4.5")).rows())).isEqualTo("""
                Logical_Router_Policy reroute/10.128.4.5
                  in Logical_Router.policies of ovn_cluster_router
                  priority=100
                  match=ip4.src == 10.128.4.5
                  action=reroute
                  nexthops=[100.64.0.2, 100.64.0.3]
                  external_ids={k8s.ovn.org/network=ovn-egress, k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=reroute/10.128.4.5, ovn-egress.io/owner=EgressIP/demo, ovn-egress.io/pod=simpson/homer}
                  empty: nexthop options bfd_sessions chain jump_chain
                NAT snat/10.128.4.5/192.168.126.100
                  in Logical_Router.nat of GR_worker-1
                  type=snat
                  external_ip=192.168.126.100
                  logical_ip=10.128.4.5
                  logical_port=[k8s-worker-1]
                  options={stateless=false}
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=snat/10.128.4.5/192.168.126.100, ovn-egress.io/owner=EgressIP/demo, ovn-egress.io/pod=simpson/homer}
                  empty: external_mac allowed_ext_ips exempted_ext_ips gateway_port match
                NAT snat/10.128.4.5/192.168.126.101
                  in Logical_Router.nat of GR_worker-2
                  type=snat
                  external_ip=192.168.126.101
                  logical_ip=10.128.4.5
                  logical_port=[k8s-worker-2]
                  options={stateless=false}
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=snat/10.128.4.5/192.168.126.101, ovn-egress.io/owner=EgressIP/demo, ovn-egress.io/pod=simpson/homer}
                  empty: external_mac allowed_ext_ips exempted_ext_ips gateway_port match
                """);
    }

    @Test
    void addressesGoTheWayOfTheirFamily() {
        router("ovn_cluster_router");
        gateway("worker-1", "100.64.0.2/16", "fd98::2/64");
        gateway("worker-2", "100.64.0.3/16", "fd98::3/64");
        pod("10.128.4.5", "fd01::5");
        egressIp("demo", OnUnassigned.NODE_ADDRESS);
        var translator = dualStackTranslator();
        translator.place(Map.of(
                "demo",
                placed(
                        new Assignment(ip("192.168.126.100"), "worker-1"),
                        new Assignment(ip("FD00:126:0::0100"), "worker-2"))));

        assertThat(text(translator.translate(ip("fd01::5")).rows())).isEqualTo("""
                Logical_Router_Policy reroute/fd01::5
                  in Logical_Router.policies of ovn_cluster_router
                  priority=100
                  match=ip6.src == fd01::5
                  action=reroute
                  nexthops=[fd98::3]
                  external_ids={k8s.ovn.org/network=ovn-egress, k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=reroute/fd01::5, ovn-egress.io/owner=EgressIP/demo, ovn-egress.io/pod=simpson/homer}
                  empty: nexthop options bfd_sessions chain jump_chain
                NAT snat/fd01::5/fd00:126::100
                  in Logical_Router.nat of GR_worker-2
                  type=snat
                  external_ip=fd00:126::100
                  logical_ip=fd01::5
                  logical_port=[k8s-worker-2]
                  options={stateless=false}
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=snat/fd01::5/fd00:126::100, ovn-egress.io/owner=EgressIP/demo, ovn-egress.io/pod=simpson/homer}
                  empty: external_mac allowed_ext_ips exempted_ext_ips gateway_port match
                """);
    }

    @Test
    void podThatNobodyServesIsCutOffIfItsObjectSaysSo() {
        router("ovn_cluster_router");
        pod("10.128.4.5");
        egressIp("demo", OnUnassigned.DROP);
        var translator = dualStackTranslator();
        translator.place(Map.of("demo", placed()));

        assertThat(text(translator.translate(ip("10.128.4.5")).rows())).isEqualTo("""
                Logical_Router_Policy drop/10.128.4.5
                  in Logical_Router.policies of ovn_cluster_router
                  priority=99
                  match=ip4.src == 10.128.4.5
                  action=drop
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=drop/10.128.4.5, ovn-egress.io/owner=EgressIP/demo, ovn-egress.io/pod=simpson/homer}
                  empty: nexthop nexthops options bfd_sessions chain jump_chain
                """);
        assertThat(translator.translate(ip("10.128.4.5")).keptIn()).isTrue();
        assertThat(text(translator.cutOff())).startsWith("""
                Address_Set address-set/ovn_egress_cut_off_pods_v4
                  name=ovn_egress_cut_off_pods_v4
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=address-set/ovn_egress_cut_off_pods_v4, ovn-egress.io/owner=Baseline}
                Logical_Router_Policy cut-off/pods/v4
                  in Logical_Router.policies of ovn_cluster_router
                  priority=99
                  match=ip4.src == $ovn_egress_cut_off_pods_v4
                  action=drop
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=cut-off/pods/v4, ovn-egress.io/owner=Baseline}
                  empty: nexthop nexthops options bfd_sessions chain jump_chain
                """);
    }

    @Test
    void podOfTheOlderObjectIsServedByItWhileTheOtherStandsBy() {
        router("ovn_cluster_router");
        gateway("worker-1", "100.64.0.2/16");
        pod("10.128.4.5");
        egressIp("a", OnUnassigned.NODE_ADDRESS);
        egressIp("b", OnUnassigned.NODE_ADDRESS);
        var translator = dualStackTranslator();
        translator.place(Map.of(
                "a", placed(new Assignment(ip("192.168.126.100"), "worker-1")),
                "b", placed(new Assignment(ip("192.168.126.101"), "worker-1"))));

        var translation = translator.translate(ip("10.128.4.5"));

        assertThat(translation.servedBy()).hasValue("a");
        assertThat(translation.standingBy()).containsExactly("b");
        assertThat(translation.egressNodes()).containsExactly("worker-1");
        assertThat(translation.rows()).hasSize(2);
    }

    @Test
    void nothingFollowsWithoutRouters() {
        gateway("worker-1", "100.64.0.2/16");
        pod("10.128.4.5");
        egressIp("demo", OnUnassigned.NODE_ADDRESS);
        var translator = dualStackTranslator();
        translator.place(Map.of("demo", placed(new Assignment(ip("192.168.126.100"), "worker-1"))));

        assertThat(translator.translate(ip("10.128.4.5")).rows()).isEmpty();
        assertThat(translator.baseline()).extracting(row -> row.table().name()).containsOnly("Address_Set");
        assertThat(translator.nodeSwitch("worker-1")).isEmpty();
    }

    @Test
    void baselineHasARowForEachPairOfSubnets() {
        router("ovn_cluster_router");

        assertThat(text(translator("10.128.0.0/14", "10.132.0.0/14").baseline()))
                .isEqualTo("""
                Address_Set address-set/ovn_egress_served_pods_v4
                  name=ovn_egress_served_pods_v4
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=address-set/ovn_egress_served_pods_v4, ovn-egress.io/owner=Baseline}
                Address_Set address-set/ovn_egress_node_ips_v4
                  name=ovn_egress_node_ips_v4
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=address-set/ovn_egress_node_ips_v4, ovn-egress.io/owner=Baseline}
                """
                        + allow(
                                "pod-to-pod/10.128.0.0/14/10.128.0.0/14",
                                "ip4.src == 10.128.0.0/14 && ip4.dst == 10.128.0.0/14",
                                "{}")
                        + allow(
                                "pod-to-pod/10.128.0.0/14/10.132.0.0/14",
                                "ip4.src == 10.128.0.0/14 && ip4.dst == 10.132.0.0/14",
                                "{}")
                        + allow(
                                "pod-to-join/10.128.0.0/14/100.64.0.0/16",
                                "ip4.src == 10.128.0.0/14 && ip4.dst == 100.64.0.0/16",
                                "{}")
                        + allow(
                                "pod-to-pod/10.132.0.0/14/10.128.0.0/14",
                                "ip4.src == 10.132.0.0/14 && ip4.dst == 10.128.0.0/14",
                                "{}")
                        + allow(
                                "pod-to-pod/10.132.0.0/14/10.132.0.0/14",
                                "ip4.src == 10.132.0.0/14 && ip4.dst == 10.132.0.0/14",
                                "{}")
                        + allow(
                                "pod-to-join/10.132.0.0/14/100.64.0.0/16",
                                "ip4.src == 10.132.0.0/14 && ip4.dst == 100.64.0.0/16",
                                "{}")
                        + allow(
                                "pod-to-node/v4",
                                "ip4.src == $ovn_egress_served_pods_v4 && ip4.dst == $ovn_egress_node_ips_v4",
                                "{pkt_mark=1008}")
                        + allow("replies", "pkt.mark == 42", "{}"));
    }

    private static String allow(String name, String match, String options) {
        return """
                Logical_Router_Policy allow/%s
                  in Logical_Router.policies of ovn_cluster_router
                  priority=102
                  match=%s
                  action=allow
                  options=%s
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=allow/%s, ovn-egress.io/owner=Baseline}
                  empty: nexthop nexthops chain jump_chain
                """.formatted(name, match, options, name);
    }

    @Test
    void nodeSwitchMarksReplies() {
        insert(LogicalSwitch.TABLE, "worker-1", Cell.of(LogicalSwitch.NAME, "worker-1"));
        inputs(NodeInput.named("worker-1")
                .egressAssignable(true)
                .addresses(Set.of(ip("192.168.126.11")))
                .build());
        var translator = translator("fd01::/48");

        assertThat(text(translator.nodeSwitch("worker-1"))).isEqualTo("""
                QoS reply-mark/worker-1/v6
                  in Logical_Switch.qos_rules of worker-1
                  priority=103
                  direction=from-lport
                  match=ip6.src == $ovn_egress_served_pods_v6 && ct.trk && ct.rpl
                  action={mark=42}
                  external_ids={k8s.ovn.org/owner-controller=ovn-egress, ovn-egress.io/feature=egress-ip, ovn-egress.io/id=reply-mark/worker-1/v6, ovn-egress.io/owner=Baseline}
                  empty: bandwidth
                """);
    }

    @Test
    void nodeSnatIsTheOneThatOvnkubeWrites() {
        router("GR_worker-3");

        assertThat(text(List.of(EgressIpRows.nodeSnat(
                        id("GR_worker-3"), ip("10.128.4.5"), ip("192.168.126.13"), "32768-60999"))))
                .isEqualTo("""
                NAT node-snat/10.128.4.5/192.168.126.13
                  in Logical_Router.nat of GR_worker-3
                  type=snat
                  external_ip=192.168.126.13
                  logical_ip=10.128.4.5
                  options={stateless=false}
                  external_ids={}
                  empty: logical_port
                """);
    }

    /** Every word of the rows, in the order in which they are made. */
    private String text(List<DesiredRow> rows) {
        var text = new StringBuilder();
        for (var row : rows) {
            text.append(row.table()).append(' ').append(row.name()).append('\n');
            row.attachments().forEach(attachment -> text.append("  in ").append(place(attachment)));
            row.cells().forEach(cell -> line(text, cell.column(), cell.value()));
            row.table().externalIds().ifPresent(column -> line(text, column, row.externalIds()));
            if (!row.empty().isEmpty()) {
                text.append(row.empty().stream().map(Column::name).collect(Collectors.joining(" ", "  empty: ", "\n")));
            }
        }
        return text.toString();
    }

    private String place(Attachment attachment) {
        var parent = database.stream()
                .filter(row -> row.id().equals(attachment.parent()))
                .map(row -> new Row(row.table(), row.id(), row.cells()))
                .map(row ->
                        row.table() == LogicalRouter.TABLE ? row.get(LogicalRouter.NAME) : row.get(LogicalSwitch.NAME))
                .findAny()
                .orElseThrow();
        return attachment.column() + " of " + parent + "\n";
    }

    private static void line(StringBuilder text, Column<?> column, Object value) {
        Object sorted = switch (value) {
            case Set<?> set -> new TreeSet<>(set);
            case Map<?, ?> map -> new TreeMap<>(map);
            default -> value;
        };
        text.append("  ").append(column.name()).append('=').append(sorted).append('\n');
    }

    private final class Selecting implements Inputs.Listener, EgressIpSelection.Listener {
        @Override
        public void namespaceAffected(String namespace) {}

        @Override
        public void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
            selection.objectChanged(before, after, this);
        }

        @Override
        public void podChanged(Optional<PodInput> before, Optional<PodInput> after) {
            selection.podChanged(before, after, this);
        }

        @Override
        public void podAffected(PodInput pod) {}

        @Override
        public void reselected(String egressIp) {}

        @Override
        public void usageChanged(String egressIp) {}
    }

    private static final class NoPorts implements Inputs.PodsInDatabase {
        @Override
        public Optional<List<IpAddress>> port(PodName pod) {
            return Optional.empty();
        }

        @Override
        public Optional<PodName> servedAt(IpAddress ip) {
            return Optional.empty();
        }
    }

    private static final class NoDatabaseListener implements NorthboundView.Listener {
        @Override
        public void ownerChanged(Owner owner, Table table) {}

        @Override
        public void routerChanged(String name) {}

        @Override
        public void switchChanged(String name) {}

        @Override
        public void rowChanged(Optional<Row> before, Optional<Row> after) {}

        @Override
        public void switchPortChanged(Optional<Row> before, Optional<Row> after) {}

        @Override
        public void ownedRowChanged(Optional<Row> before, Optional<Row> after) {}

        @Override
        public void ownedRowAttached(Row row, UUID parent) {}

        @Override
        public void ownedRowDetached(Row row, UUID parent) {}
    }
}
