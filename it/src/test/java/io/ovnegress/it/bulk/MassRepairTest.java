package io.ovnegress.it.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.reconciler.input.InputChange;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What the log says when a thousand pods are concerned at once: few enough lines to be read. */
@Timeout(3600)
class MassRepairTest {
    private static final int PODS = 1_000;

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-mass-repair");
    private final Logger logger = (Logger) LoggerFactory.getLogger("io.ovnegress.controller");
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
    private Level levelBefore;

    @BeforeEach
    void listen() {
        levelBefore = logger.getLevel();
        logger.setLevel(Level.INFO);
        appender.start();
        logger.addAppender(appender);
    }

    @AfterEach
    void removeDirectory() {
        logger.detachAppender(appender);
        logger.setLevel(levelBefore);
        directory.close();
    }

    private List<String> lines(String sentence) {
        return List.copyOf(appender.list).stream()
                .filter(event -> event.getFormattedMessage().equals(sentence))
                .map(event -> event.getKeyValuePairs().stream()
                        .map(pair -> pair.key + "=" + pair.value)
                        .collect(Collectors.joining(" ")))
                .toList();
    }

    @Test
    void aThousandPodsAreRepairedAndMovedInAHandfulOfLines() {
        try (var server = OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", Northbound.SCHEMA)
                .start()) {
            Northbound.prepare(server);
            try (var load = new BulkLoad(server.address(), 500, BulkLoad.pods(PODS))) {
                load.awaitSettled();
                Northbound.transact(server, """
                        ["OVN_Northbound", {"op": "mutate", "table": "Logical_Router",
                          "where": [["name", "==", "ovn_cluster_router"]],
                          "mutations": [["policies", "delete", ["set", [%s]]]]}]
                        """.formatted(IntStream.range(0, PODS)
                        .mapToObj(pod -> "[\"uuid\", \"" + Inputs.rerouteRow(Inputs.podIp(pod)) + "\"]")
                        .collect(Collectors.joining(", "))));
                Await.await("the damage is repaired")
                        .until(() -> Northbound.servedPods(server).size() == PODS);
                load.awaitSettled();
                Inputs.nodesReady(2).forEach(node -> load.post(new InputChange.Put(node)));
                Await.await("the node is lost")
                        .until(() -> !lines("egress node not available").isEmpty());
                load.awaitSettled();
            }
        }
        assertThat(lines("another writer's change repaired"))
                .hasSizeBetween(4, 8) // if the machine is so slow that it takes longer than ten seconds
                .first()
                .asString()
                .contains("pod=ns", "damage=policy 100 'ip4.src == 10.", "on ovn_cluster_router was missing");
        assertThat(lines("another writer's change repaired"))
                .last()
                .asString()
                .startsWith("more=")
                .contains("damage=Missing");
        assertThat(lines("egress IP assigned")).hasSizeBetween(9, 18);
        assertThat(lines("egress node not available"))
                .containsExactly("node=node1 why=NotReady egressIps=" + BulkLoad.NAMESPACES / 2);
        assertThat(lines("egress IP moved"))
                .hasSizeBetween(9, 10)
                .first()
                .asString()
                .contains("from=node1 to=node2 why=NotReady pods=50");
    }
}
