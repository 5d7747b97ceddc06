package io.ovnegress.controller.query;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.admin.AdminServer;
import io.ovnegress.controller.cli.EgressCommand;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.controller.leader.Leadership;
import io.ovnegress.controller.leader.Mandate;
import io.ovnegress.controller.loop.LoopFixture;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.controller.metrics.MeasuredRate;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpShortfall;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.PodInput;
import io.ovnegress.reconciler.input.PodName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** A controller without a cluster, but with nodes, pods and routers, that can be asked: as its loop runs, and over HTTP. */
public final class AskedController implements AutoCloseable {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final ControllerMetrics metrics = new ControllerMetrics(registry, EgressIpShortfall.LACKS);
    final MeasuredRate rate = new MeasuredRate(registry);
    final LoopFixture loop;
    final PlanApi plan;
    final LiveEvents live;
    private final AdminServer server;

    private AdminServer server(ControllerConfig config) {
        var history = new HistoryReader(loop.history, loop.inbox, Optional.empty());
        var health = new Health(
                loop.loop,
                Optional::empty,
                Optional::empty,
                Optional::empty,
                config,
                new Leadership(config, new Mandate(config), loop.inbox, loop.clock),
                loop.clock);
        return new AdminServer(
                config,
                health,
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                List.of(
                        plan,
                        new WhatIfApi(new Asking(loop.inbox)),
                        new ExplainApi(new Asking(loop.inbox), loop.features(), history, loop.clock),
                        new AuditApi(new Audits(
                                new Asking(loop.inbox),
                                new ControllerMetrics(new SimpleMeterRegistry(), Set.of()),
                                loop.clock)),
                        new StatusApi(
                                new Asking(loop.inbox),
                                config,
                                loop.loop,
                                health,
                                Optional::empty,
                                history,
                                loop.clock),
                        new MapApi(new Asking(loop.inbox)),
                        new SearchApi(new Asking(loop.inbox)),
                        new PaceApi(history, loop.clock),
                        new HistoryApi(history, loop.features(), loop.clock),
                        new WhoisApi(new Asking(loop.inbox), history, loop.clock)),
                live);
    }

    private static ControllerConfig config(String... flags) {
        var configs = new ArrayList<ControllerConfig>();
        var words = new ArrayList<>(List.of("run", "--nb-address=tcp:db:6641", "--metrics-bind-address=127.0.0.1:0"));
        words.addAll(List.of(flags));
        EgressCommand.commandLine(Map.of(), (config, changed) -> {
                    configs.add(config);
                    return 0;
                })
                .execute(words.toArray(String[]::new));
        return configs.getFirst();
    }

    /** Two egress nodes; {@code demo} serves {@code simpson/homer}, and nobody {@code bouvier/selma}. */
    public AskedController(String... flags) {
        var config = config(flags);
        loop = new LoopFixture(Features.of(config.reconciler()));
        plan = new PlanApi(new Asking(loop.inbox), loop.features(), config, rate, loop.clock);
        live = new LiveEvents(loop.inbox, new HistoryReader(loop.history, loop.inbox, Optional.empty()), loop.clock);
        server = server(config);
        loop.connect();
        loop.inbox.updates(new TableUpdates(true, "transaction-7", topology()));
        loop.list(
                node(1),
                node(2),
                namespace("simpson"),
                namespace("bouvier"),
                pod("simpson", "homer", "10.128.0.5"),
                pod("bouvier", "selma", "10.128.0.6"),
                EgressIpInput.named("demo")
                        .uid("uid-demo")
                        .generation(3)
                        .egressIps(List.of("192.168.126.100"))
                        .namespaceSelector(where("house", "simpson"))
                        .build());
        loop.turn();
        loop.loop.start();
        live.start();
        server.start();
    }

    /** Another one leads from now on. */
    public void standBy() {
        loop.inbox.leads(false);
    }

    /** Another pod of the namespace runs. */
    public void addPod(String namespace, String name, String ip) {
        loop.put(pod(namespace, name, ip));
    }

    /** A node does not answer any more, or does again. */
    void setReady(int n, boolean ready) {
        loop.put(node(n).edit().ready(ready).build());
    }

