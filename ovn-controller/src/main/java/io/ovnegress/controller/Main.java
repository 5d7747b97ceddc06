package io.ovnegress.controller;

import com.google.inject.Guice;
import com.google.inject.Stage;
import io.ovnegress.controller.cli.EgressCommand;
import io.ovnegress.controller.kube.InvalidKubernetesConfigException;
import io.ovnegress.controller.kube.KubernetesClients;
import java.util.List;
import java.util.Map;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Where the process begins. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        // okhttp and the JDK log through java.util.logging.
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        var environment = System.getenv();
        int code = EgressCommand.commandLine(
                        environment, (config, changed) -> run(config, changed, environment), List.of(arguments))
                .execute(arguments);
        System.exit(code);
    }

    private static int run(ControllerConfig config, List<String> changedFlags, Map<String, String> environment) {
        try (var client = KubernetesClients.create(config.kubeconfig(), environment, Version.CURRENT)) {
            return Guice.createInjector(Stage.PRODUCTION, new ControllerModule(config, client))
                    .getInstance(ControllerProcess.class)
                    .run(changedFlags);
        } catch (InvalidKubernetesConfigException e) {
            throw new ConfigurationException(e.getMessage(), e);
        }
    }
}
