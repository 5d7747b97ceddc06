package io.ovnegress.reconciler.northbound;

/**
 * The unit of translation: what is marked dirty, looked at, and written as a whole. Keys travel; what they stand for is looked
 * up when it is needed. Every feature has records of its own; equal records are the same owner, and the text is for people.
 */
public interface Owner {
    /** The mark of the feature that knows what this stands for. */
    String feature();

    /** Whether its rows say whom they are for; nobody wants those that are marked as ours and do not. */
    default boolean isReadable() {
        return true;
    }
}
