package io.ovnegress.it.demo;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.process.DnsServer;
import java.util.HashMap;
import java.util.Map;

/** A namespace whose firewall lets it go to few places, and that gets an address of a pool by itself. */
final class TenantStory {
    private static final String SHOP = "203.0.113.80";
    private static final String OLD = "203.0.113.81";
    private static final String NEW = "203.0.113.82";
    private static final String WWW = "www.example.com";
    private static final int PORT = 80;
    private static final String FIRST_OF_POOL = "192.168.126.230";
    private static final String SECOND_OF_POOL = "192.168.126.231";
    private static final Map<String, String> MEMBER = Map.of("house", "bouvier", "team", "shop");

    private final Stage stage;
    private final DnsServer dns;
    private final Narrator narrator;
    private final Cast cast;
    private GenericKubernetesResource firewall;
    private GenericKubernetesResource pool;

    TenantStory(Stage stage, DnsServer dns) {
        this.stage = stage;
        this.dns = dns;
        this.narrator = stage.narrator();
        this.cast = stage.cast();
    }

    void applyFirewall() {
        narrator.step(
                "Namespace bouvier gets an EgressFirewall: a shop by its address, a server by its name, nothing else",
                "the first rule that fits decides, and a name is followed when its answer changes");
        stage.lab().listenOutside(OLD);
        stage.lab().listenOutside(NEW);
        dns.answer(Map.of(WWW, OLD));
        firewall = stage.apply("egress-firewall.yaml");
        stage.checkSays(firewall, "Applied", "True RulesApplied");
        stage.checkSays(firewall, "NamesResolved", "True NamesResolved");
        stage.lab().sync();
        for (var pod : cast.bouviers()) {
            var node = Cast.nodeAddress(pod);
            stage.checkReaches(pod, SHOP, PORT, "the shop", node);
            stage.checkReaches(pod, OLD, PORT, WWW, node);
        }
        stage.checkDoesNotReach(cast.patty(), NEW, PORT, "a third server");
        stage.checkReaches(cast.marge(), NEW, PORT, "a third server", Cast.nodeAddress(cast.marge()));

        dns.answer(Map.of(WWW, NEW));
        narrator.say("%s is %s from now on".formatted(WWW, NEW));
        stage.checkReaches(cast.patty(), NEW, PORT, WWW, Cast.nodeAddress(cast.patty()));
        stage.checkDoesNotReach(cast.patty(), OLD, PORT, "the former server");
    }

    void applyPool() {
        narrator.step(
                "An EgressIPPool gives an address to every namespace with label team=shop",
                "bouvier gets one by itself, and keeps it while it is away for less than the grace period");
        pool = stage.apply("pool.yaml");
        joinPool();
        cast.bouviers().forEach(pod -> stage.checkReaches(pod, SHOP, PORT, "the shop", FIRST_OF_POOL));

        stage.cluster().labelNamespace("bouvier", Map.of("house", "bouvier"));
        narrator.say("kubectl label namespace bouvier team-");
        stage.checkReaches(cast.patty(), SHOP, PORT, "the shop", Cast.nodeAddress(cast.patty()));
        checkUsage(Map.of("used", 0, "reserved", 1, "free", 1));
        stage.cluster().namespace("burns", Map.of("team", "shop"));
        narrator.check(
                "another namespace gets another address: " + SECOND_OF_POOL,
                () -> Cast.await("an address of burns", () -> {
                    var made =
                            stage.cluster().egressIps().withName("shops.burns").get();
                    Cast.require(
                            made != null && EgressIps.requested(made).contains(SECOND_OF_POOL), String.valueOf(made));
                }));
        joinPool();
        cast.bouviers().forEach(pod -> stage.checkReaches(pod, SHOP, PORT, "the shop", FIRST_OF_POOL));
        checkUsage(Map.of("used", 2, "reserved", 0, "free", 0));
    }

    private void joinPool() {
        stage.cluster().labelNamespace("bouvier", MEMBER);
        narrator.say("kubectl label namespace bouvier team=shop");
    }

    private void checkUsage(Map<String, Integer> expected) {
        narrator.check(
                "the pool says " + new java.util.TreeMap<>(expected),
                () -> Cast.await("usage of the pool", () -> {
                    var usage = new HashMap<String, Object>();
                    var status = EgressIps.status(stage.current(pool));
                    expected.keySet().forEach(field -> usage.put(field, status.get(field)));
                    Cast.require(usage.equals(expected), usage.toString());
                }));
    }

    void delete() {
        var client = stage.cluster().api().client();
        client.resource(firewall).delete();
        client.resource(pool).delete();
        narrator.say("kubectl delete -n bouvier egressfirewall/default egressippool/shops");
        // In a cluster the garbage collector does this; until it has heard of the pool the controller makes them anew.
        Cast.await("the pool's objects are gone", () -> {
            var made = stage.cluster().egressIps().withLabel("ovn-egress.io/pool", "shops");
            made.delete();
            Cast.require(made.list().getItems().isEmpty(), "there are some");
        });
    }
}
