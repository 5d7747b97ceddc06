package io.ovnegress.it.harness.lab;

import static io.ovnegress.it.harness.process.Await.await;

import io.ovnegress.it.harness.process.LocalProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A pod that sends requests to the outside at a fixed pace, each as a new flow, until it is stopped. One thread drives it. */
public final class Traffic implements AutoCloseable {
    static final Duration USUAL_INTERVAL = Duration.ofMillis(20);

    private final String name;
    private final Listener outside;
    private final LocalProcess process;
    private final List<Timeline.Mark> marks = new ArrayList<>();

    private Traffic(String name, Listener outside, LocalProcess process) {
        this.name = name;
        this.outside = outside;
        this.process = process;
    }

    static Traffic start(
            NetworkNamespace pod, String name, Listener outside, String target, Duration interval, Path log) {
        var process = JavaProgram.start(
                pod, DatagramClient.class, log, List.of(target, Long.toString(interval.toMillis()), name));
        return new Traffic(name, outside, process);
    }

    /** Notes what is being done at this moment. */
    public void mark(String text) {
        marks.add(new Timeline.Mark(Instant.now(), text));
    }

    /** Returns once this many more requests have been sent, whether they get through or not. */
    public void awaitSent(int requests) {
        int expected = soFar().requests().size() + requests;
        await(requests + " requests of " + name).until(() -> soFar().requests().size() >= expected);
    }

    /** Returns once this many requests, of those sent from now on, have got through with this source address. */
    public void awaitArrived(int requests, String source) {
        var start = Instant.now();
        await(requests + " requests of " + name + " from " + source)
                .until(() -> soFar().since(start).sources().getOrDefault(source, 0L) >= requests);
    }

    /** Returns once this many requests, of those sent from now on, have been answered. */
    public void awaitAnswered(int requests) {
        var start = Instant.now();
        await(requests + " answers for " + name)
                .until(() -> soFar().since(start).answered() >= requests);
    }

    /** Everything so far. */
    public Timeline soFar() {
        process.requireAlive();
        return timeline();
    }

    private Timeline timeline() {
        return Timeline.of(process.log(), name, outside.accessLog(), marks);
    }

    /** Stops sending once later requests have been answered; those are left out, because not all of their answers may be here. */
    public Timeline stop() {
        var last = Instant.now();
        awaitAnswered(25);
        process.requireAlive();
        process.stop();
        return timeline().until(last);
    }

    @Override
    public void close() {
        process.close();
    }
}
