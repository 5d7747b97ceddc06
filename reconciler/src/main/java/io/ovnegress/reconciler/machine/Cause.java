package io.ovnegress.reconciler.machine;

import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import java.util.List;
import java.util.Optional;

/** What made it necessary to look at an owner: a closed set. Holds what was told and not the words for it. */
public sealed interface Cause {
    /**
     * An object appeared, changed or went away.
     *
     * @param version of the object, as the API server has it; empty for what is no object there
     */
    record Input(InputKind kind, String key, String version, Optional<InputObject> before, Optional<InputObject> after)
            implements Cause {}

    /** All objects of a kind were listed. */
    record Listed(InputKind kind) implements Cause {}

    /** Something changed in the database: rows of the owner's by another writer, or routers, ports, groups and sets. */
    record Database() implements Cause {}

    /** A step before this one has been installed. */
    record Step() implements Cause {}

    /** What was sent before came to nothing. */
    record Again() implements Cause {}

    /** The last ones of which one, or all together, made it necessary to decide anew where addresses go. */
    record Several(List<Cause> causes) implements Cause {
        public Several {
            causes = List.copyOf(causes);
        }
    }

    /** Everything is looked at, as at the start; or it belongs to what another owner needs. */
    record Everything() implements Cause {}
}
