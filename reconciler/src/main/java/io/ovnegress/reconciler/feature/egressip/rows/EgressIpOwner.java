package io.ovnegress.reconciler.feature.egressip.rows;

import com.google.common.collect.Iterators;
import io.ovnegress.reconciler.feature.egressip.EgressIpFeature;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.OwnRouter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What rows of egress IPs are owned by. */
public sealed interface EgressIpOwner extends Owner {
    @Override
    default String feature() {
        return EgressIpFeature.MARK;
    }

    /**
     * Everything that is written for one pod address, whichever pod holds it and whichever EgressIP serves that pod: an address
     * can be rerouted once only, so it, not the pod, is what rows are owned by.
     */
    record PodIp(IpAddress ip) implements EgressIpOwner {
        @Override
        public String toString() {
            return ip.text();
        }
    }

    /** The addresses of the pods that the EgressIP selects. */
    static List<Owner> podIpsSelectedBy(String egressIp, EgressIpSelection selection) {
        var owners = new ArrayList<Owner>();
        selection.forEachPodOf(egressIp, pod -> pod.ips().forEach(ip -> owners.add(new PodIp(ip))));
        return owners;
    }

    /** The same one by one, found as it is gone through, whatever changes meanwhile. */
    static Iterator<Owner> eachPodIpSelectedBy(String egressIp, EgressIpSelection selection) {
        return Iterators.concat(Iterators.transform(
                selection.podsOf(egressIp), pod -> Iterators.transform(pod.ips().iterator(), PodIp::new)));
    }

    /** The namespaces that the EgressIP selects, if it is one that keeps pods in. */
    static List<Owner> namespacesKeptInBy(String egressIp, EgressIpSelection selection) {
        return selection.egressIp(egressIp).filter(EgressIpInput::cutsOff).isEmpty()
                ? List.of()
                : namespacesSelectedBy(egressIp, selection);
    }

    /** The namespaces that the EgressIP selects. */
    static List<Owner> namespacesSelectedBy(String egressIp, EgressIpSelection selection) {
        return selection.namespacesOf(egressIp).stream()
                .sorted()
                .<Owner>map(Namespace::new)
                .toList();
    }

    /** The rows that the feature needs once: no-reroute policies and address sets. */
    record Baseline() implements EgressIpOwner {
        @Override
        public String toString() {
            return "baseline";
        }
    }

    /** The rows that keep pods in that must not leave as anything but an egress IP; there if an object asks for that. */
    record CutOff() implements EgressIpOwner {
        @Override
        public String toString() {
            return "cut-off";
        }
    }

    /** The rows that keep all pods of one namespace in, from their first packet on. */
    record Namespace(String name) implements EgressIpOwner {
        @Override
        public String toString() {
            return "namespace " + name;
        }
    }

    /**
     * The logical router of an egress IP's own, with all that hangs on it. Another one takes its place where a router must not be
     * changed into another kind of router.
     *
     * @param address the first of its egress IPs; a second one is of the other family
     * @param isPinned whether it is where we say, and does not move by itself
     */
    record Router(String egressIp, String address, boolean isPinned) implements EgressIpOwner, OwnRouter {
        @Override
        public String routerName() {
            return RouterNames.router(this);
        }

        @Override
        public String id(String part) {
            return RouterNames.id(this, part);
        }

        @Override
        public Map<String, String> externalIds(String part) {
            return EgressIpRows.objectExternalIds(id(part), egressIp);
        }

        @Override
        public String toString() {
            return "router of " + egressIp + " for " + address + (isPinned ? " (pinned)" : "");
        }
    }

    /** What leads pods to the routers of an EgressIP that does not select their namespaces as a whole. */
    record Routed(String egressIp) implements EgressIpOwner {
        @Override
        public String toString() {
            return "pods routed by " + egressIp;
        }
    }

    /** What leads pods to the routers of an EgressIP for some destinations, or past them. */
    record Destined(String egressIp) implements EgressIpOwner {
        @Override
        public String toString() {
            return "destinations of " + egressIp;
        }
    }

    /** The rows that guard the gateway router of one node. */
    record Guard(String node) implements EgressIpOwner {
        @Override
        public String toString() {
            return "guard of " + node;
        }
    }

    /** The rows on the logical switch of one node. */
    record NodeSwitch(String node) implements EgressIpOwner {
        @Override
        public String toString() {
            return "switch " + node;
        }
    }

    /** What limits and marks what leaves as an egress IP, wherever that is. */
    record Qos(IpAddress egressIp) implements EgressIpOwner {
        @Override
        public String toString() {
            return "QoS of " + egressIp;
        }
    }

    /** A row that carries our mark but says nothing that we could read: nobody wants it. */
    record Orphan(UUID row) implements EgressIpOwner {
        @Override
        public boolean isReadable() {
            return false;
        }

        @Override
        public String toString() {
            return "row " + row;
        }
    }
}
