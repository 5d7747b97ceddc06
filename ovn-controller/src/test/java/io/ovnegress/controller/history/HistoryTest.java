package io.ovnegress.controller.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.controller.loop.LoopFixture;
import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.LogLine;
import io.ovnegress.reconciler.machine.Cause;
import io.ovnegress.reconciler.machine.Changed;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.RowChange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was programmed lately is known with its cause, within bounds, and read back from a file. */
class HistoryTest {
    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

    @TempDir
    private Path directory;

    private final LoopFixture given = new LoopFixture();

    @AfterEach
    void stop() {
        given.loop.close();
    }

    private static History.Line line(int number) {
        return new History.Line(
                NOON.plusSeconds(number),
                LogLine.of(LogLine.Level.INFO, "egress IP moved").with("egressIp", "demo" + number));
    }

    private List<JsonNode> everything(History history, Optional<HistoryFile> file) {
        return new HistoryReader(history, given.inbox, file)
                .read(Instant.EPOCH, entry -> true, 1000)
                .entries();
    }

    @Test
    void aTransactionIsKnownWithItsCauseAndItsRows() {
        given.ready().put("teddy");
        given.turn();
        given.commit();
        given.turn();
        given.loop.start();

        var entry = everything(given.history, Optional.empty()).getLast();
        assertThat(entry.path("outcome").asText()).isEqualTo("committed");
        assertThat(entry.path("object").asText()).isEqualTo("teddy");
        assertThat(entry.at("/cause/kind").asText()).isEqualTo("Input");
        assertThat(entry.at("/cause/message").asText()).isEqualTo("toy teddy appeared");
        assertThat(entry.at("/cause/version").asText()).isEqualTo("17");
        assertThat(entry.at("/rows/0/change").asText()).isEqualTo("insert");
        assertThat(entry.at("/rows/0/after/name").asText()).isEqualTo("teddy");

        var row = UUID.fromString(entry.at("/rows/0/uuid").asText());
        var other = new UUID(0, 1);
        assertThat(new HistoryReader(given.history, given.inbox, Optional.empty()).lastWrites(Set.of(row, other)))
                .isEqualTo(Map.of(
                        row,
                        new HistoryReader.LastWrite(
                                Instant.parse(entry.path("time").asText()),
                                entry.path("transaction").asLong(),
                                "toy teddy appeared")));
    }

    @Test
    void aSetIsWrittenWhenItsMembersAre() {
        var set = new UUID(0, 7);
        var members = new RowChange.Members<>(AddressSet.ADDRESSES, set, Set.of("10.128.0.5"), Set.of());
        given.history.ended(
                new PlannedTransaction(5, List.of(), Set.of(), 1, List.of(), List.of(changed(List.of(), members)), 0),
                new CommitOutcome.Committed(),
                Duration.ZERO,
                Optional.empty(),
                NOON);

        assertThat(new HistoryReader(given.history, given.inbox, Optional.empty()).lastWrites(Set.of(set)))
                .hasEntrySatisfying(set, write -> {
                    assertThat(write.time()).isEqualTo(NOON);
                    assertThat(write.transaction()).isEqualTo(5);
                });
    }

    private static History.Rows written(long transaction, UUID set, CommitOutcome outcome) {
        return new History.Rows(
                new History.Ended(NOON.plusSeconds(transaction), transaction, outcome, Duration.ZERO, 1, 1),
                changed(List.of(), new RowChange.Members<>(AddressSet.ADDRESSES, set, Set.of("10.128.0.5"), Set.of())),
                Optional.empty());
    }

    @Test
    void whenARowWasWrittenBeforeMemoryBeginsTheFileKnows() {
        var file = new HistoryFile(directory.resolve("history"), given.inbox, 1_000);
        given.ready().loop.start();
        var set = new UUID(0, 7);
        var refused = new CommitOutcome.Lost("gone");
        file.write(List.of(written(1, set, new CommitOutcome.Committed())));
        file.write(List.of(written(2, set, new CommitOutcome.Committed()), written(3, set, refused)));
        IntStream.range(4, 8).forEach(i -> file.write(List.of(line(i))));
        var history = new History(10_000);
        var reader = new HistoryReader(history, given.inbox, Optional.of(file));
        var cause = "everything was looked at, or another owner's rows needed it";

        assertThat(reader.lastWrites(Set.of(set, new UUID(0, 1))))
                .isEqualTo(Map.of(set, new HistoryReader.LastWrite(NOON.plusSeconds(2), 2, cause)));

        history.leads(true, NOON.plusSeconds(5));
        assertThat(reader.lastWrites(Set.of(set)).get(set).cause())
                .isEqualTo(cause + "; another controller may have written it since");
    }

    @Test
    void onlyAsMuchIsKeptAsFitsAndItIsKnownSinceWhenNothingIsMissing() {
        var history = new History(10_000);
        IntStream.range(0, 100).forEach(i -> history.happened(line(i).line(), line(i).time()));

        assertThat(history.entries()).hasSizeBetween(10, 20);
        assertThat(history.entries().getLast()).isEqualTo(line(99));
        assertThat(history.completeSince())
                .isEqualTo(history.entries().getFirst().time().minusSeconds(1));
    }

