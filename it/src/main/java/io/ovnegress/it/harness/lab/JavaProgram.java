package io.ovnegress.it.harness.lab;

import io.ovnegress.it.harness.process.LocalProcess;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A main class of this package, run by a small JVM of its own in a network namespace. */
final class JavaProgram {
    private JavaProgram() {}

    /** Starts it; its standard output and error are appended to the file. */
    static LocalProcess start(NetworkNamespace namespace, Class<?> main, Path log, List<String> arguments) {
        var line = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx32m",
                "-cp",
                classes().toString(),
                main.getName()));
        line.addAll(arguments);
        return namespace.start(main.getSimpleName(), line, Map.of(), log);
    }

    private static Path classes() {
        try {
            return Path.of(JavaProgram.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
