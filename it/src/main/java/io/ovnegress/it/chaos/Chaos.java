package io.ovnegress.it.chaos;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.google.common.base.Throwables;
import io.ovnegress.it.harness.process.ControllerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Random histories against a real database server, one after the other. History {@code i} of seed {@code s} has the seed
 * {@code s + i}, so that a failed one can be run by itself. One thread.
 */
@Command(
        name = "make chaos",
        customSynopsis =
                "make chaos CHAOS=\"[--histories N] [--seed S] [--repeat N] [--failures N] [--verbose] | --soak TIME\"",
        description =
                "Random histories of pods, namespaces, nodes and EgressIPs (in half of them with routers of their own,"
                        + " in a third for some destinations, limited and marked, in a third a second feature as well,"
                        + " in a third egress routers and firewalls, in a third address pools), with kills, lost"
                        + " replies, partitions and damaged rows, against a real ovsdb-server. Each must end in the rows"
                        + " that a new controller would write. Exit code 1 if one does not, or if a soak costs more"
                        + " memory, status writes or events than is right.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class Chaos implements Callable<Integer> {
    /** After so many histories a new server: the log of the old one has grown long. */
    private static final int HISTORIES_OF_A_SERVER = 100;

    /** Many times what a history takes on a machine that does ten things at a time. */
    private static final Duration LIMIT = Duration.ofMinutes(30);

    private static final Duration BETWEEN_PROGRESS = Duration.ofSeconds(10);

    @Option(names = "--histories", paramLabel = "N", description = "how many, default ${DEFAULT-VALUE}")
    private int histories = 1000;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "of the first one, default a new one; the next one has the next")
    private long seed = ThreadLocalRandom.current().nextLong(1_000_000_000);

    @Option(
            names = "--repeat",
            paramLabel = "N",
            description = "each so many times: what happens follows from the seed, but not at which moment; default"
                    + " ${DEFAULT-VALUE}")
    private int repeat = 1;

    @Option(names = "--failures", paramLabel = "N", description = "the end after so many, default ${DEFAULT-VALUE}")
    private int mostFailures = 3;

    @Option(
            names = "--retries",
            paramLabel = "N",
            description =
                    "a history that fails is played so many times more, and is only told if it does not fail again;"
                            + " default ${DEFAULT-VALUE}")
    private int retries;

    @Option(
            names = "--soak",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description =
                    "no histories: a controller in a cluster that changes all the time for so long, such as 1h or 10m")
    private Optional<Duration> soak = Optional.empty();

    @Option(names = "--verbose", description = "a line for each history, and the controllers' log")
    private boolean verbose;

    private final List<Failure> failures = new ArrayList<>();
    private Instant lastProgress = Instant.now();

    private Chaos() {}

    private Chaos(long seed, int histories) {
        this.seed = seed;
        this.histories = histories;
    }

    /**
     * @param seed of the history that failed
     * @param text what was wrong, and what happened before
     */
    public record Failure(long seed, String text) {
        @Override
        public String toString() {
            return "history %d failed; again with: make chaos CHAOS=\"--seed %d --histories 1\"%n%s"
                    .formatted(seed, seed, text);
        }
    }

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Chaos()).execute(arguments));
    }

    /** Runs so many histories; those that failed, of which a few are enough. */
    public static List<Failure> run(long seed, int histories) {
        var chaos = new Chaos(seed, histories);
        chaos.run();
        return List.copyOf(chaos.failures);
    }

    private static final class TimeConverter implements CommandLine.ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return Duration.parse("PT" + text);
            } catch (DateTimeParseException e) {
                throw new CommandLine.TypeConversionException("must be a time such as 1h or 10m");
            }
        }
    }

    @Override
    public Integer call() {
        if (soak.isPresent()) {
            return soak(soak.get());
        }
        run();
        return failures.isEmpty() ? 0 : 1;
    }

    private int soak(Duration time) {
        System.out.printf("chaos: a soak of %d s, seed %d%n", time.toSeconds(), seed);
        var report = Soak.run(
                time, seed, flags -> ControllerProcess.withLauncher(Path.of("ovn-egress"), flags), System.out::println);
        report.complaints().forEach(complaint -> System.out.println("soak: " + complaint));
        return report.complaints().isEmpty() ? 0 : 1;
    }

    private void run() {
        System.out.printf("chaos: %d histories, the first has seed %d%n", histories, seed);
        if (!verbose) {
            // Every broken connection is a warning, and here they are wanted.
            ((Logger) LoggerFactory.getLogger("io.ovnegress.controller")).setLevel(Level.ERROR);
        }
        var start = Instant.now();
        int runs = histories * repeat;
        int done = 0;
        while (done < runs && failures.size() < mostFailures) {
            try (var database = new ChaosDatabase()) {
                int last = Math.min(runs, done + HISTORIES_OF_A_SERVER);
                while (done < last && failures.size() < mostFailures) {
                    runUntilItSucceeds(database, seed + done++ / repeat);
                    progress(done, runs, start);
                }
            }
        }
        System.out.printf(
                "chaos: %d histories in %d s, %d failed%n",
                done, Duration.between(start, Instant.now()).toSeconds(), failures.size());
    }

    private void progress(int done, int runs, Instant start) {
        var now = Instant.now();
        if (done < runs && lastProgress.plus(BETWEEN_PROGRESS).isBefore(now)) {
            lastProgress = now;
            System.out.printf(
                    "chaos: %d of %d histories in %d s, %d failed%n",
                    done, runs, Duration.between(start, now).toSeconds(), failures.size());
        }
    }

    private void runUntilItSucceeds(ChaosDatabase database, long historySeed) {
        int before = failures.size();
        run(database, historySeed);
        for (int again = 0; again < retries && failures.size() > before; again++) {
            failures.removeLast();
            System.out.println("history " + historySeed + " is played again");
            run(database, historySeed);
        }
    }

    private void run(ChaosDatabase database, long historySeed) {
        var began = Instant.now();
        int before = failures.size();
        var runner = Thread.currentThread();
        // What it waits for without a limit of its own ends with an exception that says where.
        var limit = CompletableFuture.runAsync(
                runner::interrupt, CompletableFuture.delayedExecutor(LIMIT.toSeconds(), TimeUnit.SECONDS));
        try (var history = new History(database, historySeed)) {
            try {
                history.run();
            } catch (RuntimeException e) { // whatever it is, it belongs to this seed
                var what = e instanceof History.Wrong ? e.getMessage() : Throwables.getStackTraceAsString(e);
                fail(historySeed, what + "\n" + history.story());
            }
        }
        limit.cancel(false);
        if (Thread.interrupted() && failures.size() == before) {
            fail(historySeed, "not done within " + LIMIT);
        }
        if (verbose) {
            System.out.printf(
                    "chaos: history %d: %d ms%n",
                    historySeed, Duration.between(began, Instant.now()).toMillis());
        }
    }

    private void fail(long historySeed, String text) {
        var failure = new Failure(historySeed, text);
        failures.add(failure);
        System.out.println(failure); // now: the others may take long
    }
}
