package io.ovnegress.controller.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who looks on hears what changes, as far as he listens; nobody waits for him. */
class LiveEventsTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final AskedController controller = new AskedController();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        client.shutdownNow();
        controller.close();
    }

    private HttpResponse<Stream<String>> stream(String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(controller.address() + LiveEvents.PATH));
        return client.send(
                (headers.length == 0 ? request : request.headers(headers)).build(),
                HttpResponse.BodyHandlers.ofLines());
    }

    /** The data of the next event of this kind; and its number before it. */
    private static JsonNode next(String kind, Iterator<String> lines, List<String> ids) throws IOException {
        while (lines.hasNext()) {
            if (lines.next().equals("event: " + kind)) {
                ids.add(lines.next().substring("id: ".length()));
                return new ObjectMapper().readTree(lines.next().substring("data: ".length()));
            }
        }
        throw new AssertionError("the stream has ended");
    }

    @Test
    void whoListensHearsAllThereIsAndThenWhatChanges() throws IOException, InterruptedException {
        var ids = new ArrayList<String>();
        var lines = stream().body().iterator();
        var whole = next("map", lines, ids);
        assertThat(whole.path("whole").asBoolean()).isTrue();
        assertThat(whole.at("/addresses/0/node").asText()).isEqualTo("node1");
        assertThat(whole.path("nodes")).hasSize(2);

        controller.setReady(1, false);

        var change = next("map", lines, ids);
        while (!change.path("addresses").has(0)) {
            change = next("map", lines, ids);
        }
        assertThat(change.path("whole").asBoolean()).isFalse();
        assertThat(change.at("/addresses/0/address").asText()).isEqualTo("192.168.126.100");
        assertThat(change.at("/addresses/0/node").asText()).isEqualTo("node2");

        var known = stream("Last-Event-ID", ids.getLast()).body().iterator();
        controller.setReady(1, true);
        assertThat(next("map", known, ids).path("whole").asBoolean())
                .as("it goes on from there")
                .isFalse();
        assertThat(next("map", stream("Last-Event-ID", "another").body().iterator(), ids)
                        .path("whole")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void soManyListenAndNoMore() throws IOException, InterruptedException {
        var listening = new ArrayList<LiveEvents.Listener>();
        for (int i = 0; i < 16; i++) {
            listening.add(controller.live.listen(Optional.empty()).orElseThrow());
        }
        assertThat(controller.live.listen(Optional.empty())).isEmpty();
        assertThat(stream().statusCode()).isEqualTo(503);

        listening.getFirst().close();

        assertThat(stream().statusCode()).isEqualTo(200);
    }

    @Test
    void whoDoesNotReadIsCutOffAndOthersHearEverything() throws InterruptedException {
        var slow = controller.live.listen(Optional.empty()).orElseThrow();
        var other = controller.live.listen(Optional.empty()).orElseThrow();
        int heard = 0;
        for (int i = 0; !slow.isBehind(); i++) {
            assertThat(i).isLessThan(100);
            controller.addPod("simpson", "bart-" + i, "10.128.1." + i);
            controller.live.turn();
            while (other.next(Duration.ZERO).isPresent()) {
                heard++;
            }
        }
        assertThat(heard).isGreaterThan(30);
        assertThat(other.isBehind()).isFalse();
        controller.setReady(2, false);
        assertThat(other.next(LONG)).get().asString().contains("NotReady");
    }
}
