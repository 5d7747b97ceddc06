package io.ovnegress.controller.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ovnegress.controller.kube.EgressProxy;
import io.ovnegress.controller.kube.RandomSpecs;
import io.ovnegress.controller.kube.Schema;
import io.ovnegress.controller.proxy.ProxyRules.Destination;
import io.ovnegress.controller.proxy.ProxyRules.Reading;
import io.ovnegress.controller.proxy.ProxyRules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a proxy's lines and fields hold, they are obeyed as they are written or refused, each with its place. */
class ProxyPropertiesTest {
    private static final Pattern PROBLEM = Pattern.compile("line (\\d+) \".*\": .+|no destination.*");

    private final Schema schema = Schema.deployed();

    @Provide
    Arbitrary<String> texts() {
        var words = Arbitraries.oneOf(
                Arbitraries.of(
                        "10.0.0.7",
                        "10.1.2.3/8",
                        "::1",
                        "2001:DB8::/32",
                        "::ffff:10.0.0.7",
                        "www.example.com",
                        "WWW.Example.COM",
                        "*.example.com",
                        "*",
                        "!",
                        "#",
                        " ",
                        "\t",
                        "\r",
                        "\u2028",
                        "\u0085",
                        "١.٢.٣.٤",
                        "K.com",
                        "300.0.0.1",
                        "10.0.0.0/33",
                        "http_access allow all"),
                Arbitraries.strings().ofMaxLength(5),
                Arbitraries.strings().withChars("ab.-*!/:0129").ofMaxLength(9));
        var line = words.list().ofMaxSize(3).map(parts -> String.join("", parts));
        return line.list().ofMaxSize(6).map(lines -> String.join("\n", lines));
    }

    @Property(tries = 5000)
    void everyLineIsObeyedOrRefused(@ForAll("texts") String text) {
        var lines = text.lines().map(String::strip).toList();
        var said = lines.stream()
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();

        switch (ProxyRules.read(text)) {
            case Reading.Refused(var problems) ->
                assertThat(problems).isNotEmpty().allSatisfy(problem -> {
                    var found = PROBLEM.matcher(problem);
                    assertThat(found.matches()).as(problem).isTrue();
                    if (found.group(1) != null) {
                        assertThat(lines.get(Integer.parseInt(found.group(1)) - 1))
                                .isIn(said);
                    }
                });
            case Reading.Read(var rules) -> {
                boolean hasRest = said.getLast().matches("!?\\s*\\*");
                assertThat(rules.rules()).hasSize(said.size() - (hasRest ? 1 : 0));
                for (int i = 0; i < rules.rules().size(); i++) {
                    assertThat(rules.rules().get(i).allows())
                            .isEqualTo(!said.get(i).startsWith("!"));
                }
                assertThat(rules.allowsTheRest())
                        .isEqualTo(hasRest && !said.getLast().startsWith("!"));
                assertThat(ProxyRules.read(written(rules))).isEqualTo(new Reading.Read(rules));
            }
        }
    }

    private static String written(ProxyRules rules) {
        var lines = new ArrayList<String>();
        for (Rule rule : rules.rules()) {
            lines.add((rule.allows() ? "" : "!")
                    + switch (rule.destination()) {
                        case Destination.Network(var network) -> network.text();
                        case Destination.Host(var name) -> name;
                        case Destination.Domain(var name) -> "*." + name;
                    });
        }
        lines.add(rules.allowsTheRest() ? "*" : "!*");
        return String.join("\n", lines);
    }

    @Provide
    Arbitrary<JsonNode> specs() {
        return RandomSpecs.of("EgressProxy");
    }

    @Property(tries = 3000)
    void fieldsAreReadOrRefusedByTheirNames(@ForAll("specs") JsonNode spec) {
        var object = JsonNodeFactory.instance.objectNode();
        object.set("spec", spec);

        var read = ProxySpec.of(Serialization.unmarshal(object.toString(), EgressProxy.class));

        assertThat(read.problems()).allSatisfy(problem -> assertThat(problem).startsWith("spec"));
        if (read.problems().isEmpty()) {
            assertThat(schema.wrongTypes("EgressProxy", spec)).as("%s", spec).isEmpty();
            assertThat(read.addresses()).hasSameSizeAs(spec.path("addresses"));
        }
    }

    /** Squid reads its configuration by lines and words: whatever was written, these are ours. */
    @Property(tries = 3000)
    void whatSquidIsToldIsOneLineForEachRule(@ForAll("texts") String text) {
        if (ProxyRules.read(text) instanceof Reading.Read(var rules)) {
            List<String> lines = SquidConfig.of(rules)
                    .lines()
                    .filter(line -> line.startsWith("acl ") || line.startsWith("http_access "))
                    .toList();

            assertThat(lines).hasSize(2 * rules.rules().size() + 1);
            assertThat(SquidConfig.of(rules).chars()).allMatch(c -> c == '\n' || (c >= ' ' && c < 127));
        }
    }
}
