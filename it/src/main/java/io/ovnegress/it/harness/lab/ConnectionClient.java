package io.ovnegress.it.harness.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * The program that runs in a pod and talks on TCP connections: on each a line, its echo, a pause, the next line. As soon as an echo is
 * wrong or does not come its connection is over, of which the standard output says number and reason. A virtual thread for each.
 */
public final class ConnectionClient {
    /** What a line of the output begins with that tells of a connection which is over. */
    static final String ENDED = "ended ";

    private static final int PATIENCE_MILLIS = 10_000;
    private static final long PAUSE_NANOS = 20_000_000;

    private ConnectionClient() {}

    /**
     * @param arguments address, name to send with every line, how many connections
     */
    public static void main(String[] arguments) {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int number = 0; number < Integer.parseInt(arguments[2]); number++) {
                int connection = number;
                executor.execute(() -> talkToTheEnd(arguments[0], arguments[1], connection));
            }
        }
    }

    private static void talkToTheEnd(String address, String name, int number) {
        try {
            talk(address, name + " " + number);
        } catch (IOException e) {
            System.out.println(ENDED + number + ": " + e);
        }
    }

    private static void talk(String address, String name) throws IOException {
        try (var socket = new Socket(address, WebServer.TCP_PORT)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            var input = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (int number = 0; ; number++) {
                var line = name + " " + number;
                socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
                var echo = input.readLine();
                if (!line.equals(echo)) {
                    throw new IOException("sent " + line + ", got " + echo);
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
