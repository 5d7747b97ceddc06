package io.ovnegress.ovsdb.server;

import io.ovnegress.ovsdb.schema.Schemas;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A real ovsdb-server with an empty OVN_Northbound, on a Unix socket in a folder of its own. */
final class OvsdbServer implements AutoCloseable {
    private final Path folder;
    private final Process process;

    /** Comes back when the server listens. */
    OvsdbServer(Schemas schema) throws IOException, InterruptedException {
        folder = Files.createTempDirectory("ovsdb");
        Files.write(folder.resolve("schema"), schema.text());
        run("ovsdb-tool", "create", path("db"), path("schema")).waitFor();
        process = run(
                "ovsdb-server",
                "--remote=punix:" + path("socket"),
                "--unixctl=" + path("control"),
                "--no-chdir",
                "--pidfile=" + path("pid"),
                "--detach",
                "--log-file=" + path("log"),
                path("db"));
        // With --detach the parent ends once the child listens.
        if (process.waitFor() != 0) {
            throw new IOException("ovsdb-server: " + Files.readString(folder.resolve("output")));
        }
    }

    static boolean isInstalled() {
        return Stream.of("ovsdb-server", "ovsdb-tool").allMatch(OvsdbServer::isInstalled);
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    SocketChannel connect() throws IOException {
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(folder.resolve("socket")));
        return channel;
    }

    @Override
    public void close() throws IOException {
        long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
        ProcessHandle.of(pid).ifPresent(handle -> {
            handle.destroy();
            handle.onExit().join();
        });
        try (var files = Files.list(folder)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private Process run(String... command) throws IOException {
        return new ProcessBuilder(List.of(command))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }
}
