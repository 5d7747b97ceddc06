package io.ovnegress.it.jmh;

import io.ovnegress.it.harness.bulk.Inputs;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.placement.EgressIpPlacement;
import io.ovnegress.reconciler.feature.egressip.placement.EgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The placement of 1,000 objects with an egress IP each on 100 nodes: all of them new, or all of them where they were. */
@State(Scope.Thread)
public class Place {
    private static final int OBJECTS = 1_000;
    private static final int NODES = 100;

    private final List<EgressIpInput> objects = new ArrayList<>();
    private final List<EgressNode> nodes = new ArrayList<>();
    private final Map<String, List<Placement.Assignment>> before = new HashMap<>();

    @Setup
    public void prepare() {
        for (int i = 0; i < OBJECTS; i++) {
            objects.add(Inputs.egressIp(i));
        }
        for (int i = 1; i <= NODES; i++) {
            nodes.add(new EgressNode(
                    "node" + i,
                    true,
                    true,
                    true,
                    true,
                    List.of(IpNetwork.parse("192.168.0." + i + "/16").orElseThrow()),
                    Set.of(IpAddress.parse("192.168.0." + i).orElseThrow())));
        }
        object().forEach((name, placement) -> {
            if (placement.assignments().size() != 1) {
                throw new IllegalStateException(name + ": " + placement);
            }
            before.put(name, placement.assignments());
        });
    }

    @Benchmark
    @OperationsPerInvocation(OBJECTS)
    public Map<String, Placement> object() {
        return EgressIpPlacement.place(objects, nodes, Map.of());
    }

    @Benchmark
    @OperationsPerInvocation(OBJECTS)
    public Map<String, Placement> objectAgain() {
        return EgressIpPlacement.place(objects, nodes, before);
    }
}
