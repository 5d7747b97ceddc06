package io.ovnegress.controller.convert;

import io.ovnegress.controller.kube.Annotations;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** HostSubnets to labels and annotations of their nodes. */
final class SdnNodes {
    private static final String LABEL = "k8s.ovn.org/egress-assignable";

    private SdnNodes() {}

    static void convert(Input input, Draft draft) {
        input.of("HostSubnet", SdnProjects.GROUPS).forEach(subnet -> convert(subnet, draft));
    }

    static List<String> cidrs(Manifest subnet) {
        return Manifest.texts(subnet.json().path("egressCIDRs")).stream()
                .filter(text -> IpNetwork.parse(text).isPresent())
                .toList();
    }

    static List<String> addresses(Manifest subnet) {
        return Manifest.texts(subnet.json().path("egressIPs")).stream()
                .flatMap(text -> Manifest.address(text).stream())
                .map(IpAddress::text)
                .toList();
    }

    private static void convert(Manifest subnet, Draft draft) {
        unreadable(subnet, draft);
        var cidrs = cidrs(subnet);
        var addresses = addresses(subnet);
        if (cidrs.isEmpty() && addresses.isEmpty()) {
            draft.say(subnet, Verdict.PassedOver, "it hosts no egress IPs; pods' networks are ovn-kubernetes' own");
            return;
        }
        var name = Manifest.first(subnet.json(), "host").asText(subnet.name());
        var node = Objects.labelled(Objects.object("v1", "Node", Optional.empty(), name), Map.of(LABEL, ""));
        if (cidrs.isEmpty()) {
            draft.add(Objects.annotated(node, Annotations.EGRESS_IPS, String.join(",", addresses)));
            draft.say(
                    subnet,
                    Verdict.Same,
                    "node " + name + " serves " + String.join(", ", addresses) + ", and nobody else does");
            draft.say(
                    subnet,
                    Verdict.Better,
                    "a second node that names the same address stands in for " + name + ": annotation "
                            + Annotations.EGRESS_IPS);
            return;
        }
        draft.add(Objects.annotated(node, Annotations.EGRESS_CIDRS, String.join(",", cidrs)));
        draft.say(subnet, Verdict.Same, "node " + name + " takes addresses of " + String.join(", ", cidrs) + " only");
        draft.say(
                subnet,
                Verdict.Better,
                "an address goes to another such node within about a second when this one falls silent;"
                        + " what is placed stays where it is (SDN moved addresses to even things out:"
                        + " --egressip-rebalance-interval)");
        if (!addresses.isEmpty()) {
            draft.say(
                    subnet,
                    Verdict.PassedOver,
                    "egressIPs " + String.join(", ", addresses)
                            + ": SDN has written them itself where there are egressCIDRs");
        }
    }

    private static void unreadable(Manifest subnet, Draft draft) {
        Manifest.texts(subnet.json().path("egressIPs")).forEach(text -> {
            if (Manifest.address(text).isEmpty()) {
                draft.say(subnet, Verdict.Lost, "egressIPs \"" + text + "\" is no address: correct it");
            } else if (text.indexOf('/') >= 0) {
                draft.say(subnet, Verdict.Same, "egressIPs " + text + ": taken for the address without its length");
            }
        });
        Manifest.texts(subnet.json().path("egressCIDRs")).stream()
                .filter(text -> IpNetwork.parse(text).isEmpty())
                .forEach(text -> draft.say(
                        subnet, Verdict.Lost, "egressCIDRs \"" + text + "\" is no network: write ADDRESS/LENGTH"));
    }
}
