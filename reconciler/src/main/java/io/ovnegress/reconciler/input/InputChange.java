package io.ovnegress.reconciler.input;

import java.util.List;

/** What the outside world tells the reconciler. */
public sealed interface InputChange {

    /** An object appeared or changed. */
    record Put(InputObject object) implements InputChange {}

    /** An object is gone. For pods the name is {@code namespace/name}. */
    record Removed(InputKind kind, String name) implements InputChange {}

    /** The complete list of one kind: what is not in it is gone. */
    record Listed(InputKind kind, List<InputObject> objects) implements InputChange {
        public Listed {
            objects = List.copyOf(objects);
        }
    }
}
