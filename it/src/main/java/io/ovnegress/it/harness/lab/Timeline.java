package io.ovnegress.it.harness.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What became of every request of a pod that sends them at a fixed pace, each as a new flow: whether and with which source
 * address it got through, and whether its answer came back. In the order in which they were sent. Immutable.
 *
 * @param marks what was done meanwhile
 */
public record Timeline(List<Request> requests, List<Mark> marks) {
    public Timeline {
        requests = List.copyOf(requests);
        marks = List.copyOf(marks);
    }

    /** A request as it was seen outside, and when the pod had the answer. */
    public record Request(int number, Instant sent, Optional<Arrival> arrival, Optional<Instant> answered) {}

    public record Arrival(Instant time, String source) {}

    /** Something that was done at a moment: {@code node killed}. */
    public record Mark(Instant time, String text) {}

    /** Consecutive requests with the same fate; the source is {@code lost} for those that did not get through. */
    public record Run(String source, int requests, Instant from, Instant to) {}

    static final String LOST = "lost";

    /**
     * @param sent standard output of a {@link DatagramClient}
     * @param name that it sends
     * @param seen the access log of the other side
     */
    static Timeline of(String sent, String name, List<AccessLog.Entry> seen, List<Mark> marks) {
        var arrivals = new HashMap<Integer, Arrival>();
        for (var entry : seen) {
            if (entry.protocol().equals("UDP") && entry.text().startsWith(name + " ")) {
                int number = Integer.parseInt(entry.text().substring(name.length() + 1));
                arrivals.putIfAbsent(number, new Arrival(entry.time(), entry.source()));
            }
        }
        var departures = new TreeMap<Integer, Instant>();
        var answers = new HashMap<Integer, Instant>();
        var whole = sent.substring(0, sent.lastIndexOf('\n') + 1);
        for (var line : whole.lines().toList()) {
            var parts = line.split(" ", 3);
            if (parts[0].equals("sent")) {
                departures.put(Integer.valueOf(parts[1]), Instant.parse(parts[2]));
            } else if (parts[0].equals("answered")) {
                answers.putIfAbsent(Integer.valueOf(parts[1]), Instant.parse(parts[2]));
            }
        }
        var requests = new ArrayList<Request>();
        departures.forEach((number, time) -> requests.add(new Request(
                number, time, Optional.ofNullable(arrivals.get(number)), Optional.ofNullable(answers.get(number)))));
        return new Timeline(requests, marks);
    }

    /** How many requests got through with which source address. */
    public Map<String, Long> sources() {
        return requests.stream()
                .flatMap(request -> request.arrival().stream())
                .collect(Collectors.groupingBy(Arrival::source, TreeMap::new, Collectors.counting()));
    }

    /** How many requests did not get through. */
    public long lost() {
        return requests.stream().filter(request -> request.arrival().isEmpty()).count();
    }

    /** How many answers came back. */
    public long answered() {
        return requests.stream()
                .filter(request -> request.answered().isPresent())
                .count();
    }

    /** How many requests got through, but their answer did not come back. */
    public long unanswered() {
        return requests.stream()
                .filter(request ->
                        request.arrival().isPresent() && request.answered().isEmpty())
                .count();
    }

    /** The longest time for which nothing got through. */
    public Duration longestSilence() {
        return longest(requests.stream()
                .flatMap(request -> request.arrival().stream())
                .map(Arrival::time)
                .toList());
    }

    /** The longest time for which the pod sent only requests that were never answered, or none. */
    public Duration longestOutage() {
        return longest(requests.stream()
                .filter(request -> request.answered().isPresent())
                .map(Request::sent)
                .toList());
    }

    private static Duration longest(List<Instant> times) {
        var longest = Duration.ZERO;
        var sorted = times.stream().sorted().toList();
        for (int i = 1; i < sorted.size(); i++) {
            var gap = Duration.between(sorted.get(i - 1), sorted.get(i));
            longest = gap.compareTo(longest) > 0 ? gap : longest;
        }
        return longest;
    }

