package io.ovnegress.reconciler.feature;

/**
 * A {@code metav1.Condition} without its time, which the writer adds.
 *
 * @param status True or False
 * @param message for people: names the addresses, nodes and objects concerned, and the remedy
 */
public record StatusCondition(Type type, boolean status, Reason reason, String message, long observedGeneration) {

    /** What it is about: an enum of each feature. */
    public interface Type {
        String name();
    }

    /** Why it is so: an enum of each feature. */
    public interface Reason {
        String name();
    }
}
