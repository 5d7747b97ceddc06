package io.ovnegress.ovsdb.codec;

import com.fasterxml.jackson.core.JsonGenerator;
import io.ovnegress.ovsdb.row.Column;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Writes {@code <value>}s (RFC 7047 section 5.1).
 *
 * <p>Elements of sets and maps are written in their natural order, since the iteration order of {@link Set#of} and
 * {@link Map#of} differs from one run to the next: the same state gives the same bytes.
 */
final class Values {
    private Values() {}

    /** @throws IllegalArgumentException if the value is none that the server could read, naming the column */
    static void write(JsonGenerator json, Column<?> column, Object value) throws IOException {
        switch (value) {
            case Set<?> set -> writeSet(json, column, set);
            case Map<?, ?> map -> writeMap(json, column, map);
            default -> writeAtom(json, column, value);
        }
    }

    static void writeId(JsonGenerator json, UUID id) throws IOException {
        json.writeStartArray();
        json.writeString("uuid");
        json.writeString(id.toString());
        json.writeEndArray();
    }

    private static void writeSet(JsonGenerator json, Column<?> column, Set<?> set) throws IOException {
        if (set.size() == 1) {
            writeAtom(json, column, set.iterator().next());
            return;
        }
        var elements = set.toArray();
        Arrays.sort(elements);
        json.writeStartArray();
        json.writeString("set");
        json.writeStartArray();
        for (var element : elements) {
            writeAtom(json, column, element);
        }
        json.writeEndArray();
        json.writeEndArray();
    }

    private static void writeMap(JsonGenerator json, Column<?> column, Map<?, ?> map) throws IOException {
        Map.Entry<?, ?>[] entries = map.entrySet().toArray(new Map.Entry<?, ?>[0]);
        Arrays.sort(entries, BY_KEY);
        json.writeStartArray();
        json.writeString("map");
        json.writeStartArray();
        for (var entry : entries) {
            json.writeStartArray();
            writeAtom(json, column, entry.getKey());
            writeAtom(json, column, entry.getValue());
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeEndArray();
    }

    /** The keys of one map are atoms of one type. */
    @SuppressWarnings("unchecked")
    private static final Comparator<Map.Entry<?, ?>> BY_KEY =
            (one, other) -> ((Comparable<Object>) one.getKey()).compareTo(other.getKey());

    private static void writeAtom(JsonGenerator json, Column<?> column, Object atom) throws IOException {
        switch (atom) {
            case String text -> {
                requireReadable(column, text);
                json.writeString(text);
            }
            case UUID id -> writeId(json, id);
            case Long number -> json.writeNumber(number);
            case Boolean truth -> json.writeBoolean(truth);
            case Double number when Double.isFinite(number) -> json.writeNumber(number);
            default ->
                throw new IllegalArgumentException(
                        column + " cannot hold the " + atom.getClass().getSimpleName() + " " + atom);
        }
    }

    /** ovsdb-server closes the connection on a string with a null character or half a surrogate pair. */
    private static void requireReadable(Column<?> column, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (c == 0 || Character.isSurrogate(c)) {
                throw new IllegalArgumentException(
                        "%s cannot hold the character U+%04X (at %d)".formatted(column, (int) c, i));
            }
        }
    }
}
