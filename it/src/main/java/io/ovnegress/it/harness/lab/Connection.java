package io.ovnegress.it.harness.lab;

import static io.ovnegress.it.harness.process.Await.await;

import io.ovnegress.it.harness.process.LocalProcess;
import java.nio.file.Path;
import java.util.List;

/** One TCP connection of a pod to the outside on which lines go there and back all the time. One thread drives it. */
public final class Connection implements AutoCloseable {
    private final String name;
    private final Listener outside;
    private final LocalProcess process;

    private Connection(String name, Listener outside, LocalProcess process) {
        this.name = name;
        this.outside = outside;
        this.process = process;
    }

    static Connection open(NetworkNamespace pod, String name, Listener outside, String target, Path log) {
        var process = JavaProgram.start(pod, ConnectionClient.class, log, List.of(target, name));
        return new Connection(name, outside, process);
    }

    /** Every line that arrived, in order; throws if the connection has ended. */
    public List<AccessLog.Entry> lines() {
        process.requireAlive();
        return outside.accessLog().stream()
                .filter(entry -> entry.protocol().equals("TCP") && entry.text().startsWith(name + " "))
                .toList();
    }

    /** Returns once this many more lines have arrived. */
    public void awaitLines(int more) {
        int expected = lines().size() + more;
        await(more + " lines of " + name).until(() -> lines().size() >= expected);
    }

    @Override
    public void close() {
        process.close();
    }
}
