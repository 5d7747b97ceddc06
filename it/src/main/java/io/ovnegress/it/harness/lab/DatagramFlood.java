package io.ovnegress.it.harness.lab;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;

/** The program that runs in a pod and sends datagrams at {@link #RATE} for a while, to where nobody takes them. One thread. */
public final class DatagramFlood {
    /** In bits a second. */
    static final long RATE = 6_000_000;

    private static final int DISCARD = 9;
    private static final int SIZE = 1_200;

    private DatagramFlood() {}

    /** @param arguments address, and for how many milliseconds */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var packet = new DatagramPacket(new byte[SIZE], SIZE, new InetSocketAddress(arguments[0], DISCARD));
        long start = System.nanoTime();
        long length = Long.parseLong(arguments[1]) * 1_000_000;
        try (var socket = new DatagramSocket()) {
            long sent = 0;
            for (long now = 0; now < length; now = System.nanoTime() - start) {
                for (; sent < now / 1_000 * RATE / 1_000_000 / 8; sent += SIZE) {
                    socket.send(packet);
                }
                Thread.sleep(1);
            }
        }
    }
}
