package io.ovnegress.it.bench;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ovnegress.it.harness.bulk.NodeRouters;
import io.ovnegress.it.harness.bulk.PodPorts;
import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.ovsdb.codec.OperationEncoder;
import io.ovnegress.ovsdb.codec.OvsdbJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A fresh {@code ovsdb-server} with the routers of some nodes, the same rows under the same UUIDs every time: what one run wrote
 * can be replayed, byte by byte, into another.
 */
public final class BenchDatabase implements AutoCloseable {
    private static final Path SCHEMA = Programs.schema("ovn-nb");

    private final OvsdbServer server;
    private final Optional<LocalOvnCentral> central;
    private final Runnable stop;

    private BenchDatabase(OvsdbServer server, Optional<LocalOvnCentral> central, Runnable stop) {
        this.server = server;
        this.central = central;
        this.stop = stop;
    }

    public static BenchDatabase start(int nodes) {
        var directory = WorkDirectory.create("ovn-egress-bench");
        return start(nodes, directory, OvsdbServer.withSchema(directory.path(), "nb", "OVN_Northbound", SCHEMA));
    }

    /** The only member of a cluster: such a server remembers its last transactions. */
    static BenchDatabase clustered(int nodes) {
        var directory = WorkDirectory.create("ovn-egress-bench");
        return start(
                nodes,
                directory,
                OvsdbServer.firstOfCluster(
                        directory.path(), "nb", "OVN_Northbound", SCHEMA, "unix:" + directory.resolve("raft")));
    }

    private static BenchDatabase start(int nodes, WorkDirectory directory, OvsdbServer server) {
        server.start();
        return filled(nodes, new BenchDatabase(server, Optional.empty(), () -> {
            server.close();
            directory.close();
        }));
    }

    /** With a southbound database and {@code ovn-northd}. */
    static BenchDatabase withNorthd(int nodes) {
        var central = LocalOvnCentral.start();
        return filled(nodes, new BenchDatabase(central.northbound(), Optional.of(central), central::close));
    }

    private static BenchDatabase filled(int nodes, BenchDatabase database) {
        try (var connection = database.connect()) {
            connection.transact(OperationEncoder.transact(1, "OVN_Northbound", NodeRouters.of(nodes)));
        }
        return database;
    }

    public String address() {
        return server.address();
    }

    /** Writes the ports of so many pods, as ovnkube does before the pods can send anything. */
    void addPorts(int pods, int namespaces) {
        try (var connection = connect()) {
            for (int first = 0; first < pods; first += 1_000) {
                connection.transact(OperationEncoder.transact(
                        1, "OVN_Northbound", PodPorts.of(first, Math.min(first + 1_000, pods), namespaces)));
            }
        }
    }

    /** Returns once ovn-northd has written the southbound database for everything written before. */
    void sync() {
        central.orElseThrow().nbctl("--timeout=600", "--wait=sb", "sync");
    }

    OvsdbServer server() {
        return server;
    }

    Connection connect() {
        return new Connection(Path.of(server.address().substring("unix:".length())));
    }

    @Override
    public void close() {
        stop.run();
    }

    /** A bare client: bytes out, one parsed reply in. What any client costs at least. */
    static final class Connection implements AutoCloseable {
        private final SocketChannel channel;
        private final ExecutorService writer = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("bench-writer").factory());
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16).flip();
        /** Made with the first reply: making it reads. */
        private Optional<JsonParser> parser = Optional.empty();

        Connection(Path socket) {
            try {
                channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Returns at once: a client that does not read while it writes would wait for a server that waits for it. */
        void send(byte[] request) {
            writer.execute(() -> write(request));
        }

        private void write(byte[] request) {
            try {
                var bytes = ByteBuffer.wrap(request);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private final class Bytes extends InputStream {
            @Override
            public int read() {
                throw new UnsupportedOperationException();
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                if (!buffer.hasRemaining()) {
                    buffer.clear();
                    int read = channel.read(buffer);
                    buffer.flip();
                    if (read < 0) {
                        return -1;
                    }
                }
                int taken = Math.min(length, buffer.remaining());
                buffer.get(bytes, offset, taken);
                return taken;
            }
        }

        /** Reads to the end of the next reply, and past the notifications before it; fails if it holds an error. */
        void receive() {
            try {
                if (parser.isEmpty()) {
                    parser = Optional.of(OvsdbJson.FACTORY.createParser(new Bytes()));
                }
                while (!skipMessage(parser.get())) {
                    // a notification
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Whether it was a reply. */
        private static boolean skipMessage(JsonParser parser) throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalStateException("the server has closed the connection");
            }
            boolean reply = true;
            int depth = 1;
            while (depth > 0) {
                var token = parser.nextToken();
                if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
                    depth++;
                } else if (token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY) {
                    depth--;
                } else if (token == JsonToken.FIELD_NAME && parser.currentName().equals("error")) {
                    if (parser.nextToken() != JsonToken.VALUE_NULL) {
                        throw new IllegalStateException("the server refuses: " + parser.getText());
                    }
                } else if (depth == 1
                        && token == JsonToken.FIELD_NAME
                        && parser.currentName().equals("method")) {
                    reply = false;
                }
            }
            return reply;
        }

        void transact(byte[] request) {
            send(request);
            receive();
        }

        @Override
        public void close() {
            writer.shutdown();
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
