package io.ovnegress.it.bench;

import io.ovnegress.it.harness.lab.Lab;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The macro benchmark: the controller's loop and session against a real {@code ovsdb-server}, and in the same run the same bytes
 * sent by a bare client. Figures are ratios wherever they can be; nothing here is a test.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures the controller against a bare ovsdb-server, and prints a table.",
            "",
            "Scenarios (without a name all but the last two):",
            "  create        pods come under one EgressIP, to the same bytes sent raw",
            "  move          the egress node is lost, to the same bytes sent raw",
            "  churn         200 pod changes per second for a minute",
            "  audit         the same, while one audit follows the other",
            "  cold          a restart on rows that are there, and memory of the whole program",
            "  hostile       one pod that names thousands of addresses, beside others",
            "  scan          many EgressIPs with few pods each, to one with all",
            "  alternatives  other batch sizes, one transaction per row, and ovn-northd behind it",
            "  resume        the connection is cut for a second",
            "  steps         what waiting for ovn-northd costs, to the same in one transaction",
            "  process       the image's program, just started, beside a real API server: create, failover",
            "  dataplane     real packets through three nodes while an egress IP is created and moves; as root"
        })
public final class Bench implements Callable<Integer> {
    private static final String PROCESS = "process";
    private static final String DATAPLANE = "dataplane";

    @Option(names = "--quick", description = "A tenth of the pods: to see that it works, not for figures.")
    private boolean quick;

    @Option(names = "--moves", description = "Of dataplane: how often the egress IP moves (${DEFAULT-VALUE}).")
    private int moves = 20;

    @Option(names = "--pods", description = "Of dataplane: behind the egress IP (${DEFAULT-VALUE}).", split = ",")
    private int[] pods = {300, 5_000};

    @Option(names = "--out", description = "Where the figures go as JSON (${DEFAULT-VALUE}).", paramLabel = "FILE")
    private Path out = Path.of("bench-results", "bench.json");

    @Option(
            names = "--image",
            description = "What deploy/images/controller/assemble.sh has filled, for process; several are compared.",
            paramLabel = "DIRECTORY")
    private List<Path> images = List.of();

    @Parameters(paramLabel = "SCENARIO", description = "One or more of the above.")
    private List<String> names = List.of();

    @Spec
    private CommandSpec command = CommandSpec.create();

    private Map<String, Scenario> scenarios() {
        var scenarios = new LinkedHashMap<String, Scenario>();
        scenarios.put("create", new CreateScenario());
        scenarios.put("move", new MoveScenario());
        scenarios.put("churn", new ChurnScenario(false));
        scenarios.put("audit", new ChurnScenario(true));
        scenarios.put("cold", new ColdStartScenario());
        scenarios.put("hostile", new HostileScenario());
        scenarios.put("scan", new ScanScenario());
        scenarios.put("alternatives", new AlternativesScenario());
        scenarios.put("resume", new ResumeScenario());
        scenarios.put("steps", new StepsScenario());
        scenarios.put(PROCESS, new ProcessScenario(images));
        scenarios.put(
                DATAPLANE,
                new DataplaneScenario(pods, moves, out.toAbsolutePath().getParent()));
        return scenarios;
    }

    /** One part of the benchmark. */
    interface Scenario {
        /**
         * @param quick whether a tenth of the work will do
         */
        void run(Report report, boolean quick);
    }

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Bench()).execute(arguments));
    }

    @Override
    public Integer call() {
        var scenarios = scenarios();
        for (var name : names) {
            if (!scenarios.containsKey(name)) {
                throw new ParameterException(
                        command.commandLine(), name + " is no scenario: " + String.join(", ", scenarios.keySet()));
            }
        }
        var wanted = new ArrayList<>(names);
        if (wanted.isEmpty()) {
            wanted.addAll(scenarios.keySet());
            wanted.removeAll(List.of(PROCESS, DATAPLANE));
        }
        if (wanted.contains(DATAPLANE)) {
            Lab.obstacle().ifPresent(obstacle -> {
                throw new ParameterException(
                        command.commandLine(), DATAPLANE + " sends real packets, and cannot here: " + obstacle);
            });
        }
        var report = new Report(System.out);
        if (!List.of(PROCESS, DATAPLANE).containsAll(wanted)) {
            report.figure("first 1,000 pods of a new JVM", firstLoad() / 1e6, "ms");
            warmUp();
        }
        wanted.forEach(name -> scenarios.get(name).run(report, quick));
        report.write(out);
        return 0;
    }

    /** Nanoseconds. Nothing is compiled yet, as in a controller that has only just started. */
    private static long firstLoad() {
        try (var run = new Run(1)) {
            return run.load(1_000);
        }
    }

    /** Creates and moves until all of it is compiled: what follows is compared with a client that has nothing to compile. */
    private void warmUp() {
        for (int i = 0; i < (quick ? 2 : 8); i++) {
            try (var run = new Run(10).onFirstNode()) {
                var loaded = run.settled(quick ? 2_000 : 5_000);
                run.loseFirstNode();
                run.rawWatched(loaded, run.requests());
            }
        }
    }
}
