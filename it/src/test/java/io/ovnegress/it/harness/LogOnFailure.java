package io.ovnegress.it.harness;

import io.ovnegress.it.harness.process.ControllerProcess;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Prints the controller's log after a test that failed. */
public final class LogOnFailure implements AfterTestExecutionCallback {
    private final Supplier<ControllerProcess> controller;

    /** @param controller asked after each test */
    public LogOnFailure(Supplier<ControllerProcess> controller) {
        this.controller = controller;
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        print(context, controller.get());
    }

    /** Nothing if the test was good. */
    public static void print(ExtensionContext context, ControllerProcess controller) {
        context.getExecutionException()
                .ifPresent(e -> System.err.printf(
                        "%s failed; the controller's log:%n%s%n", context.getDisplayName(), controller.log()));
    }
}
