package io.ovnegress.ovsdb.operation;

/**
 * An error as ovsdb-server reports it (RFC 7047 section 3.1, {@code <error>}).
 *
 * @param error the short tag, such as {@code constraint violation}
 * @param details the human text, empty if the server gave none
 */
public record OvsdbError(String error, String details) {
    @Override
    public String toString() {
        return details.isEmpty() ? error : error + ": " + details;
    }
}
