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

    /** Comes back when the server listens. It ends when its standard input does, so also with this process. */
    OvsdbServer(Schemas schema) throws IOException, InterruptedException {
        folder = Files.createTempDirectory("ovsdb");
        Files.write(folder.resolve("schema"), schema.text());
        start("ovsdb-tool", "create", path("db"), path("schema")).waitFor();
        process = start(
                "ovsdb-server",
                "--remote=punix:" + path("socket"),
                "--unixctl=" + path("control"),
                "--run=echo listening; cat",
                path("db"));
        var line = process.inputReader().readLine();
        if (!"listening".equals(line)) {
            throw new IOException("ovsdb-server: " + Files.readString(folder.resolve("log")));
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
        process.outputWriter().close();
        process.onExit().join();
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

    private Process start(String... command) throws IOException {
        return new ProcessBuilder(List.of(command))
                .redirectError(folder.resolve("log").toFile())
                .start();
    }
}
