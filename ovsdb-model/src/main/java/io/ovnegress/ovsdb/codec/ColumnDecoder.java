package io.ovnegress.ovsdb.codec;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ovnegress.ovsdb.row.AtomicType;
import io.ovnegress.ovsdb.row.Column;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Reads the {@code <value>}s of one column (RFC 7047 section 5.1) as immutable Java values. Values that come again and
 * again - actions, ports, keys, whole options maps - are shared. Not thread safe.
 */
final class ColumnDecoder {
    /** Sets above this size are never the same twice. */
    private static final int LARGEST_SHARED = 8;

    private final Column<?> column;
    private final RecentValues keys = new RecentValues();
    private final RecentValues values = new RecentValues();
    private final RecentValues collections = new RecentValues();
    private final List<Object> elements = new ArrayList<>();
    private final Map<Object, Object> pairs = new HashMap<>();

    ColumnDecoder(Column<?> column) {
        this.column = column;
    }

    int index() {
        return column.index();
    }

    /** @param parser at the value; afterwards at its last token */
    Object decode(JsonParser parser) throws IOException {
        if (column.isMap()) {
            return map(parser);
        }
        return column.isScalar() ? atom(parser, column.keyType(), keys) : set(parser);
    }

    /** Either {@code ["set", [atoms]]} or, for exactly one, the atom itself, which may be {@code ["uuid", text]}. */
    private Set<?> set(JsonParser parser) throws IOException {
        elements.clear();
        if (!parser.isExpectedStartArrayToken()) {
            elements.add(atom(parser, column.keyType(), keys));
        } else if (tagIs(parser, "set")) {
            expect(parser, parser.nextToken(), JsonToken.START_ARRAY);
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                elements.add(atom(parser, column.keyType(), keys));
            }
            expect(parser, parser.nextToken(), JsonToken.END_ARRAY);
        } else if (column.keyType() == AtomicType.UUID) {
            elements.add(taggedId(parser));
        } else {
            throw new JsonParseException(parser, column + " cannot hold a \"" + parser.getText() + "\"");
        }
        return switch (elements.size()) {
            case 0 -> Set.of();
            case 1 -> (Set<?>) collections.shared(Set.of(elements.getFirst()));
            default -> {
                var set = Set.copyOf(elements);
                yield set.size() > LARGEST_SHARED ? set : (Set<?>) collections.shared(set);
            }
        };
    }

    private Map<?, ?> map(JsonParser parser) throws IOException {
        pairs.clear();
        expect(parser, parser.currentToken(), JsonToken.START_ARRAY);
        if (!tagIs(parser, "map")) {
            throw new JsonParseException(parser, column + " holds a map, not a \"" + parser.getText() + "\"");
        }
        expect(parser, parser.nextToken(), JsonToken.START_ARRAY);
        var valueType = column.valueType().orElseThrow();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser, parser.currentToken(), JsonToken.START_ARRAY);
            parser.nextToken();
            var key = atom(parser, column.keyType(), keys);
            parser.nextToken();
            pairs.put(key, atom(parser, valueType, values));
            expect(parser, parser.nextToken(), JsonToken.END_ARRAY);
        }
        expect(parser, parser.nextToken(), JsonToken.END_ARRAY);
        var map = Map.copyOf(pairs);
        return map.size() > LARGEST_SHARED ? map : (Map<?, ?>) collections.shared(map);
    }

    private Object atom(JsonParser parser, AtomicType type, RecentValues recent) throws IOException {
        return switch (type) {
            case STRING -> {
                expect(parser, parser.currentToken(), JsonToken.VALUE_STRING);
                yield recent.shared(parser.getText());
            }
            case INTEGER -> {
                expect(parser, parser.currentToken(), JsonToken.VALUE_NUMBER_INT);
                yield parser.getLongValue();
            }
            case BOOLEAN -> parser.getBooleanValue();
            case REAL -> parser.getDoubleValue();
            case UUID -> {
                expect(parser, parser.currentToken(), JsonToken.START_ARRAY);
                parser.nextToken();
                yield taggedId(parser);
            }
        };
    }

    /** @param parser at the {@code "uuid"} of {@code ["uuid", text]} */
    private UUID taggedId(JsonParser parser) throws IOException {
        if (!parser.getText().equals("uuid")) {
            throw new JsonParseException(parser, column + " cannot hold a \"" + parser.getText() + "\"");
        }
        parser.nextToken();
        var id = id(parser, parser.getText());
        expect(parser, parser.nextToken(), JsonToken.END_ARRAY);
        return id;
    }

    static UUID id(JsonParser parser, String text) throws IOException {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new JsonParseException(parser, "\"" + text + "\" is not a UUID", e);
        }
    }

    private static boolean tagIs(JsonParser parser, String tag) throws IOException {
        parser.nextToken();
        return parser.getText().equals(tag);
    }

    private void expect(JsonParser parser, JsonToken found, JsonToken expected) throws IOException {
        if (found != expected) {
            throw new JsonParseException(parser, column + ": " + expected + " expected, not " + found);
        }
    }
}
