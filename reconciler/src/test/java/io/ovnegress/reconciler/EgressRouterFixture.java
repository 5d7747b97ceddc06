package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.ip;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.network;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.Clients;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput.ConfigMapKey;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterConditionType;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterState;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** EgressRouters of IPv4 for the pods of two namespaces. */
abstract class EgressRouterFixture extends EgressRouterCluster {
    static final ReconcilerConfig CONFIG = new ReconcilerConfig(
                    List.of(network("10.128.0.0/14"), network("fd01::/48")),
                    List.of(network("100.64.0.0/16"), network("fd98::/64")),
                    false,
                    500)
            .edit()
            .otherSubnets(List.of(new ReservedSubnet(ReservedSubnet.Use.SERVICE, network("172.30.0.0/16"))))
            .egressRouterVips(List.of(network("198.18.0.0/24")))
            .build();
    static final String SOURCE = "192.168.126.200";
    static final String SECOND = "192.168.126.201";
    static final String VIP = "198.18.0.1";
    static final String ROUTER = "egressrouter_simpson_bank_" + SOURCE;
    static final Clients RED = new Clients(Optional.empty(), where("app=red"));

    EgressRouterFixture() {
        super(CONFIG);
    }

    static final Destinations LISTED = new Destinations(
            List.of(
                    tcp(80, "203.0.113.25", 80),
                    tcp(8080, "203.0.113.26", 443),
                    new Destination(53, Protocol.udp, new Target.Address(ip("203.0.113.53")), 53)),
            Optional.empty());

    /** An EgressRouter, of which some things are different. */
    record Bank(
            String name,
            List<String> sources,
            Destinations destinations,
            String text,
            Optional<ConfigMapKey> from,
            Clients clients,
            Optional<String> virtualIp,
            long created) {
        static Bank simple() {
            return new Bank(
                    "bank", List.of(SOURCE), LISTED, "", Optional.empty(), Clients.OWN_NAMESPACE, Optional.empty(), 1);
        }

        Bank named(String other) {
            return new Bank(other, sources, destinations, text, from, clients, virtualIp, created);
        }

        Bank as(String... others) {
            return new Bank(name, List.of(others), destinations, text, from, clients, virtualIp, created);
        }

        Bank to(Destinations others) {
            return new Bank(name, sources, others, text, from, clients, virtualIp, created);
        }

        Bank from(String map, String key) {
            return new Bank(
                    name,
                    sources,
                    Destinations.NONE,
                    text,
                    Optional.of(new ConfigMapKey(map, key)),
                    clients,
                    virtualIp,
                    created);
        }

        Bank of(Clients others) {
            return new Bank(name, sources, destinations, text, from, others, virtualIp, created);
        }

        Bank at(String ip) {
            return new Bank(name, sources, destinations, text, from, clients, Optional.of(ip), created);
        }

        Bank createdAt(long second) {
            return new Bank(name, sources, destinations, text, from, clients, virtualIp, second);
        }

        EgressRouterInput input() {
            return new EgressRouterInput(
                    "simpson",
                    name,
                    "uid-" + name,
                    Instant.ofEpochSecond(created),
                    1,
                    sources.stream().map(TestCluster::ip).toList(),
                    destinations,
                    text,
                    from,
                    clients,
                    LabelSelector.EVERYTHING,
                    virtualIp.stream().map(TestCluster::ip).toList(),
                    Optional.of("bank"),
                    sources.size() > 1,
                    name.equals("dialled"),
                    Optional.empty(),
                    Optional.empty(),
                    List.of());
        }
    }

    static NodeInput node(int n) {
        return TestCluster.node(n).edit().nextHops(Set.of(ip("192.168.126.1"))).build();
    }

    static Destination tcp(int port, String to, int targetPort) {
        return new Destination(port, Protocol.tcp, new Target.Address(ip(to)), targetPort);
    }

    void start(InputObject... objects) {
        cluster.start(Stream.concat(
                        Stream.of(
                                node(1),
                                node(2),
                                node(3),
                                namespace("simpson", "house=simpson"),
                                namespace("bouvier", "house=bouvier"),
                                pod("simpson", "homer", 1, Map.of("app", "red"), "10.128.0.5"),
                                pod("simpson", "marge", 3, Map.of("app", "blue"), "10.128.4.5"),
                                pod("bouvier", "selma", 1, Map.of("app", "red"), "10.128.0.6")),
                        Stream.of(objects))
                .toArray(InputObject[]::new));
    }

    List<Row> ways() {
        return cluster.clusterPolicies().stream()
                .filter(row -> row.get(LogicalRouterPolicy.MATCH).startsWith("ip4.dst == "))
                .toList();
    }

    Row way() {
        assertThat(ways()).hasSize(1);
        return ways().get(0);
    }

    String chassis() {
        return ours(LogicalRouter.TABLE).get(0).get(LogicalRouter.OPTIONS).get("chassis");
    }

    static EgressRouterState.Line line(String port, String protocol, String to, int targetPort) {
        return new EgressRouterState.Line(port, protocol, to, Optional.of(targetPort), List.of(to), Optional.empty());
    }

    Map<String, Integer> lacks() {
        return cluster.reconciler.shortfall().counts().entrySet().stream()
                .collect(Collectors.toMap(lack -> lack.getKey().reason(), Map.Entry::getValue));
    }

    void restartWith(InputObject... objects) {
        cluster.restart(Stream.concat(
                        Stream.of(
                                node(1),
                                node(2),
                                node(3),
                                namespace("simpson", "house=simpson"),
                                namespace("bouvier", "house=bouvier"),
                                pod("simpson", "homer", 1, Map.of("app", "red"), "10.128.0.5")),
                        Stream.of(objects))
                .toArray(InputObject[]::new));
    }

    EgressRouterReason condition(EgressRouterConditionType type) {
        return (EgressRouterReason) said(type).reason();
    }

    StatusCondition said(EgressRouterConditionType type) {
        return status("bank").conditions().stream()
                .filter(condition -> condition.type() == type)
                .findFirst()
                .orElseThrow();
    }
}
