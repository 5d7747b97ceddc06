package io.ovnegress.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether the rows of egress routers are what the objects ask for, when there is nothing left to do: where one is, its address on the
 * join switch and its virtual IP are the database's to know. Works it out from the rows alone. Not thread safe.
 */
final class SystemsEnd {
    private static final String PREFIX = "egressrouter_";
    private static final List<String> TABLES =
            List.of("Logical_Router", "Logical_Router_Port", "Load_Balancer", "Logical_Router_Policy", "NAT");
    /** Of objects that have no routers. */
    private static final Set<String> REFUSED =
            Set.of("InvalidSpec", "AddressConflict", "VirtualIPConflict", "NoVirtualIP", "UnsupportedTopology");

    private final Map<String, Map<String, JsonNode>> tables = new HashMap<>();
    private final List<EgressRouterInput> objects;
    private final Map<String, String> reasons;
    private final List<String> problems = new ArrayList<>();
    /** Routers' addresses on the join switch. */
    private final Map<Inside, String> insides = new HashMap<>();

    private record Inside(String router, IpFamily family) {}

    private static IpFamily family(String text) {
        return text.contains(":") ? IpFamily.V6 : IpFamily.V4;
    }

    /** @param reasons that the objects' conditions give, by their keys */
    SystemsEnd(OtherClient client, List<EgressRouterInput> objects, Map<String, String> reasons) {
        var selected = client.select(TABLES);
        for (int i = 0; i < TABLES.size(); i++) {
            var byId = new HashMap<String, JsonNode>();
            selected.get(i).forEach(row -> byId.put(Content.id(row), row));
            tables.put(TABLES.get(i), byId);
        }
        this.objects = objects;
        this.reasons = reasons;
    }

    List<String> problems() {
        var ways = ways();
        var expected = new TreeMap<String, List<IpAddress>>();
        for (var object : objects) {
            var reason = reasons.get(object.key());
            if (!REFUSED.contains(reason)) {
                object.sourcesOfRouters().forEach(sources -> expected.put(routerName(object, sources), sources));
            }
            if (reason.equals("nothing") || (reason.equals("Pending") && !isWaiting(object))) {
                problems.add("of EgressRouter " + object.key() + " nothing is said but " + reason);
            }
        }
        for (var router : tables.get("Logical_Router").values()) {
            var name = router.get("name").asText();
            if (name.startsWith(PREFIX)) {
                judge(router, name, expected);
            }
        }
        for (var object : objects) {
            if (reasons.get(object.key()).equals("Serving")) {
                judgeServing(object, ways.getOrDefault(object.key(), List.of()));
            }
        }
        return problems.isEmpty() ? List.of() : List.of("egress routers:\n  " + String.join("\n  ", problems));
    }

    /** A ConfigMap that nobody has told of. */
    private static boolean isWaiting(EgressRouterInput object) {
        return object.destinationsFrom().isPresent()
                || !object.destinations().names().isEmpty();
    }

    private static String routerName(EgressRouterInput object, List<IpAddress> sources) {
        return PREFIX + object.namespace() + "_" + object.name() + "_"
                + sources.getFirst().text().replace(':', '.');
    }

    private List<JsonNode> children(JsonNode row, String column, String table) {
        // A server that was killed may forget that a weak reference goes with its row; whoever reads it passes that
        // over.
        return Content.references(row.get(column)).stream()
                .map(tables.get(table)::get)
                .filter(Objects::nonNull)
                .toList();
    }

    private void judge(JsonNode router, String name, Map<String, List<IpAddress>> expected) {
        if (!expected.containsKey(name)) {
            problems.add(name + " is nobody's");
        }
        for (var nat : children(router, "nat", "NAT")) {
            var source = nat.get("external_ip").asText();
            if (expected.getOrDefault(name, List.of()).stream()
                    .noneMatch(ip -> ip.text().equals(source))) {
                problems.add("packets leave " + name + " as " + source);
            }
        }
        children(router, "ports", "Logical_Router_Port").stream()
                .filter(port -> port.get("name").asText().startsWith("rtoj-"))
                .flatMap(port -> Content.texts(port.get("networks")).stream())
                .forEach(network -> insides.put(new Inside(name, family(network)), network.replaceFirst("/.*", "")));
    }

    /** By objects' keys the policies on the cluster's router. */
    private Map<String, List<JsonNode>> ways() {
        var ways = new HashMap<String, List<JsonNode>>();
        var keys = objects.stream().map(EgressRouterInput::key).toList();
        for (var policy : tables.get("Logical_Router_Policy").values()) {
            var id = Content.map(policy.get("external_ids")).getOrDefault("ovn-egress.io/id", "");
            if (id.startsWith("egress-router-way/")) {
                var words = id.split("/", -1);
                var key = words[1] + "/" + words[2];
                ways.computeIfAbsent(key, any -> new ArrayList<>()).add(policy);
                if (!keys.contains(key)) {
                    problems.add("a policy leads to " + key + ", which is not there: " + policy);
                }
            }
        }
        return ways;
    }

    private void judgeServing(EgressRouterInput object, List<JsonNode> all) {
        if (all.size() != object.families().size()) {
            problems.add("%s serves, by %s".formatted(object.key(), all));
        }
        object.families()
                .forEach(family -> judgeServing(
                        object,
                        family,
                        all.stream()
                                .filter(way -> way.get("match").asText().startsWith(family.matchField() + ".dst == "))
                                .toList()));
    }

    private void judgeServing(EgressRouterInput object, IpFamily family, List<JsonNode> ways) {
        var hops = new TreeSet<String>();
        object.sourcesOfRouters()
                .forEach(sources ->
                        hops.add(insides.getOrDefault(new Inside(routerName(object, sources), family), "no router")));
        if (ways.size() != 1
                || !ways.getFirst().get("action").asText().equals("reroute")
                || !Content.texts(ways.getFirst().get("nexthops")).equals(hops)) {
            problems.add("%s serves, by %s and not by %s".formatted(object.key(), ways, hops));
            return;
        }
        var match = ways.getFirst().get("match").asText();
        var virtualIp = match.substring(match.lastIndexOf(' ') + 1);
        for (var router : tables.get("Logical_Router").values()) {
            var name = router.get("name").asText();
            if (object.sourcesOfRouters().stream().anyMatch(sources -> name.equals(routerName(object, sources)))) {
                judgeBalancers(object, router, IpAddress.parse(virtualIp).orElseThrow());
            }
        }
    }

    /** Ports that are written in the object itself; other ports and names are elsewhere. */
    private void judgeBalancers(EgressRouterInput object, JsonNode router, IpAddress virtualIp) {
        var vips = new HashMap<String, String>();
        children(router, "load_balancer", "Load_Balancer").forEach(each -> vips.putAll(Content.map(each.get("vips"))));
        if (!vips.containsKey(virtualIp.text())) {
            problems.add("%s neither refuses nor leads what is not listed: %s"
                    .formatted(router.get("name").asText(), vips));
        }
        object.destinations().listed().forEach(each -> {
            var found = vips.getOrDefault(virtualIp.withPort(each.port()), "nowhere");
            var right = IpAddress.parse(each.to().toString())
                    .filter(ip -> ip.family() == virtualIp.family())
                    .map(ip -> ip.withPort(each.targetPort()))
                    .orElse("");
            if (!object.destinations().names().contains(each.to().toString()) && !found.equals(right)) {
                problems.add("%s leads port %d to %s and not to %s"
                        .formatted(router.get("name").asText(), each.port(), found, right));
            }
        });
    }
}
