package io.ovnegress.it.lab;

import static io.ovnegress.it.harness.process.Await.await;
import static io.ovnegress.it.lab.PacketCluster.HOMER;
import static io.ovnegress.it.lab.PacketCluster.LISA;
import static io.ovnegress.it.lab.PacketCluster.MARGE;
import static io.ovnegress.it.lab.PacketCluster.PATTY;
import static io.ovnegress.it.lab.PacketCluster.SELMA;
import static io.ovnegress.it.lab.PacketCluster.SIMPSONS;
import static io.ovnegress.it.lab.PacketCluster.nodeAddress;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.EgressRouters;
import io.ovnegress.it.harness.lab.Lab.Attempt;
import io.ovnegress.it.harness.lab.Listener;
import io.ovnegress.it.harness.process.DnsServer;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What reaches whom through an egress router, with which source, and who is refused. */
@Tag("packets")
@Tag("timing")
class EgressRouterPacketsTest {
    private static final String SOURCE = "192.168.126.220";
    private static final String SECOND_SOURCE = "192.168.126.221";
    private static final String OTHER = "203.0.113.90";
    private static final String VIP = "198.18.0.1";
    private static final String SERVICE = "172.30.7.7";
    private static final String FIRST = "203.0.113.80";
    private static final String SOURCE_V6 = "fd2e:6f44:5dd8:c956::220";
    private static final String SECOND_SOURCE_V6 = "fd2e:6f44:5dd8:c956::221";
    /**
     * Those of routers with an IPv4 source: the MAC is another one there, and OVN announces no IPv6 address, so that the gateway outside
     * would take a while to forget where it was in another test.
     */
    private static final String BESIDE_V4 = "fd2e:6f44:5dd8:c956::230";

    private static final String ADDED_V6 = "fd2e:6f44:5dd8:c956::231";
    private static final String CHANGED_V6 = "fd2e:6f44:5dd8:c956::232";
    private static final String OTHER_V6 = "2001:db8::90";
    private static final String VIP_V6 = "2001:2::7";
    private static final String WWW = "www.example.com";
    private static final DnsServer DNS = new DnsServer(1);

    @RegisterExtension
    static final PacketCluster PACKETS = PacketCluster.withFlags(
            "--enable-egress-router",
            "--enable-egress-ip-pools",
            "--enable-avi-services",
            "--dns-servers",
            DNS.address(),
            "--k8s-service-cidrs=172.30.0.0/16");

    private static Listener other;

    @BeforeAll
    static void serversOutside() {
        other = PACKETS.lab().listenOutside(OTHER, OTHER_V6);
    }

    @AfterAll
    static void stop() {
        DNS.close();
    }

    @AfterEach
    void nothingIsLeft() {
        var all = PACKETS.cluster()
                .api()
                .client()
                .genericKubernetesResources(EgressRouters.CONTEXT)
                .inNamespace("simpson");
        all.list().getItems().forEach(object -> all.resource(object).delete());
        await("no row is left")
                .until(() -> Stream.of(
                                "Logical_Router",
                                "Logical_Router_Port",
                                "Logical_Router_Policy",
                                "Logical_Switch",
                                "Logical_Router_Static_Route",
                                "Load_Balancer",
                                "Address_Set",
                                "ACL",
                                "NAT")
                        .allMatch(table -> PACKETS.cluster()
                                .central()
                                .nbctl(
                                        "--bare",
                                        "--columns=_uuid",
                                        "find",
                                        table,
                                        "external_ids:\"ovn-egress.io/feature\"=egress-router")
                                .isBlank()));
        assertThat(PACKETS.cluster().central().nbctl("show")).doesNotContain("egressrouter_");
        PACKETS.lab().sync();
    }

    private static GenericKubernetesResource router() {
        return PACKETS.cluster()
                .api()
                .client()
                .genericKubernetesResources(EgressRouters.CONTEXT)
                .inNamespace("simpson")
                .withName("bank")
                .require();
    }

