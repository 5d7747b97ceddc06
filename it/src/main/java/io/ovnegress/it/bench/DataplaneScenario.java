package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.DataplaneWorld.EGRESS_IP;
import static io.ovnegress.it.bench.DataplaneWorld.node;
import static io.ovnegress.it.bench.Figures.median;

import io.ovnegress.it.harness.kube.KubernetesObjects;
import io.ovnegress.it.harness.lab.Timeline;
import io.ovnegress.it.harness.lab.Traffic;
import io.ovnegress.it.harness.process.LocalProcess;
import io.ovnegress.it.harness.process.Programs;
import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.Family;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * What users see: real packets through three real nodes while many pods get an egress IP, one more comes, and the egress IP moves.
 * Every figure in milliseconds is from the moment in which the API server was told.
 */
final class DataplaneScenario implements Bench.Scenario {
    private static final Duration PACE_OF_FLOWS = Duration.ofMillis(10);
    private static final int NEWCOMERS = 5;
    private static final int DRAWN_MOVES = 3;
    /**
     * From one SNAT to the next: the node that has the address announces it 1, 2 or 3, 4 or 7, 8 or 15 and 16 s after it came. If that
     * falls between the next node's announcement and the withdrawal, answers go astray for a second.
     */
    private static final Duration PACE = Duration.ofMillis(4_500);

    private final int[] pods;
    private final int moves;
    private final Path folder;

    /** @param folder for pictures */
    DataplaneScenario(int[] pods, int moves, Path folder) {
        this.pods = pods.clone();
        this.moves = moves;
        this.folder = folder;
    }

    @Override
    public void run(Report report, boolean quick) {
        for (int count : quick ? new int[] {30} : pods) {
            double perPod;
            try (var world = new DataplaneWorld(count)) {
                var name = "%s, %d pods, ".formatted(Programs.versions(), count);
                var run = new OfPods(world, count, report, name);
                perPod = run.create();
                run.oneMore();
                run.moves(quick ? DRAWN_MOVES : moves);
                run.size();
                if (count == pods[0] || quick) {
                    run.draw(folder);
                }
            }
            try (var world = new DataplaneWorld(count, RouterFigures.FLAG)) {
                var name = "%s, %d pods, form Router, ".formatted(Programs.versions(), count);
                var run = new RouterFigures(world, report, name);
                report.figure(name + "create: first right packet to that of form PerPod", run.create() / perPod, "");
                run.oneMore();
                run.moves(quick ? DRAWN_MOVES : moves);
            }
        }
    }

    private static final class OfPods {
        private final DataplaneWorld world;
        private final Report report;
        private final String name;
        private int pods;

        OfPods(DataplaneWorld world, int pods, Report report, String name) {
            this.world = world;
            this.pods = pods;
            this.report = report;
            this.name = name;
        }

        /**
         * Pods that are there get an egress IP.
         *
         * @return milliseconds until all that send had sent a right packet
         */
        double create() {
            world.cluster().label(node(0));
            var sending = world.traffic(PACE_OF_FLOWS);
            var spent = new Spent(world);
            var expected = world.tail().expect(rows -> rows.reroutes() == pods);
            var start = world.applyEgressIp();
            var reached = NorthboundTail.await(expected);
            world.awaitAssigned(node(0));
            sending.forEach(traffic -> traffic.awaitArrived(10, EGRESS_IP));
            var timelines = sending.stream().map(Traffic::stop).toList();
            reached(name + "create: ", start, reached);
            spent.report(report, name + "create: ");
            long first = timelines.stream()
                    .mapToLong(seen -> seen.untilSeen(start, EGRESS_IP).toMillis())
                    .max()
                    .orElseThrow();
            report.milliseconds(name + "create: first right packet", first);
            packets(name + "create: ", timelines.get(0), timelines.get(1), timelines.get(2));
            return first;
        }

