package io.ovnegress.controller.ovsdb;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLSocket;

/**
 * A connected byte stream. One thread reads, another writes; {@link #close} may be called by any thread, never blocks, and
 * makes both fail.
 */
record Transport(InputStream input, OutputStream output, AutoCloseable socket) implements AutoCloseable {

    /** @throws IOException in the JDK's words, see {@link FailureText} */
    static Transport open(NbRemote remote, Optional<TlsFiles> tls, Duration connectTimeout) throws IOException {
        return switch (remote) {
            case NbRemote.Unix unix -> unix(unix);
            case NbRemote.Tcp tcp -> {
                var socket = connect(tcp.host(), tcp.port(), connectTimeout);
                yield new Transport(socket.getInputStream(), socket.getOutputStream(), socket);
            }
            case NbRemote.Ssl ssl -> secure(ssl, tls.orElseThrow(), connectTimeout);
        };
    }

    private static Socket connect(String host, int port, Duration timeout) throws IOException {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(host, port), Math.toIntExact(timeout.toMillis()));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * As OVN does it: the server's certificate must come from our CA, the host name in it is not looked at, since OVN's
     * certificates carry none (ovs-pki(8)).
     */
    private static Transport secure(NbRemote.Ssl remote, TlsFiles tls, Duration timeout) throws IOException {
        var factory = tls.sslContext().getSocketFactory();
        var plain = connect(remote.host(), remote.port(), timeout);
        try {
            var socket = (SSLSocket) factory.createSocket(plain, remote.host(), remote.port(), true);
            plain.setSoTimeout(Math.toIntExact(timeout.toMillis()));
            socket.startHandshake();
            plain.setSoTimeout(0);
            // Closing the TLS socket would wait for a writer that a frozen server blocks.
            return new Transport(socket.getInputStream(), socket.getOutputStream(), plain);
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    /** Reads and writes the channel directly: the streams of {@link java.nio.channels.Channels} share a lock. */
    private static Transport unix(NbRemote.Unix remote) throws IOException {
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(remote.path()));
            return new Transport(new ChannelInput(channel), new ChannelOutput(channel), channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (Exception e) {
            // It is of no use any more, closed well or not.
        }
    }

    private static final class ChannelInput extends InputStream {
        private final SocketChannel channel;

        ChannelInput(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return channel.read(ByteBuffer.wrap(bytes, offset, length));
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }
    }

    private static final class ChannelOutput extends OutputStream {
        private final SocketChannel channel;

        ChannelOutput(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            var buffer = ByteBuffer.wrap(bytes, offset, length);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }
    }
}