    private static void apply(Map<String, ?> more, String... sources) {
        PACKETS.cluster().label("worker-0", "worker-1");
        var families = Stream.of(sources).map(Family::of).collect(Collectors.toSet());
        var spec = new HashMap<String, Object>();
        spec.put("addresses", List.of(sources));
        spec.put(
                "virtualIPs",
                Stream.of(VIP, VIP_V6)
                        .filter(ip -> families.contains(Family.of(ip)))
                        .toList());
        spec.put("destinationsText", """
                8080 tcp 203.0.113.80 80
                9000 udp 203.0.113.80
                """);
        spec.putAll(more);
        PACKETS.cluster().create(EgressRouters.of("simpson", "bank", spec));
        await("it serves")
                .untilAsserted(() -> assertThat(EgressIps.conditions(router())).containsEntry("Ready", "True Serving"));
        PACKETS.lab().sync();
    }

    private static Attempt attempt(ClusterPod pod, String address, int port) {
        return PACKETS.lab().attempt(pod, address, port);
    }

    private static void assertRefused(ClusterPod pod, String address, int port) {
        var attempt = attempt(pod, address, port);
        System.out.println("  " + pod.name() + " to " + address + ":" + port + ": " + attempt);
        assertThat(attempt.isRefused())
                .as("%s to %s:%s: %s", pod.name(), address, port, attempt)
                .isTrue();
        assertThat(attempt.took()).isLessThan(Duration.ofMillis(500)); // most of it is curl's
    }

    @Test
    void listedPortsLeaveAsTheSourceAndEverythingElseAsBefore() {
        apply(Map.of(), SOURCE);

        for (var pod : SIMPSONS) {
            assertThat(attempt(pod, VIP, 8080).source()).as(pod.name()).contains(SOURCE);
            assertThat(PACKETS.lab().curl(pod)).as("directly").contains(nodeAddress(pod));
            assertRefused(pod, VIP, 81);
        }
        try (var traffic = PACKETS.lab().trafficTo(LISA, VIP)) {
            traffic.awaitArrived(10, SOURCE);
            traffic.awaitAnswered(10);
        }
        for (var pod : List.of(SELMA, PATTY)) {
            assertRefused(pod, VIP, 8080);
        }
        int before = PACKETS.lab().accessLog().size();
        PACKETS.lab().askFromOutside(VIP, 8080, SOURCE);
        assertThat(PACKETS.lab().accessLog())
                .as("hosts outside are not redirected")
                .hasSize(before);
        assertThat(PACKETS.lab().datagramsFromOutside(HOMER, SOURCE))
                .as("nor do they reach pods")
                .isZero();
    }

    @Test
    void theFallbackTakesAllOtherPorts() {
        apply(Map.of("fallback", OTHER), SOURCE);
        int before = other.accessLog().size();

        assertThat(attempt(HOMER, VIP, 80).source()).contains(SOURCE);
        assertThat(attempt(MARGE, VIP, 8080).source()).contains(SOURCE);
        assertThat(other.accessLog().stream().skip(before))
                .extracting(entry -> entry.text())
                .containsOnly("homer");
        assertRefused(PATTY, VIP, 80);
    }

    @Test
    void aHostNameIsFollowedToWhereItLeads() {
        DNS.answer(Map.of(WWW, FIRST));
        apply(
                Map.of(
                        "destinationsText",
                        "",
                        "destinations",
                        List.of(Map.of("port", 8080, "to", WWW, "targetPort", 80))),
                SOURCE);
        int others = other.accessLog().size();
        assertThat(attempt(HOMER, VIP, 8080).source()).contains(SOURCE);
        assertThat(other.accessLog()).hasSize(others);

        DNS.answer(Map.of(WWW, OTHER));
        await("the changed answer").until(() -> {
            assertThat(attempt(HOMER, VIP, 8080).source()).contains(SOURCE);
            return other.accessLog().size() > others;
        });
        PACKETS.lab().sync();
        int firsts = PACKETS.lab().accessLog().size();
        SIMPSONS.forEach(pod ->
                assertThat(attempt(pod, VIP, 8080).source()).as(pod.name()).contains(SOURCE));
        assertThat(PACKETS.lab().accessLog()).as("where it led before").hasSize(firsts);
    }

