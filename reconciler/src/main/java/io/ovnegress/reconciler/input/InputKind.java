package io.ovnegress.reconciler.input;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A kind of objects that is watched; nothing is decided before each that a feature asks for was listed once. A feature that reads
 * another one declares it and gives its objects: nothing else has to know of it.
 *
 * @param name as metrics and messages have it
 */
public record InputKind(String name) implements Comparable<InputKind> {
    public static final InputKind NAMESPACE = new InputKind("NAMESPACE");
    public static final InputKind POD = new InputKind("POD");
    public static final InputKind NODE = new InputKind("NODE");

    /** Those that are there whatever the features. */
    public static List<InputKind> core() {
        return List.of(NAMESPACE, POD, NODE);
    }

    /** The kind in one word, as in {@code egressip}. */
    public String word() {
        return name.toLowerCase(Locale.ROOT).replace("_", "");
    }

    @Override
    public int compareTo(InputKind other) {
        return Comparator.comparing(InputKind::name).compare(this, other);
    }

    @Override
    public String toString() {
        return name;
    }
}
