package io.ovnegress.it.harness.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.it.harness.process.WorkDirectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The replay against what a real server holds after the same transactions. */
class TransactionLogTest {

    @Test
    void replayFollowsInsertsMutationsOfSetsAndMapsAndDeletes() {
        try (var directory = WorkDirectory.create("ovn-egress");
                var server = OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", Programs.schema("ovn-nb"))
                        .start()) {
            nbctl(server, "init");
            nbctl(server, "lr-add", "r");
            nbctl(server, "lr-policy-add", "r", "100", "ip4.src == 1.2.3.4", "reroute", "10.0.0.1,10.0.0.2");
            var policy = nbctl(server, "--bare", "--columns=_uuid", "list", "Logical_Router_Policy")
                    .strip();
            nbctl(server, "set", "Logical_Router_Policy", policy, "external_ids:a=1", "external_ids:b=2");
            nbctl(server, "remove", "Logical_Router_Policy", policy, "nexthops", "\"10.0.0.1\"");
            nbctl(server, "set", "Logical_Router_Policy", policy, "external_ids:a=3", "priority=101");
            nbctl(server, "remove", "Logical_Router_Policy", policy, "external_ids", "b");

            var seen = new ArrayList<List<String>>();
            TransactionLog.read(server.file())
                    .replay((index, transaction, state) -> state.rows("Logical_Router_Policy")
                            .forEach(row -> seen.add(List.of(
                                    Long.toString(row.number("priority")),
                                    row.texts("nexthops").toString(),
                                    row.columns()
                                            .getOrDefault("external_ids", List.of())
                                            .toString()))));

            assertThat(seen)
                    .containsExactly(
                            List.of("100", "[10.0.0.1, 10.0.0.2]", "[]"),
                            List.of("100", "[10.0.0.1, 10.0.0.2]", "[[\"a\",\"1\"], [\"b\",\"2\"]]"),
                            List.of("100", "[10.0.0.2]", "[[\"a\",\"1\"], [\"b\",\"2\"]]"),
                            List.of("101", "[10.0.0.2]", "[[\"a\",\"3\"], [\"b\",\"2\"]]"),
                            List.of("101", "[10.0.0.2]", "[[\"a\",\"3\"]]"));

            nbctl(server, "lr-policy-del", "r");
            var end = TransactionLog.read(server.file()).replay((index, transaction, state) -> {});
            assertThat(end.rows("Logical_Router_Policy")).isEmpty();
            assertThat(end.rows("Logical_Router"))
                    .singleElement()
                    .satisfies(
                            router -> assertThat(router.references("policies")).isEmpty());
        }
    }

    @Test
    void aLogThatIsReadOnIsTheOneThatIsReadAnew() {
        try (var directory = WorkDirectory.create("ovn-egress");
                var server = OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", Programs.schema("ovn-nb"))
                        .start()) {
            nbctl(server, "init");
            var first = TransactionLog.read(server.content());
            nbctl(server, "lr-add", "one");
            var second = first.readOn(server.content());
            nbctl(server, "lr-add", "two");
            var content = server.content();

            assertThat(second.readOn(content)).isEqualTo(TransactionLog.read(content));
            assertThat(second.size()).isEqualTo(first.size() + 1);
            var halfWritten = Arrays.copyOf(content, content.length - 1);
            assertThat(second.readOn(halfWritten)).isEqualTo(second);
            assertThat(second.readOn(halfWritten).readOn(content)).isEqualTo(TransactionLog.read(content));
        }
    }

    private static String nbctl(OvsdbServer server, String... arguments) {
        var line = new ArrayList<>(List.of(Programs.find("ovn-nbctl"), "--db=" + server.address()));
        line.addAll(List.of(arguments));
        return Command.of(line.toArray(String[]::new)).output();
    }
}
