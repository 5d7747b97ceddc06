package io.ovnegress.it.harness.kube;

import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.OnExit;
import io.ovnegress.it.harness.process.WorkDirectory;
import java.nio.file.Path;

/** A real API server with etcd, as {@code it/scripts/kube-apiserver.sh} starts them. One thread drives it. */
public final class ApiServer implements AutoCloseable {
    private static final String SCRIPT =
            Guest.inSources("it/scripts/kube-apiserver.sh").toString();

    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-apiserver");
    private final OnExit.Task stoppedOnExit = OnExit.run(this::stop);
    private final Path kubeconfig;

    private ApiServer() {
        kubeconfig = Path.of(Command.of(SCRIPT, "start", directory.path().toString())
                .output()
                .strip());
    }

    /** Returns once it is ready. */
    public static ApiServer start() {
        return new ApiServer();
    }

    /** With all rights. */
    public Path kubeconfig() {
        return kubeconfig;
    }

    private void stop() {
        Command.of(SCRIPT, "stop", directory.path().toString()).run();
    }

    @Override
    public void close() {
        stoppedOnExit.cancel();
        stop();
        directory.close();
    }
}
