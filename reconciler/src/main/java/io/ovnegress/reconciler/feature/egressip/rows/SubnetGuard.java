package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.SubnetContradiction;
import io.ovnegress.reconciler.feature.SubnetContradiction.Flag;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.RowChange;
import io.ovnegress.reconciler.northbound.RowDiffer;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Keeps wrong flags from being applied. While nodes or routers contradict them, the rows that follow from them are neither written nor
 * removed: if they are in the database as the flags ask for, everything else goes on, so that one node that is not as the others does
 * not take service from them; otherwise nothing at all is written, since what is rerouted would lack its exemptions, or would lose
 * those that are right. A function of the present state. Not thread safe.
 */
public final class SubnetGuard {
    private final ReconcilerConfig config;
    private final Inputs cluster;
    private final NorthboundView view;
    private final EgressIpTranslator translator;
    private final RowDiffer differ;
    private boolean isStale = true;
    private SubnetFindings found = SubnetFindings.NONE;

    public SubnetGuard(ReconcilerConfig config, Inputs cluster, NorthboundView view, EgressIpTranslator translator) {
        this.config = config;
        this.cluster = cluster;
        this.view = view;
        this.translator = translator;
        this.differ = new RowDiffer(view);
    }

    /** Nodes or ports of routers changed. */
    public void changed() {
        isStale = true;
    }

    /** How it is now, for one who knows all nodes and the whole database. */
    public SubnetFindings findings() {
        if (isStale) {
            isStale = false;
            found = new SubnetFindings(
                    contradictions(config.clusterSubnets(), config.joinSubnets(), cluster.nodes(), view::portNetworks),
                    false,
                    familiesNotServed(config.clusterSubnets(), cluster.nodes()));
        }
        boolean writesNothing = !found.contradictions().isEmpty() && !isAsTheFlagsAsk();
        if (writesNothing != found.writesNothing()) {
            found = new SubnetFindings(found.contradictions(), writesNothing, found.familiesNotServed());
        }
        return found;
    }

    /** But for the marks of rows, which no packet sees. */
    private boolean isAsTheFlagsAsk() {
        var changes = differ.changes(translator.baseline(), view.rowsOf(EgressIpClaims.BASELINE));
        return changes.stream().allMatch(change -> switch (change) {
            case RowChange.Attach(var attachment, var child) ->
                view.parentsOf(child).equals(List.of(attachment));
            case RowChange.Update(var row, var cells) ->
                cells.stream().allMatch(cell -> cell.column().name().equals("external_ids"));
            default -> false;
        });
    }

    /**
     * All of them: a node's subnet that is in no cluster subnet, and a port on the join switch whose network is not the join
     * subnet. A family without a cluster subnet is not served, and nothing is said of it. In the order of the flags, the cluster
     * router's port first, then by the names of nodes.
     *
     * @param nodes in the order of their names
     * @param portNetworks {@code Logical_Router_Port.networks} by the name of the port
     */
    static List<SubnetContradiction> contradictions(
            List<IpNetwork> clusterSubnets,
            List<IpNetwork> joinSubnets,
            Collection<NodeInput> nodes,
            Function<String, Set<String>> portNetworks) {
        var found = new ArrayList<SubnetContradiction>();
        for (var node : nodes) {
            for (var subnet : node.podSubnets()) {
                var configured = of(subnet.family(), clusterSubnets);
                if (!configured.isEmpty() && configured.stream().noneMatch(flag -> flag.contains(subnet))) {
                    found.add(new SubnetContradiction(
                            Flag.CLUSTER_SUBNETS, text(clusterSubnets), "node " + node.name(), subnet.text()));
                }
            }
        }
        for (var join : joinSubnets) {
            if (of(join.family(), clusterSubnets).isEmpty()) {
                continue;
            }
            compare(join, TopologyNames.CLUSTER_JOIN_PORT, portNetworks, found);
            for (var node : nodes) {
                compare(join, TopologyNames.JOIN_PORT_PREFIX + node.name(), portNetworks, found);
            }
        }
        return List.copyOf(found);
    }

    private static void compare(
            IpNetwork join, String port, Function<String, Set<String>> portNetworks, List<SubnetContradiction> found) {
        for (var text : new TreeSet<>(portNetworks.apply(port))) {
            IpNetwork.parse(text)
                    .filter(network -> network.family() == join.family() && !network.isSameNetworkAs(join))
                    .ifPresent(network -> found.add(new SubnetContradiction(
                            join.family() == IpFamily.V4 ? Flag.V4_JOIN_SUBNET : Flag.V6_JOIN_SUBNET,
                            join.text(),
                            "port " + port,
                            network.text())));
        }
    }

    /** The families in which nodes have subnets for pods and the flag has none: their addresses are not served. */
    static Set<IpFamily> familiesNotServed(List<IpNetwork> clusterSubnets, Collection<NodeInput> nodes) {
        var families = EnumSet.noneOf(IpFamily.class);
        nodes.forEach(node -> node.podSubnets().forEach(subnet -> families.add(subnet.family())));
        clusterSubnets.forEach(subnet -> families.remove(subnet.family()));
        return families;
    }

    private static List<IpNetwork> of(IpFamily family, List<IpNetwork> subnets) {
        return subnets.stream().filter(subnet -> subnet.family() == family).toList();
    }

    private static String text(List<IpNetwork> subnets) {
        return subnets.stream().map(IpNetwork::text).collect(Collectors.joining(","));
    }
}