        /** A pod that sends already is created. */
        void oneMore() {
            var reached = new ArrayList<NorthboundTail.Reached>();
            var starts = new ArrayList<Instant>();
            var seen = new ArrayList<Double>();
            long wrong = 0;
            for (int i = 0; i < NEWCOMERS; i++) {
                var pod = world.newcomer();
                try (var traffic = world.lab().traffic(pod, Family.V4, PACE_OF_FLOWS)) {
                    traffic.awaitAnswered(10);
                    int expectedPods = ++pods;
                    var expected = world.tail().expect(rows -> rows.reroutes() == expectedPods);
                    var start = Instant.now();
                    world.cluster().create(KubernetesObjects.pod(pod));
                    reached.add(NorthboundTail.await(expected));
                    starts.add(start);
                    traffic.awaitArrived(10, EGRESS_IP);
                    var timeline = traffic.stop();
                    seen.add((double) timeline.untilSeen(start, EGRESS_IP).toMillis());
                    wrong += wrong(timeline, pod.node());
                }
            }
            medians(name + "one more pod: ", starts, reached);
            report.figure(name + "one more pod: first right packet", median(seen), "ms");
            report.none(name + "one more pod: left as another node", wrong);
        }

        void moves(int count) {
            world.cluster().label(node(1));
            var sending = world.traffic(PACE_OF_FLOWS);
            var spent = new Spent(world);
            var starts = new ArrayList<Instant>();
            var switched = new ArrayList<NorthboundTail.Reached>();
            var withdrawn = new ArrayList<NorthboundTail.Reached>();
            for (int i = 0; i < count; i++) {
                move(sending, starts, switched, withdrawn);
            }
            var timelines = sending.stream().map(Traffic::stop).toList();
            medians(name + "move, next hops: ", starts, switched);
            medians(name + "move, old SNATs gone: ", starts, withdrawn);
            spent.report(report, name + count + " moves: ");
            moved(name + count + " moves: ", timelines);
        }

        private void move(
                List<Traffic> sending,
                List<Instant> starts,
                List<NorthboundTail.Reached> switched,
                List<NorthboundTail.Reached> withdrawn) {
            int number = world.isOn(node(0)) ? 0 : 1;
            var from = node(number);
            var to = node(1 - number);
            var join = to.joinAddress(Family.V4);
            world.cluster().label(to);
            var atSwitch = world.tail().expect(rows -> rows.reroutesTo(join) == pods);
            var atEnd = world.tail().expect(rows -> rows.reroutesTo(join) == pods && rows.snats() == pods);
            sending.forEach(traffic -> traffic.mark(from.name() + " drained"));
            starts.add(Instant.now());
            world.cluster().unlabel(from);
            switched.add(NorthboundTail.await(atSwitch));
            withdrawn.add(NorthboundTail.await(atEnd));
            world.awaitAssigned(to);
            LockSupport.parkNanos(
                    Duration.between(Instant.now(), starts.getLast().plus(PACE)).toNanos());
        }

        private void moved(String of, List<Timeline> timelines) {
            long wrong = timelines.stream().mapToLong(OfPods::notEgressIp).sum();
            long requests =
                    timelines.stream().mapToLong(seen -> seen.requests().size()).sum();
            report.count(of + "requests of three pods, a flow every 10 ms", requests);
            report.none(of + "wrong source", wrong);
            report.count(
                    of + "lost", timelines.stream().mapToLong(Timeline::lost).sum());
            long unanswered = timelines.stream().mapToLong(Timeline::unanswered).sum();
            report.count(of + "unanswered", unanswered);
            report.atMost(of + "unanswered of 10,000", unanswered * 10_000.0 / requests, "", 5);
            report.milliseconds(
                    of + "longest outage of a pod",
                    timelines.stream()
                            .mapToLong(seen -> seen.longestOutage().toMillis())
                            .max()
                            .orElseThrow());
        }

        private static long notEgressIp(Timeline timeline) {
            return timeline.sources().entrySet().stream()
                    .filter(source -> !source.getKey().equals(EGRESS_IP))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
        }

        /** Neither with the egress IP nor, before that, with the address of its own node. */
        private static long wrong(Timeline timeline, ClusterNode own) {
            return notEgressIp(timeline) - timeline.sources().getOrDefault(own.address(Family.V4), 0L);
        }

        private void packets(String of, Timeline... timelines) {
            long wrong = 0;
            for (int i = 0; i < timelines.length; i++) {
                wrong += wrong(timelines[i], node(i));
            }
            report.none(of + "left as another node", wrong);
            report.count(
                    of + "lost", Stream.of(timelines).mapToLong(Timeline::lost).sum());
            report.count(
                    of + "unanswered",
                    Stream.of(timelines).mapToLong(Timeline::unanswered).sum());
        }

