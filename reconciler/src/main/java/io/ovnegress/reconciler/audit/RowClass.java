package io.ovnegress.reconciler.audit;

/** How a row stands to what is wanted: a closed set. */
public enum RowClass {
    /** As it is to be. */
    Right,
    /** It is to be there and is not. */
    Missing,
    /** It is there, and a column holds something else. */
    Wrong,
    /** Nobody wants it. */
    Superfluous,
    /** It is there once more than it is wanted. */
    Duplicate,
    /** It hangs on another router than it is to. */
    OnWrongRouter,
    /** Somebody else's, and it decides about the same packets as one of ours, or may. */
    Shadowing,
    /** It is marked as ours, and does not say what it is for. */
    Unreadable
}
