package io.ovnegress.reconciler.feature.egressip.explain;

import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.PodAddress;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.egressip.Destinations;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.Placed;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpTranslator;
import io.ovnegress.reconciler.feature.egressip.rows.ForeignPolicies;
import io.ovnegress.reconciler.feature.egressip.rows.Guards;
import io.ovnegress.reconciler.feature.egressip.rows.KnownRouters;
import io.ovnegress.reconciler.feature.egressip.rows.OwnRouters;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpStatus;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.feature.egressip.topology.PodAddressRules;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.router.NodeUplinks;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What this feature says to questions. */
public final class EgressIpExplanations {
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final PodExplanation pods;
    private final ObjectExplanation objects;
    private final NodeExplanation nodes;
    private final AddressExplanation addresses;

    /** @param services the networks of Services */
    public EgressIpExplanations(
            World world,
            EgressIpSelection selection,
            EgressIpTranslator translator,
            EgressGateways gateways,
            PodAddressRules addressRules,
            ForeignPolicies foreignPolicies,
            Guards guards,
            OwnRouters routers,
            KnownRouters known,
            NodeUplinks uplinks,
            Destinations destinations,
            EgressIpStatus status,
            List<IpNetwork> services) {
        var leaving = new LeavingPods(world, gateways, selection, routers);
        this.cluster = world.inputs();
        this.selection = selection;
        this.pods = new PodExplanation(
                cluster,
                world.northbound(),
                selection,
                translator,
                gateways,
                addressRules,
                foreignPolicies,
                guards,
                routers,
                new RouterPassages(world.northbound(), known, uplinks),
                destinations,
                services);
        this.objects = new ObjectExplanation(selection, destinations, status, leaving);
        this.nodes = new NodeExplanation(leaving);
        this.addresses = new AddressExplanation(cluster, selection, pods, leaving);
    }

    /** How each pod is to leave that is on the network. */
    public Map<PodAddress, Departure> departures() {
        return pods.departures();
    }

    /** @param placed where egress IPs belong */
    public Optional<Explanation> of(Question question, Placed placed, OwnerRows rows) {
        return switch (question) {
            case Question.OfObject(ObjectRef(InputKind kind, String key))
            when kind.equals(InputKind.POD) ->
                PodName.parse(key).flatMap(cluster::pod).map(pod -> pods.of(pod, placed, rows));
            case Question.OfObject(ObjectRef(InputKind kind, String key))
            when kind.equals(InputKind.NODE) -> cluster.node(key).map(node -> nodes.of(node, placed));
            case Question.OfObject(ObjectRef(InputKind kind, String key))
            when kind.equals(EgressIpInput.KIND) -> selection.egressIp(key).map(object -> objects.of(object, placed));
            case Question.OfObject object -> Optional.empty();
            case Question.OfWay(var name, var to) -> cluster.pod(name).map(pod -> pods.of(pod, to, placed, rows));
            case Question.OfAddress(var address) -> addresses.of(address, placed, rows);
        };
    }
}
