package io.ovnegress.it.harness.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/**
 * A temporary directory with a short path (socket names are limited to 107 bytes), removed on close or when the JVM ends. With
 * system property {@code ovnegress.keep} it stays, for looking at logs. Safe for any thread.
 */
public final class WorkDirectory implements AutoCloseable {
    private final Path path;
    private final OnExit.Task removal;

    private WorkDirectory(Path path) {
        this.path = path;
        this.removal = OnExit.run(this::remove);
    }

    public static WorkDirectory create(String prefix) {
        try {
            return new WorkDirectory(Files.createTempDirectory(Path.of("/tmp"), prefix + "-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path path() {
        return path;
    }

    public Path resolve(String name) {
        return path.resolve(name);
    }

    @Override
    public void close() {
        removal.cancel();
        remove();
    }

    private void remove() {
        if (Boolean.getBoolean("ovnegress.keep") || !Files.exists(path)) {
            return;
        }
        try (var files = Files.walk(path)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            System.err.println("cannot remove " + path + ": " + e.getMessage());
        }
    }
}
