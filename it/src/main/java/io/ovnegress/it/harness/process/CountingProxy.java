package io.ovnegress.it.harness.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A port of the loopback address or a unix socket in front of a server, which can be cut, stalled, silenced and mended like a
 * network, and counts what the server sends. Thread safe.
 */
public final class CountingProxy implements AutoCloseable {
    private final SocketAddress server;
    private final ServerSocketChannel listener;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong fromServer = new AtomicLong();
    private volatile boolean isCut;
    private boolean isStalled;
    private volatile boolean isSilent;

    /** On a free port of the loopback address.
     *
     * @param address {@code unix:PATH} */
    public CountingProxy(String address) {
        this(UnixDomainSocketAddress.of(address.substring("unix:".length())), freePort());
    }

    public CountingProxy(SocketAddress server) {
        this(server, freePort());
    }

    /** @param path of a socket that is not there yet */
    public CountingProxy(Path server, Path path) {
        this(UnixDomainSocketAddress.of(server), UnixDomainSocketAddress.of(path));
    }

    /** @param at a port of the loopback address, or a path where no socket is yet */
    public CountingProxy(SocketAddress server, SocketAddress at) {
        this(server, listener(at));
    }

    private CountingProxy(SocketAddress server, ServerSocketChannel listener) {
        this.server = server;
        this.listener = listener;
        Thread.ofVirtual().name("proxy").start(this::accept);
    }

    private static SocketAddress freePort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static ServerSocketChannel listener(SocketAddress at) {
        var family = at instanceof UnixDomainSocketAddress ? StandardProtocolFamily.UNIX : StandardProtocolFamily.INET;
        try {
            return ServerSocketChannel.open(family).bind(at);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code tcp:127.0.0.1:PORT}; of one on a port. */
    public String address() {
        return "tcp:127.0.0.1:" + port();
    }

    public int port() {
        try {
            return ((InetSocketAddress) listener.getLocalAddress()).getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes from the server to its clients so far. */
    public long bytesFromServer() {
        return fromServer.get();
    }

    /** Ends all connections; new ones are ended at once. */
    public void cut() {
        isCut = true;
        open.forEach(CountingProxy::close);
    }

    /** Nothing passes any more, in either direction, but connections stay and new ones are taken. */
    public synchronized void stall() {
        isStalled = true;
    }

    /** From now on everything gets lost on the way, and nobody is told. */
    public void silence() {
        isSilent = true;
    }

    /** All passes again, what was stalled included; connections from which something was lost end. */
    public synchronized void mend() {
        boolean wasSilent = isSilent;
        isCut = false;
        isStalled = false;
        isSilent = false;
        notifyAll();
        if (wasSilent) {
            open.forEach(CountingProxy::close);
        }
    }

    private synchronized void awaitFlow() throws InterruptedException {
        while (isStalled) {
            wait();
        }
    }

    private void accept() {
        try {
            while (true) {
                var client = listener.accept();
                open.add(client);
                if (isCut) {
                    close(client);
                } else {
                    Thread.ofVirtual().start(() -> connect(client));
                }
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void connect(SocketChannel client) {
        try {
            var upstream = SocketChannel.open(server);
            open.add(upstream);
            if (isCut) {
                cut();
            }
            Thread.ofVirtual().start(() -> pump(client, upstream, new AtomicLong()));
            pump(upstream, client, fromServer);
        } catch (IOException e) {
            close(client);
        }
    }

    private void pump(SocketChannel from, SocketChannel to, AtomicLong count) {
        var buffer = ByteBuffer.allocate(1 << 16);
        try {
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                count.addAndGet(read);
                awaitFlow();
                buffer.flip();
                while (buffer.hasRemaining() && !isSilent) {
                    to.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException e) {
            // One side has gone: the other goes too.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(from);
            close(to);
            open.remove(from);
            open.remove(to);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // It is of no use any more, closed well or not.
        }
    }

    @Override
    public void close() {
        mend();
        cut();
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
