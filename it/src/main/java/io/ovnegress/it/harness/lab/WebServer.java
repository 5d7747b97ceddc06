package io.ovnegress.it.harness.lab;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/**
 * The program that runs outside the cluster, in a process of its own: HTTP, a UDP service and a TCP service that sends lines
 * back. Its standard output is the access log, one line per request ({@link AccessLog}); every answer is the source address that
 * it saw. It listens on given addresses only, because an answer to a datagram must leave with the address that was asked. One
 * platform thread per service, one virtual thread per connection.
 */
public final class WebServer {
    static final int HTTP_PORT = 80;
    static final int UDP_PORT = 9000;
    static final int TCP_PORT = 9001;
    /** The first line of the output, once all services listen. */
    static final String READY = "ready";

    private static final int LARGEST_DATAGRAM = 2048;

    private final PrintStream log;

    private WebServer(PrintStream log) {
        this.log = log;
    }

    /**
     * @param addresses to listen on
     */
    public static void main(String[] addresses) throws IOException {
        var log =
                new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
        var server = new WebServer(log);
        for (var text : addresses) {
            server.listen(InetAddress.getByName(text));
        }
        log.println(READY);
    }

    private void listen(InetAddress address) throws IOException {
        var http = HttpServer.create(new InetSocketAddress(address, HTTP_PORT), 0);
        http.createContext("/", exchange -> {
            var client = exchange.getRemoteAddress();
            record("HTTP", client, exchange.getRequestURI().getPath().substring(1));
            byte[] answer = (hostOf(client) + "\n").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.start();
        var udp = new DatagramSocket(new InetSocketAddress(address, UDP_PORT));
        Thread.ofPlatform().name("udp " + address).start(() -> answerDatagrams(udp));
        var tcp = new ServerSocket(TCP_PORT, 50, address);
        Thread.ofPlatform().name("tcp " + address).start(() -> acceptConnections(tcp));
    }

    private void answerDatagrams(DatagramSocket socket) {
        try (socket) {
            while (true) {
                var packet = new DatagramPacket(new byte[LARGEST_DATAGRAM], LARGEST_DATAGRAM);
                socket.receive(packet);
                var text = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
                record("UDP", (InetSocketAddress) packet.getSocketAddress(), text);
                answer(socket, packet);
            }
        } catch (IOException e) {
            System.err.println("udp service ended: " + e);
        }
    }

    /** An answer may fail while the network changes; the request was recorded all the same. */
    private static void answer(DatagramSocket socket, DatagramPacket packet) {
        try {
            socket.send(packet);
        } catch (IOException e) {
            System.err.println("no answer to " + packet.getSocketAddress() + ": " + e.getMessage());
        }
    }

    private void acceptConnections(ServerSocket socket) {
        try (socket) {
            while (true) {
                var connection = socket.accept();
                Thread.ofVirtual().start(() -> answerLines(connection));
            }
        } catch (IOException e) {
            System.err.println("tcp service ended: " + e);
        }
    }

    private void answerLines(Socket connection) {
        try (connection) {
            var client = (InetSocketAddress) connection.getRemoteSocketAddress();
            var input = new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
            for (var line = input.readLine(); line != null; line = input.readLine()) {
                record("TCP", client, line);
                connection.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            System.err.println("connection ended: " + e.getMessage());
        }
    }

    private void record(String protocol, InetSocketAddress client, String text) {
        log.println(AccessLog.line(java.time.Instant.now(), protocol, hostOf(client), client.getPort(), text));
    }

    private static String hostOf(InetSocketAddress client) {
        return client.getAddress().getHostAddress();
    }
}