        private void reached(String of, Instant start, NorthboundTail.Reached reached) {
            medians(of, List.of(start), List.of(reached));
        }

        private void medians(String of, List<Instant> starts, List<NorthboundTail.Reached> reached) {
            var committed = new ArrayList<Double>();
            var computed = new ArrayList<Double>();
            var installed = new ArrayList<Double>();
            for (int i = 0; i < starts.size(); i++) {
                committed.add(millis(starts.get(i), reached.get(i).committed()));
                computed.add(millis(starts.get(i), reached.get(i).computed()));
                installed.add(millis(starts.get(i), reached.get(i).installed()));
            }
            report.figure(of + "committed", median(committed), "ms");
            report.figure(of + "sb_cfg", median(computed), "ms");
            report.figure(of + "hv_cfg", median(installed), "ms");
        }

        private static double millis(Instant start, Instant end) {
            return Duration.between(start, end).toNanos() / 1e6;
        }

        /** What there is in the end. */
        void size() {
            report.count(name + "logical flows", logicalFlows());
            report.count(name + "OpenFlow flows of a node", world.lab().flows(node(2)));
            report.figure(
                    name + "ovn-northd: memory",
                    (double) world.central().northd().residentMegabytes(),
                    "MB");
            report.figure(
                    name + "ovn-controller: memory",
                    (double) world.lab().ovnController(node(2)).residentMegabytes(),
                    "MB");
        }

        private long logicalFlows() {
            return world.central()
                    .sbctl("--bare", "--no-headings", "--columns=_uuid", "list", "Logical_Flow")
                    .lines()
                    .filter(line -> !line.isBlank())
                    .count();
        }

        /** A few moves as they are and as they would be in one transaction, one above the other. */
        void draw(Path folder) {
            var inSteps = drawn();
            world.restart("--move-steps=off");
            var atOnce = drawn();
            var of = name + DRAWN_MOVES + " moves with --move-steps=off: ";
            report.count(of + "requests of three pods", atOnce.requests().size());
            report.count(of + "wrong source", notEgressIp(atOnce));
            report.count(of + "unanswered", atOnce.unanswered());
            var addresses = new TreeMap<>(Map.of(EGRESS_IP, "egress IP"));
            for (int i = 0; i < 3; i++) {
                addresses.put(node(i).address(Family.V4), node(i).name());
            }
            var ovn = Programs.versions().replaceAll("[^0-9.]+", "-");
            Timeline.writeTogether(
                    folder,
                    "moves" + ovn,
                    addresses,
                    List.of(
                            Map.entry("before: each move one transaction (--move-steps=off)", atOnce),
                            Map.entry("after: each move in three steps (--move-steps=auto)", inSteps)));
        }

        private Timeline drawn() {
            var sending = world.traffic(PACE_OF_FLOWS);
            for (int i = 0; i < DRAWN_MOVES; i++) {
                move(sending, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            }
            var timelines = sending.stream().map(Traffic::stop).toList();
            var all = timelines.stream()
                    .flatMap(seen -> seen.requests().stream())
                    .sorted(Comparator.comparing(Timeline.Request::sent))
                    .toList();
            return new Timeline(all, timelines.getFirst().marks());
        }
    }

    /** Processor time of those who carry it out. */
    private static final class Spent {
        private final Map<String, List<LocalProcess>> who;
        private final Map<String, Double> before;

        Spent(DataplaneWorld world) {
            who = new TreeMap<>(Map.of(
                    "ovn-northd", List.of(world.central().northd()),
                    "ovn-controllers",
                            Stream.of(0, 1, 2)
                                    .map(i -> world.lab().ovnController(node(i)))
                                    .toList(),
                    "northbound server", List.of(world.central().northbound().process())));
            before = seconds();
        }

        private Map<String, Double> seconds() {
            var seconds = new TreeMap<String, Double>();
            who.forEach((name, processes) -> seconds.put(
                    name,
                    processes.stream()
                                    .mapToLong(
                                            process -> process.processorTime().toMillis())
                                    .sum()
                            / 1e3));
            return seconds;
        }

        void report(Report report, String of) {
            seconds()
                    .forEach((name, now) ->
                            report.figure(of + "processor time of " + name, now - before.get(name), "s"));
        }
    }
}
