package io.ovnegress.it.harness.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How two logs become a time series; needs no packets. */
class TimelineTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final String SENT = """
            sent 0 2026-01-01T00:00:00Z
            answered 0 2026-01-01T00:00:00.002Z
            sent 1 2026-01-01T00:00:00.020Z
            sent 2 2026-01-01T00:00:00.040Z
            not sent 2: Network is unreachable
            sent 3 2026-01-01T00:00:00.060Z
            answered 3 2026-01-01T00:00:00.064Z
            sent 4 2026-01-01T00:00:0""";
    private static final String SEEN = """
            ready
            2026-01-01T00:00:00.001Z UDP 192.168.126.100 4001 homer-1 0
            2026-01-01T00:00:00.011Z UDP 192.168.126.100 4001 homer-10 2
            2026-01-01T00:00:00.012Z TCP 192.168.126.100 4001 homer-1 2
            2026-01-01T00:00:00.021Z UDP 192.168.126.52 4002 homer-1 1
            2026-01-01T00:00:00.062Z UDP 2001:db8:0:0:0:0:0:1 4003 homer-1 3
            2026-01-01T00:00:00.0""";
    private static final Timeline TIMELINE = Timeline.of(
            SENT, "homer-1", AccessLog.parse(SEEN), List.of(new Timeline.Mark(START.plusMillis(30), "node killed")));

    @Test
    void aRequestIsWhatWasSeenOutsideUnderItsNumber() {
        assertThat(TIMELINE.requests()).hasSize(4);
        assertThat(TIMELINE.sources())
                .isEqualTo(Map.of("192.168.126.100", 1L, "192.168.126.52", 1L, "2001:db8::1", 1L));
    }

    @Test
    void aRequestThatNobodySawIsLostAndOneWithoutAnswerIsNot() {
        assertThat(TIMELINE.lost()).isEqualTo(1);
        assertThat(TIMELINE.unanswered()).isEqualTo(1);
        assertThat(TIMELINE.answered()).isEqualTo(2);
    }

    @Test
    void gapsAreBetweenWhatGotThrough() {
        assertThat(TIMELINE.longestSilence()).isEqualTo(Duration.ofMillis(41));
        assertThat(TIMELINE.longestOutage()).isEqualTo(Duration.ofMillis(60));
        assertThat(TIMELINE.untilSeen(TIMELINE.at("node killed"), "2001:db8::1"))
                .isEqualTo(Duration.ofMillis(32));
    }

    @Test
    void whatWasDoneBeginsAPart() {
        var marks = List.of(
                new Timeline.Mark(START.plusMillis(10), "killed"), new Timeline.Mark(START.plusMillis(50), "back"));
        assertThat(new Timeline(TIMELINE.requests(), marks).byMark().values())
                .extracting(part ->
                        part.requests().stream().map(Timeline.Request::number).toList())
                .containsExactly(List.of(1, 2), List.of(3));
    }

    @Test
    void runsAreInTheOrderInWhichRequestsWereSent() {
        assertThat(TIMELINE.runs())
                .extracting(Timeline.Run::source)
                .containsExactly("192.168.126.100", "192.168.126.52", Timeline.LOST, "2001:db8::1");
        assertThat(TIMELINE.since(START.plusMillis(40)).runs()).hasSize(2);
        assertThat(TIMELINE.until(START.plusMillis(40)).runs()).hasSize(2);
    }

    @Test
    void aTimelineIsKeptAsTableAndDrawing(@TempDir Path folder) throws Exception {
        TIMELINE.write(folder, "moved", "A <move> & its loss", Map.of("192.168.126.100", "egress IP"));

        assertThat(Files.readAllLines(folder.resolve("moved.csv")))
                .containsExactly(
                        "number,sent_ms,arrived_ms,source,answered_ms",
                        "0,0.000,1.000,192.168.126.100,2.000",
                        "1,20.000,21.000,192.168.126.52,",
                        "2,40.000,,,",
                        "3,60.000,62.000,2001:db8::1,64.000",
                        "# 30.000 node killed");
        var drawing = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(folder.resolve("moved.svg").toFile());
        assertThat(drawing.getElementsByTagName("path").getLength())
                .as("from two addresses, one of them without answers, from a third, and none")
                .isEqualTo(4);
        assertThat(drawing.getDocumentElement().getTextContent()).contains("A <move> & its loss", "egress IP");
    }

    @Test
    void severalTimelinesAreDrawnBelowEachOther(@TempDir Path folder) throws Exception {
        Timeline.writeTogether(
                folder, "moves", Map.of(), List.of(Map.entry("before", TIMELINE), Map.entry("after", TIMELINE)));

        var drawing = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(folder.resolve("moves.svg").toFile());
        assertThat(drawing.getElementsByTagName("path").getLength()).isEqualTo(2 * 4);
        assertThat(drawing.getDocumentElement().getTextContent()).contains("before", "after");
    }
}