    /** What the outside saw, request by request, in short. */
    public List<Run> runs() {
        var runs = new ArrayList<Run>();
        for (var request : requests) {
            var source = request.arrival().map(Arrival::source).orElse(LOST);
            var last = runs.isEmpty() ? Optional.<Run>empty() : Optional.of(runs.get(runs.size() - 1));
            if (last.isPresent() && last.get().source().equals(source)) {
                var run = last.get();
                runs.set(runs.size() - 1, new Run(source, run.requests() + 1, run.from(), request.sent()));
            } else {
                runs.add(new Run(source, 1, request.sent(), request.sent()));
            }
        }
        return runs;
    }

    /** The requests that were sent from this moment on. */
    public Timeline since(Instant start) {
        return where(request -> !request.sent().isBefore(start));
    }

    /** The requests that were sent before this moment. */
    public Timeline until(Instant end) {
        return where(request -> request.sent().isBefore(end));
    }

    /** From a moment to the arrival of the first request that was sent after it with this source address. */
    public Duration untilSeen(Instant start, String source) {
        return since(start).requests().stream()
                .flatMap(request -> request.arrival().stream())
                .filter(arrival -> arrival.source().equals(source))
                .findFirst()
                .map(arrival -> Duration.between(start, arrival.time()))
                .orElseThrow(() -> new IllegalStateException("never seen: " + source));
    }

    private Timeline where(Predicate<Request> condition) {
        return new Timeline(requests.stream().filter(condition).toList(), marks);
    }

    /** What became of the requests from each mark to the next one, in order, by what the marks say. */
    public Map<String, Timeline> byMark() {
        var parts = new LinkedHashMap<String, Timeline>();
        for (int i = 0; i < marks.size(); i++) {
            var fromHere = since(marks.get(i).time());
            parts.put(
                    marks.get(i).text(),
                    i + 1 < marks.size() ? fromHere.until(marks.get(i + 1).time()) : fromHere);
        }
        return parts;
    }

    /** When a mark was set. */
    public Instant at(String mark) {
        return marks.stream()
                .filter(candidate -> candidate.text().equals(mark))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no mark " + mark))
                .time();
    }

    /** One line per request; times in milliseconds since the first one was sent, empty if it did not happen. */
    public String csv() {
        var text = new StringBuilder("number,sent_ms,arrived_ms,source,answered_ms\n");
        for (var request : requests) {
            text.append(request.number())
                    .append(',')
                    .append(millis(request.sent()))
                    .append(',');
            text.append(request.arrival().map(Arrival::time).map(this::millis).orElse(""))
                    .append(',');
            text.append(request.arrival().map(Arrival::source).orElse("")).append(',');
            text.append(request.answered().map(this::millis).orElse("")).append('\n');
        }
        for (var mark : marks) {
            text.append("# ")
                    .append(millis(mark.time()))
                    .append(' ')
                    .append(mark.text())
                    .append('\n');
        }
        return text.toString();
    }

    private String millis(Instant time) {
        return "%.3f".formatted(Duration.between(requests.get(0).sent(), time).toNanos() / 1e6);
    }

    /**
     * Keeps it as {@code <name>.csv} and drawn as {@code <name>.svg}.
     *
     * @param addresses what source addresses are, such as {@code egress IP}
     */
    public void write(Path folder, String name, String title, Map<String, String> addresses) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve(name + ".csv"), csv());
            Files.writeString(folder.resolve(name + ".svg"), TimelineDrawing.svg(title, this, addresses));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Draws several as {@code <name>.svg}, one below the other, each with its title. */
    public static void writeTogether(
            Path folder, String name, Map<String, String> addresses, List<Map.Entry<String, Timeline>> drawn) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve(name + ".svg"), TimelineDrawing.together(drawn, addresses));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One line for a report. */
    public String summary() {
        return "%d requests: %s, %d lost, %d without answer; longest silence outside %d ms, longest outage for the pod %d ms"
                .formatted(
                        requests.size(),
                        sources(),
                        lost(),
                        unanswered(),
                        longestSilence().toMillis(),
                        longestOutage().toMillis());
    }
}
