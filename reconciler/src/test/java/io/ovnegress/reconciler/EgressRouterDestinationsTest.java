package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.ip;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.reconciler.feature.egressrouter.ConfigMapText;
import io.ovnegress.reconciler.feature.egressrouter.Destination;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Protocol;
import io.ovnegress.reconciler.feature.egressrouter.Destination.Target;
import io.ovnegress.reconciler.feature.egressrouter.Destinations;
import io.ovnegress.reconciler.feature.egressrouter.DialResult;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterConditionType;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.input.ResolvedName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Where EgressRouters lead to: listed, from ConfigMaps, by names whose answers change, and whether it answers. */
class EgressRouterDestinationsTest extends EgressRouterFixture {
    @Test
    void theFallbackTakesAllOtherPorts() {
        start(Bank.simple()
                .to(new Destinations(LISTED.listed(), Optional.of(new Target.Address(ip("203.0.113.99")))))
                .input());

        assertThat(vips("rest")).isEqualTo(Map.of(VIP, "203.0.113.99", "100.64.255.254", "203.0.113.99"));
    }

    @Test
    void aConfigMapThatChangesActsAtOnceAndAWrongOneNotAtAll() {
        start(Bank.simple().from("routes", "destination").input());
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Pending);
        assertThat(cluster.reconciler.followed().configMaps()).containsExactly("simpson/routes");
        assertThat(ours(LogicalRouter.TABLE)).isEmpty();

