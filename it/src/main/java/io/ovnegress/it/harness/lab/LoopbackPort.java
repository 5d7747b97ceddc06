package io.ovnegress.it.harness.lab;

import static io.ovnegress.it.harness.process.Await.await;

import io.ovnegress.it.harness.process.CountingProxy;
import io.ovnegress.it.harness.process.LocalProcess;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A server on this machine's loopback address, reachable at the same port of a network namespace's loopback address: by way of
 * a unix socket, which is a file and the same in all namespaces. One thread drives it.
 */
public final class LoopbackPort implements AutoCloseable {
    private static final String READY = "ready";

    private final CountingProxy here;
    private final LocalProcess there;

    private LoopbackPort(CountingProxy here, LocalProcess there) {
        this.here = here;
        this.there = there;
    }

    /**
     * Returns once it can be reached.
     *
     * @param socket a path where nothing is yet
     */
    static LoopbackPort bring(int port, NetworkNamespace namespace, Path socket, Path log) {
        var here = new CountingProxy(loopback(port), UnixDomainSocketAddress.of(socket));
        var arguments = List.of(socket.toString(), Integer.toString(port));
        var there = JavaProgram.start(namespace, LoopbackPort.class, log, arguments);
        await("port " + port + " in " + namespace.name()).until(() -> {
            there.requireAlive();
            return there.log().lines().anyMatch(READY::equals);
        });
        return new LoopbackPort(here, there);
    }

    /**
     * The other half, inside; it runs until it is killed.
     *
     * @param arguments path of the unix socket, port
     */
    public static void main(String[] arguments) throws InterruptedException {
        var server = UnixDomainSocketAddress.of(arguments[0]);
        var unused = new CountingProxy(server, loopback(Integer.parseInt(arguments[1])));
        System.out.println(READY);
        new CountDownLatch(1).await();
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public void close() {
        there.close();
        here.close();
    }
}
