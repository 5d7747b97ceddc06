package io.ovnegress.it.chaos;

import static io.ovnegress.it.chaos.OtherClient.map;
import static io.ovnegress.it.chaos.OtherClient.operation;
import static io.ovnegress.it.chaos.OtherClient.operations;
import static io.ovnegress.it.chaos.OtherClient.reference;
import static io.ovnegress.it.chaos.OtherClient.uuid;
import static io.ovnegress.it.chaos.OtherClient.whereId;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What ovnkube-master does to rows that it did not write, by rules measured beside version 1.3 with 66 combinations of rows and
 * features: at each of its starts, and when a node goes. (What it does when a pod goes is {@link Ovnkube}'s.) Not thread safe.
 */
final class OvnkubeSyncers {
    static final String CONTROLLER_KEY = "k8s.ovn.org/owner-controller";
    static final String CONTROLLER = "default-network-controller";
    static final String NAME_KEY = "k8s.ovn.org/name";
    static final String ID_KEY = "k8s.ovn.org/id";
    private static final String OWNER_TYPE_KEY = "k8s.ovn.org/owner-type";
    private static final String NETWORK_KEY = "k8s.ovn.org/network";
    private static final String FORMER_NAME_KEY = "name";
    private static final String OUR_ID_KEY = "ovn-egress.io/id";
    private static final String POLICIES = "Logical_Router_Policy";

    private final OtherClient client;
    private final Set<String> clusterSubnets;

    OvnkubeSyncers(OtherClient client, Set<String> clusterSubnets) {
        this.client = client;
        this.clusterSubnets = Set.copyOf(clusterSubnets);
    }

    /**
     * How it is started.
     *
     * @param podSnats {@code --disable-snat-multiple-gws}
     */
    record Features(boolean egressIp, boolean egressService, boolean podSnats) {}

    /** It ends with this error, or never becomes ready. */
    static final class DoesNotStart extends RuntimeException {
        private static final long serialVersionUID = 1;

        private DoesNotStart(String message) {
            super(message);
        }
    }

    /**
     * What it knows of the cluster.
     *
     * @param egressPods its own EgressIPs and their pods: {@code EGRESSIP_NAMESPACE/POD}
     * @param nodeAddresses the addresses of each gateway router's node
     * @param pods the addresses of each gateway router's pods
     */
    record Cluster(Set<String> egressPods, Map<String, Set<String>> nodeAddresses, Map<String, Set<String>> pods) {}

    /** The rows of three tables at one moment, and what is going to be done to them. */
    private final class Work {
        private final JsonNode routers;
        private final Map<String, JsonNode> policies = new HashMap<>();
        private final Map<String, JsonNode> nats = new HashMap<>();
        private final ArrayNode operations = operations();
        private final Set<String> concerned = new TreeSet<>();
        private final List<String> ours = new ArrayList<>();

        private Work() {
            var selected = client.select(List.of("Logical_Router", POLICIES, "NAT"));
            routers = selected.get(0);
            selected.get(1).forEach(row -> policies.put(Content.id(row), row));
            selected.get(2).forEach(row -> nats.put(Content.id(row), row));
        }

        private List<JsonNode> children(JsonNode router, String column) {
            var rows = column.equals("nat") ? nats : policies;
            return Content.atoms(router.get(column)).stream()
                    .map(reference -> rows.get(reference.get(1).asText()))
                    .toList();
        }

        private void concerns(JsonNode row, String what) {
            for (var column : List.of("logical_ip", "external_ip", "match")) {
                var value = row.path(column).asText();
                concerned.add(value.substring(value.lastIndexOf(' ') + 1));
            }
            var id = externalIds(row).get(OUR_ID_KEY);
            if (id != null) {
                ours.add(what + " " + id);
            }
        }

        private void remove(JsonNode router, String column, JsonNode row) {
            concerns(row, "removes");
            reference(
                    operations, "Logical_Router", whereId(Content.id(router)), column, "delete", uuid(Content.id(row)));
        }

        private ObjectNode update(String table, JsonNode row, String what) {
            concerns(row, what);
            var update = operation(operations, "update", table);
            update.set("where", whereId(Content.id(row)));
            return update.putObject("row");
        }

        /** The rows of ours that it has touched, and how. */
        private List<String> commit() {
            if (!operations.isEmpty()) {
                client.transact(Author.OVNKUBE_TAKES, String.join(" ", concerned), operations);
            }
            return ours;
        }
    }

    /**
     * Everything it does at a start, one step after the other.
     *
     * @return the rows that carry our marks and were made its own or removed: none, if they are as they should be
     */
    List<String> start(Features features, Cluster cluster) {
        var ours = new ArrayList<String>();
        ours.addAll(takePolicies());
        ours.addAll(takeNats());
        if (features.egressIp() || features.egressService()) {
            checkExemptions();
        }
        if (features.egressIp()) {
            ours.addAll(removeStale(cluster.egressPods()));
        }
        if (features.egressService()) {
            ours.addAll(repairServices());
        }
        ours.addAll(gatewaySnats(features.podSnats(), cluster));
        return ours;
    }

    /** Policies without an owner: by name those that reroute, by their match those that exempt. */
    private List<String> takePolicies() {
        var work = new Work();
        for (var policy : work.policies.values()) {
            var ids = externalIds(policy);
            if (ids.containsKey(CONTROLLER_KEY)) {
                continue;
            }
            int priority = policy.get("priority").asInt();
            var match = policy.get("match").asText();
            if (priority == 100 && ids.containsKey(FORMER_NAME_KEY)) {
                if (pod(match).isEmpty()) {
                    throw new DoesNotStart("failed to extract IP from LRP: " + match);
                }
                relabel(work, POLICIES, policy, "100:", ids.get(FORMER_NAME_KEY) + "_UNKNOWN/UNKNOWN");
            } else if (priority == 102) {
                exemption(policy).ifPresent(name -> relabel(work, POLICIES, policy, "102:", name));
            }
        }
        return work.commit();
    }

    private List<String> takeNats() {
        var work = new Work();
        for (var nat : work.nats.values()) {
            var ids = externalIds(nat);
            if (nat.get("type").asText().equals("snat")
                    && ids.containsKey(FORMER_NAME_KEY)
                    && !ids.containsKey(CONTROLLER_KEY)) {
                if (nat.get("logical_ip").asText().contains("/")) {
                    throw new DoesNotStart("failed to process logical IP " + nat.get("logical_ip"));
                }
                relabel(work, "NAT", nat, "", ids.get(FORMER_NAME_KEY) + "_UNKNOWN/UNKNOWN");
            }
        }
        return work.commit();
    }

    private static void relabel(Work work, String table, JsonNode row, String priority, String name) {
        var ids = ownerKeys(priority, name);
        work.update(table, row, "relabels").set("external_ids", ids);
    }

    /** The {@code external_ids} by which it knows a row. */
    static ArrayNode ownerKeys(String priority, String name) {
        return map(
                CONTROLLER_KEY,
                CONTROLLER,
                OWNER_TYPE_KEY,
                "EgressIP",
                NAME_KEY,
                name,
                ID_KEY,
                CONTROLLER + ":EgressIP:" + priority + name + ":ip4" + (priority.isEmpty() ? "" : ":default"),
                "ip-family",
                "ip4",
                "network",
                "default");
    }

    private Optional<String> exemption(JsonNode policy) {
        var words = List.of(policy.get("match").asText().split(" "));
        if (words.size() != 7 || !words.get(3).equals("&&")) {
            return Optional.empty();
        }
        var source = words.get(2);
        var destination = words.get(6);
        if (source.startsWith("$")) {
            return Content.texts(policy.get("options")).isEmpty()
                    ? Optional.empty()
                    : Optional.of("EIP-No-Reroute-Pod-To-Node");
        }
        if (!clusterSubnets.contains(source) || IpNetwork.parse(destination).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                clusterSubnets.contains(destination) ? "EIP-No-Reroute-Pod-To-Pod" : "EIP-No-Reroute-Pod-To-Join");
    }

    /** It looks its exemptions up by id and match, and does not go on where it finds two. */
    private void checkExemptions() {
        var seen = new HashSet<String>();
        for (var policy : new Work().policies.values()) {
            var ids = externalIds(policy);
            if (policy.get("priority").asInt() == 102
                    && CONTROLLER.equals(ids.get(CONTROLLER_KEY))
                    && !seen.add(ids.get(ID_KEY) + policy.get("match"))) {
                throw new DoesNotStart("unexpectedly found multiple results for provided predicate: " + policy);
            }
        }
    }

    /** Rows of its own by their keys, of pods that it does not know. */
    private List<String> removeStale(Set<String> known) {
        var work = new Work();
        for (var router : work.routers) {
            for (var policy : work.children(router, "policies")) {
                if (policy.get("priority").asInt() == 100 && isStale(externalIds(policy), known)) {
                    work.remove(router, "policies", policy);
                }
            }
            for (var nat : work.children(router, "nat")) {
                if (nat.get("type").asText().equals("snat") && isStale(externalIds(nat), known)) {
                    work.remove(router, "nat", nat);
                }
            }
        }
        return work.commit();
    }

    private static boolean isStale(Map<String, String> ids, Set<String> known) {
        var name = ids.getOrDefault(NAME_KEY, "");
        return !ids.containsKey(NETWORK_KEY)
                && "EgressIP".equals(ids.get(OWNER_TYPE_KEY))
                && name.contains("_")
                && !known.contains(name);
    }

    private List<String> repairServices() {
        var work = new Work();
        for (var router : work.routers) {
            for (var policy : work.children(router, "policies")) {
                if (policy.get("priority").asInt() == 101
                        && !"EgressService".equals(externalIds(policy).get(OWNER_TYPE_KEY))) {
                    work.remove(router, "policies", policy);
                }
            }
        }
        return work.commit();
    }

    /** SNATs of gateway routers: of the whole cluster subnet, and of single pods with an address of the node. */
    private List<String> gatewaySnats(boolean podSnats, Cluster cluster) {
        var work = new Work();
        for (var router : work.routers) {
            var name = router.get("name").asText();
            if (!name.startsWith("GR_")) {
                continue;
            }
            var addresses = cluster.nodeAddresses().getOrDefault(name, Set.of());
            var pods = cluster.pods().getOrDefault(name, Set.of());
            for (var nat : work.children(router, "nat")) {
                var logicalIp = nat.get("logical_ip").asText();
                if (!nat.get("type").asText().equals("snat")) {
                    continue;
                }
                if (clusterSubnets.contains(logicalIp)) {
                    // Those without marks are the ones that it has written itself for the other mode.
                    if (podSnats && !externalIds(nat).isEmpty()) {
                        work.remove(router, "nat", nat);
                    }
                } else if (addresses.contains(nat.get("external_ip").asText())
                        && !"hand".equals(externalIds(nat).get("by"))) {
                    if (!podSnats || !pods.contains(logicalIp)) {
                        work.remove(router, "nat", nat);
                    } else if (!externalIds(nat).isEmpty()
                            || !nat.path("external_port_range").asText().equals(Landscape.PORT_RANGE)) {
                        var row = work.update("NAT", nat, "empties");
                        row.set("external_ids", map());
                        row.put("external_port_range", Landscape.PORT_RANGE);
                    }
                }
            }
        }
        return work.commit();
    }

    /**
     * A node goes: so do the policies that lead to it, but those of other networks.
     *
     * @return the rows that carry our marks and were removed: none, if they are as they should be
     */
    List<String> nodeRemoved(Set<String> joinAddresses) {
        var work = new Work();
        for (var router : work.routers) {
            for (var policy : work.children(router, "policies")) {
                if (Content.texts(policy.get("nexthops")).stream().anyMatch(joinAddresses::contains)
                        && !externalIds(policy).containsKey(NETWORK_KEY)) {
                    work.remove(router, "policies", policy);
                }
            }
        }
        return work.commit();
    }

    private static Optional<IpAddress> pod(String match) {
        for (var family : IpFamily.values()) {
            var prefix = family.matchField() + ".src == ";
            if (match.startsWith(prefix)) {
                return IpAddress.parse(match.substring(prefix.length()));
            }
        }
        return Optional.empty();
    }

    static Map<String, String> externalIds(JsonNode row) {
        var ids = new HashMap<String, String>();
        Content.atoms(row.get("external_ids"))
                .forEach(pair -> ids.put(pair.get(0).asText(), pair.get(1).asText()));
        return ids;
    }
}
