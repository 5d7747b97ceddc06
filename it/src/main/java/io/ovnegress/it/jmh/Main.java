package io.ovnegress.it.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The micro benchmarks of the hot path's inner pieces, in about two minutes. A benchmark's method is named for what its
 * nanoseconds are counted by: a row, a pod, a look-up, an object. Figures go to {@code bench-results/jmh.json} as well, in JMH's
 * own format.
 *
 * <p>{@code Main [REGEX...]}; without one all of them.
 */
public final class Main {
    private Main() {}

    public static void main(String[] patterns) throws IOException, RunnerException {
        var file = Path.of("bench-results", "jmh.json");
        Files.createDirectories(file.toAbsolutePath().getParent());
        var options = new OptionsBuilder()
                .mode(Mode.AverageTime)
                .timeUnit(TimeUnit.NANOSECONDS)
                .forks(2)
                .warmupIterations(2)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(3)
                .measurementTime(TimeValue.seconds(1))
                .jvmArgs(jvmArguments())
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .resultFormat(ResultFormatType.JSON)
                .result(file.toString());
        if (patterns.length == 0) {
            options.include("^" + Main.class.getPackageName().replace(".", "\\.") + "\\.");
        }
        for (var pattern : patterns) {
            options.include(pattern);
        }
        for (var result : new Runner(options.build()).run()) {
            print(result);
        }
        System.out.println("written to " + file);
    }

    private static String[] jvmArguments() {
        var arguments = new ArrayList<>(List.of("-Xmx1g", "-XX:+UseSerialGC"));
        if (Runtime.version().feature() >= 23) {
            arguments.add("--sun-misc-unsafe-memory-access=allow"); // JMH's own: only the warning is new
        }
        return arguments.toArray(String[]::new);
    }

    private static void print(RunResult result) {
        var parameters = result.getParams();
        var name = parameters.getBenchmark();
        int method = name.lastIndexOf('.');
        var given = parameters.getParamsKeys().stream()
                .map(key -> " " + parameters.getParam(key) + " " + key)
                .collect(Collectors.joining());
        var figure = result.getPrimaryResult();
        System.out.printf(
                Locale.ROOT,
                "%-28s %12.1f +- %8.1f ns/%s%n",
                name.substring(name.lastIndexOf('.', method - 1) + 1, method) + given,
                figure.getScore(),
                figure.getScoreError(),
                name.substring(method + 1));
    }
}
