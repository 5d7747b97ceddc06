package io.ovnegress.it.harness.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;

/** One run of a command line tool to its end. Safe for any thread. */
public record Command(List<String> line, Map<String, String> environment) {
    /** A thread for each stream: the common pool has a single one on two cores, and the tool waits for its full pipe. */
    private static final Executor THREAD = task -> Thread.ofPlatform().daemon().start(task);

    public Command {
        line = List.copyOf(line);
        environment = Map.copyOf(environment);
    }

    public static Command of(String... line) {
        return new Command(List.of(line), Map.of());
    }

    /** What the tool answered; standard output and error are kept apart. */
    public record Output(int exitCode, String standardOutput, String standardError) {}

    /** The tool ended with another exit code than 0, or not at all. */
    public static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        public Failed(String message) {
            super(message);
        }
    }

    /** Standard output; throws {@link Failed} unless the exit code is 0. */
    public String output() {
        var output = run();
        if (output.exitCode() != 0) {
            throw new Failed("exit code %d of: %s%n%s%s"
                    .formatted(
                            output.exitCode(),
                            String.join(" ", line),
                            output.standardError(),
                            output.standardOutput()));
        }
        return output.standardOutput();
    }

    public Output run() {
        try {
            var builder = new ProcessBuilder(line);
            builder.environment().putAll(environment);
            var process = builder.start();
            process.getOutputStream().close();
            var standardError = CompletableFuture.supplyAsync(() -> textOf(process.getErrorStream()), THREAD);
            var standardOutput = CompletableFuture.supplyAsync(() -> textOf(process.getInputStream()), THREAD);
            if (!Await.end(process)) {
                process.destroyForcibly();
                throw new Failed("no end of: " + String.join(" ", line));
            }
            return new Output(process.exitValue(), standardOutput.get(), standardError.get());
        } catch (IOException e) {
            throw new Failed("cannot run %s: %s".formatted(line.get(0), e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failed("interrupted: " + String.join(" ", line));
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String textOf(java.io.InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
