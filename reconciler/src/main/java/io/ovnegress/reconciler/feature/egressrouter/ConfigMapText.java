package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.util.Map;
import java.util.Optional;

/**
 * A ConfigMap that somebody follows. It is told when it changes, and never listed; one of which there is nothing is not known yet.
 *
 * @param key {@code namespace/name}
 * @param data empty: there is no such ConfigMap
 */
public record ConfigMapText(String key, Optional<Map<String, String>> data) implements InputObject {
    public static final InputKind KIND = new InputKind("CONFIG_MAP");

    public ConfigMapText {
        data = data.map(Map::copyOf);
    }

    @Override
    public InputKind kind() {
        return KIND;
    }
}
