package io.ovnegress.controller.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.history.HistoryReader;
import io.ovnegress.controller.loop.LoopFixture;
import io.ovnegress.controller.query.Api.Reply;
import io.ovnegress.controller.query.Api.Request;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.machine.Cause;
import io.ovnegress.reconciler.machine.Changed;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The history of one object of any kind that is read. */
class HistoryApiTest {
    private final LoopFixture given = new LoopFixture(Features.of(
            new ReconcilerConfig(List.of(network("10.128.0.0/14")), List.of(network("100.64.0.0/16")), false, 500)
                    .edit()
                    .egressRouterVips(List.of(network("198.18.0.0/24")))
                    .build()));
    private final HistoryApi api = new HistoryApi(
            new HistoryReader(given.history, given.inbox, Optional.empty()), given.features(), given.clock);

    @AfterEach
    void stop() {
        given.loop.close();
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    private Reply ask(String path) {
        return api.answer(Request.of(HistoryApi.PATH, HistoryApi.PATH + path, Optional.empty(), ""));
    }

    private List<String> objects(String path) {
        var reply = ask(path);
        assertThat(reply.code()).as("%s", reply.body()).isEqualTo(200);
        var objects = new ArrayList<String>();
        reply.body()
                .path("entries")
                .forEach(entry -> objects.add(entry.path("object").asText()));
        return objects;
    }

    private void happened(String object, Cause cause) {
        given.history.ended(
                new PlannedTransaction(
                        1,
                        List.of(),
                        Set.of(),
                        1,
                        List.of(),
                        List.of(new Changed(
                                () -> "egress-router", () -> Optional.of(object), List.of(), List.of(), cause)),
                        0),
                new CommitOutcome.Committed(),
                Duration.ZERO,
                Optional.empty(),
                given.clock.instant());
    }

    /** As rows of firewalls and egress routers name theirs. */
    @Test
    void rowsThatNameTheirObjectWithItsKindAreItsOwn() {
        given.ready().loop.start();
        for (var object : List.of("EgressRouter simpson/bank", "EgressRouter simpson/bank2", "Other simpson/bank")) {
            happened(object, new Cause.Everything());
        }

        assertThat(objects("egressrouter/simpson/bank")).containsExactly("EgressRouter simpson/bank");
        assertThat(objects("egressrouter/simpson/nobody")).isEmpty();
    }

    @Test
    void whatAnObjectWasTheCauseOfIsToldOf() {
        given.ready().loop.start();
        happened(
                "EgressRouter simpson/bank",
                new Cause.Input(
                        InputKind.NAMESPACE,
                        "bouvier",
                        "17",
                        Optional.empty(),
                        Optional.of(new NamespaceInput("bouvier", Map.of()))));

        assertThat(objects("namespace/bouvier")).containsExactly("EgressRouter simpson/bank");
        assertThat(objects("namespace/simpson")).isEmpty();
    }

    @Test
    void aKindThatIsNotReadIsRefusedAndThoseThatAreNamed() {
        assertThat(ask("egressfirewall/simpson/default").code()).isEqualTo(400);
        assertThat(ask("egressfirewall/simpson/default").body().path("error").asText())
                .contains("egressrouter")
                .doesNotContain("egressfirewall");
    }
}
