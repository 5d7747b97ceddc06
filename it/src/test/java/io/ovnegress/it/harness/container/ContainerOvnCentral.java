package io.ovnegress.it.harness.container;

import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.DatabaseServer;
import io.ovnegress.it.harness.process.OvnCentral;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * An OVN central in one container of an image made from {@code deploy/images/ovn-central}. OVN's tools run inside, so they have
 * the databases' version; the controller comes in through a mapped port. One thread drives it.
 */
final class ContainerOvnCentral implements OvnCentral {
    private static final String ENTRYPOINT = "/entrypoint.sh";

    private final GenericContainer<?> container;
    private final Server northbound;
    private final Server southbound;

    private ContainerOvnCentral(GenericContainer<?> container) {
        this.container = container;
        this.northbound = new Server(container, "nb", "OVN_Northbound", 6641);
        this.southbound = new Server(container, "sb", "OVN_Southbound", 6642);
    }

    /** A running central; its northbound database is a copy of the file, or empty. */
    static ContainerOvnCentral start(String image, Optional<Path> northboundFile) {
        var container = new GenericContainer<>(DockerImageName.parse(image))
                .withImagePullPolicy(name -> false)
                .withExposedPorts(6641, 6642)
                .waitingFor(Wait.forLogMessage(".*databases are ready.*\\n", 1)
                        .withStartupTimeout(Await.LIMIT.multipliedBy(10)));
        northboundFile.ifPresent(
                file -> container.withCopyFileToContainer(MountableFile.forHostPath(file), Server.file("nb")));
        container.start();
        var central = new ContainerOvnCentral(container);
        central.sync();
        return central;
    }

    @Override
    public DatabaseServer northbound() {
        return northbound;
    }

    @Override
    public DatabaseServer southbound() {
        return southbound;
    }

    @Override
    public String nbctl(List<String> arguments) {
        return northbound.tool(List.of("ovn-nbctl", "--db=" + northbound.inside()), arguments);
    }

    @Override
    public String sbctl(List<String> arguments) {
        return southbound.tool(List.of("ovn-sbctl", "--db=" + southbound.inside()), arguments);
    }

    @Override
    public String trace(List<String> arguments) {
        return southbound.tool(List.of("ovn-trace", "--db=" + southbound.inside()), arguments);
    }

    @Override
    public void close() {
        container.close();
    }

    /**
     * One of the two servers.
     *
     * @param name {@code nb} or {@code sb}
     */
    private record Server(GenericContainer<?> container, String name, String database, int port)
            implements DatabaseServer {
        private static String file(String name) {
            return "/var/lib/ovn/ovn" + name + "_db.db";
        }

        /** Its address for programs in the container. */
        private String inside() {
            return "unix:/var/run/ovn/ovn" + name + "_db.sock";
        }

        private String tool(List<String> program, List<String> arguments) {
            var line = new ArrayList<>(program);
            line.addAll(arguments);
            try {
                var result = container.execInContainer(line.toArray(String[]::new));
                if (result.getExitCode() != 0) {
                    throw new Command.Failed("exit code %d in %s of: %s%n%s%s"
                            .formatted(
                                    result.getExitCode(),
                                    container.getDockerImageName(),
                                    String.join(" ", line),
                                    result.getStderr(),
                                    result.getStdout()));
                }
                return result.getStdout();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Command.Failed("interrupted: " + String.join(" ", line));
            }
        }

        @Override
        public String address() {
            return "tcp:" + hostAddress() + ":" + container.getMappedPort(port);
        }

        /** The controller takes addresses, not names. */
        private String hostAddress() {
            var host = container.getHost();
            return host.equals("localhost") ? "127.0.0.1" : host;
        }

        @Override
        public String loopbackAddress() {
            return address();
        }

        @Override
        public byte[] content() {
            return container.copyFileFromContainer(file(name), InputStream::readAllBytes);
        }

        @Override
        public String client(String command, String... arguments) {
            // Polled a lot, and it speaks nothing but JSON-RPC: the installed one will do, and is ten times as quick.
            var line = new ArrayList<>(List.of("ovsdb-client", "--no-leader-only", command, address()));
            line.addAll(List.of(arguments));
            return new Command(line, Map.of()).output();
        }

        @Override
        public DatabaseServer start() {
            tool(List.of(ENTRYPOINT, "start", name), List.of());
            return this;
        }

        @Override
        public void stop() {
            tool(List.of(ENTRYPOINT, "stop", name), List.of());
        }

        @Override
        public void kill() {
            tool(List.of(ENTRYPOINT, "kill", name), List.of());
        }
    }
}