        cluster.put(map("80 tcp 203.0.113.25"));
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.Serving);
        assertThat(vips("tcp")).containsEntry(VIP + ":80", "203.0.113.25:80");

        cluster.transactions.clear();
        cluster.put(map("80 tcp 203.0.113.26 8080\n203.0.113.27"));
        assertThat(vips("tcp")).containsEntry(VIP + ":80", "203.0.113.26:8080");
        assertThat(vips("rest")).containsEntry(VIP, "203.0.113.27");
        assertThat(cluster.transactions.stream()
                        .filter(operations -> operations.toString().contains("Load_Balancer")))
                .as("one transaction")
                .hasSize(1);

        cluster.put(map("80 tcp 203.0.113.99\n80 udp 203.0.113.26"));
        assertThat(vips("tcp")).as("what was valid stays").containsEntry(VIP + ":80", "203.0.113.26:8080");
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.InvalidDestinations);
        assertThat(message("bank"))
                .contains("ConfigMap simpson/routes, key destination, line 2: port 80 is already used in line 1");

        cluster.put(new ConfigMapText("simpson/routes", Optional.empty()));
        assertThat(reason("bank")).isEqualTo(EgressRouterReason.NoConfigMap);
        assertThat(vips("tcp")).containsEntry(VIP + ":80", "203.0.113.26:8080");
    }

    private static ConfigMapText map(String text) {
        return new ConfigMapText("simpson/routes", Optional.of(Map.of("destination", text)));
    }

    @Test
    void namesAreFollowedAndChangeInOneTransaction() {
        var name = new Target.Name("db.example.com");
        start(Bank.simple()
                .to(new Destinations(
                        List.of(new Destination(5432, Protocol.tcp, name, 5432), tcp(80, "203.0.113.25", 80)),
                        Optional.empty()))
                .input());
        assertThat(cluster.reconciler.names().names()).containsExactly("db.example.com");
        assertThat(ours(LogicalRouter.TABLE)).as("not before the name is known").isEmpty();

        cluster.put(new ResolvedName(
                "db.example.com", Set.of(ip("203.0.113.7"), ip("203.0.113.8"), ip("10.128.0.5")), Optional.empty()));
        assertThat(vips("tcp"))
                .as("not to a pod, whoever answers")
                .containsEntry(VIP + ":5432", "203.0.113.7:5432,203.0.113.8:5432");
        assertThat(condition(EgressRouterConditionType.NamesResolved)).isEqualTo(EgressRouterReason.NamesResolved);

        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.empty()));
        assertThat(vips("tcp")).containsEntry(VIP + ":5432", "203.0.113.9:5432");

        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.of("SERVFAIL")));
        assertThat(vips("tcp")).as("the last answer stays").containsEntry(VIP + ":5432", "203.0.113.9:5432");
        assertThat(condition(EgressRouterConditionType.NamesResolved)).isEqualTo(EgressRouterReason.NamesUnresolved);
    }

    @Test
    void anAnswerThatIsNotRenewedCountsForADay() {
        var name = new Target.Name("db.example.com");
        start(Bank.simple()
                .to(new Destinations(List.of(new Destination(5432, Protocol.tcp, name, 5432)), Optional.empty()))
                .input());
        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.empty()));
        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.of("SERVFAIL")));

        cluster.after(Duration.ofHours(23));
        assertThat(vips("tcp")).containsEntry(VIP + ":5432", "203.0.113.9:5432");
        assertThat(cluster.reconciler.nextDeadline()).isPresent();

        cluster.after(Duration.ofHours(1));
        assertThat(vips("tcp")).as("refused").containsEntry(VIP + ":5432", "");

        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.9")), Optional.empty()));
        assertThat(vips("tcp")).containsEntry(VIP + ":5432", "203.0.113.9:5432");
    }

    @Test
    void destinationsAreTriedWhereThatIsAskedFor() {
        start(
                Bank.simple().named("dialled").input(),
                Bank.simple().named("shop").as(SECOND).input());
        assertThat(cluster.reconciler.dials().endpoints())
                .containsExactlyInAnyOrder("203.0.113.25:80", "203.0.113.26:443");
        assertThat(reachable("dialled")).contains(EgressRouterReason.Pending);
        assertThat(reachable("shop")).isEmpty();

        cluster.put(
                new DialResult("203.0.113.25:80", Optional.empty()),
                new DialResult("203.0.113.26:443", Optional.of("Connection refused")));
        assertThat(reachable("dialled")).contains(EgressRouterReason.DestinationsUnreachable);
        assertThat(status("dialled").conditions())
                .anySatisfy(condition -> assertThat(condition.message())
                        .contains("203.0.113.26:443: Connection refused")
                        .doesNotContain("203.0.113.25"));
        assertThat(reason("dialled")).as("it serves all the same").isEqualTo(EgressRouterReason.Serving);

        cluster.put(new DialResult("203.0.113.26:443", Optional.empty()));
        assertThat(reachable("dialled")).contains(EgressRouterReason.DestinationsReachable);
    }

    private Optional<EgressRouterReason> reachable(String name) {
        return status(name).conditions().stream()
                .filter(condition -> condition.type() == EgressRouterConditionType.DestinationsReachable)
                .map(condition -> (EgressRouterReason) condition.reason())
                .findFirst();
    }

    @Test
    void destinationsInTheClusterAreRefused() {
        start(Bank.simple()
                .to(new Destinations(List.of(tcp(80, "10.128.0.6", 80)), Optional.empty()))
                .input());

        assertThat(reason("bank")).isEqualTo(EgressRouterReason.InvalidDestinations);
        assertThat(message("bank")).contains("10.128.0.6 belongs to the cluster itself");

        for (var nobody : List.of("127.0.0.1", "169.254.169.254", "198.18.0.2", "224.0.0.1")) {
            cluster.put(Bank.simple()
                    .to(new Destinations(List.of(tcp(80, nobody, 80)), Optional.empty()))
                    .input());
            assertThat(message("bank")).contains(nobody + " belongs to the cluster itself, or is nobody's");
        }
    }

    @Test
    void anAnswerChangesTheRoutersThatUseTheNameAlone() {
        var name = new Target.Name("db.example.com");
        start(
                Bank.simple()
                        .to(new Destinations(
                                List.of(new Destination(5432, Protocol.tcp, name, 5432)), Optional.empty()))
                        .input(),
                Bank.simple().named("other").as(SECOND).createdAt(9).input());
        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.7")), Optional.empty()));
        cluster.put(new ResolvedName("nobodys.example.com", Set.of(ip("203.0.113.9")), Optional.empty()));
        var others = ours(LoadBalancer.TABLE).stream()
                .filter(row -> row.get(LoadBalancer.NAME).contains("_other_"))
                .toList();

        cluster.put(new ResolvedName("db.example.com", Set.of(ip("203.0.113.8")), Optional.empty()));
        assertThat(ours(LoadBalancer.TABLE))
                .containsAll(others)
                .anySatisfy(row -> assertThat(row.get(LoadBalancer.VIPS)).containsValue("203.0.113.8:5432"));
    }
}
