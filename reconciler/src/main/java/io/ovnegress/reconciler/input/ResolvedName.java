package io.ovnegress.reconciler.input;

import java.util.Optional;
import java.util.Set;

/**
 * What a host name stands for. It is told when it changes, and never listed; a name of which there is none has not been answered yet.
 *
 * @param addresses of the last answer, also when there has been none since
 * @param error why there is none at present; empty if there is
 */
public record ResolvedName(String name, Set<IpAddress> addresses, Optional<String> error) implements InputObject {
    public static final InputKind KIND = new InputKind("RESOLVED_NAME");

    public ResolvedName {
        addresses = Set.copyOf(addresses);
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