    /** What rules of firewalls match may be long, and a namespace may have thousands of them. */
    @Test
    void longTextsAndTheRowsThatAnOwnerHadCount() {
        var before = Row.of(new UUID(0, 1), Acl.TABLE, List.of(Cell.of(Acl.MATCH, "x".repeat(3_000))));
        var inserted = new DesiredRow(
                Acl.TABLE,
                "acl",
                List.of(),
                Cell.of(Acl.MATCH, "y".repeat(3_000)),
                List.of(Cell.of(Acl.MATCH, "y".repeat(3_000))),
                List.of(),
                Map.of());
        var balanced = Cell.of(
                LoadBalancer.VIPS,
                IntStream.range(0, 100).boxed().collect(Collectors.toMap(port -> "192.0.2.1:" + port, port -> "")));

        assertThat(kept(List.of(), new RowChange.Delete(before))).isLessThan(20);
        assertThat(kept(List.of(), new RowChange.Insert(inserted))).isLessThan(20);
        assertThat(kept(List.of(), new RowChange.Update(before, List.of(balanced))))
                .isLessThan(10);
        assertThat(kept(Collections.nCopies(5_000, before), new RowChange.Insist(before)))
                .isLessThan(3);
        assertThat(kept(List.of(), new RowChange.Insist(before))).isGreaterThan(40);
    }

    private static Changed changed(List<Row> before, RowChange change) {
        return new Changed(() -> "toy", Optional::empty, before, List.of(change), new Cause.Everything());
    }

    /** Of a hundred such changes so many fit into fifty thousand bytes. */
    private static int kept(List<Row> before, RowChange change) {
        var history = new History(50_000);
        var changed = changed(before, change);
        for (int i = 0; i < 100; i++) {
            history.ended(
                    new PlannedTransaction(i, List.of(), Set.of(), 1, List.of(), List.of(changed), 0),
                    new CommitOutcome.Committed(),
                    Duration.ZERO,
                    Optional.empty(),
                    NOON);
        }
        return history.entries().size();
    }

    @Test
    void whatTheFileHasIsReadWhereMemoryEnds() {
        var file = new HistoryFile(directory.resolve("history"), given.inbox);
        IntStream.range(0, 5).forEach(i -> file.write(List.of(line(i))));
        var history = new History(10_000);
        IntStream.range(5, 8).forEach(i -> history.happened(line(i).line(), line(i).time()));

        assertThat(everything(history, Optional.of(file)))
                .extracting(entry -> entry.at("/facts/egressIp").asText())
                .containsExactly("demo0", "demo1", "demo2", "demo3", "demo4", "demo5", "demo6", "demo7");
    }

    @Test
    void aFullFileMakesRoomAndIsStillRead() throws IOException {
        var path = directory.resolve("history");
        var file = new HistoryFile(path, given.inbox, 500);
        IntStream.range(0, 20).forEach(i -> file.write(List.of(line(i))));

        assertThat(Files.size(path)).isLessThanOrEqualTo(500);
        assertThat(directory.resolve("history.1")).exists();
        var read = file.read(Instant.EPOCH, Instant.MAX, entry -> true, Integer.MAX_VALUE);
        assertThat(read.entries()).hasSizeGreaterThan(5);
        assertThat(read.entries().getLast().at("/facts/egressIp").asText()).isEqualTo("demo19");
        assertThat(read.complete()).isAfter(NOON);
    }

    @Test
    void ofMoreThanIsAskedForTheLastAreRead() {
        var file = new HistoryFile(directory.resolve("history"), given.inbox);
        IntStream.range(0, 9).forEach(i -> file.write(List.of(line(i))));

        var read = file.read(Instant.EPOCH, Instant.MAX, entry -> true, 2);

        assertThat(read.entries())
                .extracting(entry -> entry.at("/facts/egressIp").asText())
                .containsExactly("demo7", "demo8");
        assertThat(read.complete()).isEqualTo(line(6).time());
    }

    /** What another controller programmed meanwhile is not in it. */
    @Test
    void oneThatStoodByKnowsNothingOfThatTime() {
        var history = new History(10_000);
        history.leads(false, NOON);
        history.happened(line(1).line(), line(1).time());
        assertThat(history.completeSince()).isEqualTo(Instant.MAX);

        history.leads(true, line(2).time());
        history.happened(line(3).line(), line(3).time());

        assertThat(history.completeSince()).isEqualTo(line(2).time());
    }

    @Test
    void aLineThatIsNotWholeIsLeftOut() throws IOException {
        var path = directory.resolve("history");
        var file = new HistoryFile(path, given.inbox);
        file.write(List.of(line(1)));
        Files.writeString(path, "{\"time\":\"2026-01", StandardOpenOption.APPEND);

        assertThat(file.read(Instant.EPOCH, Instant.MAX, entry -> true, Integer.MAX_VALUE)
                        .entries())
                .hasSize(1);
    }

    @Test
    void aFileThatCannotBeWrittenStopsNothing() {
        var file = new HistoryFile(directory.resolve("none/history"), given.inbox);
        file.write(List.of(line(1)));

        assertThat(file.read(Instant.EPOCH, Instant.MAX, entry -> true, Integer.MAX_VALUE)
                        .entries())
                .isEmpty();
    }

    @Test
    void whatIsOlderThanAskedForIsLeftOut() {
        var history = new History(10_000);
        IntStream.range(0, 8).forEach(i -> history.happened(line(i).line(), line(i).time()));

        assertThat(new HistoryReader(history, given.inbox, Optional.empty())
                        .read(NOON.plus(Duration.ofSeconds(6)), entry -> true, 1000)
                        .entries())
                .hasSize(2);
        assertThat(new HistoryReader(history, given.inbox, Optional.empty())
                        .read(Instant.EPOCH, entry -> true, 3)
                        .entries())
                .hasSize(3);
    }
}