    /** A node does not answer any more. */
    public void loseNode(int n) {
        setReady(n, false);
    }

    /** A node has a label more, which nobody asks for. */
    public void relabel(int n) {
        loop.put(node(n).edit()
                .labels(Map.of("k8s.ovn.org/egress-assignable", "", "rack", "7"))
                .build());
    }

    /** Where it can be asked. */
    public String address() {
        return "http://127.0.0.1:" + server.address().orElseThrow().getPort();
    }

    @Override
    public void close() {
        server.close();
        live.close();
        loop.loop.close();
    }

    private static LabelSelector where(String key, String value) {
        return new LabelSelector(List.of(new LabelSelector.Requirement(key, LabelSelector.Operator.IN, Set.of(value))));
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    private static NodeInput node(int n) {
        return NodeInput.named("node" + n)
                .egressAssignable(true)
                .labels(Map.of("k8s.ovn.org/egress-assignable", ""))
                .egressNetworks(List.of(network("192.168.126.1" + n + "/24")))
                .nextHops(Set.of(IpAddress.parse("192.168.126.1").orElseThrow()))
                .build();
    }

    private static NamespaceInput namespace(String name) {
        return new NamespaceInput(name, Map.of("house", name, "kubernetes.io/metadata.name", name));
    }

    static PodInput pod(String namespace, String name, String ip) {
        return new PodInput(
                new PodName(namespace, name),
                Instant.EPOCH,
                Map.of(),
                "node1",
                List.of(IpAddress.parse(ip).orElseThrow()),
                false,
                false);
    }

    private static List<RowUpdate> topology() {
        var rows = new ArrayList<RowUpdate>();
        var cluster = row(
                LogicalRouterPort.TABLE,
                "rtoj-ovn_cluster_router",
                Cell.of(LogicalRouterPort.NAME, "rtoj-ovn_cluster_router"),
                Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.64.0.1/16")));
        rows.add(cluster);
        rows.add(row(
                LogicalRouter.TABLE,
                "ovn_cluster_router",
                Cell.of(LogicalRouter.NAME, "ovn_cluster_router"),
                Cell.of(LogicalRouter.PORTS, Set.of(cluster.id()))));
        rows.add(row(LogicalSwitch.TABLE, "join", Cell.of(LogicalSwitch.NAME, "join")));
        for (int n = 1; n <= 2; n++) {
            var port = row(
                    LogicalRouterPort.TABLE,
                    "rtoj-GR_node" + n,
                    Cell.of(LogicalRouterPort.NAME, "rtoj-GR_node" + n),
                    Cell.of(LogicalRouterPort.NETWORKS, Set.of("100.64.0." + (n + 1) + "/16")));
            rows.add(port);
            rows.add(row(
                    LogicalRouter.TABLE,
                    "GR_node" + n,
                    Cell.of(LogicalRouter.NAME, "GR_node" + n),
                    Cell.of(LogicalRouter.OPTIONS, Map.of("chassis", "chassis-" + n)),
                    Cell.of(LogicalRouter.PORTS, Set.of(port.id()))));
            var localnet = row(
                    LogicalSwitchPort.TABLE,
                    "br-ex_node" + n,
                    Cell.of(LogicalSwitchPort.NAME, "br-ex_node" + n),
                    Cell.of(LogicalSwitchPort.TYPE, "localnet"),
                    Cell.of(LogicalSwitchPort.OPTIONS, Map.of("network_name", "physnet")));
            rows.add(localnet);
            rows.add(row(
                    LogicalSwitch.TABLE,
                    "ext_node" + n,
                    Cell.of(LogicalSwitch.NAME, "ext_node" + n),
                    Cell.of(LogicalSwitch.PORTS, Set.of(localnet.id()))));
        }
        return rows;
    }

    private static RowUpdate row(Table table, String name, Cell<?>... cells) {
        var id = UUID.nameUUIDFromBytes(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return new RowUpdate(
                table,
                id,
                RowUpdate.Kind.INITIAL,
                Row.of(id, table, List.of(cells)).copyOfCells());
    }
}
