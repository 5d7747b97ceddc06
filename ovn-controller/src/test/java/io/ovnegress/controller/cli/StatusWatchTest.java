package io.ovnegress.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.query.AskedController;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help;

/** A screen that is looked at while things change. */
class StatusWatchTest {
    private static final String HOME = "\u001b[H\u001b[J";
    private static final int NONE = -1;

    private final AskedController controller = new AskedController();
    private final StringWriter out = new StringWriter();
    private final AtomicInteger code = new AtomicInteger(NONE);
    private final Thread watch = new Thread(() -> code.set(EgressCommand.commandLine(Map.of(), (config, changed) -> 0)
            .setOut(new PrintWriter(out, true))
            .setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF))
            .execute("status", "--watch", "--server=" + controller.address())));

    @AfterEach
    void stop() {
        watch.interrupt();
        controller.close();
    }

    private List<String> screens() {
        return List.of(out.toString().split(Pattern.quote(HOME), -1));
    }

    private static void until(BooleanSupplier claim) throws InterruptedException {
        var end = Instant.now().plus(Duration.ofSeconds(60));
        while (!claim.getAsBoolean()) {
            assertThat(Instant.now()).isBefore(end);
            Thread.sleep(20);
        }
    }

    @Test
    void eachScreenIsWrittenOverTheLastOneAndSaysWhatIsThenUntilItIsInterrupted() throws InterruptedException {
        watch.start();
        until(() -> screens().getFirst().contains("node2"));
        assertThat(screens().getFirst()).contains("Available").doesNotContain("NotReady");

        controller.loseNode(2);
        until(() -> screens().getLast().contains("NotReady"));

        assertThat(screens())
                .hasSizeGreaterThan(1)
                .allSatisfy(screen -> assertThat(screen).as("it begins anew").matches("(?s)(ready|not ready).*|"));
        watch.interrupt();
        watch.join(Duration.ofSeconds(20));
        assertThat(watch.isAlive()).isFalse();
        assertThat(code.get()).isNotEqualTo(NONE);
    }
}
