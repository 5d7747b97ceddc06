package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.input.ObjectRef;
import java.util.Optional;

/**
 * An address that an object asks for, and where it is.
 *
 * @param node that has it; empty if none has
 * @param pending whether rows of its object are still to be written
 * @param pods how many leave as it, and {@code namespaces} from how many
 * @param why no node has it
 */
public record AddressPlace(
        ObjectRef object,
        String address,
        Optional<String> node,
        boolean pending,
        int pods,
        int namespaces,
        Optional<Reason> why) {}
