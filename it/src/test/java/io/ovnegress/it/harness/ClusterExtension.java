package io.ovnegress.it.harness;

import static io.ovnegress.it.harness.process.Await.await;

import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.ovnegress.it.harness.container.OvnProvider;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.harness.oracle.Violation;
import io.ovnegress.it.harness.process.ControllerProcess;
import io.ovnegress.it.harness.process.OvnCentral;
import io.ovnegress.it.harness.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One live cluster and one running controller for a test class. After each test everything the test created is deleted, the
 * controller must have removed every row of it, and no transaction of the test may have broken a safety rule.
 */
public final class ClusterExtension
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback, ParameterResolver {
    /** In a flag: the address of the southbound database. */
    public static final String SOUTHBOUND = "{southbound}";

    private final Supplier<LiveCluster> start;
    private final boolean controllerFromTheBeginning;
    private final boolean overLoopback;
    private final List<String> moreFlags;
    private List<String> flags = List.of();
    private LiveCluster cluster;
    private ControllerProcess controller;
    private boolean hasOtherFlags;
    private int mark;
    private boolean judged;

    private ClusterExtension(
            Supplier<LiveCluster> start,
            boolean controllerFromTheBeginning,
            boolean overLoopback,
            List<String> moreFlags) {
        this.start = start;
        this.controllerFromTheBeginning = controllerFromTheBeginning;
        this.overLoopback = overLoopback;
        this.moreFlags = moreFlags;
    }

    public static ClusterExtension of(Topology topology) {
        return of(topology, EgressIps.CONTEXT);
    }

    public static ClusterExtension of(Topology topology, CustomResourceDefinitionContext definition) {
        return new ClusterExtension(() -> startIn(OvnProvider.start(), topology, definition), true, false, List.of());
    }

    private static LiveCluster startIn(
            OvnCentral central, Topology topology, CustomResourceDefinitionContext definition) {
        return LiveCluster.start(topology, central, KubeApi.forTests(definition));
    }

    public static ClusterExtension on(Supplier<LiveCluster> start) {
        return new ClusterExtension(start, true, false, List.of());
    }

    /** The tests start the controller themselves, with {@link #startController}. */
    public ClusterExtension withoutController() {
        return new ClusterExtension(start, false, overLoopback, moreFlags);
    }

    /** The controller reaches the northbound database through a port instead of the unix socket. */
    public ClusterExtension overLoopback() {
        return new ClusterExtension(start, controllerFromTheBeginning, true, moreFlags);
    }

    /** The controller runs with these flags as well. */
    public ClusterExtension with(String... flags) {
        return new ClusterExtension(start, controllerFromTheBeginning, overLoopback, List.of(flags));
    }

    /** The controller's process, for tests that stop, kill or start it. */
    public ControllerProcess controller() {
        return controller;
    }

    /** Starts the controller and returns once it is ready. */
    public void startController() {
        controller.start().awaitReady();
    }

    /** Another controller takes over, with these flags as well, until the end of the test. */
    public void startControllerWith(String... more) {
        var all = new ArrayList<>(flags);
        all.addAll(List.of(more));
        controller.close();
        controller = ControllerProcess.onClassPath(all);
        hasOtherFlags = true;
        startController();
    }

    /** For tests that damage rows by hand: what holds after each transaction is not the controller's doing. */
    public void doNotJudgeTransactions() {
        judged = false;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        cluster = start.get();
        var topology = cluster.topology();
        var northbound = cluster.central().northbound();
        var all = new ArrayList<>(ControllerProcess.flags(
                cluster.api().controllerKubeconfig(),
                overLoopback ? northbound.loopbackAddress() : northbound.address(),
                "--cluster-subnets",
                String.join(",", topology.clusterSubnets())));
        if (topology.disableSnatMultipleGateways()) {
            all.add("--disable-snat-multiple-gws");
        }
        moreFlags.forEach(flag ->
                all.add(flag.replace(SOUTHBOUND, cluster.central().southbound().address())));
        flags = List.copyOf(all);
        controller = ControllerProcess.onClassPath(flags);
        if (controllerFromTheBeginning) {
            startController();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        cluster.createNodes();
        mark = cluster.transactions().size();
        judged = true;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        var failure = context.getExecutionException();
        LogOnFailure.print(context, controller);
        try {
            if (failure.isEmpty() && judged) {
                var violations = Violation.in(cluster.transactions(), mark);
                if (!violations.isEmpty()) {
                    throw new AssertionError("unsafe transactions: " + violations);
                }
            }
        } finally {
            cluster.clear();
            if (controller.isRunning()) {
                controller.process().thaw();
            } else {
                startController();
            }
            if (!controllerFromTheBeginning) {
                awaitNoRows();
                controller.process().stop();
            }
        }
        awaitNoRows();
        if (hasOtherFlags) {
            controller.close();
            controller = ControllerProcess.onClassPath(flags);
            hasOtherFlags = false;
            if (controllerFromTheBeginning) {
                startController();
            }
        }
        cluster.removeLateNodes();
    }

    private void awaitNoRows() {
        await("nothing left of the test").untilAsserted(() -> {
            var rows = cluster.rows();
            if (!rows.reroutes().isEmpty() || !rows.egressNats().isEmpty()) {
                throw new AssertionError("rows left behind: " + rows.reroutes() + rows.egressNats());
            }
        });
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (controller != null) {
            controller.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == LiveCluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return cluster;
    }
}
