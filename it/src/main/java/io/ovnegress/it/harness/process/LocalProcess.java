package io.ovnegress.it.harness.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A long-running program of ours, known by its process id, with its output in a file. Whatever still runs when the JVM ends
 * is killed then, so neither a failed test nor Ctrl-C leaves anything behind. Safe for any thread.
 */
public final class LocalProcess implements AutoCloseable {
    private final String name;
    private final Process process;
    private final Path log;
    private final OnExit.Task killedOnExit;

    private LocalProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.killedOnExit = OnExit.run(process::destroyForcibly);
    }

    /** Starts a program that stays in the foreground; its standard output and error are appended to the file. */
    public static LocalProcess start(String name, List<String> line, Map<String, String> environment, Path log) {
        try {
            var builder = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().putAll(environment);
            return new LocalProcess(name, builder.start(), log);
        } catch (IOException e) {
            throw new Command.Failed("cannot start %s: %s".formatted(name, e.getMessage()));
        }
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** How much of its memory is in RAM, as {@code ps} has it. */
    public long residentMegabytes() {
        try (var status = Files.lines(Path.of("/proc", Long.toString(pid()), "status"))) {
            return status.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Processor time so far. */
    public Duration processorTime() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Another value when it has said something, or has had the processor for a while. */
    Object progress() {
        try {
            return List.of(Files.size(log), processorTime().toSeconds());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything the program has printed so far. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Throws with the end of the log if the program has ended by itself. */
    public void requireAlive() {
        if (!process.isAlive()) {
            throw new Command.Failed("%s ended with exit code %d:%n%s".formatted(name, process.exitValue(), tail()));
        }
    }

    /** The last lines of the log, for failure messages. */
    public String tail() {
        var lines = log().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
    }

    /** SIGTERM, then SIGKILL if that is not obeyed; returns the exit code once the program has ended. */
    public int stop() {
        process.destroy();
        if (!ended()) {
            kill();
        }
        return process.exitValue();
    }

    /** SIGKILL; returns once the program has ended. */
    public void kill() {
        process.destroyForcibly();
        ended();
    }

    /** SIGSTOP: the program keeps its connections but does nothing, from the return on. */
    public void freeze() {
        var id = Long.toString(pid());
        Command.of("kill", "-STOP", id).output();
        Await.await(name + " stands still")
                .until(() -> Command.of("ps", "-o", "state=", "-p", id).output().startsWith("T"));
    }

    /** SIGCONT. */
    public void thaw() {
        Command.of("kill", "-CONT", Long.toString(pid())).output();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            thaw();
            stop();
        }
    }

    private boolean ended() {
        try {
            boolean ended = Await.end(process);
            if (ended) {
                killedOnExit.cancel();
            }
            return ended;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
