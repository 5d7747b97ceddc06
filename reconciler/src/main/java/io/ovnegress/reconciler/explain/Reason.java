package io.ovnegress.reconciler.explain;

/**
 * One of the facts from which something follows.
 *
 * @param code of a closed set: each feature has enums of its own, and the machine has {@code Standing}
 * @param message a sentence for people, which names objects, and the remedy where there is one
 */
public record Reason(Enum<?> code, String message) {}
