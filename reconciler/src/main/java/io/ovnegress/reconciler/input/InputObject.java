package io.ovnegress.reconciler.input;

/** An observed object of the Kubernetes API, cut to what we read. A value: equal objects say the same. */
public interface InputObject {
    InputKind kind();

    /** What it is called among objects of its kind; {@code namespace/name} where they are namespaced. */
    String key();
}
