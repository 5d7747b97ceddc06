package io.ovnegress.it.harness.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The program that runs in a pod and sends a datagram at a fixed pace, each from a new socket: a new flow every time, which no
 * connection tracking helps along. Its standard output says {@code sent} or {@code answered}, the number and the time. It runs
 * until it is killed. One thread.
 */
public final class DatagramClient {
    /** How many sockets stay open for their answer: at 20 ms, for the last five seconds. */
    private static final int OPEN_SOCKETS = 256;

    private final InetSocketAddress target;
    private final String name;
    private final PrintStream log;
    private final Selector selector;
    private final Deque<DatagramChannel> open = new ArrayDeque<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(256);

    private DatagramClient(InetSocketAddress target, String name, PrintStream log) throws IOException {
        this.target = target;
        this.name = name;
        this.log = log;
        this.selector = Selector.open();
    }

    /**
     * @param arguments address, interval in milliseconds, name to send with every datagram
     */
    public static void main(String[] arguments) throws IOException {
        var target = new InetSocketAddress(arguments[0], WebServer.UDP_PORT);
        var log =
                new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
        new DatagramClient(target, arguments[2], log).run(Long.parseLong(arguments[1]) * 1_000_000);
    }

    private void run(long interval) throws IOException {
        long next = System.nanoTime();
        for (int number = 0; ; number++) {
            send(number);
            selector.selectNow(key -> answered(key));
            // What a machine that stood still has not sent is not made up for: answers would go unread meanwhile.
            next = Math.max(next + interval, System.nanoTime());
            for (long rest = next - System.nanoTime(); rest > 0; rest = next - System.nanoTime()) {
                selector.select(key -> answered(key), Math.max(1, rest / 1_000_000));
            }
        }
    }

    private void send(int number) throws IOException {
        if (open.size() == OPEN_SOCKETS) {
            open.remove().close();
        }
        var channel = DatagramChannel.open();
        open.add(channel);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, number);
        log.println("sent " + number + " " + Instant.now());
        try {
            channel.connect(target);
            channel.write(ByteBuffer.wrap((name + " " + number).getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            System.err.println("not sent " + number + ": " + e.getMessage());
        }
    }

    private void answered(SelectionKey key) {
        var channel = (DatagramChannel) key.channel();
        try {
            buffer.clear();
            channel.read(buffer);
            log.println("answered " + key.attachment() + " " + Instant.now());
        } catch (IOException e) {
            System.err.println("no answer to " + key.attachment() + ": " + e.getMessage());
        }
        key.cancel();
    }
}
