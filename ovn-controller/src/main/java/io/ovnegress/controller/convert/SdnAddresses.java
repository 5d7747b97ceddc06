package io.ovnegress.controller.convert;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** NetNamespaces' egress IPs to EgressIPs, and multicast to the namespaces' annotation. */
final class SdnAddresses {
    private static final String MULTICAST = "netnamespace.network.openshift.io/multicast-enabled";
    private static final String OVN_MULTICAST = "k8s.ovn.org/multicast-enabled";

    private final List<Manifest> subnets;
    private final Draft draft;
    private final Map<String, String> holders = new HashMap<>();

    private SdnAddresses(List<Manifest> subnets, Draft draft) {
        this.subnets = subnets;
        this.draft = draft;
    }

    static void convert(Input input, Draft draft) {
        var addresses =
                new SdnAddresses(input.of("HostSubnet", SdnProjects.GROUPS).toList(), draft);
        var projects = SdnProjects.of(input);
        input.of("NetNamespace", SdnProjects.GROUPS).forEach(project -> {
            addresses.convert(project);
            addresses.multicast(project, projects);
        });
    }

    private void convert(Manifest project) {
        var addresses = new LinkedHashSet<String>();
        for (var text : Manifest.texts(project.json().path("egressIPs"))) {
            Manifest.address(text)
                    .map(IpAddress::text)
                    .ifPresentOrElse(
                            addresses::add,
                            () -> draft.say(
                                    project, Verdict.Lost, "egressIPs \"" + text + "\" is no address: correct it"));
        }
        if (addresses.isEmpty()) {
            return;
        }
        var name = project.name();
        draft.add(Objects.orNothing(Objects.egressIp(name, addresses, Objects.namespaces(List.of(name)))));
        draft.say(
                project,
                Verdict.Same,
                "all pods of " + name + " leave as " + String.join(", ", addresses)
                        + ", and not at all while no node serves that (annotation ovn-egress.io/on-unassigned: Drop)");
        if (addresses.size() > 1) {
            draft.say(
                    project,
                    Verdict.Different,
                    "connections are dealt over all " + addresses.size()
                            + " addresses (releases of SDN used the first one, or dealt them too): whoever admits this project has"
                            + " to admit all");
        }
        addresses.forEach(address -> {
            var other = holders.putIfAbsent(address, name);
            if (other != null) {
                draft.say(
                        project,
                        Verdict.Different,
                        address + " is asked for by " + other
                                + " too: SDN dropped what both sent, here the older object gets it and the other sends nothing");
            }
            if (!isHosted(address)) {
                draft.say(
                        project,
                        Verdict.Different,
                        address + " is in no HostSubnet that was read: SDN dropped what " + name
                                + " sent, here every node labelled k8s.ovn.org/egress-assignable may serve it");
            }
        });
    }

    private boolean isHosted(String address) {
        var ip = IpAddress.parse(address).orElseThrow();
        return subnets.stream()
                .anyMatch(subnet -> SdnNodes.addresses(subnet).contains(address)
                        || SdnNodes.cidrs(subnet).stream()
                                .flatMap(text -> IpNetwork.parse(text).stream())
                                .anyMatch(network -> network.contains(ip)));
    }

    private void multicast(Manifest project, SdnProjects projects) {
        if (project.annotation(MULTICAST).filter("true"::equals).isEmpty()) {
            return;
        }
        var name = project.name();
        draft.add(Objects.annotated(Objects.object("v1", "Namespace", Optional.empty(), name), OVN_MULTICAST, "true"));
        draft.say(
                project,
                Verdict.Same,
                "pods of " + name + " reach each other by multicast (annotation " + OVN_MULTICAST
                        + " of the namespace; ovnkube needs --enable-multicast)");
        if (projects.ids().containsKey(name) && projects.joined(name).size() > 1) {
            var others = projects.joined(name);
            others.remove(name);
            draft.say(
                    project,
                    Verdict.Lost,
                    "multicast between " + name + " and " + String.join(", ", others)
                            + ", whose networks are one: OVN's multicast ends at the namespace; put senders and receivers into one");
        }
    }
}
