package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.egressip.rows.CutOffRows;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpClaims;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpRows;
import io.ovnegress.reconciler.feature.egressip.rows.ForeignPolicies;
import io.ovnegress.reconciler.feature.egressip.rows.Guards;
import io.ovnegress.reconciler.feature.egressip.rows.PortRange;
import io.ovnegress.reconciler.feature.egressip.rows.QosWants;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpStatus;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.NodeUplinks;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What a change of the database concerns: which owners are to be looked at, and what is to be derived anew. */
final class DatabaseEvents implements Decisions.Database {
    private final Signals signals;
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final NorthboundView view;
    private final Topology topology;
    private final PortRange portRange;
    private final NamespaceGroups groups;
    private final ForeignPolicies foreignPolicies;
    private final Placing placing;
    private final QosWants qos;
    private final RouterEvents routers;
    private final EgressIpStatus status;
    /** Everything is known; until then nothing has to be looked at since all will be. */
    private boolean started;

    DatabaseEvents(
            Signals signals,
            World world,
            EgressIpSelection selection,
            Topology topology,
            PortRange portRange,
            NamespaceGroups groups,
            ForeignPolicies foreignPolicies,
            Placing placing,
            QosWants qos,
            RouterEvents routers,
            EgressIpStatus status) {
        this.signals = signals;
        this.cluster = world.inputs();
        this.selection = selection;
        this.view = world.northbound();
        this.topology = topology;
        this.portRange = portRange;
        this.groups = groups;
        this.foreignPolicies = foreignPolicies;
        this.placing = placing;
        this.qos = qos;
        this.routers = routers;
        this.status = status;
    }

    /** Everything is known for the first time. */
    void start() {
        started = true;
        routers.start();
        lookAtEverything();
    }

    /** The database is read anew. */
    void forgetDatabase() {
        topology.routersChanged();
        portRange.forget();
        groups.forget();
        foreignPolicies.forget();
        routers.forget();
        if (started) {
            placing.inputsChanged();
            lookAtEverything();
        }
    }

    void lookAtEverything() {
        signals.urgent(EgressIpClaims.BASELINE);
        signals.urgent(EgressIpClaims.CUT_OFF);
        lookAtEverything(signals::dirty);
    }

    private void lookAtEverything(Consumer<Owner> consumer) {
        // What keeps pods in comes before what lets them out.
        for (var egressIp : selection.egressIps()) {
            EgressIpOwner.namespacesKeptInBy(egressIp.name(), selection).forEach(consumer);
        }
        // What is there comes first: what is left over from former addresses goes together with what replaces it.
        view.owners().forEach(consumer);
        everyOwner().forEach(part -> part.get().forEachRemaining(consumer));
    }

    private Iterator<EgressIpOwner.PodIp> podIpsIn(String set) {
        return view.addresses(set).stream()
                .flatMap(member -> IpAddress.parse(member).stream())
                .map(EgressIpOwner.PodIp::new)
                .iterator();
    }

    /** All that something may be wanted for, beside those that have rows; what goes through pods in parts, as they are asked for. */
    List<Supplier<Iterator<? extends Owner>>> everyOwner() {
        var parts = new ArrayList<Supplier<Iterator<? extends Owner>>>();
        parts.add(() -> List.of(EgressIpClaims.BASELINE, EgressIpClaims.CUT_OFF).iterator());
        for (var family : IpFamily.values()) {
            var sets = new ArrayList<>(routers.sets());
            sets.add(EgressIpRows.servedPodsSet(family));
            sets.add(CutOffRows.podsSet(family));
            cluster.nodes().forEach(node -> sets.add(Guards.servedSet(node.name(), family)));
            for (var set : sets) {
                parts.add(() -> podIpsIn(set));
            }
        }
        parts.add(() -> cluster.nodes().stream()
                .<Owner>mapMulti((node, owners) -> {
                    owners.accept(new EgressIpOwner.NodeSwitch(node.name()));
                    owners.accept(new EgressIpOwner.Guard(node.name()));
                })
                .toList()
                .iterator());
        parts.add(() -> routers.owners().iterator());
        parts.add(() -> qos.owners().iterator());
        for (var egressIp : selection.egressIps()) {
            parts.add(() ->
                    EgressIpOwner.namespacesKeptInBy(egressIp.name(), selection).iterator());
            parts.add(() -> EgressIpOwner.eachPodIpSelectedBy(egressIp.name(), selection));
        }
        return parts;
    }

    @Override
    public void routerChanged(String name) {
        topology.routersChanged();
        if (!started) {
            return;
        }
        status.gatewaysChanged();
        if (name.equals(TopologyNames.CLUSTER_ROUTER)
                || name.equals(TopologyNames.CLUSTER_JOIN_PORT)
                || EgressGateways.nodeOf(name).isPresent()) {
            routers.uplinksChanged();
        }
        if (name.equals(TopologyNames.CLUSTER_ROUTER)) {
            lookAtEverything();
            placing.inputsChanged(); // what is placed is to be said again, once it is committed
            cluster.nodes().forEach(node -> placing.regated(node.name()));
        }
        EgressGateways.nodeOf(name).ifPresent(placing::regated);
        EgressGateways.nodeOf(name).map(EgressIpOwner.Guard::new).ifPresent(signals::dirty);
    }

    @Override
    public void switchChanged(String name) {
        routers.uplinksChanged();
        if (cluster.node(name).map(NodeInput::name).isPresent()) {
            signals.dirty(new EgressIpOwner.NodeSwitch(name));
        } else {
            qos.owners().forEach(signals::dirty);
        }
    }

    @Override
    public void rowChanged(Optional<Row> before, Optional<Row> after) {
        var table = after.or(() -> before).orElseThrow().table();
        routers.rowChanged(before, after);
        if (table == Nat.TABLE) {
            portRange.rowChanged(before, after);
        } else if (table == LogicalRouterPolicy.TABLE) {
            foreignPolicies.rowChanged(before, after);
        } else if (table == LogicalSwitchPort.TABLE) {
            var port = after.or(() -> before).orElseThrow();
            if (port.get(LogicalSwitchPort.TYPE).equals("localnet")) {
                routers.uplinksChanged();
            } else if (NodeUplinks.isOutsidePort(port)) {
                qos.owners().forEach(signals::dirty);
            }
        } else if (table == PortGroup.TABLE) {
            groups.rowChanged(before, after, this::groupChanged);
        }
    }

    private void groupChanged(String namespace) {
        routers.selectionChanged(namespace);
        if (started) {
            signals.dirty(new EgressIpOwner.Namespace(namespace));
            routers.podsToldOtherwise(namespace).forEach(signals::dirty);
        }
    }

    @Override
    public void ownedRowChanged(Optional<Row> before, Optional<Row> after) {
        var row = before.or(() -> after).orElseThrow();
        if (!started || row.table() != AddressSet.TABLE) {
            return;
        }
        var object = EgressIpClaims.objectOf(row);
        if (object.isPresent()) {
            EgressIpOwner.podIpsSelectedBy(object.get(), selection).forEach(signals::changedInDatabase);
        } else {
            signals.changedInDatabase(EgressIpClaims.BASELINE);
            signals.changedInDatabase(EgressIpClaims.CUT_OFF);
            lookAtEverything(signals::changedInDatabase);
        }
    }
}
