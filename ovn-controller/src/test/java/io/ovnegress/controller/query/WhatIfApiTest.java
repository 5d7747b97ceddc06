package io.ovnegress.controller.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.controller.loop.LoopFixture;
import io.ovnegress.controller.query.Api.Reply;
import io.ovnegress.controller.query.Api.Request;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What would become of addresses if nodes were lost is answered over HTTP, and found out whenever they have been placed. */
class WhatIfApiTest {
    private final LoopFixture given = new LoopFixture(Features.of(
            new ReconcilerConfig(List.of(network("10.128.0.0/14")), List.of(network("100.64.0.0/16")), false, 500)));
    private final WhatIfApi api = new WhatIfApi(new Asking(given.inbox));

    @AfterEach
    void stop() {
        given.loop.close();
    }

    private static IpNetwork network(String text) {
        return IpNetwork.parse(text).orElseThrow();
    }

    private static NodeInput node(int n) {
        return NodeInput.named("node" + n)
                .egressAssignable(true)
                .egressNetworks(List.of(network("192.168.126.1" + n + "/24")))
                .addresses(Set.of(IpAddress.parse("192.168.126.1" + n).orElseThrow()))
                .build();
    }

    private static EgressIpInput egressIp(String name, String... ips) {
        return EgressIpInput.named(name).uid(name).egressIps(List.of(ips)).build();
    }

    private void twoNodes() {
        given.ready()
                .put(
                        node(1),
                        node(2),
                        egressIp("demo", "192.168.126.100"),
                        egressIp("pair", "192.168.126.101", "192.168.126.102"));
    }

    private Reply ask(String query) {
        return api.answer(Request.of(WhatIfApi.PATH, WhatIfApi.PATH, Optional.of(query), ""));
    }

    @Test
    void whatMovesAndWhatStaysWithoutANodeIsSaid() {
        twoNodes();
        given.loop.start();
        var answer = ask("lose=node1").body();

        assertThat(answer.path("leader").asBoolean()).isTrue();
        assertThat(answer.at("/lose/0").asText()).isEqualTo("node1");
        assertThat(answer.at("/moved/0/object").asText()).isEqualTo("egressip/demo");
        assertThat(answer.at("/moved/0/from").asText()).isEqualTo("node1");
        assertThat(answer.at("/moved/0/to").asText()).isEqualTo("node2");
        assertThat(answer.at("/unplaced/0/object").asText()).isEqualTo("egressip/pair");
        assertThat(answer.at("/unplaced/0/reason/code").asText()).isEqualTo("NoMatchingNode");
    }

    @Test
    void withoutANodeEachIsLostAloneAndTheWorstIsNamed() {
        twoNodes();
        given.loop.start();
        var answer = ask("").body();

        assertThat(answer.path("ready").asBoolean()).isFalse();
        assertThat(answer.path("answer").asText())
                .isEqualTo("the loss of 2 of the 2 nodes that have addresses would leave some without a node");
        assertThat(answer.path("worst").asText()).isEqualTo("node1");
        assertThat(answer.path("losses")).hasSize(2);
    }

    @Test
    void aNodeThatIsNotThereIsNotLost() {
        twoNodes();
        given.loop.start();
        var reply = ask("lose=node1,noed2");

        assertThat(reply.code()).isEqualTo(404);
        assertThat(reply.body().path("error").asText()).isEqualTo("there is no node noed2");
        assertThat(reply.body().path("nearest")).extracting(JsonNode::asText).contains("node2");
    }

    @Test
    void nothingIsSaidBeforeEverythingIsKnown() {
        given.loop.start();

        assertThat(ask("").code()).isEqualTo(503);
    }

    @Test
    void itIsFoundOutOnceWheneverAddressesArePlacedOtherwise() throws Exception {
        twoNodes();
        given.turn();
        given.loop.start();
        try (var watch = new FailoverWatch(given.inbox)) {
            watch.look();
            given.inbox.ask(reconciler -> true).get();
            assertThat(without()).isEqualTo(1);

            given.put(node(3));
            watch.look();
            given.inbox.ask(reconciler -> true).get();
            assertThat(without()).isZero();
        }
    }

    private double without() throws Exception {
        return given.inbox
                .ask(reconciler -> reconciler.shortfall().of("objects.without.failover"))
                .get();
    }

    @Test
    void whoStandsByFindsOutNothing() throws Exception {
        twoNodes();
        given.inbox.leads(false);
        given.loop.start();
        try (var watch = new FailoverWatch(given.inbox)) {
            watch.look();

            assertThat(without()).isZero();
            assertThat(ask("").body().path("leader").asBoolean(true)).isFalse();
        }
    }
}
