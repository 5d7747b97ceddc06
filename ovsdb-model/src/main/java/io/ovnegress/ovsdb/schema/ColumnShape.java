package io.ovnegress.ovsdb.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.ovsdb.row.AtomicType;
import io.ovnegress.ovsdb.row.Column;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A column's {@code <type>} (RFC 7047 section 3.2) as far as it decides whether our values fit and how the server reports
 * changes: whether "more than one element" is possible decides between new value and difference in an update.
 *
 * <p>Read from the JSON text, because the opendaylight classes do not show it: the base types that know the atomic type and
 * the enum are package-private, and any integer {@code max} above 1 is read as 1.
 *
 * @param enumeration the texts the key may have; empty if there is no enum
 */
record ColumnShape(
        AtomicType key, Optional<AtomicType> value, boolean scalar, boolean many, Optional<Set<String>> enumeration) {

    static ColumnShape parse(JsonNode type) {
        var key = type.isTextual() ? type : type.path("key");
        var value = type.path("value");
        var min = type.path("min").asInt(1);
        var many = type.path("max").isTextual() || type.path("max").asInt(1) > 1;
        return new ColumnShape(
                atomicType(key),
                value.isMissingNode() ? Optional.empty() : Optional.of(atomicType(value)),
                min == 1 && !many && value.isMissingNode(),
                many,
                enumeration(key.path("enum")));
    }

    boolean fits(Column<?> column) {
        return key == column.keyType()
                && value.equals(column.valueType())
                && scalar == column.isScalar()
                && many == column.max() > 1;
    }

    boolean accepts(String text) {
        return enumeration.map(texts -> texts.contains(text)).orElse(true);
    }

    private static AtomicType atomicType(JsonNode base) {
        var name = base.isTextual() ? base.asText() : base.path("type").asText();
        try {
            return AtomicType.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new SchemaException("unknown atomic type \"" + name + "\"", e);
        }
    }

    /** Either {@code ["set", [atoms]]} or, for a single one, the atom itself. */
    private static Optional<Set<String>> enumeration(JsonNode node) {
        if (node.isMissingNode()) {
            return Optional.empty();
        }
        var texts = new HashSet<String>();
        if (node.isArray()) {
            node.path(1).forEach(atom -> texts.add(atom.asText()));
        } else {
            texts.add(node.asText());
        }
        return Optional.of(Set.copyOf(texts));
    }
}
