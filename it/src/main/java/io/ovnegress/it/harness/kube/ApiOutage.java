package io.ovnegress.it.harness.kube;

import io.ovnegress.it.harness.process.Await;
import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.CountingProxy;
import io.ovnegress.it.harness.process.WorkDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Takes the server of an API away from a controller and gives it back: the process of a real one, or the way to an embedded one.
 * Nothing may be asked of the API meanwhile. One thread drives it.
 */
public sealed interface ApiOutage extends AutoCloseable {
    /** Empty where the server is somebody else's, and its process not at hand. */
    static Optional<ApiOutage> of(KubeApi api) {
        if (api.isEmbedded()) {
            return Optional.of(new OfEmbedded(api));
        }
        return Optional.ofNullable(System.getProperty("ovnegress.apiserver"))
                .map(Path::of)
                .map(directory -> new OfProcess(api, directory));
    }

    /** For the controller that is to feel it. */
    Path controllerKubeconfig();

    /** The server ends without a word. */
    void kill();

    /** The server stands still with its connections open. */
    void freeze();

    /** The server is there again, after either; nothing happens where it has been all the time. */
    void end();

    @Override
    void close();

    /** Connections are cut or stalled: who asks the server itself finds it well. */
    final class OfEmbedded implements ApiOutage {
        private final WorkDirectory directory = WorkDirectory.create("ovn-egress-kube");
        private final CountingProxy proxy;
        private final Path kubeconfig;

        private OfEmbedded(KubeApi api) {
            var server = api.client().getMasterUrl();
            proxy = new CountingProxy(new InetSocketAddress(server.getHost(), server.getPort()));
            try {
                kubeconfig = Files.writeString(
                        directory.resolve("kubeconfig"),
                        Files.readString(api.controllerKubeconfig())
                                .replace("127.0.0.1:" + server.getPort(), "127.0.0.1:" + proxy.port()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public Path controllerKubeconfig() {
            return kubeconfig;
        }

        @Override
        public void kill() {
            proxy.cut();
        }

        @Override
        public void freeze() {
            proxy.stall();
        }

        @Override
        public void end() {
            proxy.mend();
        }

        @Override
        public void close() {
            proxy.close();
            directory.close();
        }
    }

    /** {@code it/scripts/kube-apiserver.sh} started it. */
    final class OfProcess implements ApiOutage {
        private final Path controllerKubeconfig;
        private final Path directory;
        private final URI server;

        private OfProcess(KubeApi api, Path directory) {
            this.controllerKubeconfig = api.controllerKubeconfig();
            this.directory = directory;
            this.server = URI.create(api.client().getMasterUrl().toString());
        }

        @Override
        public Path controllerKubeconfig() {
            return controllerKubeconfig;
        }

        @Override
        public void kill() {
            signal("KILL");
            Await.await("the API server is gone").until(() -> !listens());
        }

        @Override
        public void freeze() {
            signal("STOP");
        }

        @Override
        public void end() {
            if (listens()) {
                signal("CONT");
            } else {
                Command.of(Guest.inSources("it/scripts/kube-apiserver.sh").toString(), "again", directory.toString())
                        .output();
            }
        }

        private void signal(String name) {
            try {
                var pid = Files.readString(directory.resolve("kube-apiserver.pid"))
                        .strip();
                Command.of("kill", "-" + name, pid).output();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Also a process that stands still does. */
        private boolean listens() {
            try (var socket = new Socket(InetAddress.getByName(server.getHost()), server.getPort())) {
                return socket.isConnected();
            } catch (IOException e) {
                return false;
            }
        }

        @Override
        public void close() {
            end();
        }
    }
}
