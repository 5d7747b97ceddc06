package io.ovnegress.controller.history;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.controller.loop.LoopInbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the history to a file, a line of JSON for each entry, and reads it back. When the file is full it becomes {@code FILE.1},
 * in place of the one before. One thread of its own; {@link #read} by any.
 */
public final class HistoryFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HistoryFile.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    /** The file is full with so many bytes; twice as much is kept. */
    static final long FULL = 32 * 1024 * 1024;
    /** More transactions than these do not wait: a disk that hangs must not fill the memory. */
    private static final int MOST_WAITING = 1000;

    private static final String COMMITTED = "\"outcome\":\"committed\"";
    private static final Pattern ROW_ID = Pattern.compile("\"uuid\":\"([0-9a-f-]{36})\"");

    private final Path file;
    private final long full;
    private final LoopInbox loop;
    private final BlockingQueue<List<History.Entry>> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    private final Thread thread =
            Thread.ofPlatform().daemon().name("history-file").unstarted(this::run);
    /** Whether that something is wrong has been said. */
    private boolean failed;

    public HistoryFile(Path file, LoopInbox loop) {
        this(file, loop, FULL);
    }

    HistoryFile(Path file, LoopInbox loop, long full) {
        this.file = file;
        this.loop = loop;
        this.full = full;
    }

    public void start(History history) {
        history.listen(waiting::offer);
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                var entries = new ArrayList<>(waiting.take());
                write(entries);
            }
        } catch (InterruptedException e) {
            var left = new ArrayList<List<History.Entry>>();
            waiting.drainTo(left);
            left.forEach(this::write);
        }
    }

    void write(List<History.Entry> entries) {
        var names = HistoryReader.names(entries, loop);
        var json = new HistoryJson(names::get);
        var lines = new StringBuilder();
        entries.forEach(entry -> lines.append(json.of(entry)).append('\n'));
        try {
            if (Files.exists(file) && Files.size(file) + lines.length() > full) {
                Files.move(file, former(), StandardCopyOption.REPLACE_EXISTING);
            }
            Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            failed = false;
        } catch (IOException e) {
            if (!failed) {
                LOG.atWarn()
                        .addKeyValue("file", file)
                        .addKeyValue("error", e.toString())
                        .log("history not written");
            }
            failed = true;
        }
    }

    private Path former() {
        return file.resolveSibling(file.getFileName() + ".1");
    }

    /** Those that match, in their order, from the first time to before the second; of more than the most the last ones. */
    HistoryReader.Read read(Instant since, Instant before, Predicate<JsonNode> matching, int most) {
        var found = new ArrayDeque<JsonNode>();
        var oldest = before;
        var left = Instant.MIN;
        for (var each : List.of(former(), file)) {
            try (var lines =
                    Files.exists(each) ? Files.lines(each, StandardCharsets.UTF_8) : List.<String>of().stream()) {
                for (var line : (Iterable<String>) lines::iterator) {
                    var time = time(line);
                    oldest = time.isBefore(oldest) ? time : oldest;
                    if (!time.isBefore(since) && time.isBefore(before)) {
                        var entry = JSON.readTree(line);
                        if (matching.test(entry)) {
                            found.addLast(entry);
                        }
                        if (found.size() > most) {
                            left = time(found.removeFirst());
                        }
                    }
                }
            } catch (IOException | java.io.UncheckedIOException e) {
                notRead(each, e);
            }
        }
        return new HistoryReader.Read(List.copyOf(found), left.isAfter(oldest) ? left : oldest);
    }

    /** When rows were written last, in which transaction and why, as far as the file goes back. Reads all of it, and parses little. */
    Map<UUID, HistoryReader.LastWrite> lastWrites(Set<UUID> rows) {
        var last = new HashMap<UUID, String>();
        for (var each : List.of(former(), file)) {
            try (var lines =
                    Files.exists(each) ? Files.lines(each, StandardCharsets.UTF_8) : List.<String>of().stream()) {
                lines.filter(line -> line.contains(COMMITTED))
                        .forEach(line -> ids(line).filter(rows::contains).forEach(id -> last.put(id, line)));
            } catch (IOException | java.io.UncheckedIOException e) {
                notRead(each, e);
            }
        }
        var found = new HashMap<UUID, HistoryReader.LastWrite>();
        last.forEach((id, line) -> write(id, line).ifPresent(write -> found.put(id, write)));
        return found;
    }

    private static Stream<UUID> ids(String line) {
        return ROW_ID.matcher(line).results().map(id -> UUID.fromString(id.group(1)));
    }

    /** Empty if the row was taken away: who has put it there since is not known. */
    private static Optional<HistoryReader.LastWrite> write(UUID id, String line) {
        try {
            var entry = JSON.readTree(line);
            for (var row : entry.path("rows")) {
                if (row.path("uuid").asText().equals(id.toString())
                        && !row.path("change").asText().equals("remove")) {
                    return Optional.of(new HistoryReader.LastWrite(
                            time(entry),
                            entry.path("transaction").asLong(),
                            entry.at("/cause/message").asText()));
                }
            }
            return Optional.empty();
        } catch (JsonProcessingException | java.time.DateTimeException notWhole) {
            return Optional.empty();
        }
    }

    private static void notRead(Path file, Exception error) {
        LOG.atWarn()
                .addKeyValue("file", file)
                .addKeyValue("error", error.toString())
                .log("history not read");
    }

    private static Instant time(JsonNode entry) {
        return Instant.parse(entry.path("time").asText());
    }

    /** Of a line that is not whole, such as the last one of a process that was killed: never. */
    private static Instant time(String line) {
        try {
            return Instant.parse(JSON.readTree(line).path("time").asText());
        } catch (JsonProcessingException | java.time.DateTimeException e) {
            return Instant.MAX;
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
