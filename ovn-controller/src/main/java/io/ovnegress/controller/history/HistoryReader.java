package io.ovnegress.controller.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.inject.Inject;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.reconciler.northbound.RowChange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Reads the history: what is in memory, and before that what is in the file. Thread safe; nothing of it is the loop's work but names. */
public final class HistoryReader {
    private static final long LONGEST_WAIT_SECONDS = 5;

    private final History history;
    private final LoopInbox loop;
    private final Optional<HistoryFile> file;

    /** Of a file no more is held in memory at once. */
    private static final int MOST_READ = 10_000;

    /** @param complete since when nothing is missing in what was read */
    public record Read(List<JsonNode> entries, Instant complete) {}

    @Inject
    public HistoryReader(History history, LoopInbox loop, Optional<HistoryFile> file) {
        this.history = history;
        this.loop = loop;
        this.file = file;
    }

    /** Whether it is this controller that decides. */
    public boolean leads() {
        return history.leads();
    }

    public Pace pace() {
        return history.pace();
    }

    /** See {@link History#moments}. */
    public long moments() {
        return history.moments();
    }

    /** The last transactions, in their order. */
    public List<History.Ended> transactions() {
        return history.transactions();
    }

    /** When a row was written last, in which transaction and why. */
    public record LastWrite(Instant time, long transaction, String cause) {}

    /** Of these rows, as far as memory and the file go back: those that are left out were written before. */
    public Map<UUID, LastWrite> lastWrites(Set<UUID> rows) {
        var found = inMemory(rows);
        var before = new HashSet<>(rows);
        before.removeAll(found.keySet());
        if (file.isPresent() && !before.isEmpty()) {
            var leadsSince = history.leadsSince();
            file.get().lastWrites(before).forEach((row, write) -> found.put(row, of(write, leadsSince)));
        }
        return found;
    }

    /** While another controller led, that one wrote. */
    private static LastWrite of(LastWrite write, Instant leadsSince) {
        return write.time().isBefore(leadsSince)
                ? new LastWrite(
                        write.time(),
                        write.transaction(),
                        write.cause() + "; another controller may have written it since")
                : write;
    }

    private Map<UUID, LastWrite> inMemory(Set<UUID> rows) {
        var found = new HashMap<UUID, LastWrite>();
        for (var entry : history.entries().reversed()) {
            if (entry instanceof History.Rows written && !written.isRefused()) {
                for (var change : written.changed().changes()) {
                    var row = switch (change) {
                        case RowChange.Insert(var desired) -> Optional.of(desired.id());
                        case RowChange.Update(var there, var cells) -> Optional.of(there.id());
                        case RowChange.Members<?>(var column, var id, var add, var remove) -> Optional.of(id);
                        default -> Optional.<UUID>empty(); // it is as it was
                    };
                    row.filter(rows::contains)
                            .ifPresent(id -> found.putIfAbsent(
                                    id,
                                    new LastWrite(
                                            written.time(),
                                            written.transaction().number(),
                                            HistoryJson.message(written))));
                }
            }
        }
        return found;
    }

    /**
     * Those that match, in their order; of more than the most the last ones.
     *
     * @param since nothing before that
     */
    public Read read(Instant since, Predicate<JsonNode> matching, int most) {
        return read(since, Optional.empty(), matching, most);
    }

    /** @param only moments of these kinds, for whoever does not want to see every row; empty for all there is */
    public Read read(Instant since, Optional<Moments> only, Predicate<JsonNode> alike, int most) {
        var entries = history.entries().stream()
                .filter(entry -> !entry.time().isBefore(since)
                        && only.map(moments -> moments.has(entry)).orElse(true))
                .toList();
        Predicate<JsonNode> matching =
                entry -> only.map(moments -> moments.has(entry)).orElse(true) && alike.test(entry);
        var complete = history.completeSince();
        var found = new ArrayList<JsonNode>();
        if (file.isPresent() && since.isBefore(complete)) {
            var older = file.get().read(since, complete, matching, Math.min(most, MOST_READ));
            found.addAll(older.entries());
            complete = older.complete().isBefore(history.leadsSince()) ? history.leadsSince() : older.complete();
        }
        var json = new HistoryJson(names(entries, loop)::get);
        for (var entry : entries) {
            var node = json.of(entry);
            if (matching.test(node)) {
                found.add(node);
            }
        }
        return new Read(List.copyOf(found.subList(Math.max(0, found.size() - most), found.size())), complete);
    }

    /** What rows hang on, by name as it is now; by UUID where it is gone, or nobody answers. */
    static Map<HistoryJson.Named, String> names(Collection<History.Entry> entries, LoopInbox loop) {
        var named = new HashSet<HistoryJson.Named>();
        entries.forEach(entry -> HistoryJson.named(entry, named::add));
        var names = new HashMap<HistoryJson.Named, String>();
        named.forEach(each -> names.put(each, each.id().toString()));
        if (named.isEmpty()) {
            return names;
        }
        var asked = loop.ask(reconciler -> {
            var found = new HashMap<HistoryJson.Named, String>();
            named.forEach(each -> reconciler.nameOf(each.table(), each.id()).ifPresent(name -> found.put(each, name)));
            return found;
        });
        try {
            names.putAll(asked.get(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            asked.cancel(false);
        }
        return names;
    }
}
