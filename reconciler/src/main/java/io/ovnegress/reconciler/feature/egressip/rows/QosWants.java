package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.egressip.EgressForm;
import io.ovnegress.reconciler.feature.egressip.EgressIpQos;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.NodeUplinks;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which egress IPs are limited or marked, and where: wherever they are to leave, and as long as they leave somewhere else, there too.
 * Brought up to date when egress IPs are placed; not thread safe.
 */
public final class QosWants {
    private final EgressIpSelection selection;
    private final NorthboundView view;
    private final Holds holds;
    private final EgressGateways gateways;
    private final NodeUplinks uplinks;
    private final OwnRouters routers;
    private final KnownRouters known;

    private Map<IpAddress, Asked> asked = Map.of();
    /** Those that still leave where they are not to be. */
    private final Set<Owner> moving = new LinkedHashSet<>();

    private final Set<Owner> changed = new LinkedHashSet<>();

    /** What is asked for an egress IP by the object that has it. */
    private record Asked(String object, String node, EgressIpQos qos, EgressForm form) {}

    public QosWants(
            EgressIpSelection selection,
            NorthboundView view,
            Holds holds,
            EgressGateways gateways,
            NodeUplinks uplinks,
            OwnRouters routers,
            KnownRouters known) {
        this.selection = selection;
        this.view = view;
        this.holds = holds;
        this.gateways = gateways;
        this.uplinks = uplinks;
        this.routers = routers;
        this.known = known;
    }

    /** Egress IPs are where this says. */
    public void place(Map<String, Placement> placed) {
        var now = new LinkedHashMap<IpAddress, Asked>();
        placed.forEach((name, placement) -> selection
                .egressIp(name)
                .filter(object -> object.qos().isAsked())
                .ifPresent(object -> placement
                        .assignments()
                        .forEach(assignment -> now.put(
                                assignment.egressIp(),
                                new Asked(name, assignment.node(), object.qos(), object.form())))));
        var addresses = new LinkedHashSet<>(asked.keySet());
        addresses.addAll(now.keySet());
        for (var address : addresses) {
            if (!Optional.ofNullable(asked.get(address)).equals(Optional.ofNullable(now.get(address)))) {
                changed.add(new EgressIpOwner.Qos(address));
            }
        }
        asked = now;
    }

    /** Whose rows are to be looked at since the last call, which may have been before another controller led. */
    public Set<Owner> takeChanged() {
        var taken = new LinkedHashSet<>(changed);
        changed.clear();
        return taken;
    }

    /** Those for which something is asked. */
    public List<Owner> owners() {
        return asked.keySet().stream().<Owner>map(EgressIpOwner.Qos::new).toList();
    }

    /** Those of an object. */
    public List<Owner> ownersOf(String object) {
        return asked.entrySet().stream()
                .filter(entry -> entry.getValue().object().equals(object))
                .<Owner>map(entry -> new EgressIpOwner.Qos(entry.getKey()))
                .toList();
    }

    /** Those that are to be looked at when SNATs or routers have gone from where they were. */
    public List<Owner> moving() {
        return List.copyOf(moving);
    }

    Wanted want(EgressIpOwner.Qos key) {
        var present = view.rowsOf(key);
        moving.remove(key);
        var asks = asked.get(key.egressIp());
        if (asks == null) {
            var object =
                    present.stream().findFirst().flatMap(row -> EgressIpRows.egressIpOf(row.get(Qos.EXTERNAL_IDS)));
            return Wanted.rows(List.of(), present, new EgressIpWhy.Namespace(object));
        }
        var places = new TreeMap<String, QosRows.Place>();
        where(key.egressIp(), asks).forEach(place -> places.put(place.name(), place));
        for (var place : whereItStillIs(key.egressIp())) {
            if (places.putIfAbsent(place.name(), place) == null) {
                moving.add(key);
            }
        }
        var rows = places.values().stream()
                .map(place -> QosRows.of(place, key.egressIp(), asks.object(), asks.qos()))
                .toList();
        return Wanted.rows(rows, present, new EgressIpWhy.Namespace(Optional.of(asks.object())));
    }

    private List<QosRows.Place> where(IpAddress egressIp, Asked asks) {
        if (!routers.isRouted(asks.object())) {
            return outside(asks.node()).stream().toList();
        }
        return routers.plansOf(asks.object()).stream()
                .filter(plan -> plan.addresses().contains(egressIp))
                .flatMap(plan -> outside(plan.key()).stream())
                .toList();
    }

    private List<QosRows.Place> whereItStillIs(IpAddress egressIp) {
        var places = new ArrayList<QosRows.Place>();
        var nodes = new HashSet<String>();
        holds.placesOf(egressIp.text())
                .forEach(router -> gateways.nodeOf(router).ifPresent(nodes::add));
        nodes.forEach(node -> outside(node).ifPresent(places::add));
        known.having(egressIp.text()).forEach(router -> outside(router).ifPresent(places::add));
        return places;
    }

    private Optional<QosRows.Place> outside(String node) {
        return uplinks.outsidePort(node)
                .map(port -> new QosRows.Place(port.logicalSwitch(), port.switchName(), port.name()));
    }

    /** None before the router is there: nobody is led to it till then. */
    private Optional<QosRows.Place> outside(EgressIpOwner.Router router) {
        var name = router.outsideSwitch();
        return view.logicalSwitch(name).map(id -> new QosRows.Place(id, name, router.outsideSwitchPort()));
    }
}
