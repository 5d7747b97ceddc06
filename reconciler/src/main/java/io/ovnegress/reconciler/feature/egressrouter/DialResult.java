package io.ovnegress.reconciler.feature.egressrouter;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.util.Optional;

/**
 * What has become of trying a TCP connection. It is told when it changes, and never listed.
 *
 * @param key {@code ADDRESS:PORT}
 * @param error why there is none; empty if there is
 */
public record DialResult(String key, Optional<String> error) implements InputObject {
    public static final InputKind KIND = new InputKind("DIAL_RESULT");

    @Override
    public InputKind kind() {
        return KIND;
    }
}