    @Test
    void aServiceWithAvisAnnotationLeavesAsAnAddressOfThePool() {
        var cluster = PACKETS.cluster();
        cluster.label("worker-0");
        var pool = cluster.create(
                EgressIps.pool("firewall", Map.of("ranges", List.of(SOURCE), "routerNamespaceSelector", Map.of())));
        var service = cluster.create(new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("simpson")
                .withName("bank")
                .addToAnnotations("egress_pod", "{\"destination_ip\": \"" + FIRST + "\"}")
                .endMetadata()
                .withNewSpec()
                .addNewPort()
                .withPort(80)
                .withProtocol("TCP")
                .endPort()
                .endSpec()
                .build());
        try {
            await("it serves")
                    .ignoreExceptions()
                    .untilAsserted(
                            () -> assertThat(EgressIps.conditions(router())).containsEntry("Ready", "True Serving"));
            PACKETS.lab().sync();
            var vip = EgressRouters.virtualIp(router());

            for (var pod : SIMPSONS) {
                assertThat(attempt(pod, vip, 80).source()).as(pod.name()).contains(SOURCE);
                assertThat(PACKETS.lab().curl(pod)).as("directly").contains(nodeAddress(pod));
            }
            assertRefused(HOMER, vip, 81);
            assertRefused(PATTY, vip, 80);
        } finally {
            cluster.api().client().resource(service).delete();
            await("its router goes with it")
                    .until(() -> cluster.api()
                            .client()
                            .genericKubernetesResources(EgressRouters.CONTEXT)
                            .inNamespace("simpson")
                            .list()
                            .getItems()
                            .isEmpty());
            cluster.api().client().resource(pool).delete();
        }
    }

    @Test
    void aServiceLeadsThereAndKeepsOthersOut() {
        apply(Map.of("clients", Map.of("podSelector", Map.of("matchLabels", Map.of("app", "lisa")))), SOURCE);
        var central = PACKETS.cluster().central();
        // as ovnkube writes it for a Service whose EndpointSlice has the router's address on the join switch
        central.nbctl("lb-add", "bank", SERVICE + ":80", "100.64.255.254:8080");
        try {
            PACKETS.cluster().topology().nodes().forEach(node -> central.nbctl("ls-lb-add", node.name(), "bank"));
            PACKETS.lab().sync();

            assertThat(attempt(LISA, SERVICE, 80).source()).contains(SOURCE);
            assertRefused(HOMER, SERVICE, 80);
            assertRefused(PATTY, SERVICE, 80);
            assertRefused(HOMER, VIP, 8080);
        } finally {
            central.nbctl("lb-del", "bank");
        }
    }

