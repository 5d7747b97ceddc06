package io.ovnegress.it.bulk;

import io.ovnegress.it.harness.oracle.TransactionLog;
import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.CountingProxy;
import io.ovnegress.it.harness.process.OvsdbServer;
import io.ovnegress.it.harness.process.WorkDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A database on three servers, running, with the routers of a bulk load in it. Between any two of them, in each direction, is a proxy that can be
 * silenced: a server finds the others' sockets in a directory of its own. One thread drives it.
 */
final class RaftCluster implements AutoCloseable {
    private static final int SERVERS = 3;

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-raft");
    private final List<OvsdbServer> servers = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();

    private record Link(int from, int to, CountingProxy proxy) {}

    RaftCluster() {
        for (int i = 0; i < SERVERS; i++) {
            create(folder(i));
        }
        servers.add(OvsdbServer.firstOfCluster(folder(0), "nb0", "OVN_Northbound", Northbound.SCHEMA, raft(0)));
        for (int i = 1; i < SERVERS; i++) {
            servers.add(OvsdbServer.joiningCluster(folder(i), "nb" + i, "OVN_Northbound", raft(i), raft(0)));
        }
        for (int from = 0; from < SERVERS; from++) {
            for (int to = 0; to < SERVERS; to++) {
                if (from != to) {
                    links.add(new Link(from, to, new CountingProxy(socket(to, to), socket(from, to))));
                }
            }
        }
        servers.forEach(OvsdbServer::start);
        Northbound.prepare(leader());
    }

    private static void create(Path folder) {
        try {
            Files.createDirectory(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path folder(int server) {
        return directory.resolve("s" + server);
    }

    /** Where a server has its own socket for the others, or the way to that of another one. */
    private Path socket(int in, int of) {
        return folder(in).resolve("raft" + of);
    }

    /** Not absolute: the server looks for it in its own directory. */
    private static String raft(int server) {
        return "unix:raft" + server;
    }

    /** What a server and the others send each other gets lost. */
    void isolate(OvsdbServer server) {
        linksOf(server).forEach(link -> link.proxy().silence());
    }

    void reconnect(OvsdbServer server) {
        linksOf(server).forEach(link -> link.proxy().mend());
    }

    private List<Link> linksOf(OvsdbServer server) {
        int number = servers.indexOf(server);
        return links.stream()
                .filter(link -> link.from() == number || link.to() == number)
                .toList();
    }

    List<OvsdbServer> servers() {
        return servers;
    }

    /** What a controller is given. */
    String addresses() {
        return servers.stream().map(OvsdbServer::address).collect(Collectors.joining(","));
    }

    /** Waits until there is one. */
    OvsdbServer leader() {
        return Await.await("the cluster has a leader")
                .until(() -> servers.stream().filter(OvsdbServer::isLeader).findFirst(), Optional::isPresent)
                .orElseThrow();
    }

    List<OvsdbServer> othersThan(OvsdbServer one) {
        return servers.stream().filter(server -> server != one).toList();
    }

    /** The first member has every entry from the beginning, whatever happened to it; as a follower it lags a little. */
    TransactionLog log(int snats) {
        return Await.await("the first member knows of every SNAT")
                .until(
                        () -> TransactionLog.readMember(servers.getFirst().file()),
                        log -> Northbound.snatRows(log) == snats);
    }

    @Override
    public void close() {
        servers.forEach(OvsdbServer::close);
        links.forEach(link -> link.proxy().close());
        directory.close();
    }
}
