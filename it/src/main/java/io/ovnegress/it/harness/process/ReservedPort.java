package io.ovnegress.it.harness.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A port that stays ours until the JVM ends, although a server may listen on it, end, and listen again. A port that was merely
 * seen to be free may be given to any connection of the machine by the time a server wants it.
 */
final class ReservedPort {
    /** Bound and never listening: the kernel gives the port to nobody, and lets servers have it that reuse addresses. */
    private static final Queue<Socket> HELD = new ConcurrentLinkedQueue<>();

    private ReservedPort() {}

    static int next() {
        try {
            var socket = new Socket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(0));
            HELD.add(socket);
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
