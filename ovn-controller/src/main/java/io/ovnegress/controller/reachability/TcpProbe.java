package io.ovnegress.controller.reachability;

import com.google.common.net.InetAddresses;
import io.ovnegress.reconciler.input.IpAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP dial of a port that nobody need listen on: a refusal comes from a living kernel. As ovn-kubernetes does it, no answer in
 * time and "no route to host" mean that the node is not there.
 */
final class TcpProbe implements NodeProbe {
    /** The discard service (RFC 863). */
    static final int DISCARD = 9;

    private static final Logger LOG = LoggerFactory.getLogger(TcpProbe.class);

    private final int port;
    private final Duration timeout;

    TcpProbe(int port, Duration timeout) {
        this.port = port;
        this.timeout = timeout;
    }

    @Override
    public Answer ask(IpAddress address) {
        try (var socket = new Socket(Proxy.NO_PROXY)) {
            socket.connect(
                    new InetSocketAddress(InetAddresses.forString(address.text()), port),
                    Math.toIntExact(timeout.toMillis()));
            return Answer.ALIVE;
        } catch (SocketTimeoutException | NoRouteToHostException e) {
            return Answer.SILENT;
        } catch (ConnectException e) {
            return Answer.ALIVE; // refused
        } catch (IOException e) {
            // No file descriptor, port or route of our own.
            LOG.debug("Probe failed address={} error=\"{}\"", address, e.toString());
            return Answer.INCONCLUSIVE;
        }
    }

    @Override
    public void close() {
        // Nothing is kept from one probe to the next.
    }
}
