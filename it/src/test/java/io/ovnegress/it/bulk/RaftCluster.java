package io.ovnegress.it.bulk;

import io.ovnegress.it.oracle.TransactionLog;
import io.ovnegress.it.process.Await;
import io.ovnegress.it.process.OvsdbServer;
import io.ovnegress.it.process.WorkDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A database on three servers, running, with the routers of a bulk load in it. One thread drives it. */
final class RaftCluster implements AutoCloseable {
    private static final int SERVERS = 3;

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-raft");
    private final List<OvsdbServer> servers = new ArrayList<>();

    RaftCluster() {
        var first = raft(0);
        servers.add(OvsdbServer.firstOfCluster(directory.path(), "nb0", "OVN_Northbound", Northbound.SCHEMA, first));
        for (int i = 1; i < SERVERS; i++) {
            servers.add(OvsdbServer.joiningCluster(directory.path(), "nb" + i, "OVN_Northbound", raft(i), first));
        }
        servers.forEach(OvsdbServer::start);
        Northbound.prepare(leader());
    }

    private String raft(int server) {
        return "unix:" + directory.resolve("raft" + server);
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
        directory.close();
    }
}
