package io.ovnegress.controller.kube;

import static io.ovnegress.controller.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.pool.PoolWriting;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.PoolWrites.Change;
import io.ovnegress.reconciler.feature.PoolWrites.Decided;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When EgressIPs of pools are written, and how often. */
class PoolWritingTest {
    private final ApiServer server = new ApiServer();
    /** Of how many failures it was asked how long to pause. */
    private final List<Integer> failures = new CopyOnWriteArrayList<>();

    private final PoolWriting writing =
            new PoolWriting(new PoolObjects(server.client()), new SimpleMeterRegistry(), times -> {
                failures.add(times);
                return 1L;
            });

    @BeforeEach
    void install() {
        server.install(ApiServer.OUR_CRD);
    }

    @AfterEach
    void stop() {
        writing.close();
        server.client().close();
        server.stop();
    }

    private void wanted(long number, String uid, String address) {
        var put = new Change.Put(
                uid, "p", "pool-uid", "a", List.of(IpAddress.parse(address).orElseThrow()), true, Map.of());
        writing.accept(new PoolWrites(Map.of("p.a", new Decided(number, put)), Map.of()));
    }

    private EgressIp live() {
        return server.client()
                .resources(EgressIp.class, EgressIpList.class)
                .withName("p.a")
                .get();
    }

    private String addresses() {
        var live = live();
        return live == null
                ? ""
                : live.specOrMissing().path("egressIPs").path(0).asText();
    }

    @Test
    void eachFailureOfAChangeMakesThePauseLonger() {
        server.fail(500, 3, request -> request.getMethod().equals("POST"));
        wanted(1, "", "10.0.0.1");

        eventually().until(() -> addresses().equals("10.0.0.1"));
        assertThat(failures).containsExactly(1, 2, 3);

        server.fail(500, 1, request -> request.getMethod().equals("PATCH"));
        wanted(2, live().getMetadata().getUid(), "10.0.0.2");
        eventually().until(() -> addresses().equals("10.0.0.2"));
        assertThat(failures).as("another change begins anew").containsExactly(1, 2, 3, 1);
    }

    @Test
    void aChangeThatIsWantedOnceMoreIsWrittenOnceMore() {
        wanted(1, "", "10.0.0.1");
        eventually().until(() -> addresses().equals("10.0.0.1"));
        var uid = live().getMetadata().getUid();
        wanted(2, uid, "10.0.0.2");
        eventually().until(() -> addresses().equals("10.0.0.2"));
        wanted(3, uid, "10.0.0.1");
        eventually().until(() -> addresses().equals("10.0.0.1"));
        server.client()
                .resources(EgressIp.class, EgressIpList.class)
                .withName("p.a")
                .patch(
                        PatchContext.of(PatchType.JSON),
                        "[{\"op\": \"replace\", \"path\": \"/spec/egressIPs/0\", \"value\": \"10.0.0.9\"}]");
        assertThat(addresses()).isEqualTo("10.0.0.9");

        wanted(4, uid, "10.0.0.1");
        eventually().until(() -> addresses().equals("10.0.0.1"));
    }
}
