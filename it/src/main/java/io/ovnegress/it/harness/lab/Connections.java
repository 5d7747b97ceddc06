package io.ovnegress.it.harness.lab;

import static io.ovnegress.it.harness.process.Await.await;

import io.ovnegress.it.harness.process.LocalProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** TCP connections of a pod to the outside on which lines go there and back all the time. One thread drives it. */
public final class Connections implements AutoCloseable {
    private final String name;
    private final int count;
    private final Listener outside;
    private final LocalProcess process;

    private Connections(String name, int count, Listener outside, LocalProcess process) {
        this.name = name;
        this.count = count;
        this.outside = outside;
        this.process = process;
    }

    static Connections open(NetworkNamespace pod, String name, int count, Listener outside, String target, Path log) {
        var process =
                JavaProgram.start(pod, ConnectionClient.class, log, List.of(target, name, Integer.toString(count)));
        return new Connections(name, count, outside, process);
    }

    /** Those that are over, with their numbers and what was the matter. */
    public List<String> ended() {
        return process.log()
                .lines()
                .filter(line -> line.startsWith(ConnectionClient.ENDED))
                .toList();
    }

    /** Every line that arrived, in order; throws if a connection has ended. */
    public List<AccessLog.Entry> lines() {
        process.requireAlive();
        if (!ended().isEmpty()) {
            throw new IllegalStateException("connections of " + name + " have ended: " + ended());
        }
        return arrived();
    }

    private List<AccessLog.Entry> arrived() {
        return outside.accessLog().stream()
                .filter(entry -> entry.protocol().equals("TCP") && entry.text().startsWith(name + " "))
                .toList();
    }

    /** As which addresses and ports the outside has seen each connection, by its number. */
    public Map<Integer, Set<String>> sources() {
        return arrived().stream()
                .collect(Collectors.groupingBy(
                        this::numberOf,
                        TreeMap::new,
                        Collectors.mapping(
                                entry -> entry.source() + " " + entry.port(), Collectors.toCollection(TreeSet::new))));
    }

    private int numberOf(AccessLog.Entry entry) {
        return Integer.parseInt(entry.text().substring(name.length() + 1).split(" ", 2)[0]);
    }

    /** Returns once so many more lines have arrived on each connection. */
    public void awaitLines(int more) {
        var before = linesOfEach();
        await(more + " lines on each connection of " + name).until(() -> {
            lines();
            var now = linesOfEach();
            return now.size() == count
                    && now.entrySet().stream()
                            .allMatch(each -> each.getValue() >= before.getOrDefault(each.getKey(), 0L) + more);
        });
    }

    private Map<Integer, Long> linesOfEach() {
        return arrived().stream().collect(Collectors.groupingBy(this::numberOf, TreeMap::new, Collectors.counting()));
    }

    @Override
    public void close() {
        process.close();
    }
}
