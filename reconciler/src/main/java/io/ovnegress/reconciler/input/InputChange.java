package io.ovnegress.reconciler.input;

import java.util.List;

/** What the outside world tells the reconciler. */
public sealed interface InputChange {

    /**
     * An object appeared or changed.
     *
     * @param version as the API server has it; empty for what is no object there
     */
    record Put(InputObject object, String version) implements InputChange {
        public Put(InputObject object) {
            this(object, "");
        }
    }

    /** An object is gone. For pods the name is {@code namespace/name}. */
    record Removed(InputKind kind, String name) implements InputChange {}

    /** The complete list of one kind: what is not in it is gone. */
    record Listed(InputKind kind, List<InputObject> objects) implements InputChange {
        public Listed {
            objects = List.copyOf(objects);
        }
    }
}
