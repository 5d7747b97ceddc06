package io.ovnegress.it.harness.process;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The controller in a process of its own, known by its flags and its HTTP endpoints only. It can be stopped, killed, frozen and
 * started again. One thread drives it.
 */
public final class ControllerProcess implements AutoCloseable {
    private static final String MAIN_CLASS = "io.ovnegress.controller.Main";
    private static final List<String> IDLE = List.of(
            "ovn_egress_backlog_owners",
            "ovn_egress_transactions_in_flight",
            "ovn_egress_backed_off_owners",
            "ovn_egress_contested_owners");
    private static final String JVM_ERRORS = "-Xlog:all=error:stderr";
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final String PROBING = "--egressip-reachability-total-timeout";

    private final List<String> program;
    private final Map<String, String> environment;
    private final List<String> flags;
    private final WorkDirectory directory;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(20)).build();
    private int port;
    private int starts;
    private Optional<LocalProcess> process = Optional.empty();

    private ControllerProcess(List<String> program, List<String> flags) {
        this(program, Map.of(), flags);
    }

    private ControllerProcess(List<String> program, Map<String, String> environment, List<String> flags) {
        this.program = List.copyOf(program);
        this.environment = Map.copyOf(environment);
        this.flags = List.copyOf(flags);
        this.directory = WorkDirectory.create("ovn-egress-controller");
    }

    /** Not started yet; runs on the class path of this JVM, tuned for a quick start. */
    public static ControllerProcess onClassPath(List<String> flags) {
        return new ControllerProcess(onClassPath(), flags);
    }

    /**
     * The same somewhere else, such as in a network namespace; from here nobody reaches its HTTP endpoints.
     *
     * @param there makes the command line that runs a given one there
     */
    public static ControllerProcess onClassPath(UnaryOperator<List<String>> there, List<String> flags) {
        return new ControllerProcess(there.apply(onClassPath()), flags);
    }

    private static List<String> onClassPath() {
        var line = new ArrayList<>(List.of(
                java(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED"));
        line.addAll(classPath());
        line.add(MAIN_CLASS);
        return line;
    }

    /**
     * Where the controller is in jars, as in a whole build, the first one that ends in order leaves its classes in an archive, as they
     * are when they have been read and verified; those that come later start with that.
     */
    private static List<String> classPath() {
        var all = System.getProperty("java.class.path");
        var jars = Stream.of(all.split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .toList();
        boolean packaged = jars.stream()
                .anyMatch(jar -> Path.of(jar).getFileName().toString().startsWith("ovn-controller-"));
        if (!packaged || !Files.isDirectory(TARGET)) {
            return List.of("-cp", all);
        }
        return List.of(
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + TARGET.resolve("controller-" + Runtime.version() + ".jsa"),
                "-Xlog:disable",
                JVM_ERRORS,
                "-cp",
                String.join(File.pathSeparator, jars));
    }

    /** The same with the flags that the launcher gives the JVM, for what the process costs. */
    public static ControllerProcess onClassPathAsLaunched(Path repository, List<String> flags) {
        var program = new ArrayList<>(List.of(java(), "@" + repository.resolve("ovn-egress.jvm")));
        if (Runtime.version().feature() >= 25) {
            program.add("@" + repository.resolve("ovn-egress.jvm25"));
        }
        program.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN_CLASS));
        return new ControllerProcess(program, flags);
    }

    private static String java() {
        return ProcessHandle.current().info().command().orElse("java");
    }

    /** Not started yet; runs the launcher script, as an operator does. */
    public static ControllerProcess withLauncher(Path launcher, List<String> flags) {
        return withLauncher(launcher, Map.of(), flags);
    }

    /** The same with more environment variables, such as {@code OVN_EGRESS_JAVA_OPTS}. */
    public static ControllerProcess withLauncher(Path launcher, Map<String, String> environment, List<String> flags) {
        return new ControllerProcess(List.of(launcher.toAbsolutePath().toString()), environment, flags);
    }

    /** Flags of {@code run} for an API and a northbound database. */
    public static List<String> flags(Path kubeconfig, String northboundAddress, String... more) {
        var flags = new ArrayList<>(List.of("--kubeconfig", kubeconfig.toString(), "--nb-address", northboundAddress));
        flags.addAll(List.of(more));
        return flags;
    }

    /** Starts the process and returns at once. */
    public ControllerProcess start() {
        port = ReservedPort.next();
        var line = new ArrayList<>(program);
        line.add("run");
        line.addAll(flags);
        if (flags.stream().noneMatch(flag -> flag.startsWith(PROBING))) {
            line.add(PROBING + "=0"); // the nodes are objects without machines
        }
        line.add("--metrics-bind-address");
        line.add("127.0.0.1:" + port);
        process = Optional.of(LocalProcess.start(
                "controller", line, environment, directory.resolve("controller-" + ++starts + ".log")));
        return this;
    }

    /** Returns once {@code /readyz} answers 200: everything was listed and the database follows from it. */
    public ControllerProcess awaitReady() {
        try {
            Await.await("the controller is ready", process()::progress).until(() -> {
                process().requireAlive();
                return get("/readyz").map(reply -> reply.statusCode() == 200).orElse(false);
            });
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new Command.Failed("%s; /readyz: %s; log:%n%s"
                    .formatted(
                            e.getMessage(),
                            get("/readyz").map(HttpResponse::body).orElse("no answer"),
                            process().tail()));
        }
        return this;
    }

    /**
     * Returns once it has nothing to do: every owner was looked at, every transaction has ended. What it has not seen yet does not
     * count.
     */
    public void awaitIdle() {
        Await.await("the controller has nothing to do").until(() -> {
            var metrics = get("/metrics").map(HttpResponse::body).orElse("");
            return IDLE.stream().allMatch(gauge -> metrics.contains(gauge + " 0.0"));
        });
    }

    /** The answer to a GET on the metrics address; empty if there is none. */
    public Optional<HttpResponse<String>> get(String path) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(20))
                .build();
        try {
            return Optional.of(http.send(request, HttpResponse.BodyHandlers.ofString()));
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Where it is asked. */
    public String url() {
        return "http://127.0.0.1:" + port;
    }

    /** What the command line says to a question that is put to this controller, as in {@code explain("pod", "simpson/homer")}. */
    public Command.Output explain(String... words) {
        return ask("explain", words);
    }

    /** What the command line says to any question that is put to this controller. */
    public Command.Output ask(String question, String... words) {
        return new Command(asking(question, words), Map.of()).run();
    }

    /** The same, with what the program writes to the standard output for other words on the standard input: a shell's pipe. */
    public Command.Output askWhatIsWrittenBy(List<String> words, String question, String... ofIt) {
        var line = shellWords(commandLine(words)) + " | " + shellWords(asking(question, ofIt));
        return new Command(List.of("sh", "-c", line), Map.of()).run();
    }

    /** What the program answers to other words, and asks nobody for. */
    public Command.Output run(String... words) {
        return new Command(commandLine(List.of(words)), Map.of()).run();
    }

    private List<String> asking(String question, String... words) {
        var line = new ArrayList<>(List.of(question));
        line.addAll(List.of(words));
        line.add("--server=http://127.0.0.1:" + port);
        return commandLine(line);
    }

    private List<String> commandLine(List<String> words) {
        var line = new ArrayList<>(program);
        line.removeIf(
                JVM_ERRORS::equals); // such as about the archive of an earlier build: only the answer is looked at
        line.addAll(words);
        return line;
    }

    private static String shellWords(List<String> words) {
        return words.stream()
                .map(word -> "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }

    /** For {@code stop}, {@code kill}, {@code freeze}, {@code thaw} and the log of the current run. */
    public LocalProcess process() {
        return process.orElseThrow(() -> new IllegalStateException("the controller was never started"));
    }

    public boolean isRunning() {
        return process.map(LocalProcess::isAlive).orElse(false);
    }

    /** The logs of all runs. */
    public String log() {
        var log = new StringBuilder();
        try {
            for (int i = 1; i <= starts; i++) {
                log.append(Files.readString(directory.resolve("controller-" + i + ".log")));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return log.toString();
    }

    @Override
    public void close() {
        process.ifPresent(LocalProcess::close);
        directory.close();
    }
}
