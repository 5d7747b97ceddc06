package io.ovnegress.it.bench;

import static io.ovnegress.it.bench.DataplaneWorld.EGRESS_IP;
import static io.ovnegress.it.bench.DataplaneWorld.node;
import static io.ovnegress.it.bench.Figures.median;

import io.ovnegress.it.harness.lab.Timeline;
import io.ovnegress.it.harness.lab.Traffic;
import io.ovnegress.it.harness.topology.Family;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** The same with {@code form: Router}: one router for all pods. */
final class RouterFigures {
    static final String FLAG = "--egressip-form=Router";
    private static final Duration PACE_OF_FLOWS = Duration.ofMillis(10);
    /** Chassis have heard of each other by then. */
    private static final Duration PACE = Duration.ofSeconds(6);

    private static final int NEWCOMERS = 5;

    private final DataplaneWorld world;
    private final Report report;
    private final String name;

    RouterFigures(DataplaneWorld world, Report report, String name) {
        this.world = world;
        this.report = report;
        this.name = name;
    }

    /** @return milliseconds until all pods had sent a right packet */
    double create() {
        List.of(node(0), node(1), node(2)).forEach(world.cluster()::label);
        var sending = world.traffic(PACE_OF_FLOWS);
        var expected = world.tail().expect(rows -> rows.snats() == 1);
        var start = world.applyEgressIp();
        var reached = NorthboundTail.await(expected);
        sending.forEach(traffic -> traffic.awaitArrived(10, EGRESS_IP));
        var timelines = sending.stream().map(Traffic::stop).toList();
        report.figure(name + "create: router committed", millis(start, reached.committed()), "ms");
        report.figure(name + "create: router, sb_cfg", millis(start, reached.computed()), "ms");
        report.figure(name + "create: router, hv_cfg", millis(start, reached.installed()), "ms");
        long first = timelines.stream()
                .mapToLong(seen -> seen.untilSeen(start, EGRESS_IP).toMillis())
                .max()
                .orElseThrow();
        report.milliseconds(name + "create: first right packet", first);
        long wrong = 0;
        for (int i = 0; i < timelines.size(); i++) {
            wrong += wrong(timelines.get(i), i);
        }
        report.none(name + "create: left as another node", wrong);
        return first;
    }

    /** Neither with the egress IP nor with the address of its own node. */
    private static long wrong(Timeline timeline, int own) {
        return timeline.sources().entrySet().stream()
                .filter(source -> !source.getKey().equals(EGRESS_IP))
                .filter(source -> !source.getKey().equals(node(own).address(Family.V4)))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Pods that nobody but ovnkube knows of yet send from their first packet on. */
    void oneMore() {
        var seen = new ArrayList<Double>();
        long wrong = 0;
        for (int i = 0; i < NEWCOMERS; i++) {
            var start = Instant.now();
            var pod = world.newcomer();
            try (var traffic = world.lab().traffic(pod, Family.V4, PACE_OF_FLOWS)) {
                traffic.awaitArrived(10, EGRESS_IP);
                var timeline = traffic.stop();
                seen.add((double) timeline.untilSeen(start, EGRESS_IP).toMillis());
                wrong += timeline.requests().stream()
                        .flatMap(request -> request.arrival().stream())
                        .filter(arrival -> !arrival.source().equals(EGRESS_IP))
                        .count();
            }
        }
        report.figure(name + "one more pod: from its port to its first packet outside", median(seen), "ms");
        report.none(name + "one more pod: left as a node", wrong);
    }

    void moves(int count) {
        var sending = world.traffic(PACE_OF_FLOWS);
        var told = new ArrayList<Double>();
        for (int i = 0; i < count; i++) {
            LockSupport.parkNanos(PACE.toNanos());
            var from = List.of(node(0), node(1), node(2)).stream()
                    .filter(world::isOn)
                    .findFirst()
                    .orElseThrow();
            world.lab().forgetDecisions();
            sending.forEach(traffic -> traffic.mark(from.name() + " drained"));
            var start = Instant.now();
            world.cluster().unlabel(from);
            while (world.isOn(from)) {
                LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
            }
            told.add(millis(start, Instant.now()));
            world.cluster().label(from);
        }
        LockSupport.parkNanos(PACE.toNanos());
        var timelines = sending.stream().map(Traffic::stop).toList();
        var of = name + count + " moves: ";
        report.figure(name + "move: status says so", median(told), "ms");
        report.count(
                of + "requests of three pods, a flow every 10 ms",
                timelines.stream().mapToLong(seen -> seen.requests().size()).sum());
        report.none(
                of + "wrong source",
                timelines.stream()
                        .flatMap(seen -> seen.sources().entrySet().stream())
                        .filter(source -> !source.getKey().equals(EGRESS_IP))
                        .mapToLong(Map.Entry::getValue)
                        .sum());
        report.count(of + "lost", timelines.stream().mapToLong(Timeline::lost).sum());
        report.count(
                of + "unanswered",
                timelines.stream().mapToLong(Timeline::unanswered).sum());
        report.milliseconds(
                of + "longest outage of a pod",
                timelines.stream()
                        .mapToLong(seen -> seen.longestOutage().toMillis())
                        .max()
                        .orElseThrow());
    }

    private static double millis(Instant start, Instant end) {
        return Duration.between(start, end).toNanos() / 1e6;
    }
}
