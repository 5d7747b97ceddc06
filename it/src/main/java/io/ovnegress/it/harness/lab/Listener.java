package io.ovnegress.it.harness.lab;

import static io.ovnegress.it.harness.process.Await.await;

import io.ovnegress.it.harness.process.LocalProcess;
import io.ovnegress.it.harness.topology.Family;
import java.nio.file.Path;
import java.util.List;

/** A running {@link WebServer}: outside the cluster, in a pod or on a node. One thread drives it. */
public final class Listener implements AutoCloseable {
    private final List<String> addresses;
    private final LocalProcess process;

    private Listener(List<String> addresses, LocalProcess process) {
        this.addresses = List.copyOf(addresses);
        this.process = process;
    }

    /** Returns once it listens on all of these addresses. */
    static Listener start(NetworkNamespace namespace, List<String> addresses, Path log) {
        var process = JavaProgram.start(namespace, WebServer.class, log, addresses);
        await("a web server in " + namespace.name()).until(() -> {
            process.requireAlive();
            return process.log().lines().anyMatch(WebServer.READY::equals);
        });
        return new Listener(addresses, process);
    }

    public String address(Family family) {
        return family.of(addresses);
    }

    /** Every request so far. */
    public List<AccessLog.Entry> accessLog() {
        process.requireAlive();
        return AccessLog.parse(process.log());
    }

    String url(Family family, String text) {
        var address = address(family);
        return "http://" + (family == Family.V6 ? "[" + address + "]" : address) + ":" + WebServer.HTTP_PORT + "/"
                + text;
    }

    @Override
    public void close() {
        process.close();
    }
}
