package io.ovnegress.controller.ovsdb;

import static io.ovnegress.controller.ovsdb.RecordingListener.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A real ovsdb-server (package openvswitch-switch or ovn-central) with OVN_Northbound in a folder of its own. */
final class LocalOvsdbServer implements AutoCloseable {
    private final Path folder;
    private final List<String> remotes = new ArrayList<>();
    private Optional<Process> process = Optional.empty();

    LocalOvsdbServer(Path folder) {
        this.folder = folder;
    }

    /** With an empty, standalone database. */
    static LocalOvsdbServer standalone(Path folder) {
        var server = new LocalOvsdbServer(folder);
        command("ovsdb-tool", "create", server.database(), schema(folder).toString());
        return server;
    }

    static Path schema(Path folder) {
        var schema = folder.resolve("ovn-nb.ovsschema");
        try (var pinned = LocalOvsdbServer.class.getResourceAsStream("/ovn-nb.ovsschema")) {
            Files.write(schema, pinned.readAllBytes());
            return schema;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String database() {
        return folder.resolve("nb.db").toString();
    }

    /** Also listens there from the next start on, besides the Unix socket; options such as {@code --ca-cert} go here too. */
    LocalOvsdbServer with(String... options) {
        remotes.addAll(List.of(options));
        return this;
    }

    /** Returns once it listens everywhere: it answers its control socket only then. */
    LocalOvsdbServer start() {
        var command = new ArrayList<>(List.of(
                "ovsdb-server",
                database(),
                "--remote=punix:" + socket(),
                "--unixctl=" + folder.resolve("ctl"),
                "--log-file=" + folder.resolve("log"),
                "-vconsole:off"));
        command.addAll(remotes);
        try {
            process = Optional.of(new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("out").toFile())
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException("ovsdb-server is needed (Debian package openvswitch-common)", e);
        }
        until(() -> run("ovs-appctl", "-t", folder.resolve("ctl").toString(), "version")
                        .exitCode()
                == 0);
        return this;
    }

    Path socket() {
        return folder.resolve("nb.sock");
    }

    NbRemote remote() {
        return new NbRemote.Unix(socket());
    }

    /** kill -9. */
    void kill() {
        try {
            process.orElseThrow().destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Alive for the kernel, dead for its clients from the return on. */
    void freeze() {
        var pid = Long.toString(process.orElseThrow().pid());
        command("kill", "-STOP", pid);
        until(() -> command("ps", "-o", "state=", "-p", pid).startsWith("T"));
    }

    void thaw() {
        command("kill", "-CONT", Long.toString(process.orElseThrow().pid()));
    }

    /** Runs a transaction as somebody else. */
    String transact(String operations) {
        return command("ovsdb-client", "transact", "unix:" + socket(), "[\"OVN_Northbound\"," + operations + "]");
    }

    /** ovn-appctl and the like, on this server. */
    String control(String... arguments) {
        var command = new ArrayList<>(
                List.of("ovs-appctl", "-t", folder.resolve("ctl").toString()));
        command.addAll(List.of(arguments));
        return command(command.toArray(String[]::new));
    }

    @Override
    public void close() {
        process.ifPresent(server -> kill());
    }

    /** The output of a command that must succeed. */
    static String command(String... command) {
        var ended = run(command);
        assertThat(ended.exitCode())
                .as(String.join(" ", command) + ": " + ended.output())
                .isZero();
        return ended.output();
    }

    private record Ended(int exitCode, String output) {}

    private static Ended run(String... command) {
        try {
            var process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            var output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(process.waitFor(Eventually.LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as(String.join(" ", command))
                    .isTrue();
            return new Ended(process.exitValue(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