    @Test
    void twoSourcesAreDealtToAndARouterMovesWithoutAWrongSource() {
        apply(Map.of("highAvailability", true), SOURCE, SECOND_SOURCE);
        var seen = new HashMap<String, Integer>();
        for (int i = 0; i < 24; i++) {
            attempt(SIMPSONS.get(i % 3), VIP, 8080).source().ifPresent(source -> seen.merge(source, 1, Integer::sum));
        }
        System.out.println("  " + seen);
        assertThat(seen).containsOnlyKeys(SOURCE, SECOND_SOURCE);
        assertThat(seen.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(24);

        try (var traffic = PACKETS.lab().trafficTo(LISA, VIP)) {
            traffic.awaitAnswered(25);
            PACKETS.cluster().label("worker-2");
            PACKETS.cluster().unlabel(PacketCluster.node(0));
            await("no router is on worker-0 any more")
                    .until(() -> !EgressIps.status(router()).toString().contains("worker-0"));
            traffic.awaitAnswered(100);
            var timeline = traffic.stop();
            System.out.println("  a planned move: " + timeline.summary());
            assertThat(timeline.sources().keySet()).isSubsetOf(SOURCE, SECOND_SOURCE);
        }
    }

    private static final Map<String, String> TO_V6 = Map.of("destinationsText", """
            8080 tcp 2001:db8::80 80
            9000 udp 2001:db8::80
            """);

    private static Optional<String> directly(ClusterPod pod) {
        return PACKETS.lab().curl(pod, PACKETS.lab().outside(), Family.V6);
    }

    @Test
    void overIpv6ListedPortsLeaveAsTheSourceAndEverythingElseAsBefore() {
        apply(TO_V6, SOURCE_V6);

        for (var pod : SIMPSONS) {
            assertThat(attempt(pod, VIP_V6, 8080).source()).as(pod.name()).contains(SOURCE_V6);
            assertThat(directly(pod)).as("directly").contains(pod.node().address(Family.V6));
            assertThat(PACKETS.lab().curl(pod)).as("over IPv4").contains(nodeAddress(pod));
            assertRefused(pod, VIP_V6, 81);
        }
        try (var traffic = PACKETS.lab().trafficTo(LISA, VIP_V6)) {
            traffic.awaitArrived(10, SOURCE_V6);
            traffic.awaitAnswered(10);
        }
        for (var pod : List.of(SELMA, PATTY)) {
            assertRefused(pod, VIP_V6, 8080);
        }
        int before = PACKETS.lab().accessLog().size();
        PACKETS.lab().askFromOutside(VIP_V6, 8080, SOURCE_V6);
        assertThat(PACKETS.lab().accessLog())
                .as("hosts outside are not redirected")
                .hasSize(before);
        assertThat(PACKETS.lab().datagramsFromOutside(HOMER, SOURCE_V6))
                .as("nor do they reach pods")
                .isZero();
    }

    @Test
    void bothFamiliesLeaveByOneRouter() {
        apply(Map.of("destinationsText", "8080 tcp 203.0.113.80 80\n8086 tcp 2001:db8::80 80\n"), SOURCE, BESIDE_V4);
        assertThat(PACKETS.cluster().central().nbctl("lr-list").lines().filter(line -> line.contains("egressrouter_")))
                .hasSize(1);

        for (var pod : SIMPSONS) {
            assertThat(attempt(pod, VIP, 8080).source()).as(pod.name()).contains(SOURCE);
            assertThat(attempt(pod, VIP_V6, 8086).source()).as(pod.name()).contains(BESIDE_V4);
            assertThat(directly(pod)).as("directly").contains(pod.node().address(Family.V6));
            assertRefused(pod, VIP, 8086);
            assertRefused(pod, VIP_V6, 8080);
            assertRefused(pod, VIP_V6, 81);
        }
        for (var pod : List.of(SELMA, PATTY)) {
            assertRefused(pod, VIP, 8080);
            assertRefused(pod, VIP_V6, 8086);
        }
    }

    @Test
    void overIpv6TheFallbackTakesAllOtherPorts() {
        apply(Map.of("destinationsText", "8080 tcp 2001:db8::80 80\n", "fallback", OTHER_V6), SOURCE_V6);
        int before = other.accessLog().size();

        assertThat(attempt(HOMER, VIP_V6, 80).source()).contains(SOURCE_V6);
        assertThat(attempt(MARGE, VIP_V6, 8080).source()).contains(SOURCE_V6);
        assertThat(other.accessLog().stream().skip(before))
                .extracting(entry -> entry.text())
                .containsOnly("homer");
        assertRefused(PATTY, VIP_V6, 80);
    }

    @Test
    void overIpv6TwoSourcesAreDealtTo() {
        apply(
                Map.of("destinationsText", TO_V6.get("destinationsText"), "highAvailability", true),
                SOURCE_V6,
                SECOND_SOURCE_V6);
        var seen = new HashMap<String, Integer>();
        for (int i = 0; i < 24; i++) {
            attempt(SIMPSONS.get(i % 3), VIP_V6, 8080)
                    .source()
                    .ifPresent(source -> seen.merge(source, 1, Integer::sum));
        }
        System.out.println("  " + seen);
        assertThat(seen).containsOnlyKeys(SOURCE_V6, SECOND_SOURCE_V6);
        assertThat(seen.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(24);
    }

    @Test
    void overIpv6ARouterMovesWithoutAWrongSource() {
        apply(TO_V6, SOURCE_V6);
        try (var traffic = PACKETS.lab().trafficTo(LISA, VIP_V6)) {
            traffic.awaitAnswered(25);
            var before = EgressIps.status(router()).toString();
            PACKETS.cluster().unlabel(PacketCluster.node(before.contains("worker-0") ? 0 : 1));
            await("it is on the other node")
                    .until(() -> !EgressIps.status(router())
                            .toString()
                            .contains(before.contains("worker-0") ? "worker-0" : "worker-1"));
            traffic.awaitAnswered(100);
            var timeline = traffic.stop();
            System.out.println("  a planned move over IPv6: " + timeline.summary());
            assertThat(timeline.sources().keySet()).containsOnly(SOURCE_V6);
        }
    }

    private static void respec(String... sources) {
        var object = router();
        object.setAdditionalProperty(
                "spec",
                Map.of(
                        "addresses",
                        List.of(sources),
                        "destinationsText",
                        "8080 tcp 203.0.113.80 80\n9000 udp 203.0.113.80\n"
                                + (sources.length > 1
                                        ? "8086 tcp 2001:db8::80 80\n9006 udp 2001:db8::80 9000\n"
                                        : "")));
        PACKETS.cluster().api().client().resource(object).update();
    }

    private static void awaitServing(String... sources) {
        await("it serves as " + List.of(sources)).untilAsserted(() -> {
            assertThat(EgressIps.conditions(router())).containsEntry("Ready", "True Serving");
            assertThat(String.valueOf(EgressIps.status(router()).get("sources")))
                    .contains(sources);
        });
        PACKETS.lab().sync();
    }

    @Test
    void aFamilyComesWhileTheOtherOneIsUsedAndAnotherSourceOfItIsUsedAlone() {
        apply(Map.of(), SOURCE);
        try (var traffic = PACKETS.lab().trafficTo(LISA, VIP)) {
            traffic.awaitAnswered(25);
            respec(SOURCE, ADDED_V6);
            awaitServing(SOURCE, ADDED_V6);
            traffic.awaitAnswered(25);
            var timeline = traffic.stop();
            System.out.println("  while a family is added: " + timeline.summary());
            assertThat(timeline.sources().keySet()).containsOnly(SOURCE);
        }
        assertThat(attempt(HOMER, VIP, 8080).source()).contains(SOURCE);
        var vip = virtualIps(router()).get(1);
        assertThat(attempt(HOMER, vip, 8086).source()).contains(ADDED_V6);

        respec(SOURCE, CHANGED_V6);
        awaitServing(SOURCE, CHANGED_V6);
        for (var pod : SIMPSONS) {
            assertThat(attempt(pod, vip, 8086).source()).as(pod.name()).contains(CHANGED_V6);
            assertThat(attempt(pod, VIP, 8080).source()).as(pod.name()).contains(SOURCE);
        }
    }

    private static List<String> virtualIps(GenericKubernetesResource object) {
        return ((List<?>) EgressIps.status(object).get("virtualIPs"))
                .stream().map(String::valueOf).toList();
    }
}
