package io.ovnegress.controller.reachability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** A loopback port that does not answer: its listener's queue is full, and the kernel drops what would not fit in. */
final class BlackHole implements AutoCloseable {
    private final ServerSocket listener;
    private final List<Socket> queued = new ArrayList<>();

    BlackHole() {
        try {
            listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            while (connects()) {
                if (queued.size() > 16) {
                    throw new IllegalStateException("the queue does not fill up");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("AddressSelection") // a loopback address has one form only
    private boolean connects() throws IOException {
        var socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(listener.getInetAddress(), port()), 200);
            queued.add(socket);
            return true;
        } catch (SocketTimeoutException e) {
            socket.close();
            return false;
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Answers from now on: with refusals. */
    @Override
    public void close() {
        try {
            listener.close();
            for (var socket : queued) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
