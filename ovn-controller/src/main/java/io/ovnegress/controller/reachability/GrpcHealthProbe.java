package io.ovnegress.controller.reachability;

import io.ovnegress.reconciler.input.IpAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.Proxy;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the gRPC health service that ovnkube-node runs for its own control plane: {@code grpc.health.v1.Health/Check} of the
 * service {@value #SERVICE}, in plain text. Anything but SERVING is silence: the node has taken itself out, or ovnkube-node is
 * gone.
 *
 * <p>One request and one reply of a few bytes do not need a gRPC library: a message is five bytes of header and its
 * protobuf fields in an HTTP/2 request (gRPC over HTTP2, "Length-Prefixed-Message"). The connection is kept; after a failure
 * the next probe dials anew, since the old connection may never answer again although the node does.
 */
final class GrpcHealthProbe implements NodeProbe {
    static final String SERVICE = "Service_Egress_IP";

    private static final Logger LOG = LoggerFactory.getLogger(GrpcHealthProbe.class);
    private static final MediaType GRPC = MediaType.get("application/grpc");
    private static final int HEADER = 5;
    /** A reply is nine bytes long; what is longer is something else. */
    private static final long LONGEST_REPLY = 1024;

    private static final int SERVING = 1;
    /** Field 1 of type varint (reply), and of type length-delimited (request). */
    private static final byte STATUS = 0x08;

    private static final byte SERVICE_NAME = 0x0A;

    private final int port;
    private final ConnectionPool connections = new ConnectionPool(1, 1, TimeUnit.MINUTES);
    private final OkHttpClient client;

    GrpcHealthProbe(int port, Duration timeout) {
        this.port = port;
        this.client = new OkHttpClient.Builder()
                .protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE))
                .proxy(Proxy.NO_PROXY)
                .connectionPool(connections)
                .retryOnConnectionFailure(false)
                .followRedirects(false)
                .callTimeout(timeout)
                .connectTimeout(timeout)
                .readTimeout(timeout)
                .build();
    }

    @Override
    public Answer ask(IpAddress address) {
        var url = new HttpUrl.Builder()
                .scheme("http")
                .host(address.text())
                .port(port)
                .addPathSegments("grpc.health.v1.Health/Check")
                .build();
        var request = new Request.Builder()
                .url(url)
                .header("te", "trailers")
                .post(RequestBody.create(question(), GRPC))
                .build();
        try (var reply = client.newCall(request).execute()) {
            return isServing(reply) ? Answer.ALIVE : Answer.SILENT;
        } catch (IOException e) {
            LOG.debug("Probe failed address={} error=\"{}\"", address, e.toString());
            connections.evictAll();
            return isOurs(e) ? Answer.INCONCLUSIVE : Answer.SILENT;
        }
    }

    /** {@code HealthCheckRequest}: not compressed, length, then the name of the service. */
    static byte[] question() {
        var service = SERVICE.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(HEADER + 2 + service.length)
                .put((byte) 0)
                .putInt(2 + service.length)
                .put(SERVICE_NAME)
                .put((byte) service.length)
                .put(service)
                .array();
    }

    private static boolean isServing(Response reply) throws IOException {
        if (reply.code() != 200) {
            return false;
        }
        var source = reply.body().source();
        source.request(LONGEST_REPLY);
        var message = ByteBuffer.wrap(source.getBuffer().readByteArray());
        // An error has no message, only trailers. UNKNOWN (0) is the default, which protobuf leaves out.
        return message.remaining() == HEADER + 2
                && message.get() == 0
                && message.getInt() == 2
                && message.get() == STATUS
                && message.get() == SERVING;
    }

    /** No file descriptor, port or route: nothing that the node has to do with. */
    private static boolean isOurs(IOException failure) {
        return failure instanceof BindException
                || (failure.getClass() == SocketException.class
                        && String.valueOf(failure.getMessage()).matches("(?s).*(Too many open files|unreachable).*"));
    }

    @Override
    public void close() {
        connections.evictAll();
    }
}
