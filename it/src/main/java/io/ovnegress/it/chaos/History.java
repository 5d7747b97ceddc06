package io.ovnegress.it.chaos;

import io.ovnegress.it.chaos.FaultyProxy.Fault;
import io.ovnegress.it.chaos.OtherClient.Author;
import io.ovnegress.it.chaos.OvnkubeSyncers.Features;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.input.InputChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * One random history of a small cluster, from a seed: what happens follows from the seed alone, when it hits the controller does
 * not. Not thread safe.
 */
final class History implements AutoCloseable {
    /** Of the first controller, as the log names it. */
    private static final String NAME = "1";

    /** Many times what is kept for a while. */
    private static final Duration GRACES = Duration.ofSeconds(20);

    private final ChaosDatabase database;
    private final Random random;
    private final List<String> script = new ArrayList<>();
    private final ChaosInputs inputs;
    private final Forms forms;
    private final Fences fences;
    private final ChaosSystems systems;
    private final ChaosPools pools;
    private final FaultyProxy proxy;
    private final Optional<StandBy> standBy;
    private final int maxRows;
    /** Whether pods have node SNATs of their own ({@code --disable-snat-multiple-gws}), which are ovnkube's. */
    private final boolean podSnats;
    /** Whether gateway routers are guarded ({@code --guard}). */
    private final boolean guards;

    private final Ovnkube ovnkube = new Ovnkube();
    /** What ovnkube does later, or first: of its own, so that other histories stay as they were. */
    private final Random ovnkubeRandom;

    private final Hosting chassis = new Hosting();
    private final PodPorts ports;
    /** The nodes whose routers and switches are not there at the moment. */
    private final Set<Integer> missing = new TreeSet<>();

    /** The namespaces whose port groups are not there at the moment. */
    private final Set<String> withoutGroup = new TreeSet<>();

    private boolean clusterRouterMissing;
    private boolean frozen;
    /** Whether SNATs were damaged since everything was in order: with ours its mark may be lost that a node SNAT is to come back. */
    private boolean damaged;

    private final Optional<ChaosNorthd> northd;

    private Optional<ChaosController> controller = Optional.empty();
    private int barriers;

    /** What is wrong at the end of a history. */
    static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;

