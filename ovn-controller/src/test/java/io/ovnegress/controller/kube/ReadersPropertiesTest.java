package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput;
import io.ovnegress.reconciler.feature.firewall.AdminPolicyInput.Action;
import io.ovnegress.reconciler.feature.firewall.FirewallInput;
import io.ovnegress.reconciler.feature.firewall.FirewallRule;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Destination;
import io.ovnegress.reconciler.feature.firewall.FirewallRule.Port;
import io.ovnegress.reconciler.feature.pool.PoolInput;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;

/**
 * Whatever a spec holds, reading it gives a value, or says which field is wrong: nothing that is malformed is left out in silence. What
 * is accepted, written once more from the value alone, is the same value.
 */
class ReadersPropertiesTest {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final int TRIES = 3000;

    private final Schema schema = Schema.deployed();

    private static <T> T object(Class<T> kind, JsonNode spec) {
        var object = JSON.objectNode();
        object.putObject("metadata").put("name", "default").put("namespace", "simpson");
        object.set("spec", spec);
        return Serialization.unmarshal(object.toString(), kind);
    }

    private void judge(String kind, JsonNode spec, List<String> errors) {
        assertThat(errors).allSatisfy(error -> assertThat(error).startsWith("spec"));
        Statistics.label("accepted")
                .collect(errors.isEmpty())
                .coverage(checker -> checker.check(true).percentage(share -> share > 1));
        if (errors.isEmpty()) {
            assertThat(schema.wrongTypes(kind, spec)).as("accepted: %s", spec).isEmpty();
        }
    }

    @Provide
    Arbitrary<JsonNode> pools() {
        return RandomSpecs.of("EgressIPPool");
    }

    @Property(tries = TRIES)
    void poolsAreReadOrRefusedByTheirFields(@ForAll("pools") JsonNode spec) {
        var pool = PoolReader.read(object(EgressIpPool.class, spec));

        judge("EgressIPPool", spec, pool.errors());
        if (pool.errors().isEmpty()) {
            assertThat(pool.ranges()).hasSameSizeAs(spec.path("ranges"));
            assertThat(pool.exclusions()).hasSameSizeAs(spec.path("exclusions"));
            assertThat(pool.annotations()).hasSameSizeAs(spec.path("annotations"));
            assertThat(PoolReader.read(object(EgressIpPool.class, written(pool))))
                    .isEqualTo(pool);
        }
    }

    private static ObjectNode written(PoolInput pool) {
        var spec = JSON.objectNode();
        pool.ranges().forEach(range -> spec.withArray("ranges").add(range.toString()));
        pool.exclusions().forEach(range -> spec.withArray("exclusions").add(range.toString()));
        pool.namespaces().ifPresent(selector -> spec.set("namespaceSelector", written(selector)));
        pool.routers().ifPresent(selector -> spec.set("routerNamespaceSelector", written(selector)));
        spec.put("addressesPerNamespace", pool.each()).put("maxAddressesPerNamespace", pool.most());
        var grace = pool.grace();
        // Parts have five digits at most.
        long hours = Math.min(grace.toHours(), 99_999);
        long minutes = Math.min(grace.minusHours(hours).toMinutes(), 99_999);
        long seconds = grace.minusHours(hours).minusMinutes(minutes).toSeconds();
        spec.put("gracePeriod", hours + "h" + minutes + "m" + seconds + "s");
        pool.annotations().forEach(spec.putObject("annotations")::put);
        return spec;
    }

    private static ObjectNode written(LabelSelector selector) {
        var written = JSON.objectNode();
        for (var requirement : selector.requirements()) {
            var one = written.withArray("matchExpressions").addObject().put("key", requirement.key());
            one.put(
                    "operator",
                    switch (requirement.operator()) {
                        case IN -> "In";
                        case NOT_IN -> "NotIn";
                        case EXISTS -> "Exists";
                        case DOES_NOT_EXIST -> "DoesNotExist";
                    });
            requirement.values().forEach(one.putArray("values")::add);
        }
        return written;
    }

    @Provide
    Arbitrary<JsonNode> adminPolicies() {
        return RandomSpecs.of("EgressAdminPolicy");
    }

