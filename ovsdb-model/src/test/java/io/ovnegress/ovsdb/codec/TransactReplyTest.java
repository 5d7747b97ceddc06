package io.ovnegress.ovsdb.codec;

import static io.ovnegress.ovsdb.codec.TransactReply.NOT_EXECUTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonToken;
import io.ovnegress.ovsdb.codec.TransactReply.Verdict;
import io.ovnegress.ovsdb.operation.OperationResult;
import io.ovnegress.ovsdb.operation.OvsdbError;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TransactReplyTest {
    @Test
    void everyElementIsVisible() throws IOException {
        var results = decode("[{'uuid':['uuid','8846ddec-e420-4729-8ec5-b3f95e9d502a']},{'count':3},{},"
                + "{'error':'duplicate uuid','details':'d','syntax':'s'},null]");

        assertThat(results)
                .containsExactly(
                        OperationResult.EMPTY,
                        new OperationResult(Optional.of(3L), Optional.empty()),
                        OperationResult.EMPTY,
                        failed("duplicate uuid", "d"),
                        NOT_EXECUTED);
    }

    @Test
    void parserIsLeftAtTheEndOfTheResult() throws IOException {
        var parser = Json.parser("[[{'rows':[{'a':[1]}],'count':1},{'error':'e','details':'d'}],'next']");
        parser.nextToken();
        TransactReply.decode(parser);

        assertThat(parser.currentToken()).isEqualTo(JsonToken.END_ARRAY);
        assertThat(parser.nextTextValue()).isEqualTo("next");
    }

    @Test
    void resultOfAnotherFormIsRefused() {
        assertThatThrownBy(() -> decode("{}")).isInstanceOf(JsonParseException.class);
        assertThatThrownBy(() -> decode("[7]")).isInstanceOf(JsonParseException.class);
    }

    @Test
    void transactionWithoutErrorIsCommitted() throws IOException {
        assertThat(TransactReply.verdict(decode("[{'count':1},{}]"), 2)).isEqualTo(new Verdict.Committed());
        assertThat(TransactReply.verdict(decode("[]"), 0)).isEqualTo(new Verdict.Committed());
    }

    @Test
    void firstErrorNamesItsOperation() throws IOException {
        assertThat(TransactReply.verdict(decode("[{},{'error':'timed out','details':'d'},null]"), 3))
                .isEqualTo(new Verdict.Failed(OptionalInt.of(1), new OvsdbError("timed out", "d")));
    }

    @Test
    void errorAfterTheLastOperationIsTheTransactions() throws IOException {
        assertThat(TransactReply.verdict(decode("[{'count':1},{},{'error':'referential integrity violation'}]"), 2))
                .isEqualTo(
                        new Verdict.Failed(OptionalInt.empty(), new OvsdbError("referential integrity violation", "")));
    }

    @Test
    void nullWithoutAnErrorIsNoSuccess() throws IOException {
        assertThat(TransactReply.verdict(decode("[{},null]"), 2))
                .isEqualTo(new Verdict.Failed(
                        OptionalInt.of(1), NOT_EXECUTED.error().orElseThrow()));
    }

    @Test
    void missingElementsAreNoSuccess() throws IOException {
        assertThat(TransactReply.verdict(decode("[{}]"), 2))
                .isEqualTo(new Verdict.Failed(
                        OptionalInt.empty(), new OvsdbError("short reply", "1 results for 2 operations")));
    }

    @Test
    void errorsOfRequestsHaveTwoForms() throws IOException {
        assertThat(TransactReply.decodeError(
                        Json.parser("{'syntax':'[]','details':'no such database','error':'unknown database'}")))
                .isEqualTo(new OvsdbError("unknown database", "no such database"));
        assertThat(TransactReply.decodeError(Json.parser("'unknown method'")))
                .isEqualTo(new OvsdbError("unknown method", ""));
        assertThat(TransactReply.decodeError(Json.parser("{'details':'x'}")).error())
                .isEqualTo("unknown error");
        assertThat(TransactReply.decodeError(Json.parser("[1]")).error()).isEqualTo("unknown error");
    }

    private static OperationResult failed(String error, String details) {
        return new OperationResult(Optional.empty(), Optional.of(new OvsdbError(error, details)));
    }

    private static List<OperationResult> decode(String text) throws IOException {
        return TransactReply.decode(Json.parser(text));
    }
}