        Wrong(String message) {
            super(message);
        }
    }

    History(ChaosDatabase database, long seed) {
        this.database = database;
        this.random = new Random(seed);
        this.ovnkubeRandom = new Random(~seed);
        this.ports = new PodPorts(new Random(31 * seed + 7));
        boolean statusIsSlow = random.nextInt(3) == 0;
        this.maxRows = random.nextInt(3) == 0 ? 500 : 1 + random.nextInt(12);
        this.podSnats = random.nextInt(4) == 0;
        this.guards =
                new Random(17 * seed + 3).nextInt(3) == 0; // of its own, so that other histories stay as they were
        this.forms = new Forms(seed);
        var traffic = new RandomTraffic(seed, forms);
        this.inputs = new ChaosInputs(random, statusIsSlow, forms, traffic);
        this.fences = new Fences(seed);
        this.systems = new ChaosSystems(seed);
        boolean hasStandBy = seed % 4 == 0;
        this.pools = new ChaosPools(seed, inputs, systems::used, !hasStandBy);
        note("transactions of " + maxRows + " rows, statuses " + (statusIsSlow ? "slow" : "fast")
                + (podSnats ? ", node SNATs of single pods" : "") + (guards ? ", guarded" : ""));
        database.clear();
        fences.furnish(database.client());
        if (fences.areThere()) {
            note("with fences");
        }
        if (systems.areThere()) {
            note("with egress routers and firewalls");
        }
        if (forms.areThere()) {
            note("with forms, " + forms.usual() + " for those that say nothing");
        }
        if (traffic.isThere()) {
            note("with destinations, bandwidths and code points");
        }
        if (pools.areThere()) {
            note("with address pools, " + pools.manner());
        }
        standBy = hasStandBy
                ? Optional.of(new StandBy(
                        database,
                        config(),
                        fences.features(),
                        status -> said(StandBy.NAME, status),
                        writes -> pools.wanted(StandBy.NAME, writes)))
                : Optional.empty();
        if (hasStandBy) {
            note("with a stand-by");
        }
        proxy = new FaultyProxy(database.directory().resolve("proxy.sock"), database.socket());
        var northdRandom = new Random(13 * seed + 5);
        northd = northdRandom.nextBoolean() ? Optional.of(answeringAtRandom(northdRandom)) : Optional.empty();
    }

    /** Changes come in steps only where somebody says what is installed. */
    private ChaosNorthd answeringAtRandom(Random northdRandom) {
        note("with an ovn-northd");
        var operations = OtherClient.operations();
        OtherClient.operation(operations, "insert", "NB_Global")
                .putObject("row")
                .put("nb_cfg", 1)
                .put("sb_cfg", 1)
                .put("hv_cfg", 1);
        database.client().transact(Author.NORTHD, "", operations);
        return new ChaosNorthd(database.client(), northdRandom);
    }

    /** What has happened so far, and the objects as they are now, for messages. */
    String story() {
        return "objects:" + inputs.describe() + systems.describe() + pools.describe() + "\nhistory:\n  "
                + String.join("\n  ", script);
    }

    private void note(String text) {
        script.add(text);
    }

    /** Any thread: what a controller says of objects. */
    private void said(String controllerName, StatusChange status) {
        inputs.said(status);
        systems.said(status);
        pools.said(controllerName, status);
    }

    private void noteIfAny(String text) {
        if (!text.isEmpty()) {
            note(text);
        }
    }

    /** Throws {@link Wrong} if the controller does not get everything right in the end. */
    void run() {
        if (random.nextInt(4) == 0) {
            int late = 1 + random.nextInt(Landscape.NODES);
            removeNode(late);
        }
        followPods();
        startController();
        int steps = 20 + random.nextInt(25);
        for (int i = 0; i < steps; i++) {
            step();
            followPods();
            if (standBy.isPresent() && standBy.get().cutAtRandom(ovnkubeRandom)) {
                note("cut stand-by");
            }
            if (random.nextInt(3) == 0) {
                pause(5);
            }
        }
        end();
    }

    private void step() {
        int what = random.nextInt(100);
        if (what < 50) {
            int changes = random.nextInt(8) == 0 ? 15 : 1 + random.nextInt(3);
            for (int i = 0; i < changes; i++) {
                change();
            }
        } else if (what < 53) {
            note(inputs.relist(random));
        } else if (what < 60) {
            settle();
        } else if (what < 62) {
            note("kill server");
            pause(8);
            database.kill();
        } else if (what < 67) {
            note("cut");
            proxy.cut();
        } else if (what < 76) {
            arm();
        } else if (what < 79) {
            part();
        } else if (what < 81) {
            note("freeze server");
            database.freeze();
            frozen = true;
            changeWhile(4);
            pause(60);
            database.thaw();
            frozen = false;
        } else if (what < 84) {
            restartController();
        } else if (what < 90) {
            topology();
        } else {
            damage();
        }
    }

    private void change() {
        note(inputs.change(random));
        noteIfAny(inputs.changeTraffic());
        noteIfAny(fences.change());
        noteIfAny(systems.change());
        noteIfAny(pools.change());
        if (ovnkubeRandom.nextInt(3) > 0) {
            followPods();
        }
    }

    /** ovnkube sees what has happened to pods, nodes and routers. */
    private void followPods() {
        if (frozen) {
            return;
        }
        ports.follow(database.client(), inputs.expectation());
        if (ovnkubeRandom.nextInt(podSnats ? 60 : 120) == 0) {
            ovnkubeStarts();
        }
        if (podSnats) {
            ovnkube.follow(database.client(), inputs.expectation(), missing);
        }
        if (forms.areThere() && forms.random().nextInt(4) == 0) {
            noteIfAny(chassis.choose(database.client(), forms.random()));
        }
    }

    /** With other features than the last time, since it is an operator who starts it again. */
    private void ovnkubeStarts() {
        var features = new Features(ovnkubeRandom.nextBoolean(), ovnkubeRandom.nextBoolean(), podSnats);
        note("ovnkube starts with " + features);
        damaged = true; // what was without its marks may be removed
        mustBeNone(ovnkube.start(database.client(), features));
    }

    private void mustBeNone(List<String> taken) {
        if (!taken.isEmpty()) {
            throw new Wrong("ovnkube takes rows of ours: " + taken);
        }
    }

    private void arm() {
        var faults = List.of(Fault.values());
        var fault = faults.get(random.nextInt(faults.size()));
        int skipped = random.nextInt(3);
        note(fault + " after " + skipped);
        proxy.arm(fault, skipped);
    }

    private void part() {
        note("part");
        proxy.stall();
        changeWhile(5);
        standBy.ifPresent(this::takeOver);
        // Mostly shorter than the session takes to notice.
        pause(random.nextInt(12) == 0 ? 1400 : 40);
        parted();
        if (random.nextBoolean()) {
            proxy.cut();
        }
        proxy.flow();
        note("part ends");
    }

    /** The first controller sleeps until the other one leads, and must not write when it is woken. */
    private void takeOver(StandBy other) {
        note("stand-by takes over");
        proxy.sever();
        writeBarrier(Author.BARRIER);
        other.controller().awaitBarrier(barriers); // not what it was before its own session broke
        other.awaitLead();
        leads(StandBy.NAME);
        changeWhile(4);
        proxy.flow();
        barrier(Author.BARRIER); // awake, connected and up to date
        changeWhile(6);
        pause(40);
        leads("");
    }

    /** What has been decided meanwhile comes after this. */
    private void parted() {
        var operations = OtherClient.operations();
        Landscape.trace(operations, -2 * script.size());
        database.client().transact(Author.PARTED, "", operations);
    }

    private void leads(String name) {
        var operations = OtherClient.operations();
        Landscape.trace(operations, -2 * script.size() - (name.isEmpty() ? 1 : 2)); // always another one
        database.client().transact(Author.LEADS, name, operations);
    }

    private void changeWhile(int most) {
        int changes = random.nextInt(most);
        for (int i = 0; i < changes; i++) {
            change();
        }
    }

    private void damage() {
        // Of its own: how much of it is used depends on the rows that are there just now.
        var choices = new Random(random.nextLong());
        Damage.atRandom(database.client(), choices).ifPresent(done -> {
            damaged |= done.contains("NAT") || done.contains("snat/");
            note(done);
        });
        noteIfAny(fences.damage(database.client()));
        noteIfAny(systems.damage(database.client()));
        if (forms.areThere()) {
            RouterDamage.atRandom(database.client(), forms.random()).ifPresent(done -> {
                damaged |= done.contains("NAT");
                note(done);
            });
        }
        if (random.nextInt(3) > 0) {
            settle();
        }
    }

    private void restartController() {
        boolean crash = random.nextBoolean();
        note(crash ? "controller crashes" : "controller stops");
        if (crash) {
            proxy.refuse();
        }
        stopController();
        changeWhile(6);
        if (random.nextInt(3) == 0) {
            topology();
        }
        proxy.admit();
        startController();
        note("controller starts");
    }

    private void startController() {
        var started = new ChaosController(
                proxy.address(),
                Optional.of("ovn_egress"),
                NAME,
                config(),
                fences.features(),
                status -> said(NAME, status),
                writes -> pools.wanted(NAME, writes));
        controller = Optional.of(started);
        attach(change -> {
            started.post(change);
            standBy.ifPresent(other -> other.post(change));
        });
    }

    private ReconcilerConfig config() {
        return pools.with(systems.with(ChaosController.config(podSnats, guards, maxRows, forms.usual())));
    }

    private void attach(Consumer<InputChange> sink) {
        inputs.attach(sink, random);
        fences.attach(sink);
        systems.attach(sink);
        pools.attach(sink);
    }

    private void detach() {
        inputs.detach();
        fences.detach();
        systems.detach();
        pools.detach();
    }

    private void stopController() {
        standBy.ifPresentOrElse(other -> attach(other::post), this::detach);
        controller.ifPresent(running -> {
            running.close();
            pools.ended(NAME);
            failOnFault(running);
        });
        controller = Optional.empty();
    }

    private static void failOnFault(ChaosController running) {
        if (!running.fault().isEmpty() && !running.fault().equals("the loop has ended")) {
            throw new Wrong("the controller found a fault of its own: " + running.fault());
        }
    }

    /** What only routers of egress IPs' own need: the groups of namespaces' ports, and the join switch. */
    private void routersTopology() {
        var some = forms.random();
        var operations = OtherClient.operations();
        var concerned = "";
        if (some.nextInt(4) == 0) {
            Landscape.remove(operations, "Logical_Switch", Landscape.JOIN_SWITCH);
            Landscape.joinSwitch(operations);
            concerned = "join";
            note("join switch made anew");
        } else {
            var namespace = RandomObjects.pick(ChaosInputs.NAMESPACES, some);
            boolean isMissing = withoutGroup.remove(namespace);
            if (isMissing) {
                Landscape.portGroup(operations, namespace);
            } else {
                Landscape.remove(operations, "Port_Group", Landscape.portGroup(namespace));
                withoutGroup.add(namespace);
            }
            note("port group of " + namespace + (isMissing ? " added" : " removed"));
        }
        database.client().transact(Author.TOPOLOGY, concerned, operations);
    }

    private void topology() {
        if (forms.areThere() && forms.random().nextInt(3) == 0) {
            routersTopology();
        }
        int n = 1 + random.nextInt(Landscape.NODES);
        int what = random.nextInt(8);
        if (what == 0) {
            var operations = OtherClient.operations();
            if (!clusterRouterMissing) {
                Landscape.remove(operations, "Logical_Router", Landscape.CLUSTER_ROUTER);
            }
            clusterRouterMissing = !clusterRouterMissing && random.nextBoolean();
            if (!clusterRouterMissing) {
                Landscape.clusterRouter(operations);
            }
            note("cluster router " + (clusterRouterMissing ? "removed" : "made anew"));
            database.client().transact(Author.TOPOLOGY, "", operations);
        } else if (missing.contains(n)) {
            addNode(n);
        } else if (what < 4) {
            note("routers of node " + n + " made anew");
            var operations = OtherClient.operations();
            Landscape.remove(operations, "Logical_Router", Landscape.gateway(n));
            Landscape.gateway(operations, n);
            database.client().transact(Author.TOPOLOGY, "", operations);
            ovnkube.forget(n);
        } else {
            removeNode(n);
        }
    }

    private void removeNode(int n) {
        note("routers of node " + n + " removed");
        mustBeNone(ovnkube.removeNode(database.client(), n));
        missing.add(n);
        var operations = OtherClient.operations();
        Landscape.remove(operations, "Logical_Router", Landscape.gateway(n));
        Landscape.removeSwitches(operations, n);
        database.client().transact(Author.TOPOLOGY, "", operations);
    }

    private void addNode(int n) {
        note("routers of node " + n + " added");
        missing.remove(n);
        var operations = OtherClient.operations();
        Landscape.gateway(operations, n);
        Landscape.switches(operations, n);
        database.client().transact(Author.TOPOLOGY, "", operations);
    }

    private void pause(int atMostMilliseconds) {
        LockSupport.parkNanos(1_000_000L * random.nextInt(1 + atMostMilliseconds));
    }

    /** Waits until the controller has seen everything and has nothing left to do. */
    private void settle() {
        note("settle");
        proxy.disarm();
        ports.catchUp(database.client(), inputs.expectation());
        do {
            awaitQuiet();
        } while (chassis.settle(database.client()));
        if (podSnats) {
            settleNodeSnats();
        }
        if (pools.areThere()) {
            pools.settled(controller.orElseThrow().leads() ? NAME : StandBy.NAME);
        }
        barrier(Author.SETTLED);
    }

    private void awaitQuiet() {
        barrier(Author.BARRIER);
        var running = controller.orElseThrow();
        boolean wrote;
        do {
            running.awaitQuiet(standBy.map(StandBy::controller));
            wrote = inputs.writeStatuses();
            wrote |= pools.write();
        } while (wrote);
    }

    /** What the controller gave back to pods that were gone by then stays until ovnkube looks for it. */
    private void settleNodeSnats() {
        if (damaged) {
            ovnkube.forgetAll();
            damaged = false;
        }
        ovnkube.follow(database.client(), inputs.expectation(), missing);
        if (ovnkube.cleanUp(database.client())) {
            note("ovnkube removes node SNATs of pods that are gone");
        }
        awaitQuiet();
        var problems = endState().otherNodeSnats(Content.of(database.client(), podSnats));
        if (!problems.isEmpty()) {
            throw new Wrong(String.join("\n", problems));
        }
    }

    private void barrier(Author author) {
        writeBarrier(author);
        controller.orElseThrow().awaitBarrier(barriers);
        standBy.ifPresent(other -> other.controller().awaitBarrier(barriers));
    }

    private void writeBarrier(Author author) {
        var operations = OtherClient.operations();
        var update = OtherClient.operation(operations, "update", "Logical_Switch");
        update.set("where", OtherClient.whereName(Landscape.BARRIER + barriers));
        update.putObject("row").put("name", Landscape.BARRIER + ++barriers);
        database.client().transact(author, "", operations);
    }

    private void end() {
        List.copyOf(missing).forEach(this::addNode);
        var groups = OtherClient.operations();
        withoutGroup.forEach(namespace -> Landscape.portGroup(groups, namespace));
        database.client().transact(Author.TOPOLOGY, "", groups);
        if (clusterRouterMissing) {
            var operations = OtherClient.operations();
            Landscape.clusterRouter(operations);
            database.client().transact(Author.TOPOLOGY, "", operations);
        }
        settle();
        settle();
        awaitGraces();
        failOnFault(controller.orElseThrow());
        var problems = new ArrayList<>(endState().problems());
        if (pools.areThere() && problems.isEmpty()) {
            endPools(problems);
        }
        stopController();
        problems.addAll(LogJudge.verdicts(database.log()));
        if (!problems.isEmpty()) {
            throw new Wrong(String.join("\n", problems));
        }
    }

    /** What is kept for a while is given back without anything else happening. */
    private void awaitGraces() {
        var until = Instant.now().plus(GRACES);
        while (pools.isWaiting() && Instant.now().isBefore(until)) {
            pause(20);
            settle();
        }
    }

    /** Nobody wants anything of pools, then there are none, and nothing is left. */
    private void endPools(List<String> problems) {
        var staying = pools.leave();
        settle();
        awaitGraces();
        if (!pools.left().equals(staying)) {
            problems.add("nobody wants anything of pools, and there are " + pools.left() + " instead of " + staying);
        }
        problems.addAll(pools.problems());
        pools.removeAll();
        settle();
        if (!pools.left().isEmpty()) {
            problems.add("without pools there are " + pools.left());
        }
        problems.addAll(endState().unexpectedWays(Content.of(database.client(), podSnats)));
    }

    private EndState endState() {
        return new EndState(database, inputs, fences, systems, pools, forms, ovnkube, podSnats, guards);
    }

    @Override
    public void close() {
        controller.ifPresent(ChaosController::close);
        standBy.ifPresent(StandBy::close);
        northd.ifPresent(ChaosNorthd::close);
        proxy.close();
    }
}
