package io.ovnegress.reconciler.feature.fence;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.util.Set;
import java.util.UUID;

/**
 * A custom resource that no other feature knows: its ports cannot send to the subnet, which leads somewhere else for everybody.
 *
 * @param ports the rows of logical switch ports
 * @param subnet as a CIDR
 */
public record FenceInput(String name, Set<UUID> ports, String subnet, String nexthop) implements InputObject {
    public static final InputKind KIND = new InputKind("FENCE");

    public String uid() {
        return "uid-of-" + name;
    }

    @Override
    public InputKind kind() {
        return KIND;
    }

    @Override
    public String key() {
        return name;
    }
}
