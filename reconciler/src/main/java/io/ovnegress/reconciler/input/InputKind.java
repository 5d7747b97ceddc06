package io.ovnegress.reconciler.input;

/** The kinds of objects that are watched; nothing is decided before each was listed once. */
public enum InputKind {
    EGRESS_IP,
    NAMESPACE,
    POD,
    NODE
}
