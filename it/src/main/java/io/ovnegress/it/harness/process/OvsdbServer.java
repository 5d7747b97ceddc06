package io.ovnegress.it.harness.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A real {@code ovsdb-server} with one database, standalone or a member of a cluster, on a unix socket of its own and, if asked, a port on the loopback
 * address. It can be stopped, killed, frozen and started again on the same file, socket and port. One thread drives it.
 */
public final class OvsdbServer implements DatabaseServer, AutoCloseable {
    private final Path directory;
    private final String name;
    private final String database;
    private final Path file;
    private final Optional<Integer> port;
    private Optional<LocalProcess> process = Optional.empty();

    private OvsdbServer(Path directory, String name, String database, Path file, Optional<Integer> port) {
        this.directory = directory;
        this.name = name;
        this.database = database;
        this.file = file;
        this.port = port;
    }

    /**
     * A server, not started yet, on a new database.
     *
     * @param directory where its files live
     * @param name names the files
     * @param database as in the schema, such as {@code OVN_Northbound}
     */
    public static OvsdbServer withSchema(Path directory, String name, String database, Path schema) {
        var file = directory.resolve(name + ".db");
        Command.of(Programs.find("ovsdb-tool"), "create", file.toString(), schema.toString())
                .output();
        return new OvsdbServer(directory, name, database, file, Optional.empty());
    }

    /** A server, not started yet, on a copy of a database file. */
    public static OvsdbServer withFile(Path directory, String name, String database, Path original) {
        var file = directory.resolve(name + ".db");
        try {
            Files.write(file, Files.readAllBytes(original));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new OvsdbServer(directory, name, database, file, Optional.empty());
    }

    /**
     * A server, not started yet, that is all there is of a new cluster.
     *
     * @param raft where it listens for the other members, such as {@code tcp:127.0.0.1:6643}
     */
    public static OvsdbServer firstOfCluster(Path directory, String name, String database, Path schema, String raft) {
        var file = directory.resolve(name + ".db");
        Command.of("ovsdb-tool", "create-cluster", file.toString(), schema.toString(), raft)
                .output();
        return new OvsdbServer(directory, name, database, file, Optional.empty());
    }

    /** A server, not started yet, that joins the cluster of which another member listens there. */
    public static OvsdbServer joiningCluster(Path directory, String name, String database, String raft, String member) {
        var file = directory.resolve(name + ".db");
        Command.of(Programs.find("ovsdb-tool"), "join-cluster", file.toString(), database, raft, member)
                .output();
        return new OvsdbServer(directory, name, database, file, Optional.empty());
    }

    /** The same, listening on a free port of the loopback address as well. */
    public OvsdbServer onLoopback() {
        return new OvsdbServer(directory, name, database, file, Optional.of(ReservedPort.next()));
    }

    @Override
    public OvsdbServer start() {
        // A file that may grow no further shall be an error of a write, as a full disk is, and not the end of the
        // process.
        var line = new ArrayList<>(List.of(
                "sh",
                "-c",
                "trap '' XFSZ; exec \"$@\"",
                "sh",
                Programs.find("ovsdb-server"),
                "--remote=punix:" + socket(),
                "--unixctl=" + directory.resolve(name + ".ctl"),
                "--log-file=" + directory.resolve(name + ".log"),
                "-vconsole:off"));
        if (database.equals("OVN_Northbound")) { // as ovn-ctl does it
            line.addAll(List.of(
                    "--private-key=db:OVN_Northbound,SSL,private_key",
                    "--certificate=db:OVN_Northbound,SSL,certificate",
                    "--ca-cert=db:OVN_Northbound,SSL,ca_cert"));
        }
        port.ifPresent(number -> line.add("--remote=ptcp:" + number + ":127.0.0.1"));
        line.add(file.toString());
        var started = LocalProcess.start(name, line, environment(), directory.resolve(name + ".out"));
        process = Optional.of(started);
        Await.await(name + " answers").until(() -> {
            started.requireAlive();
            return Files.exists(socket())
                    && Command.of(
                                            Programs.find("ovsdb-client"),
                                            "--timeout=2",
                                            "--no-leader-only",
                                            "get-schema-version",
                                            address(),
                                            database)
                                    .run()
                                    .exitCode()
                            == 0;
        });
        return this;
    }

    /**
     * From now on it listens on one more port of the loopback address, where connections are encrypted; only of OVN_Northbound.
     *
     * @return {@code ssl:127.0.0.1:PORT}
     */
    public String encrypted(Path key, Path certificate, Path authority) {
        int number = ReservedPort.next();
        new Command(
                        List.of(
                                Programs.find("ovn-nbctl"),
                                "--db=" + address(),
                                "set-ssl",
                                key.toString(),
                                certificate.toString(),
                                authority.toString()),
                        environment())
                .output();
        Command.of(
                        Programs.find("ovs-appctl"),
                        "-t",
                        directory.resolve(name + ".ctl").toString(),
                        "ovsdb-server/add-remote",
                        "pssl:" + number + ":127.0.0.1")
                .output();
        return "ssl:127.0.0.1:" + number;
    }

    /** From now on its files cannot grow beyond what the database file holds now and so many bytes: a full disk, without one. */
    public void fillDisk(long bytesLeft) {
        try {
            limitFiles(Long.toString(Files.size(file) + bytesLeft));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** There is room again. */
    public void emptyDisk() {
        limitFiles("unlimited");
    }

    private void limitFiles(String bytes) {
        // The soft limit only: a hard one could be raised again by root alone.
        Command.of("prlimit", "--pid", Long.toString(process().pid()), "--fsize=" + bytes + ":")
                .output();
    }

    /** Whether it leads its cluster at the moment; a standalone server does not. */
    public boolean isLeader() {
        var control = directory.resolve(name + ".ctl").toString();
        return process().isAlive()
                && Command.of(Programs.find("ovs-appctl"), "--timeout=2", "-t", control, "cluster/status", database)
                        .run()
                        .standardOutput()
                        .contains("Role: leader");
    }

    @Override
    public void stop() {
        process().stop();
    }

    @Override
    public void kill() {
        process().kill();
    }

    /** The running server's process, for {@code freeze} and {@code thaw}. */
    public LocalProcess process() {
        return process.orElseThrow(() -> new IllegalStateException(name + " was never started"));
    }

    /** {@code unix:PATH}. */
    @Override
    public String address() {
        return "unix:" + socket();
    }

    /** {@code tcp:127.0.0.1:PORT}; only after {@link #onLoopback()}. */
    @Override
    public String loopbackAddress() {
        return "tcp:127.0.0.1:" + port.orElseThrow();
    }

    /** The database file: a log of every transaction. */
    public Path file() {
        return file;
    }

    @Override
    public byte[] content() {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String client(String command, String... arguments) {
        var line = new ArrayList<>(List.of(Programs.find("ovsdb-client"), "--no-leader-only", command, address()));
        line.addAll(List.of(arguments));
        return new Command(line, environment()).output();
    }

    @Override
    public String database() {
        return database;
    }

    private Path socket() {
        return directory.resolve(name + ".sock");
    }

    private Map<String, String> environment() {
        return Map.of("OVS_RUNDIR", directory.toString(), "OVS_LOGDIR", directory.toString());
    }

    @Override
    public void close() {
        process.ifPresent(LocalProcess::close);
    }
}
