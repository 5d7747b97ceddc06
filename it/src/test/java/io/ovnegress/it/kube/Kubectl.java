package io.ovnegress.it.kube;

import io.ovnegress.it.harness.kube.Guest;
import io.ovnegress.it.harness.process.Command;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** The kubectl that {@code deploy/tools/kubectl.sh} finds or obtains; who needs it is skipped where there is none. Stateless. */
public final class Kubectl {
    private static final Command.Output SEARCH =
            Command.of(Guest.inSources("deploy/tools/kubectl.sh").toString()).run();

    private Kubectl() {}

    /** Its path. */
    public static String orSkip() {
        Assumptions.assumeTrue(SEARCH.exitCode() == 0, SEARCH.standardError());
        return SEARCH.standardOutput().strip();
    }

    /** The end of a run with these arguments. */
    public static Command.Output run(Path kubeconfig, String... arguments) {
        var line = new ArrayList<>(List.of(orSkip(), "--kubeconfig", kubeconfig.toString()));
        line.addAll(List.of(arguments));
        return new Command(line, Map.of()).run();
    }
}