    @Property(tries = TRIES)
    void adminPoliciesAreReadOrRefusedByTheirFields(@ForAll("adminPolicies") JsonNode spec) {
        var policy = AdminPolicyReader.read(object(EgressAdminPolicy.class, spec));

        judge("EgressAdminPolicy", spec, policy.errors());
        if (policy.errors().isEmpty()) {
            assertThat(policy.rules()).hasSameSizeAs(spec.path("rules"));
            assertThat(policy.bandwidth().isPresent()).isEqualTo(spec.hasNonNull("bandwidth"));
            assertThat(AdminPolicyReader.read(object(EgressAdminPolicy.class, written(policy))))
                    .isEqualTo(policy);
        }
    }

    private static ObjectNode written(AdminPolicyInput policy) {
        var spec = JSON.objectNode();
        spec.set("namespaceSelector", written(policy.namespaces()));
        for (var rule : policy.rules()) {
            var one = spec.withArray("rules").addObject();
            one.put("action", rule.action() == Action.DROP ? "Drop" : "Log");
            rule.to().ifPresent(network -> one.putObject("to").put("cidrSelector", network.text()));
            rule.ports().forEach(port -> one.withArray("ports").add(written(port)));
            if (rule.logs()) {
                one.putObject("log").put("severity", rule.severity());
            }
        }
        policy.bandwidth().ifPresent(bandwidth -> {
            var one = spec.putObject("bandwidth").put("rateKbps", bandwidth.rate());
            bandwidth.burst().ifPresent(burst -> one.put("burstKb", burst));
        });
        return spec;
    }

    private static ObjectNode written(Port port) {
        var one = JSON.objectNode().put("protocol", port.protocol().name().toUpperCase(Locale.ROOT));
        port.port().ifPresent(number -> one.put("port", number));
        return one;
    }

    @Provide
    Arbitrary<JsonNode> firewalls() {
        return RandomSpecs.of("EgressFirewall");
    }

    @Property(tries = TRIES)
    void rulesOfFirewallsAreReadOneByOneOrSayWhyNot(@ForAll("firewalls") JsonNode spec) {
        var rules = FirewallReader.read(FirewallInput.EGRESS_FIREWALL, object(EgressFirewall.class, spec))
                .rules();

        var egress = spec.path("egress");
        boolean isList = egress.isArray();
        assertThat(rules).hasSize(isList ? egress.size() : egress.isMissingNode() || egress.isNull() ? 0 : 1);
        for (int i = 0; i < rules.size(); i++) {
            var rule = rules.get(i);
            if (rule.to() instanceof Destination.Unknown(var why)) {
                assertThat(why).isNotBlank();
                continue;
            }
            assertThat(rule.allows())
                    .as("%s", egress.get(i))
                    .isEqualTo(egress.get(i).path("type").asText().equals("Allow"));
            var alone = JSON.objectNode();
            alone.putArray("egress").add(egress.get(i));
            assertThat(schema.wrongTypes("EgressFirewall", alone))
                    .as("accepted: %s", egress.get(i))
                    .isEmpty();
            alone.putArray("egress").add(written(rule));
            assertThat(FirewallReader.read(FirewallInput.EGRESS_FIREWALL, object(EgressFirewall.class, alone))
                            .rules())
                    .containsExactly(rule);
        }
    }

    private static ObjectNode written(FirewallRule rule) {
        var one = JSON.objectNode().put("type", rule.allows() ? "Allow" : "Deny");
        var to = one.putObject("to");
        switch (rule.to()) {
            case Destination.Network(IpNetwork network) -> to.put("cidrSelector", network.text());
            case Destination.Name(var name) -> to.put("dnsName", name);
            case Destination.Nodes(var selector) -> to.set("nodeSelector", written(selector));
            case Destination.Unknown unknown -> throw new AssertionError(unknown);
        }
        rule.ports().forEach(port -> one.withArray("ports").add(written(port)));
        return one;
    }

    @Provide
    Arbitrary<JsonNode> routers() {
        return RandomSpecs.of("EgressRouter");
    }

    @Property(tries = TRIES)
    void routersAreReadOrRefusedByTheirFields(@ForAll("routers") JsonNode spec) {
        judge(
                "EgressRouter",
                spec,
                EgressRouterReader.read(object(EgressRouter.class, spec)).errors());
    }
}
