package io.ovnegress.it.chaos;

import io.ovnegress.it.harness.process.Await;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.input.InputChange;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;

/**
 * The second controller of a history: it waits for the lock as long as the first one's session lasts, and then keeps it until its own
 * ends. It is never stopped. Not thread safe.
 */
final class StandBy implements AutoCloseable {
    /** As the log names it. */
    static final String NAME = "2";

    private final FaultyProxy proxy;
    private final ChaosController controller;

    StandBy(
            ChaosDatabase database,
            ReconcilerConfig config,
            List<Feature> more,
            Consumer<StatusChange> status,
            Consumer<PoolWrites> pools) {
        proxy = new FaultyProxy(database.directory().resolve("standby.sock"), database.socket());
        controller = new ChaosController(proxy.address(), Optional.of("ovn_egress"), NAME, config, more, status, pools);
    }

    void post(InputChange change) {
        controller.post(change);
    }

    ChaosController controller() {
        return controller;
    }

    /** Its session ends now and then, and the other one leads again; whether it did. */
    boolean cutAtRandom(Random random) {
        boolean cut = random.nextInt(6) == 0;
        if (cut) {
            proxy.cut();
        }
        return cut;
    }

    /** Waits until it leads; the other one's session must have ended. */
    void awaitLead() {
        Await.await("the stand-by leads").until(controller::leads);
    }

    @Override
    public void close() {
        controller.close();
        proxy.close();
    }
}
