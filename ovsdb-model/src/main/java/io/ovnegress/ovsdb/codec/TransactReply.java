package io.ovnegress.ovsdb.codec;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ovnegress.ovsdb.operation.OperationResult;
import io.ovnegress.ovsdb.operation.OvsdbError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the {@code result} of a {@code transact} reply (RFC 7047 section 4.1.3), every element of it. */
public final class TransactReply {
    /** What a null element says: an operation before it failed. Never equal to an empty success. */
    public static final OperationResult NOT_EXECUTED = new OperationResult(
            Optional.empty(), Optional.of(new OvsdbError("not executed", "an earlier operation failed")));

    private TransactReply() {}

    /** Whether the transaction took place. */
    public sealed interface Verdict {
        record Committed() implements Verdict {}

        /** @param operation the index of the operation refused; empty if it is the transaction as a whole */
        record Failed(OptionalInt operation, OvsdbError error) implements Verdict {}
    }

    /** @param parser at the array's start; afterwards at its end */
    public static List<OperationResult> decode(JsonParser parser) throws IOException {
        if (!parser.isExpectedStartArrayToken()) {
            throw new JsonParseException(parser, "a transact result is an array, not " + parser.currentToken());
        }
        var results = new ArrayList<OperationResult>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            results.add(element(parser));
        }
        return List.copyOf(results);
    }

    /**
     * Reads an {@code <error>} in any of the forms servers use: an object, or a mere text as in {@code "unknown method"}.
     *
     * @param parser at the value; afterwards at its last token
     */
    public static OvsdbError decodeError(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            return element(parser).error().orElse(new OvsdbError("unknown error", ""));
        }
        if (parser.currentToken().isScalarValue()) {
            return new OvsdbError(parser.getText(), "");
        }
        parser.skipChildren();
        return new OvsdbError("unknown error", "");
    }

    /**
     * The first error decides. The error of the element after the last operation is the commit's: a reference or an index
     * that only the transaction as a whole violates.
     */
    public static Verdict verdict(List<OperationResult> results, int operations) {
        for (int i = 0; i < results.size(); i++) {
            var error = results.get(i).error();
            if (error.isPresent()) {
                var operation = i < operations ? OptionalInt.of(i) : OptionalInt.empty();
                return new Verdict.Failed(operation, error.get());
            }
        }
        if (results.size() < operations) {
            var error = new OvsdbError("short reply", results.size() + " results for " + operations + " operations");
            return new Verdict.Failed(OptionalInt.empty(), error);
        }
        return new Verdict.Committed();
    }

    private static OperationResult element(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return NOT_EXECUTED;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new JsonParseException(parser, "a result is an object or null, not " + parser.currentToken());
        }
        Optional<Long> count = Optional.empty();
        Optional<String> error = Optional.empty();
        var details = "";
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            var name = parser.currentName();
            var token = parser.nextToken();
            if (name.equals("count") && token == JsonToken.VALUE_NUMBER_INT) {
                count = Optional.of(parser.getLongValue());
            } else if (name.equals("error") && token != JsonToken.VALUE_NULL) {
                error = Optional.of(parser.getText());
                parser.skipChildren();
            } else if (name.equals("details") && token == JsonToken.VALUE_STRING) {
                details = parser.getText();
            } else {
                parser.skipChildren();
            }
        }
        if (count.isEmpty() && error.isEmpty()) {
            return OperationResult.EMPTY;
        }
        var text = details;
        return new OperationResult(count, error.map(tag -> new OvsdbError(tag, text)));
    }
}
