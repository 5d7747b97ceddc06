package io.ovnegress.it.page;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Chromium without a screen, on the page of a controller. One thread drives it. */
final class Browser implements AutoCloseable {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    /** Those of the tallest page that is worth looking at. */
    private static final long TALLEST = 4000;

    private final ChromeDriver driver;
    private final String url;

    /** How wide the window is, and whether dark is liked better. */
    record Look(int width, boolean dark) {
        static final List<Look> ALL =
                List.of(new Look(360, false), new Look(360, true), new Look(1600, false), new Look(1600, true));

        @Override
        public String toString() {
            return width + (dark ? "-dark" : "-light");
        }
    }

    Browser(String url) {
        this.url = url;
        var logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        var options = new ChromeOptions();
        options.setBinary("/usr/bin/chromium");
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
        options.setCapability("goog:loggingPrefs", logs);
        driver = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(new File("/usr/bin/chromedriver"))
                        .usingAnyFreePort()
                        .build(),
                options);
        look(new Look(1600, false));
    }

    void look(Look look) {
        size(look.width(), 900);
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(Map.of("name", "prefers-color-scheme", "value", look.dark() ? "dark" : "light"))));
    }

    private void size(int width, long height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /** A view, as its address has it. */
    void open(String view) {
        leave(); // else only what is behind the # changes
        driver.get(url + "/#/" + view);
    }

    void leave() {
        driver.get("about:blank");
    }

    /** What can be seen of the elements. */
    List<String> texts(String css) {
        try {
            return driver.findElements(By.cssSelector(css)).stream()
                    .map(WebElement::getText)
                    .toList();
        } catch (StaleElementReferenceException e) {
            return texts(css); // it has just been drawn again
        }
    }

    String text(String css) {
        return String.join("\n", texts(css));
    }

    void awaitText(String css, String... parts) {
        await(css + " says " + String.join(", ", parts))
                .untilAsserted(() -> assertThat(text(css)).contains(parts));
    }

    int count(String css) {
        return driver.findElements(By.cssSelector(css)).size();
    }

    void click(String css) {
        driver.findElement(By.cssSelector(css)).click();
    }

    void type(String css, CharSequence... keys) {
        driver.findElement(By.cssSelector(css)).sendKeys(keys);
    }

    /** To whatever has the focus. */
    void press(CharSequence... keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    String focused() {
        return String.valueOf(driver.executeScript(
                "const e = document.activeElement; return e.getAttribute('aria-label') || e.textContent" + " || e.id"));
    }

    Object script(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** What axe finds wrong, and whether anything is wider than the window; a screenshot of it all is kept. */
    List<String> complaints(String name, Look look) {
        long width = (Long) script("return document.documentElement.scrollWidth");
        long height = (Long) script("return document.documentElement.scrollHeight");
        var complaints = new ArrayList<String>();
        if (width > look.width()) {
            complaints.add(name + ": " + width + " wide");
        }
        size(look.width(), Math.clamp(height, 900, TALLEST));
        keep(name + "-" + look);
        var found = (List<?>)
                driver.executeAsyncScript(
                        axe() + "; const told = arguments[arguments.length - 1]; axe.run(document).then(result => told("
                                + "result.violations.map(each => each.id + ': ' + each.nodes.map(node => node.html).join(' '))))");
        found.forEach(each -> complaints.add(name + "-" + look + ": " + each));
        return complaints;
    }

    private static String axe() {
        try (var stream = Browser.class.getResourceAsStream("/axe.min.js")) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A screenshot among the artefacts. */
    void keep(String name) {
        try {
            Files.createDirectories(SCREENSHOTS);
            Files.write(SCREENSHOTS.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the console has said since it was asked last, warnings and errors. */
    List<String> consoleErrors() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::toString)
                .toList();
    }

    /** The addresses from which anything was loaded. */
    List<String> loadedFrom() {
        return ((List<?>) script("return performance.getEntriesByType('resource').map(e => new URL(e.name).origin)"))
                .stream().map(String::valueOf).distinct().toList();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
