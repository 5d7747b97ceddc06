package io.ovnegress.it.harness.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * The program that runs in a pod and talks on one TCP connection: a line, its echo, a pause, the next line. It ends with exit
 * code 1 as soon as an echo is wrong or does not come. One thread.
 */
public final class ConnectionClient {
    private static final int PATIENCE_MILLIS = 10_000;
    private static final long PAUSE_NANOS = 20_000_000;

    private ConnectionClient() {}

    /**
     * @param arguments address, name to send with every line
     */
    public static void main(String[] arguments) throws IOException {
        try (var socket = new Socket(arguments[0], WebServer.TCP_PORT)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            var input = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (int number = 0; ; number++) {
                var line = arguments[1] + " " + number;
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
