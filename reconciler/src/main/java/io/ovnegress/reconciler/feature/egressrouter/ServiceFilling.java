package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.util.Optional;

/**
 * What has become of a Service that is to lead to an egress router. It is told when it changes, and never listed.
 *
 * @param key {@code namespace/name} of the Service
 * @param error why it cannot be used; empty if it leads there
 */
public record ServiceFilling(String key, Optional<String> error) implements InputObject {
    public static final InputKind KIND = new InputKind("SERVICE_FILLING");

    @Override
    public InputKind kind() {
        return KIND;
    }
}
