package io.ovnegress.it.page;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.bench.BenchApi;
import io.ovnegress.it.bench.BenchDatabase;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.page.Browser.Look;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** With 50,000 pods and 1,000 addresses the page has no more elements than somebody can look at, and still finds each pod. */
@Tag("browser")
class LargePageTest {
    private static final int PODS = 50_000;
    private static final int ADDRESSES = 1_000;
    private static final int NODES = 2;
    private static final int MOST_ELEMENTS = 700;

    @Test
    void aPodIsFoundAmongFiftyThousandAndTheMapStaysSmall(@TempDir Path directory) {
        try (var api = new BenchApi(PODS, ADDRESSES);
                var database = BenchDatabase.start(NODES);
                var controller = ControllerProcess.onClassPathAsLaunched(
                        Path.of(".."), ControllerProcess.flags(api.kubeconfig(directory), database.address()))) {
            controller.start().awaitReady();
            try (var browser = new Browser(controller.url())) {
                browser.open("map");
                browser.awaitText(".lead", "1,000 addresses of 1,000 objects on 2 egress nodes");
                assertThat(browser.script("return document.querySelectorAll('*').length"))
                        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LONG)
                        .isLessThan(MOST_ELEMENTS);

                browser.type("#filter", "eip777");
                await("one address").until(() -> browser.count(".chip[data-address]") == 1);
                browser.type("#search", "pod-4321");
                browser.awaitText("#found", "pod-43210", "pod-43219");
                assertThat(browser.count("#found li")).isLessThan(15);
                browser.type("#search", "9");
                browser.awaitText("#found", "pod-43219");
                browser.type("#search", Keys.ARROW_DOWN, Keys.ENTER);
                browser.awaitText(".card > .answer", "leaves as");

                var node = "node1";
                browser.open("map/" + node);
                browser.awaitText("aside .answer", "losing " + node + ": 500 addresses move");
                assertThat(browser.complaints("large", new Look(1600, false))).isEmpty();
                assertThat(browser.consoleErrors()).isEmpty();
            }
        }
    }
}
